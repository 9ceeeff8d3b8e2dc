// What an identifier gives away: nothing, to somebody who knows all but the nonce.

import Evidence
import PaymentCrypto
import PaymentModel
import Testing

/// A merchant reads the log, where only identifiers stand. She knows the process from her own part in it,
/// the catalogue of everybody who sells, and about when everything happened.
@Suite("Guessing what an identifier stands for")
struct GuessingTests {
  static let process: ProcessID = identifier("a purchase of several goods")
  static let catalogue: [StatementID] = (0..<12).map { identifier("offer \($0)") }
  static let moments = (-2...2).map { SampleClaims.time.adding(milliseconds: $0) }

  static func deposit(_ offer: StatementID, _ time: Timestamp) -> Deposit {
    Deposit(
      process: process, offer: offer, quantity: 1, amount: SampleClaims.amount(1250),
      payee: SampleClaims.payee, decideBy: time, heldUntil: time, keyDigest: identifier("key"))
  }

  /// All deposits that the other merchant can have signed.
  static let candidates = catalogue.flatMap { offer in moments.map { deposit(offer, $0) } }

  /// Which candidate has this identifier, under one of these nonces.
  static func guess(_ id: StatementID, nonces: [Nonce]) -> Deposit? {
    for claim in candidates {
      for nonce in nonces {
        let payload = StatementPayload.encode(
          claim, issuer: Parties.merchant.signer.issuer, nonce: nonce)
        if SHA256.digest(payload).renamed() == id { return claim }
      }
    }
    return nil
  }

  @Test("process, catalogue and time do not tell which good a deposit is for")
  func bruteForce() throws {
    let seed: UInt64 = 20_261
    var entropy = SeededEntropy(seed: seed)
    let bought = Self.deposit(Self.catalogue[7], Self.moments[3])
    let signed = Parties.merchant.signer.sign(bought, entropy: &entropy)
    let statement = try UnverifiedStatement(signed.bytes)

    // Her search finds the deposit as soon as she has the nonce: nothing else is missing.
    #expect(Self.guess(statement.id, nonces: [statement.nonce]) == bought)

    // Without it: nonces that a careless signer would take, and others of the same generator.
    let careless = [
      Bytes(repeating: 0, count: 16), Bytes(repeating: 0xFF, count: 16), Bytes(0..<16),
      Bytes(bigEndian: 0) + Bytes(bigEndian: 1),
      Bytes(bigEndian: 0) + Bytes(bigEndian: UInt64(SampleClaims.time.milliseconds)),
      Bytes(Self.process.bytes.prefix(16)), Bytes(bought.offer.bytes.prefix(16)),
      Bytes(signed.bytes.prefix(16)),
    ]
    let others = (0..<24).map { _ in Nonce(from: &entropy) }
    let nonces = careless.compactMap(Nonce.init) + others
    #expect(nonces.count == careless.count + others.count)
    #expect(Self.guess(statement.id, nonces: nonces) == nil, "seed \(seed)")
  }

  @Test("the same deposit twice, or of two purchases alike, has unrelated identifiers")
  func unlinkable() throws {
    let seed: UInt64 = 20_262
    var entropy = SeededEntropy(seed: seed)
    let claim = Self.candidates[0]
    var ids: Set<StatementID> = []
    var nonces: Set<Nonce> = []
    for _ in 0..<64 {
      let statement = try UnverifiedStatement(
        Parties.merchant.signer.sign(claim, entropy: &entropy).bytes)
      ids.insert(statement.id)
      nonces.insert(statement.nonce)
    }
    #expect(ids.count == 64 && nonces.count == 64, "seed \(seed)")
    // Each of its 128 bits takes both values.
    for bit in 0..<128 {
      let ones = nonces.count { $0.bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1 }
      #expect((1..<64).contains(ones), "seed \(seed), bit \(bit)")
    }
  }
}
