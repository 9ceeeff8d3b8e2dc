// Orders for which something is held: kept with the first hold, forgotten with the last, and shown to their
// coordinator when they should have been decided.
//
//   deposit ──▶ kept, asked about from decideBy on ──▶ last hold released or sold: forgotten
//                        │            ▲
//                        └─ in vain ──┘  after as long again as it is overdue

import PaymentModel

enum OverdueRule {
  /// The shortest and the longest pause after a question in vain, in seconds.
  private static let pauseSeconds: ClosedRange<Int64> = 60...86_400

  /// Times of the next question of which an order is left alone now. One that lies further ahead is of a clock that was
  /// wrong.
  static func leftAlone(at now: Timestamp) -> ClosedRange<Timestamp> {
    now.adding(milliseconds: 1)...now.adding(seconds: pauseSeconds.upperBound)
  }

  /// Keeps the order of a deposit. Further goods of the same process share it.
  static func keep(_ deposit: CheckedDeposit, in rows: inout any ShopRows) {
    let place = ShopOrderPlace(
      decideBy: deposit.order.decideBy, coordinator: deposit.request.coordinator,
      process: deposit.request.process)
    guard rows.order(place) == nil else { return }
    rows.put(
      ShopOrderRow(place: place, signed: deposit.signedOrder, askAt: deposit.order.decideBy))
  }

  /// Forgets the order of a hold that has ended, when nothing else is held for it.
  static func forget(_ hold: ShopHoldRow, in rows: inout any ShopRows) {
    let key = hold.key
    let others = rows.holds(coordinator: key.coordinator, process: key.process)
    guard !others.contains(where: { $0.state == .held }) else { return }
    rows.removeOrder(
      ShopOrderPlace(
        decideBy: hold.decideBy, coordinator: key.coordinator, process: key.process))
  }

  /// Somebody has asked in vain: it is asked about again after as long a time as it is overdue by now, so that
  /// one that nobody ever decides takes no place from the others.
  static func postpone(_ place: ShopOrderPlace, at now: Timestamp, in rows: inout any ShopRows) {
    guard var row = rows.order(place) else { return }
    let overdue = now.milliseconds(since: place.decideBy) / 1000
    let pause = min(max(overdue, pauseSeconds.lowerBound), pauseSeconds.upperBound)
    row.askAt = now.adding(seconds: pause)
    rows.put(row)
  }
}
