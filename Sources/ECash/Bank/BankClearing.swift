// Between banks: with whom this one clears, whose transfers become money here, and how they pay each other.

import Evidence
public import PaymentModel

extension Bank {
  /// How this bank stands with another.
  public struct Clearing: Hashable, Sendable {
    public let bank: PartyName
    /// What is owed to the other bank, in minor units; below zero when the other bank owes it.
    public let owed: Int64
    /// What undecided processes will add to that, if they commit.
    public let promised: UInt64
    /// How much the other bank may owe.
    public let largestClaim: UInt64
    /// How much may be owed to the other bank.
    public let largestDebt: UInt64
  }

  /// Which way a payment between two banks went.
  public enum SettlementDirection: Sendable {
    case paid
    case received
  }

  /// Agrees with another bank that each takes the other's transfers as money: this bank pays into accounts there,
  /// and accounts here are credited with what the other bank has paid. A later agreement takes the place of an
  /// earlier one; nothing that was reserved changes.
  ///
  /// - Parameters:
  ///   - largestClaim: how much the other bank may owe. Beyond that its transfers are not taken.
  ///   - largestDebt: how much the other bank lets this one owe. Beyond that nothing is reserved for its accounts.
  /// - Throws: `currency` unless both are in this bank's currency, which the other bank must have, too;
  ///   `correspondentUnknown` when the trust list names no such bank, or it is this one.
  public func clear(
    with bank: PartyName, claiming largestClaim: Amount, owing largestDebt: Amount
  ) async throws(ECashError) {
    guard bank != name, trust.keys(role: .bank).contains(where: { $0.party == bank }) else {
      throw ECashError(.correspondentUnknown, "the trust list names no other bank \(bank)")
    }
    try await store.transact { rows throws(ECashError) in
      guard let currency = rows.latestKeyset()?.currency, largestClaim.currency == currency,
        largestDebt.currency == currency
      else { throw ECashError(.currency, "the bank keeps no money in that currency") }
      var row =
        rows.correspondent(bank) ?? CorrespondentRow(bank: bank, largestClaim: 0, largestDebt: 0)
      row.largestClaim = largestClaim.minor
      row.largestDebt = largestDebt.minor
      rows.put(row)
    }
  }

  /// How this bank stands with each bank that it clears with, ordered by name.
  public func clearings() async -> [Clearing] {
    await store.read { rows in
      rows.correspondents().map { row in
        Clearing(
          bank: row.bank, owed: rows.balance(of: .correspondent(row.bank)),
          promised: row.promised, largestClaim: row.largestClaim, largestDebt: row.largestDebt)
      }
    }
  }

  /// Takes a transfer of another bank as money, whoever presents it; usually the payee does. The same again
  /// changes nothing.
  ///
  /// The other bank has posted the sum to its account `clearing/` and this bank's name; here it is debited to
  /// `clearing/` and the other's name. What the two accounts hold adds up to nothing once all transfers
  /// were presented.
  ///
  /// - Parameter proof: that the transfer is in the log, as `tlog-proof@v1`. With it the other bank's key must have
  ///   been valid then; without it, it must be valid now.
  /// - Returns: what the account was credited with: the amount without the other bank's fee.
  /// - Throws: `transferInvalid`, and what `ClearingRule` throws.
  @discardableResult
  public func collect(
    _ transfer: Signed<Transfer>, proof: Bytes? = nil
  ) async throws(ECashError) -> Amount {
    let now = clock.now()
    let stated = try read(transfer, proof: proof, at: now)
    guard stated.claim.payee.bank == name, stated.issuer.party != name else {
      throw ECashError(.transferInvalid, "no transfer of another bank into an account here")
    }
    return try await store.transact { rows throws(ECashError) in
      try ClearingRule.apply(stated, at: now, rows: &rows)
    }
  }

  /// Books that this bank has paid another what it owed, or was paid. How the money went is outside of these
  /// books. The same again changes nothing.
  ///
  /// - Parameter reference: what names this payment for ever.
  /// - Throws: `amountZero`; what `SettleRule` throws.
  public func settle(
    _ amount: Amount, _ direction: SettlementDirection, _ bank: PartyName, reference: Digest
  ) async throws(ECashError) {
    guard !amount.isZero else { throw ECashError(.amountZero, "nothing is no payment") }
    let now = clock.now()
    try await store.transact { rows throws(ECashError) in
      try SettleRule.apply(amount, direction, bank, reference: reference, at: now, rows: &rows)
    }
  }

  private func read(
    _ transfer: Signed<Transfer>, proof: Bytes?, at time: Timestamp
  ) throws(ECashError) -> Stated<Transfer> {
    do {
      if let proof, let transfers { return try transfers.read(transfer, proof: proof) }
      return try trust.verify(transfer, at: time).stated
    } catch {
      throw ECashError(.transferInvalid, "the transfer does not verify: \(error)")
    }
  }
}
