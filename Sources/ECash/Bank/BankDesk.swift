// What a rule may use besides rows: who the bank is, its signature, the time, and fresh randomness.

import Evidence
import PaymentModel

/// Everything that a rule needs from outside. It is handed in, so a rule is a function.
struct BankDesk: Sendable {
  let signer: StatementSigner
  let now: Timestamp
  var entropy: any Entropy & Sendable

  var bank: PartyName { signer.issuer.party }

  /// Signs a claim and puts it into the outbox for the log.
  ///
  /// - Throws: `statementInvalid` when the claim is too large for a statement.
  mutating func sign<Content: Claim>(
    _ claim: Content, in rows: inout any BankRows
  ) throws(ECashError) -> Signed<Content> {
    let signed = signer.sign(claim, nonce: Nonce(from: &entropy))
    guard let statement = try? UnverifiedStatement(signed.bytes) else {
      throw ECashError(.statementInvalid, "a claim does not fit into a statement")
    }
    rows.enqueue(statement.id, kind: Content.kind)
    return signed
  }

  /// A signed refusal of a step.
  mutating func refuse(
    _ step: StepPath, of process: ProcessID, _ reason: RefusalReason, details: Digest? = nil,
    in rows: inout any BankRows
  ) throws(ECashError) -> FinalReply {
    let refusal = Refusal(process: process, step: step, reason: reason, details: details)
    return .refused(reason, try sign(refusal, in: &rows))
  }
}
