// The customer withdraws an order while it is undecided.
//
//   undecided ──sign, put on record──▶ withdrawn ──hand in──▶ aborted, or too late: committed
//
// A crash after the record loses nothing: the same bytes are handed in again. From the record on she gives nobody
// a delivery request, and without one there is no commit.

import ECash
import Evidence
public import PaymentModel

extension Customer {
  /// Her signed word that she withdraws a purchase: always the same bytes. It is on record before this returns.
  ///
  /// Whether the order ends by it is up to its coordinator: a verdict may be there already, or a delivery request
  /// under way.
  ///
  /// - Throws: `purchase` for one that this wallet did not make; `decided` when the wallet has its verdict, and it was
  ///   not withdrawn before.
  public func cancellation(
    of process: ProcessID
  ) async throws(PartyError) -> Signed<Cancellation> {
    let row = try await purchase(process)
    if let kept = row.cancellation { return Signed(kept) }
    do {
      var entropy = makeEntropy()
      let signed = try wallet.orderSigner(row.orderNumber).sign(
        Cancellation(process: process), entropy: &entropy)
      return try await wallet.keep(cancellation: signed, of: process)
    } catch {
      throw PartyError(error.code == .purchaseEnded ? .decided : .purchase, error.message)
    }
  }
}
