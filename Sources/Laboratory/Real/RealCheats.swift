// How parties of the real world cheat: they do what honest ones do, and say something else. They have their
// own keys, so what they sign verifies.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel

/// A bank or a merchant of the real world, as it behaves.
struct RealConduct<Cheat: Equatable> {
  let cheat: Cheat?
  var entropy: SimulationEntropy
  /// How many requests came, for a cheat that counts.
  var requests = 0
  /// What was asked for: looked up, and never gone through.
  private var asked: Set<RequestID> = []

  init(_ cheat: Cheat?, entropy: SimulationEntropy) {
    self.cheat = cheat
    self.entropy = entropy
  }

  /// Takes note of a request.
  ///
  /// - Returns: whether it came for the first time.
  mutating func isFirst(_ id: RequestID) -> Bool { asked.insert(id).inserted }
}

/// What a cheat signs. The same about one request each time.
struct RealLies {
  private let signer: StatementSigner

  init(of party: PartyName) throws { signer = try RealMarket.signer(party) }

  /// Signs whatever it is, in its own name.
  func sign<Content: Claim>(
    _ claim: Content, _ process: ProcessID, _ place: Int = 0
  ) -> Signed<Content> {
    let digest = SHA256.digest(
      process.bytes, Bytes(Content.kind.rawValue.utf8), [UInt8(truncatingIfNeeded: place)])
    guard let nonce = Nonce(Bytes(digest.bytes.prefix(Nonce.byteCount))) else {
      fatalError("a digest is longer than a nonce")
    }
    return signer.sign(claim, nonce: nonce)
  }

  func refusal(
    _ id: RequestID, _ reason: RefusalReason
  ) -> Signed<Refusal> {
    sign(Refusal(process: id.process, step: id.step, reason: reason), id.process)
  }

  // MARK: - Banks

  /// A reservation of nothing.
  func reservation(instead signed: Signed<Reservation>) -> Signed<Reservation> {
    guard let claim = RealLies.claim(of: signed) else { return signed }
    return sign(
      Reservation(
        process: claim.process, part: claim.part, total: .zero(claim.total.currency),
        decideBy: claim.decideBy),
      claim.process)
  }

  /// Transfers of which more was kept.
  func transfers(instead signed: [Signed<Transfer>], keeping more: UInt64) -> [Signed<Transfer>] {
    signed.enumerated().map { place, signed in
      guard let claim = RealLies.claim(of: signed) else { return signed }
      let fee = min((claim.fee?.minor ?? 0) + more, claim.amount.minor)
      return sign(
        Transfer(
          process: claim.process, verdict: claim.verdict, payee: claim.payee, amount: claim.amount,
          fee: try? Amount(minor: fee, currency: claim.amount.currency), draw: claim.draw),
        claim.process, place)
    }
  }

  // MARK: - Merchants

  /// A deposit of another amount.
  func deposit(overcharging key: DepositedKey) -> DepositedKey {
    guard let claim = RealLies.claim(of: key.deposit),
      let amount = try? Amount(minor: 2 * claim.amount.minor + 1, currency: claim.amount.currency)
    else { return key }
    return DepositedKey(
      deposit: sign(deposit(claim, amount: amount, keyDigest: claim.keyDigest), claim.process),
      key: key.key)
  }

  /// A deposit of a key that opens something else. Where there is no good, there is no key.
  func deposit(ofWrongKey key: DepositedKey, trust: TrustStore) throws -> DepositedKey {
    guard let claim = RealLies.claim(of: key.deposit), !key.key.bytes.isEmpty else { return key }
    let wrong = try RealMarket.identity("wrong")
    return DepositedKey(
      deposit: sign(
        deposit(
          claim, amount: claim.amount,
          keyDigest: GoodsKey.digest(of: wrong, process: claim.process)),
        claim.process),
      key: sealed(wrong, claim.process, trust))
  }

  /// The right deposit, and something else than the key that it is about.
  func deposit(withoutKey key: DepositedKey, trust: TrustStore) throws -> DepositedKey {
    guard let claim = RealLies.claim(of: key.deposit), !key.key.bytes.isEmpty else { return key }
    return DepositedKey(
      deposit: key.deposit,
      key: sealed(try RealMarket.identity("wrong"), claim.process, trust))
  }

  private func deposit(_ claim: Deposit, amount: Amount, keyDigest: Digest) -> Deposit {
    Deposit(
      process: claim.process, offer: claim.offer, quantity: claim.quantity, amount: amount,
      payee: claim.payee, decideBy: claim.decideBy, heldUntil: claim.heldUntil,
      keyDigest: keyDigest)
  }

  private func sealed(
    _ identity: borrowing Age.Identity, _ process: ProcessID, _ trust: TrustStore
  ) -> Sealed<SealedContent.GoodsKey> {
    guard let escrow = trust.recipient(of: Setting.coordinatorName, role: .coordinator) else {
      return Sealed([], digest: SHA256.digest([]))
    }
    var entropy = SimulationEntropy(
      seed: process.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    let bytes = identity.withSpan { Age.seal($0, to: escrow, from: &entropy) }
    return Sealed(bytes, digest: SHA256.digest(bytes))
  }

  // MARK: - Reading

  /// What a statement says, verified by nobody.
  static func claim<Content: Claim>(of signed: Signed<Content>) -> Content? {
    try? UnverifiedStatement(signed.bytes).unverifiedClaim()
  }
}

extension Lateness {
  /// As for model parties: when a real one answers that is late on purpose.
  static func drawReal(
    for request: ParticipantRequest, _ reply: ParticipantReply,
    from entropy: inout SimulationEntropy
  ) -> Lateness? {
    draw(
      for: request, reply, from: &entropy,
      heldUntil: { RealLies.claim(of: $0)?.heldUntil },
      decideBy: { RealLies.claim(of: $0)?.decideBy })
  }
}
