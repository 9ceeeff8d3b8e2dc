// A purchase that the customer withdraws before its verdict.

import Coordinator
import ECash
import Evidence
public import PaymentModel

extension Market {
  /// How many purchases are looked through for cancellations that were not handed in.
  private static let latestPurchases = 10_000

  /// Withdraws a purchase, and carries out what comes of it: after an abort the coins are free again. It may have been
  /// handed in or not, and may have been withdrawn before.
  ///
  /// - Parameters:
  ///   - customer: whose purchase it is; this market's own customer unless said otherwise.
  ///   - settlementSeconds: how long to wait, after the verdict, for everybody to carry it out.
  /// - Returns: how the purchase has ended: by `abort(.cancelled)` when it was withdrawn in time, otherwise by the
  ///   verdict that had come before.
  /// - Throws: `purchase` for one that the wallet did not make; `cancellation`, `undecided` when the coordinator does not
  ///   take it now: that it is withdrawn is on record, and the same call hands it in again; what `conclude` throws.
  public func cancel(
    _ process: ProcessID, for customer: Customer? = nil, settlementSeconds: Int64 = 10
  ) async throws(PartyError) -> ConcludedPurchase {
    let customer = customer ?? self.customer
    do {
      _ = try await customer.cancellation(of: process)
    } catch {
      // The verdict is there, and is told.
      guard error.code == .decided else { throw error }
    }
    return try await conclude(process, for: customer, settlementSeconds: settlementSeconds)
  }

  /// Hands in what the customer has withdrawn and an earlier run did not bring to its verdict.
  ///
  /// - Throws: the first error, after all were tried.
  public func resumeCancellations() async throws(PartyError) {
    var first: PartyError?
    for row in await customer.wallet.purchases(atMost: Self.latestPurchases)
    where row.state == .undecided && row.cancellation != nil {
      do {
        try await customer.conclude(
          row.process, with: try await verdict(of: row.process, for: customer))
      } catch {
        first = first ?? error
      }
    }
    if let first { throw first }
  }

  /// The verdict of an order that is withdrawn now, or came too late to be.
  func verdict(
    of process: ProcessID, withdrawn order: Signed<Order>, by cancellation: Signed<Cancellation>
  ) async throws(PartyError) -> LoggedVerdict {
    do {
      let key = try trust.verifyOrder(order).claim.oneTimeKey
      try await coordinator.engine.cancel(order, oneTimeKey: key, cancellation)
    } catch let error as CoordinatorError {
      throw PartyError(.cancellation, error.message)
    } catch {
      throw PartyError(.purchase, "\(error)")
    }
    return try await verdict(of: process)
  }
}
