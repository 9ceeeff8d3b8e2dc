// Whether an account can pay: what stands on it, and what undecided processes may still give back.

public import PaymentModel

/// What an account of the books can pay with.
public enum Funds {
  public enum Answer: Hashable, Sendable {
    case enough
    /// There would be enough if the undecided processes that hold money of this account were aborted, the
    /// last of them by then.
    case waits(until: Timestamp)
    case short
  }

  /// Whether `total` can be moved aside from an account. A refusal because of somebody else's undecided hold
  /// is no refusal: it waits.
  ///
  /// - Parameter limit: how far below zero the account may go.
  public static func available(
    _ total: Amount, on account: LedgerAccount, overdraft limit: UInt64 = 0, in rows: any BankRows
  ) -> Answer {
    let free = rows.balance(of: account) + Int64(clamping: limit)
    let wanted = Int64(total.minor)
    if wanted <= free { return .enough }
    let holds = rows.undecidedHolds(from: account)
    let held = holds.reduce(Int64(0)) { $0 + Int64(clamping: $1.moved) }
    guard wanted <= free + held, let until = holds.map(\.decideBy).max() else { return .short }
    return .waits(until: until)
  }
}
