// Whether a double-spend proof proves what it says.

import Evidence
import PaymentCrypto
public import PaymentModel

extension DoubleSpend {
  /// Checks that the same coin signed two processes, and that the first one was committed.
  ///
  /// The signature of the bank around it proves nothing about the customer; this does.
  ///
  /// - Throws: `proofInvalid`.
  public func check(with verdicts: any VerdictReader) throws(ECashError) {
    guard let key = try? Ed25519.PublicKey(coin.bytes), first.process != second.process,
      [first, second].allSatisfy({
        key.isValid(
          signature: $0.signature, for: CoinPurpose.spend(in: $0.process, at: $0.bank))
      })
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
