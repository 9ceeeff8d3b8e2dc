// Account money becomes coins: first the debit, then the signatures.
//
//   request checked ──▶ claimed: debited, blinded messages on record
//                          │ signatures made outside, they are always the same
//                          ▼
//                       issued: signatures and the bank's statement on record
//
//   crash after claimed: the account holder repeats the request; nothing is debited again

import PaymentModel

enum WithdrawRule {
  /// Debits the account for all coins that have not been paid for, and puts them on record.
  ///
  /// - Returns: the withdrawal as it is on record; with its `issue` when it was answered before.
  /// - Throws: `accountUnknown`, `denominationUnknown`, `denominationClosed`, `insufficientFunds`,
  ///   `amountOverflow`.
  static func claim(
    _ withdrawal: StatementID, from account: AccountName, coins: [BlindedCoin],
    at time: Timestamp, rows: inout any BankRows
  ) throws(ECashError) -> WithdrawalRow {
    if let row = rows.withdrawal(withdrawal) { return row }
    guard rows.account(account) != nil else {
      throw ECashError(.accountUnknown, "no such account")
    }
    let unpaid = coins.filter { rows.issuedCoin($0.digest) == nil }
    var debit: UInt64 = 0
    var fees: UInt64 = 0
    var lines: [LedgerBalance] = []
    for coins in DenominationCount.counts(of: unpaid.map(\.denomination)) {
      var denomination = try issuing(coins.id, at: time, rows: rows)
      denomination.issued += coins.count
      rows.put(denomination)
      let value = try product(coins.count, denomination.content.value)
      let fee = try product(
        coins.count, rows.keyset(period: denomination.period)?.fees.perCoin ?? 0)
      fees = try sum(fees, fee)
      debit = try sum(debit, sum(value, fee))
      lines.append(LedgerBalance(account: .outstanding(coins.id), minor: Int64(value)))
    }
    guard Int64(debit) <= rows.balance(of: .holder(account)) else {
      throw ECashError(.insufficientFunds, "the account does not hold enough")
    }
    for coin in unpaid {
      rows.put(
        IssuedCoinRow(
          blindedMessage: coin.digest, denomination: coin.denomination, withdrawal: withdrawal))
    }
    lines.append(LedgerBalance(account: .fees, minor: Int64(fees)))
    lines.append(LedgerBalance(account: .holder(account), minor: -Int64(debit)))
    try Ledger.post(
      .withdrawal, reference: withdrawal.renamed(), at: time, lines: lines, in: &rows)
    let row = WithdrawalRow(id: withdrawal, account: account, debit: debit)
    rows.put(row)
    return row
  }

  /// Puts the signatures and the bank's answer on record. What is on record already stays.
  static func issue(
    _ withdrawal: StatementID, coins: [BlindedCoin], blindSignatures: [Bytes],
    desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> IssuedCoins {
    guard var row = rows.withdrawal(withdrawal) else {
      throw ECashError(.unanswered, "the withdrawal is not on record")
    }
    for (coin, signature) in zip(coins, blindSignatures) {
      guard var issued = rows.issuedCoin(coin.digest), issued.blindSignature == nil else {
        continue
      }
      issued.blindSignature = signature
      rows.put(issued)
    }
    let statement: Signed<Issue>
    if let made = row.issue {
      statement = made
    } else {
      let claim = Issue(
        withdrawal: withdrawal, account: row.account,
        debit: try amount(row.debit, rows: rows),
        blindSignatures: IssuedCoins.digest(of: blindSignatures))
      statement = try desk.sign(claim, in: &rows)
      row.issue = statement
      rows.put(row)
    }
    return IssuedCoins(statement: statement, blindSignatures: blindSignatures)
  }

  private static func issuing(
    _ id: DenominationID, at time: Timestamp, rows: any BankRows
  ) throws(ECashError) -> DenominationRow {
    guard let denomination = rows.denomination(id) else {
      throw ECashError(.denominationUnknown, "no such denomination")
    }
    let content = denomination.content
    guard !denomination.isStopped, content.issuedFrom <= time, time < content.issuedUntil else {
      throw ECashError(.denominationClosed, "the denomination is not issued now")
    }
    return denomination
  }

  private static func amount(
    _ minor: UInt64, rows: any BankRows
  ) throws(ECashError) -> Amount {
    guard let currency = rows.latestKeyset()?.currency,
      let amount = try? Amount(minor: minor, currency: currency)
    else { throw ECashError(.amountOverflow, "the debit is no amount") }
    return amount
  }

  private static func product(_ count: UInt64, _ minor: UInt64) throws(ECashError) -> UInt64 {
    let (product, overflow) = count.multipliedReportingOverflow(by: minor)
    guard !overflow, product <= Amount.largestMinor else {
      throw ECashError(.amountOverflow, "the sum is too large")
    }
    return product
  }

  private static func sum(_ left: UInt64, _ right: UInt64) throws(ECashError) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    guard !overflow, sum <= Amount.largestMinor else {
      throw ECashError(.amountOverflow, "the sum is too large")
    }
    return sum
  }
}
