// What a rule may use besides rows: who the shop is, its vault, the time, and fresh randomness.

import Evidence
import PaymentCrypto
import PaymentModel

/// Everything that a rule needs from outside. It is handed in, so a rule is a function.
struct ShopDesk: Sendable {
  let signer: StatementSigner
  let vault: Vault
  let policy: ShopPolicy
  let now: Timestamp
  var entropy: any Entropy & Sendable

  /// Signs a claim and puts it into the outbox for the log.
  mutating func sign<Content: Claim>(
    _ claim: Content, in rows: inout any ShopRows
  ) throws(GoodsError) -> Signed<Content> {
    let signed = signer.sign(claim, nonce: Nonce(from: &entropy))
    guard let statement = try? UnverifiedStatement(signed.bytes) else {
      throw GoodsError(.shopRows, "a claim does not fit into a statement")
    }
    rows.enqueue(statement.id, kind: Content.kind)
    return signed
  }

  /// Stores a final answer and gives it.
  func record(
    _ reply: FinalReply, to request: RequestKey, body: Digest, in rows: inout any ShopRows
  ) -> ShopAnswer {
    rows.put(ReplyRow(request: request, body: body, reply: reply.bytes))
    return .final(reply)
  }

  /// Until when to wait for what others hold: their first decision, and never no time at all.
  func waiting(for others: ShopHoldSummary) -> ShopAnswer {
    let soon = now.adding(seconds: 1)
    return .held(until: max(others.firstDecideBy ?? soon, soon))
  }
}
