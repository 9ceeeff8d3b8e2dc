// Whether a double-spend proof proves what it says.

import Evidence
import PaymentCrypto
public import PaymentModel

extension DoubleSpend {
  /// Checks that the same coin signed two processes at the same bank, and that the first one was committed.
  /// So the coin is spent, and the signature of the bank around it is not needed for that.
  ///
  /// It does not tell in which order the coin was used. A coin whose first process was aborted may be used
  /// again, and then both uses are as they should be. The coin was spent twice only when the commit stands in
  /// the log before the verdict of the other process.
  ///
  /// - Throws: `proofInvalid`.
  public func check(with verdicts: any VerdictReader) throws(ECashError) {
    guard let key = try? Ed25519.PublicKey(coin.bytes), first.process != second.process,
      first.bank == second.bank,
      [first, second].allSatisfy({ key.isValid(signature: $0.signature, for: $0.message) })
    else { throw ECashError(.proofInvalid, "the coin did not sign both uses") }
    let stated: Stated<Verdict>
    do {
      let coordinator = try UnverifiedStatement(verdict.verdict.bytes).issuer.key
      stated = try verdicts.read(verdict, of: first.process, by: coordinator)
    } catch {
      throw ECashError(.proofInvalid, "the verdict about the first use does not verify")
    }
    guard stated.claim.decision.isCommit else {
      throw ECashError(.proofInvalid, "the first use was given free again")
    }
  }
}
