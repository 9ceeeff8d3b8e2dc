// What undecided processes will pay into accounts at other banks, and what is drawn on those banks when they commit.
// A bank reserves no more than the other one has signed that it takes, and no more than it is willing to owe.

import PaymentModel

enum Promises {
  enum Room: Hashable, Sendable {
    case enough
    /// There would be enough if what is promised came to nothing, the last of it by then.
    case waits(until: Timestamp)
    case refused(RefusalReason)
  }

  /// Whether the other banks of a part's payees would take the transfers. Of what an account there looks like
  /// nothing is known here.
  static func room(
    for payment: OfferedPayment, at now: Timestamp, rows: any BankRows
  ) -> Room {
    let part = payment.part
    var until: Timestamp?
    for (bank, minor) in sums(
      part.payouts.map { ($0.payee.bank, $0.amount.minor - (part.fee(of: $0)?.minor ?? 0)) },
      at: part.bank)
    {
      guard let other = rows.correspondent(bank),
        let line = rows.latestCreditLine(from: bank, to: part.bank),
        line.validFrom <= now.adding(seconds: CreditLineRule.clockMarginSeconds),
        payment.decideBy <= line.validUntil
      else { return .refused(.noClearing) }
      // What the other bank owes is no room for more.
      let owed = max(rows.balance(of: .correspondent(bank)), 0)
      let free = min(
        Int64(clamping: other.largestDebt) - owed,
        Int64(clamping: line.limit) - Int64(clamping: other.drawn))
      guard Int64(clamping: minor) <= free else { return .refused(.clearingLimit) }
      // What is only promised may be owed to nobody in the end.
      guard Int64(clamping: minor) <= free - Int64(clamping: other.promised) else {
        until = max(until ?? other.promisedUntil, other.promisedUntil)
        continue
      }
    }
    return until.map { .waits(until: $0) } ?? .enough
  }

  /// Puts on record what a hold will pay into accounts elsewhere.
  static func give(
    _ hold: HoldRow, at bank: PartyName, rows: inout any BankRows
  ) throws(ECashError) {
    for (name, minor) in sums(hold, at: bank) {
      var other = try correspondent(name, rows: rows)
      other.promisedUntil =
        other.promised == 0 ? hold.decideBy : max(other.promisedUntil, hold.decideBy)
      other.promised += minor
      rows.put(other)
    }
  }

  /// Strikes it out again: it is owed now, or will never be.
  static func end(
    _ hold: HoldRow, at bank: PartyName, rows: inout any BankRows
  ) throws(ECashError) {
    for (name, minor) in sums(hold, at: bank) {
      var other = try correspondent(name, rows: rows)
      guard minor <= other.promised else {
        throw ECashError(.booksUnbalanced, "more was held for \(name) than was promised")
      }
      other.promised -= minor
      rows.put(other)
    }
  }

  /// Draws what a payee at another bank is paid. Lines never take anything back, so what was promised under an
  /// earlier one is within the latest.
  ///
  /// - Throws: `booksUnbalanced` when it is not.
  static func draw(
    _ minor: UInt64, on name: PartyName, for bank: PartyName, rows: inout any BankRows
  ) throws(ECashError) -> Draw {
    var other = try correspondent(name, rows: rows)
    other.drawn += minor
    guard let line = rows.latestCreditLine(from: name, to: bank), other.drawn <= line.limit else {
      throw ECashError(.booksUnbalanced, "more was promised to \(name) than it takes")
    }
    rows.put(other)
    return Draw(line: line.id, total: other.drawn)
  }

  private static func correspondent(
    _ name: PartyName, rows: any BankRows
  ) throws(ECashError) -> CorrespondentRow {
    guard let row = rows.correspondent(name) else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with \(name)")
    }
    return row
  }

  private static func sums(
    _ hold: HoldRow, at bank: PartyName
  ) -> [(bank: PartyName, minor: UInt64)] {
    sums(hold.payouts.map { ($0.payee.bank, hold.net(of: $0)) }, at: bank)
  }

  /// What goes to each other bank, ordered by bank.
  private static func sums(
    _ payouts: [(bank: PartyName, minor: UInt64)], at home: PartyName
  ) -> [(bank: PartyName, minor: UInt64)] {
    var sums: [(bank: PartyName, minor: UInt64)] = []
    for payout in payouts.sorted(by: { $0.bank < $1.bank }) where payout.bank != home {
      if sums.last?.bank == payout.bank {
        sums[sums.count - 1].minor += payout.minor
      } else {
        sums.append(payout)
      }
    }
    return sums
  }
}
