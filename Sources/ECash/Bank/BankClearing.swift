// Between banks: with whom this one clears, how much they let each other draw, whose transfers become money here, and
// how they pay each other.

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
    /// How much this bank is willing to owe the other.
    public let largestDebt: UInt64
    /// All that this bank has ever drawn on the other.
    public let drawn: UInt64
    /// All that the other lets it draw; `nil` while it has signed nothing.
    public let mayDraw: UInt64?
    /// Until when this bank may promise that.
    public let mayDrawUntil: Timestamp?
  }

  /// A transfer of another bank that has become money here.
  public struct CreditedTransfer: Hashable, Sendable {
    /// What the account was credited with for this payment.
    public let amount: Amount
    /// The bank's word on it.
    public let statement: Signed<Credit>
  }

  /// Which way a payment between two banks went.
  public enum SettlementDirection: Sendable {
    case paid
    case received
  }

  /// Agrees with another bank that each takes the other's transfers as money: this bank pays into accounts there,
  /// as far as the other's credit line lets it, and accounts here are credited with what the other bank has paid. A
  /// later agreement takes the place of an earlier one; nothing that was reserved or signed changes.
  ///
  /// - Parameters:
  ///   - largestClaim: how much the other bank may owe: so much the next credit line gives it.
  ///   - largestDebt: how much this bank is willing to owe. Beyond that nothing is reserved for accounts there.
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
    await store.read { [name] rows in
      rows.correspondents().map { row in
        let line = rows.latestCreditLine(from: row.bank, to: name)
        return Clearing(
          bank: row.bank, owed: rows.balance(of: .correspondent(row.bank)),
          promised: row.promised, largestClaim: row.largestClaim, largestDebt: row.largestDebt,
          drawn: row.drawn, mayDraw: line?.limit, mayDrawUntil: line?.validUntil)
      }
    }
  }

  // MARK: - Credit lines

  /// Signs how much another bank may draw, so that it owes no more than was agreed on; to be handed to that bank.
  /// The line before is given again while nothing has changed. After a payment of the other bank it is a new one.
  ///
  /// - Throws: `correspondentUnknown`; `currency`; `amountOverflow`.
  public func creditLine(for bank: PartyName) async throws(ECashError) -> Signed<CreditLine> {
    let desk = desk()
    return try await store.transact { [terms] rows throws(ECashError) in
      var desk = desk
      return try CreditLineRule.grant(
        to: bank, seconds: terms.creditLineSeconds, desk: &desk, rows: &rows)
    }
  }

  /// Keeps what another bank lets this one draw. From then on it is promised to payees there. A line that is kept
  /// already changes nothing, but for its proof.
  ///
  /// - Parameter proof: that the line is in the log, as `tlog-proof@v1`; it is kept with the line. The other bank's key
  ///   must have been valid then. Without it, the key must be valid now, and the line goes into this bank's outbox: as
  ///   long as it is not logged, the other bank can take it back by revoking its key.
  /// - Throws: `lineInvalid` unless another bank has signed it for this one; what `CreditLineRule` throws.
  public func accept(
    _ line: Signed<CreditLine>, proof: Bytes? = nil
  ) async throws(ECashError) {
    let (stated, proof) = try read(line, proof: proof, at: clock.now())
    guard stated.claim.debtor == name, stated.issuer.party != name else {
      throw ECashError(.lineInvalid, "no credit line of another bank for this one")
    }
    let now = clock.now()
    try await store.transact { rows throws(ECashError) in
      try CreditLineRule.accept(stated, line, proof: proof, at: now, rows: &rows)
    }
  }

  /// A credit line that this bank has signed or keeps, for whoever judges a transfer that names it.
  public func creditLine(_ id: StatementID) async -> Signed<CreditLine>? {
    await store.read { rows in rows.creditLine(id)?.statement }
  }

  /// The proof that a credit line of another bank was accepted with.
  public func proof(ofCreditLine id: StatementID) async -> Bytes? {
    await store.read { rows in rows.creditLine(id)?.proof }
  }

  /// Transfers that were collected here and convict their bank together with another one of it, each with the proof that
  /// it was shown with: those that have drawn what that one says it draws, and those of the same payment where
  /// there are as many as one may have. Empty for a transfer that draws nothing.
  public func collected(
    contradicting transfer: Transfer, of bank: PartyName
  ) async -> [(transfer: Signed<Transfer>, proof: Bytes?)] {
    guard let drawn = transfer.drawn else { return [] }
    return await store.read { rows in
      let same = rows.collected(of: ClearingRule.reference(to: transfer, of: bank))
      let twice = rows.collected(from: bank, above: drawn.above, upTo: drawn.upTo).filter { row in
        let other: Transfer? = try? UnverifiedStatement(row.statement.bytes).unverifiedClaim()
        return other?.contradicts(transfer) == true
      }
      return (twice + (same.count < Transfer.mostForOnePayment ? [] : same))
        .map { ($0.statement, $0.proof) }
    }
  }

  // MARK: - Transfers

  /// Takes a transfer of another bank as money, whoever presents it; usually the payee does. The same again
  /// changes nothing.
  ///
  /// The other bank has posted the sum to its account `clearing/` and this bank's name; here it is debited to
  /// `clearing/` and the other's name. What the two accounts hold adds up to nothing once all transfers
  /// were presented.
  ///
  /// A transfer of nothing is taken by nobody: nothing is owed for it.
  ///
  /// - Parameter proof: that the transfer is in the log, as `tlog-proof@v1`. With it the other bank's key must have
  ///   been valid then; without it, it must be valid now, and the transfer goes into this bank's outbox, because it
  ///   shows what the other bank has drawn. A proof that comes later is kept.
  /// - Returns: the bank's word on what the account was credited with: the amount without the other bank's fee.
  /// - Throws: `transferInvalid`, and what `ClearingRule` throws.
  @discardableResult
  public func collect(
    _ transfer: Signed<Transfer>, proof: Bytes? = nil
  ) async throws(ECashError) -> CreditedTransfer {
    let desk = desk()
    let (stated, proof) = try read(transfer, proof: proof, at: desk.now)
    guard stated.claim.payee.bank == name, stated.issuer.party != name else {
      throw ECashError(.transferInvalid, "no transfer of another bank into an account here")
    }
    let presented = ClearingRule.Presented(stated: stated, signed: transfer, proof: proof)
    let credit = try await store.transact { rows throws(ECashError) in
      var desk = desk
      return try ClearingRule.apply(presented, desk: &desk, rows: &rows)
    }
    guard let claim: Credit = try? UnverifiedStatement(credit.bytes).unverifiedClaim() else {
      throw ECashError(.booksUnbalanced, "a stored answer cannot be read")
    }
    return CreditedTransfer(amount: claim.amount, statement: credit)
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

  /// - Returns: the proof, too, where it was looked at.
  private func read(
    _ transfer: Signed<Transfer>, proof: Bytes?, at time: Timestamp
  ) throws(ECashError) -> (stated: Stated<Transfer>, proof: Bytes?) {
    do {
      if let proof, let transfers { return (try transfers.read(transfer, proof: proof), proof) }
      return (try trust.verify(transfer, at: time).stated, nil)
    } catch {
      throw ECashError(.transferInvalid, "the transfer does not verify: \(error)")
    }
  }

  /// - Returns: the proof, too, where it was looked at.
  private func read(
    _ line: Signed<CreditLine>, proof: Bytes?, at time: Timestamp
  ) throws(ECashError) -> (stated: Stated<CreditLine>, proof: Bytes?) {
    do {
      if let proof, let transfers { return (try transfers.read(line, proof: proof), proof) }
      return (try trust.verify(line, at: time).stated, nil)
    } catch {
      throw ECashError(.lineInvalid, "the credit line does not verify: \(error)")
    }
  }
}
