// Coins in the hands of somebody who may use them wrongly, and the requests that he makes of them.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

/// A coin with its key.
final class HeldCoin: Sendable {
  let key: Ed25519.PrivateKey
  let denomination: DenominationID
  let signature: Bytes

  init(key: consuming Ed25519.PrivateKey, denomination: DenominationID, signature: Bytes) {
    self.key = key
    self.denomination = denomination
    self.signature = signature
  }

  var id: CoinID {
    get throws { try #require(CoinID(key.publicKey.bytes)) }
  }

  /// The coin as it is handed in for a process at a bank.
  func used(in process: ProcessID, at bank: PartyName) throws -> UsedCoin {
    UsedCoin(
      denomination: denomination, coin: try id, signature: signature,
      use: key.sign(CoinUse.message(in: process, at: bank)))
  }
}

/// Coins before they are signed: a withdrawal that can be tampered with and repeated.
final class BlindedCoins: Sendable {
  private final class One: Sendable {
    let key: Ed25519.PrivateKey
    let denomination: AcceptedDenomination
    let blinding: BlindRSA.Blinding

    init(_ denomination: AcceptedDenomination, from entropy: inout some Entropy) throws {
      self.denomination = denomination
      key = Ed25519.PrivateKey.generate(from: &entropy)
      blinding = try denomination.key.blind(
        BlindRSA.PreparedMessage(key.publicKey.bytes, variant: .pssDeterministic), from: &entropy)
    }
  }

  private let all: [One]

  init(_ values: [UInt64], under keyset: AcceptedKeyset) throws {
    var entropy = SystemEntropy()
    all = try values.map { value in
      try One(
        try #require(keyset.denominations.first { $0.value == value }), from: &entropy)
    }
  }

  var coins: [BlindedCoin] {
    all.map {
      BlindedCoin(denomination: $0.denomination.id, blindedMessage: $0.blinding.blindedMessage)
    }
  }

  func finalize(_ issued: IssuedCoins) throws -> [HeldCoin] {
    try zip(all, issued.blindSignatures).map { one, signature in
      let message = BlindRSA.PreparedMessage(
        one.key.publicKey.bytes, variant: .pssDeterministic)
      let seed = one.key.withSeed { SecretBytes(copying: $0) }
      return HeldCoin(
        key: try Ed25519.PrivateKey(seed: seed), denomination: one.denomination.id,
        signature: try one.denomination.key.finalize(
          signature, for: message, blinding: one.blinding))
    }
  }
}

extension CashWorld {
  /// A request for coins, signed with an account's key. What is signed can differ from what is sent.
  func withdrawal(
    _ coins: [BlindedCoin], total: UInt64, from account: String, by signer: StatementSigner,
    bank: PartyName? = nil, count: Int? = nil, digestOf signed: [BlindedCoin]? = nil
  ) throws -> WithdrawalRequest {
    var entropy = SystemEntropy()
    let claim = Withdrawal(
      bank: bank ?? bankName, account: try #require(AccountName(account)),
      total: try amount(total), coinCount: count ?? coins.count,
      blindedMessages: WithdrawalRequest.digest(of: signed ?? coins))
    return WithdrawalRequest(statement: signer.sign(claim, entropy: &entropy), coins: coins)
  }

  /// Coins of these values out of a fresh account.
  func coins(_ values: [UInt64], from account: String = "payer") async throws -> [HeldCoin] {
    let total = values.reduce(0, +)
    let signer = try await self.account(account, holding: total)
    let blinded = try BlindedCoins(values, under: keyset)
    let request = try withdrawal(blinded.coins, total: total, from: account, by: signer)
    let issued = try #require(await bank.withdraw(request).issued)
    return try blinded.finalize(issued)
  }
}

extension WithdrawalOutcome {
  var issued: IssuedCoins? {
    if case .issued(let coins) = self { coins } else { nil }
  }

  var refusal: ECashError.Code? {
    if case .refused(let error) = self { error.code } else { nil }
  }
}

extension Outcome {
  var value: Value? {
    if case .done(let value) = self { value } else { nil }
  }

  var refusal: RefusalReason? {
    if case .refused(let reason, _) = self { reason } else { nil }
  }

  var signedRefusal: Signed<Refusal>? {
    if case .refused(_, let refusal) = self { refusal } else { nil }
  }

  var heldUntil: Timestamp? {
    if case .held(let time) = self { time } else { nil }
  }
}
