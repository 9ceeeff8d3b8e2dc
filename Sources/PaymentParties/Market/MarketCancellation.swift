// A purchase that the customer withdraws before its verdict.

import Coordinator
import ECash
import Evidence
public import PaymentModel

extension Market {
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

  /// Hands in what the customer has withdrawn and an earlier run did not bring to its verdict, and concludes it.
  ///
  /// - Parameter seconds: how long it waits for verdicts, of all of them: nobody who comes for something else is kept.
  /// - Throws: the first error, after all were tried; `undecided` for one whose verdict is not public then.
  public func resumeCancellations(
    withinSeconds seconds: Int64 = 2
  ) async throws(PartyError) {
    var first: PartyError?
    let until = ContinuousClock.now + .seconds(seconds)
    for process in await customer.wallet.withdrawnPurchases() {
      do {
        try await resumeCancellation(of: process, until: until)
      } catch {
        first = first ?? error
      }
    }
    if let first { throw first }
  }

  private func resumeCancellation(
    of process: ProcessID, until end: ContinuousClock.Instant
  ) async throws(PartyError) {
    guard let cancellation = try await customer.purchase(process).cancellation else { return }
    let order = try await customer.submission(of: process).order
    try await handIn(Signed(cancellation), of: order)
    while try await !isPublic(process) {
      guard ContinuousClock.now < end else {
        throw PartyError(.undecided, "the verdict of \(process) is not public yet")
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
    _ = try await conclude(process, settlementSeconds: 0)
  }

  /// Whether the verdict stands in the log now. Nobody is waited for.
  private func isPublic(_ process: ProcessID) async throws(PartyError) -> Bool {
    do {
      return try await coordinator.engine.publishedVerdict(of: process) != nil
    } catch {
      throw PartyError(.undecided, error.message)
    }
  }

  /// The verdict of an order that is withdrawn now, or came too late to be.
  func verdict(
    of process: ProcessID, withdrawn order: Signed<Order>, by cancellation: Signed<Cancellation>
  ) async throws(PartyError) -> LoggedVerdict {
    try await handIn(cancellation, of: order)
    return try await verdict(of: process)
  }

  /// Returns when the coordinator has it durably.
  private func handIn(
    _ cancellation: Signed<Cancellation>, of order: Signed<Order>
  ) async throws(PartyError) {
    do {
      let key = try trust.verifyOrder(order).claim.oneTimeKey
      try await coordinator.engine.cancel(order, oneTimeKey: key, cancellation)
    } catch let error as CoordinatorError {
      throw PartyError(.cancellation, error.message)
    } catch {
      throw PartyError(.purchase, "\(error)")
    }
  }
}
