// The bank as wallets see it: withdrawals.

import Evidence
import PaymentCrypto
public import PaymentModel

extension Bank: WithdrawalAgent {
  public func withdraw(_ request: WithdrawalRequest) async -> WithdrawalOutcome {
    let withdrawal: Verified<Withdrawal>
    do throws(ECashError) {
      withdrawal = try await check(request)
      let now = clock.now()
      _ = try await store.transact { rows throws(ECashError) in
        try WithdrawRule.claim(
          withdrawal.id, from: withdrawal.claim.account, coins: request.coins, at: now,
          rows: &rows)
      }
    } catch {
      return .refused(error)
    }
    do throws(ECashError) {
      return .issued(try await issue(withdrawal.id, coins: request.coins))
    } catch {
      return .unknown(error.message)
    }
  }

  /// The signatures of blinded messages that were paid for before, each `nil` otherwise; of the first 1024
  /// that are asked for. A wallet that was restored from its seed asks this.
  public func signatures(of coins: [BlindedCoin]) async -> [Bytes?] {
    await store.read { rows in
      coins.prefix(WithdrawalRequest.largestCoinCount).map {
        rows.issuedCoin($0.digest)?.blindSignature
      }
    }
  }

  /// All that can be checked before the debit.
  private func check(
    _ request: WithdrawalRequest
  ) async throws(ECashError) -> Verified<Withdrawal> {
    guard (1...WithdrawalRequest.largestCoinCount).contains(request.coins.count) else {
      throw ECashError(.tooManyCoins, "a request asks for 1 to 1024 coins")
    }
    let verified = try await verify(request.statement)
    let claim = verified.claim
    guard claim.bank == name else {
      throw ECashError(.withdrawalBank, "the withdrawal is addressed to another bank")
    }
    guard claim.coinCount == request.coins.count,
      claim.blindedMessages == WithdrawalRequest.digest(of: request.coins),
      Set(request.coins.map(\.digest)).count == request.coins.count
    else {
      throw ECashError(.withdrawalDigest, "the blinded messages are not those that were signed")
    }
    let period = await store.read { rows in rows.latestKeyset()?.period ?? 0 }
    let denominations = await cache.denominations(period: period)
    var total = Amount.zero(claim.total.currency)
    for coin in request.coins {
      guard let denomination = denominations[coin.denomination] else {
        throw ECashError(.denominationUnknown, "no such denomination")
      }
      guard denomination.canSign(coin.blindedMessage) else {
        throw ECashError(.blindedMessage, "a blinded message does not fit its key")
      }
      guard let value = try? Amount(minor: denomination.value, currency: total.currency),
        let sum = try? total.adding(value)
      else { throw ECashError(.amountOverflow, "the sum is too large") }
      total = sum
    }
    guard total == claim.total else {
      throw ECashError(.withdrawalTotal, "the total is not the sum of the coins")
    }
    return verified
  }

  /// Verifies a withdrawal with the key of the account that it names.
  private func verify(
    _ signed: Signed<Withdrawal>
  ) async throws(ECashError) -> Verified<Withdrawal> {
    let wrong = ECashError(.withdrawalSignature, "the withdrawal does not verify")
    guard let statement = try? UnverifiedStatement(signed.bytes),
      let claim = try? statement.unverifiedClaim(as: Withdrawal.self)
    else { throw wrong }
    guard let account = await store.read({ rows in rows.account(claim.account) }) else {
      throw ECashError(.accountUnknown, "no such account")
    }
    guard let key = try? Ed25519.PublicKey(account.key.bytes),
      let verified = try? statement.verified(
        as: Withdrawal.self, with: key, party: .customer)
    else { throw wrong }
    return verified
  }

  /// Signs what was paid for, all coins of one denomination at once.
  private func issue(
    _ withdrawal: StatementID, coins: [BlindedCoin]
  ) async throws(ECashError) -> IssuedCoins {
    var signatures = await self.signatures(of: coins)
    let unsigned = coins.indices.filter { signatures[$0] == nil }
    for denomination in Set(unsigned.map { coins[$0].denomination }).sorted() {
      let places = unsigned.filter { coins[$0].denomination == denomination }
      let signed = try await denominationSigner.sign(
        places.map { coins[$0].blindedMessage }, with: denomination)
      for (place, signature) in zip(places, signed) { signatures[place] = signature }
    }
    let complete = signatures.compactMap { $0 }
    guard complete.count == coins.count else {
      throw ECashError(.denominationKey, "the signer left out a signature")
    }
    let desk = desk()
    return try await store.transact { rows throws(ECashError) in
      var desk = desk
      return try WithdrawRule.issue(
        withdrawal, coins: coins, blindSignatures: complete, desk: &desk, rows: &rows)
    }
  }
}
