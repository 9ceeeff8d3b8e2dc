// What a shop asks about: orders that should have been decided, and for which it still holds something.

public import PaymentModel

/// An order for which a shop holds goods although it should have been decided.
public struct OverdueOrder: Hashable, Sendable {
  /// The row's key.
  public let place: ShopOrderPlace
  public let signed: Signed<Order>
  /// What is held for it, in the order of their identifiers.
  public let offers: [StatementID]

  /// Who decides about it.
  public var coordinator: Thumbprint { place.coordinator }
  public var process: ProcessID { place.process }
  public var decideBy: Timestamp { place.decideBy }
}

/// What a verdict does to an overdue order.
public enum OverdueEnding: Hashable, Sendable {
  /// It was aborted, and nothing is held for it any more: one release for each good.
  case released([Signed<Release>])
  /// It was committed. Its goods are sold when the coordinator brings the transfers.
  case committed
  /// The verdict is none of this order, or the shop has acted on another one.
  case refused(RefusalReason)
  /// Not now: the same verdict can be handed over again.
  case unknown(String)
}

extension Shop {
  /// Orders for which something is held although their `decideBy` has passed, and the policy's margin, in the order
  /// of their places. So many come at a time as are asked for.
  ///
  /// - Parameters:
  ///   - place: the last one of the page before.
  ///   - includingPostponed: also those that somebody has asked about in vain, and that are left alone for a while.
  public func overdue(
    after place: ShopOrderPlace? = nil, atMost count: Int, includingPostponed: Bool = false
  ) async -> [OverdueOrder] {
    let now = clock.now()
    let decidedBy = now.adding(seconds: -policy.askAfterSeconds)
    let leftAlone = includingPostponed ? nil : OverdueRule.leftAlone(at: now)
    return await store.read { rows in
      rows.orders(decidedBy: decidedBy, leavingAlone: leftAlone, after: place, atMost: count)
        .map { row in
          let holds = rows.holds(
            coordinator: row.place.coordinator, process: row.place.process)
          return OverdueOrder(
            place: row.place, signed: row.signed,
            offers: holds.filter { $0.state == .held }.map(\.key.offer))
        }
    }
  }

  /// Carries out what became of an overdue order. An abort gives its goods free, as it does when a coordinator brings
  /// it: with the same requests, so that whoever comes later gets the same answers. A commit changes nothing here: what
  /// sells the goods are the transfers.
  public func carryOut(
    _ verdict: LoggedVerdict, on order: OverdueOrder
  ) async -> OverdueEnding {
    guard verdict.verdict.bytes.count <= LoggedVerdict.largestVerdict,
      verdict.proof.count <= LoggedVerdict.largestProof,
      let stated = try? verdicts.read(verdict, of: order.process, by: order.coordinator)
    else { return .refused(.invalid) }
    guard !stated.claim.decision.isCommit else { return .committed }
    var releases: [Signed<Release>] = []
    for offer in order.offers {
      guard let step = StepPath(rawValue: "release/\(offer.hex)") else {
        return .unknown("an offer's identifier makes no step")
      }
      let request = VerdictRequest(
        id: RequestID(process: order.process, step: step), verdict: verdict)
      switch await release(request) {
      case .done(let release): releases.append(release)
      case .refused(let reason, _): return .refused(reason)
      case .held: return .unknown("a release is never held up")
      case .unknown(let why): return .unknown(why)
      }
    }
    return .released(releases)
  }

  /// Takes note that questions about these orders were in vain: `overdue` leaves each of them alone for as long again
  /// as it is overdue, a minute at least and a day at most.
  public func postpone(_ orders: [ShopOrderPlace]) async {
    guard !orders.isEmpty else { return }
    let now = clock.now()
    await store.transact { rows in
      for order in orders { OverdueRule.postpone(order, at: now, in: &rows) }
    }
  }
}
