// Statements as one uses them: sign, send, verify, rely on.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Statements")
struct StatementTests {
  @Test("a merchant signs, a customer verifies, and only then there is a claim")
  func signAndVerify() throws {
    // Merchant
    var entropy = SystemEntropy()
    let party = try #require(PartyName("books.example"))
    let signer = StatementSigner(party: party, key: .generate(from: &entropy))
    let signed = signer.sign(SampleClaims.offer(), entropy: &entropy)

    // Customer, who knows the merchant's key
    let received = try UnverifiedStatement(signed.bytes)
    #expect(received.kind == .offer)
    #expect(received.issuer == signer.issuer)
    let offer = try received.verified(as: Offer.self, with: signer.publicKey, party: party)
    #expect(offer.claim == SampleClaims.offer())
    #expect(offer.issuer == Issuer(party: party, key: signer.publicKey.thumbprint))
    #expect(offer.id == SHA256.digest(received.payload).renamed())
    #expect(offer.signed == signed)
    #expect(offer.key == signer.publicKey)
  }

  @Test("each kind's claim comes back as it was", arguments: StatementKind.allCases)
  func roundTrip(kind: StatementKind) throws {
    try roundTrip(SampleClaims.claim(kind))
  }

  private func roundTrip<Content: Claim>(_ claim: Content) throws {
    let key = Parties.signer(of: Content.kind)
    let signed = key.signer.sign(claim, nonce: SampleClaims.nonce)
    let verified: Verified<Content> = try UnverifiedStatement(signed.bytes).verified(
      with: key.publicKey, party: key.signer.issuer.party)
    #expect(verified.claim == claim)
    #expect(type(of: claim) == Content.kind.claim)
  }

  @Test("the same claim and nonce give the same bytes; another nonce another identifier")
  func deterministic() throws {
    let (claim, signer) = (SampleClaims.verdict, Parties.coordinator.signer)
    #expect(
      signer.sign(claim, nonce: SampleClaims.nonce) == signer.sign(claim, nonce: SampleClaims.nonce)
    )
    var entropy = SystemEntropy()
    let ids = try (0..<4).map { _ in
      try UnverifiedStatement(signer.sign(claim, entropy: &entropy).bytes).id
    }
    #expect(Set(ids).count == 4)
  }

  @Test("co-signers sign the same payload, in any order, once")
  func cosigning() throws {
    let claim = Cancellation(process: identifier("process"))
    let one = Parties.customer.signer.sign(claim, nonce: SampleClaims.nonce)
    let left = try Parties.bank.signer.cosign(Parties.merchant.signer.cosign(one))
    let right = try Parties.merchant.signer.cosign(Parties.bank.signer.cosign(one))
    #expect(left == right)
    #expect(left.bytes == StatementCases.cosigned)
    #expect(
      failure { () throws(EvidenceError) in try Parties.bank.signer.cosign(left) } == .signerTwice)
    #expect(
      failure { () throws(EvidenceError) in try Parties.customer.signer.cosign(one) }
        == .signerTwice)
    let verified = try UnverifiedStatement(left.bytes).verified(
      as: Cancellation.self, with: Parties.customer.publicKey, party: .customer,
      cosigners: [Parties.merchant.publicKey, Parties.bank.publicKey])
    #expect(verified.claim == claim)
    #expect(verified.id == (try UnverifiedStatement(one.bytes).id))
  }

  @Test("sixteen signatures are accepted, the seventeenth is refused")
  func sixteen() throws {
    var signed = Parties.customer.signer.sign(
      Cancellation(process: identifier("process")), nonce: SampleClaims.nonce)
    let cosigners = (100..<116).map { TestKey($0, party: .customer) }
    for cosigner in cosigners.prefix(15) { signed = try cosigner.signer.cosign(signed) }
    _ = try UnverifiedStatement(signed.bytes).verified(
      as: Cancellation.self, with: Parties.customer.publicKey, party: .customer,
      cosigners: cosigners.prefix(15).map(\.publicKey))
    #expect(
      failure { () throws(EvidenceError) in try cosigners[15].signer.cosign(signed) }
        == .signatureCount)
  }

  @Test("sizes are limits")
  func sizes() {
    let large = Bytes(repeating: 0x20, count: UnverifiedStatement.largestByteCount + 1)
    #expect(failure { () throws(EvidenceError) in try UnverifiedStatement(large) } == .jsonSize)
    let padding = #""x":"\#(String(repeating: "a", count: UnverifiedStatement.largestPayload))""#
    let payload = Forgery.payload(#""process":"\#(Forgery.process)",\#(padding)"#)
    #expect(
      failure { () throws(EvidenceError) in
        try UnverifiedStatement(Forgery.bytes(payload: payload))
      } == .memberLength)
  }

  @Test("a statement with any byte changed does not verify")
  func mutations() throws {
    let signed = Parties.coordinator.signer.sign(SampleClaims.verdict, nonce: SampleClaims.nonce)
    let key = Parties.coordinator
    func verifies(_ bytes: Bytes) -> Bool {
      failure { () throws(EvidenceError) in
        try UnverifiedStatement(bytes).verified(
          as: Verdict.self, with: key.publicKey, party: key.signer.issuer.party)
      } == nil
    }
    #expect(verifies(signed.bytes))
    let seed: UInt64 = 99
    var entropy = SeededEntropy(seed: seed)
    for place in signed.bytes.indices {
      var changed = signed.bytes
      changed[place] ^= 1 << (entropy.bytes(1)[0] % 8)
      #expect(!verifies(changed), "seed \(seed), byte \(place)")
    }
    for count in stride(from: 0, to: signed.bytes.count, by: 7) {
      #expect(!verifies(Bytes(signed.bytes.prefix(count))), "\(count) bytes")
    }
  }

  @Test("a claim of the wrong kind cannot be read out of a statement")
  func kinds() throws {
    let signed = Parties.merchant.signer.sign(
      Release(
        process: identifier("process"), offer: identifier("offer"), verdict: identifier("verdict")),
      nonce: SampleClaims.nonce)
    let wrong = Signed<Settlement>(signed.bytes)
    #expect(
      failure { () throws(EvidenceError) in
        try UnverifiedStatement(wrong.bytes).verified(
          as: Settlement.self, with: Parties.merchant.publicKey,
          party: Parties.merchant.signer.issuer.party)
      } == .kindMismatch)
  }

  @Test("errors tell the check and never the value")
  func errors() {
    let secret = "4242424242424242"
    do {
      _ = try UnverifiedStatement(
        Forgery.bytes(payload: Forgery.payload(#""process":"\#(secret)""#))
      ).verified(as: Cancellation.self, with: Parties.customer.publicKey, party: .customer)
      Issue.record("a short identifier was accepted")
    } catch {
      #expect(error.code == .memberValue)
      #expect(error.message.contains("process"))
      #expect(!"\(error)".contains(secret))
    }
  }
}
