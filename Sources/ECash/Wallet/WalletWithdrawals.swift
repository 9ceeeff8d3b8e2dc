// Withdrawals: derive, put on record, blind, send, finalize, verify, keep.
//
//   planned ──▶ in flight: counters claimed, request signed, all on record
//                  │ sent, as often as needed: always the same bytes
//                  ├── issued ──▶ done: every coin finalized and verified, on record
//                  ├── refused ─▶ refused: counters burnt
//                  └── unknown ─▶ in flight
//
//   crash before "in flight"   nothing happened
//   crash after it             `resumeWithdrawals` derives the same blinded messages and sends them

import Evidence
import PaymentCrypto
public import PaymentModel

extension Wallet {
  /// Withdraws an amount from the wallet's account, split so that it can be paid with.
  ///
  /// - Returns: the values of the new coins, in minor units.
  /// - Throws: `notWithdrawable`, `tooManyCoins`; what the bank refuses; `unanswered` when nobody knows: the
  ///   withdrawal is in flight then, see `resumeWithdrawals`; `issueInvalid`.
  @discardableResult
  public func withdraw(
    _ amount: Amount, from account: AccountName, under keyset: AcceptedKeyset,
    at bank: any WithdrawalAgent
  ) async throws(ECashError) -> [UInt64] {
    let now = clock.now()
    guard amount.currency == keyset.currency else {
      throw ECashError(.currency, "the bank issues no coins in that currency")
    }
    let issued = keyset.denominations.filter { $0.isIssued(at: now) }
    let held = await coinValues(at: keyset.bank, in: keyset.currency)
    let values = try WithdrawalPlan.values(
      for: amount.minor, of: issued.map(\.value), holding: held)
    let row = try await begin(
      values.compactMap { value in issued.first { $0.value == value } }, total: amount,
      account: account, keyset: keyset)
    return try await send(row, under: keyset, to: bank)
  }

  /// Sends all withdrawals in flight at a bank again, each of them, also after one that fails.
  ///
  /// - Returns: the values of the coins that came, in minor units.
  /// - Throws: as `withdraw`, for the first that failed, after all were sent. The coins of the others are
  ///   there.
  @discardableResult
  public func resumeWithdrawals(
    from bank: PartyName, at agent: any WithdrawalAgent
  ) async throws(ECashError) -> [UInt64] {
    var values: [UInt64] = []
    var failure: ECashError?
    let rows = await store.read { rows in rows.withdrawalsInFlight() }
    for row in rows where row.bank == bank {
      do throws(ECashError) {
        let keyset = try AcceptedKeyset(
          row.keyset, of: bank, trust: trust, at: row.madeAt, rules: rules)
        values += try await send(row, under: keyset, to: agent)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return values
  }

  // MARK: - Steps

  /// Claims counters, signs the request and puts both on record, in one transaction.
  private func begin(
    _ denominations: [AcceptedDenomination], total: Amount, account: AccountName,
    keyset: AcceptedKeyset
  ) async throws(ECashError) -> WalletWithdrawalRow {
    let signer = try seed.accountSigner(at: keyset.bank)
    let now = clock.now()
    let entropy = makeEntropy()
    return try await store.transact { rows throws(ECashError) in
      var entropy = entropy
      var keys: [CoinKey] = []
      for denomination in denominations {
        let counter = rows.counter(.coins(denomination.id))
        rows.setCounter(.coins(denomination.id), to: counter + 1)
        keys.append(CoinKey(denomination: denomination.id, counter: counter))
      }
      let coins = try self.blinded(keys, under: keyset)
      let claim = Withdrawal(
        bank: keyset.bank, account: account, total: total, coinCount: coins.count,
        blindedMessages: WithdrawalRequest.digest(of: coins))
      let statement = signer.sign(claim, nonce: Nonce(from: &entropy))
      guard let id = try? UnverifiedStatement(statement.bytes).id else {
        throw ECashError(.statementInvalid, "a claim does not fit into a statement")
      }
      let row = WalletWithdrawalRow(
        id: id, bank: keyset.bank, coins: keys, statement: statement, keyset: keyset.statement,
        madeAt: now)
      rows.put(row)
      return row
    }
  }

  private func send(
    _ row: WalletWithdrawalRow, under keyset: AcceptedKeyset, to bank: any WithdrawalAgent
  ) async throws(ECashError) -> [UInt64] {
    let request = WithdrawalRequest(
      statement: row.statement, coins: try blinded(row.coins, under: keyset))
    switch await bank.withdraw(request) {
    case .unknown(let message):
      throw ECashError(.unanswered, message)
    case .refused(let error):
      await store.transact { rows in
        guard var row = rows.withdrawal(row.id), row.state == .inFlight else { return }
        row.state = .refused
        rows.put(row)
      }
      throw error
    case .issued(let issued):
      let coins = try verify(issued, of: row, under: keyset)
      await store.transact { rows in
        guard var row = rows.withdrawal(row.id), row.state == .inFlight else { return }
        row.state = .done
        rows.put(row)
        for coin in coins { rows.put(coin) }
      }
      return coins.map(\.value.minor)
    }
  }

  /// Verifies the bank's answer and finalizes every coin.
  ///
  /// - Throws: `issueInvalid`. The bank has signed that it issued these coins.
  private func verify(
    _ issued: IssuedCoins, of row: WalletWithdrawalRow, under keyset: AcceptedKeyset
  ) throws(ECashError) -> [WalletCoinRow] {
    guard
      let issue = try? trust.verify(issued.statement, by: row.bank, at: clock.now()),
      issue.claim.withdrawal == row.id, issued.blindSignatures.count == row.coins.count,
      issue.claim.blindSignatures == IssuedCoins.digest(of: issued.blindSignatures),
      let asked = try? UnverifiedStatement(row.statement.bytes)
        .unverifiedClaim(as: Withdrawal.self)
    else { throw ECashError(.issueInvalid, "the bank's answer does not verify") }
    guard issue.claim.account == asked.account,
      Self.isOwed(issue.claim.debit, for: asked, fees: keyset.keyset.fees)
    else {
      throw ECashError(.issueInvalid, "the bank has debited another account, or too much")
    }
    return try zip(row.coins, issued.blindSignatures).map {
      key, blindSignature throws(ECashError) in
      guard let denomination = keyset.denomination(key.denomination),
        let value = try? Amount(minor: denomination.value, currency: keyset.currency)
      else { throw ECashError(.denominationUnknown, "no such denomination") }
      let coin = try seed.coin(key, at: row.bank).publicKey.coinID
      let blinding = try seed.blind(key, at: row.bank, with: denomination)
      let signature: Bytes
      do {
        signature = try denomination.key.finalize(
          blindSignature, for: AcceptedDenomination.message(coin), blinding: blinding)
      } catch {
        throw ECashError(.issueInvalid, "a coin's signature does not verify")
      }
      return WalletCoinRow(
        key: key, bank: row.bank, value: value, signature: signature,
        spentUntil: denomination.content.spentUntil)
    }
  }

  /// Whether a debit is no more than the coins' values and the keyset's fees. It is less when some of the
  /// blinded messages had been paid for before, which a wallet that was made from its seed again cannot know.
  private static func isOwed(_ debit: Amount, for asked: Withdrawal, fees: Fees) -> Bool {
    guard
      let fee = try? Amount(minor: fees.perCoin, currency: asked.total.currency)
        .multiplied(by: UInt64(clamping: asked.coinCount)),
      let owed = try? asked.total.adding(fee), let isLess = try? owed.isLess(than: debit)
    else { return false }
    return !isLess
  }

  /// The blinded messages of coins, the same each time.
  private func blinded(
    _ keys: [CoinKey], under keyset: AcceptedKeyset
  ) throws(ECashError) -> [BlindedCoin] {
    try keys.map { key throws(ECashError) in
      guard let denomination = keyset.denomination(key.denomination) else {
        throw ECashError(.denominationUnknown, "no such denomination")
      }
      return BlindedCoin(
        denomination: key.denomination,
        blindedMessage: try seed.blind(key, at: keyset.bank, with: denomination).blindedMessage)
    }
  }
}
