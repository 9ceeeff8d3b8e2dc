// Keys that come and go by statements of the parties themselves.

import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct KeyChangeTests {
  let trust: TrustStore
  let newKey = TestKey(77, party: Parties.bank.signer.issuer.party)

  init() throws {
    trust = try TrustStore(
      Parties.root.signer.sign(SampleClaims.trustList, nonce: SampleClaims.nonce))
  }

  private func registration(
    of key: TestKey, role: Role = .bank, by signer: TestKey = Parties.bank
  ) throws -> Signed<KeyRegistration> {
    let claim = KeyRegistration(
      role: role, key: key.value, validFrom: SampleClaims.time,
      validUntil: SampleClaims.time.adding(seconds: 86_400))
    return try key.signer.cosign(signer.signer.sign(claim, nonce: SampleClaims.nonce))
  }

  private func revocation(
    of key: TestKey, from: Timestamp = SampleClaims.time, by signer: TestKey
  ) throws -> Verified<Revocation> {
    try trust.verify(
      signer.signer.sign(
        Revocation(.key(key.signer.issuer.key), from: from, reason: .compromised),
        nonce: SampleClaims.nonce), at: SampleClaims.time)
  }

  @Test func aRegisteredKeySignsForItsParty() throws {
    let now = SampleClaims.time.adding(seconds: 1)
    let signed = newKey.signer.sign(
      SampleClaims.claim(.transfer) as! Transfer, nonce: SampleClaims.nonce)
    #expect(
      failure { () throws(EvidenceError) in try trust.verify(signed, at: now) } == .keyUnknown)
    let wider = try trust.registering(
      try trust.verify(registration(of: newKey), at: SampleClaims.time))
    #expect(try wider.verify(signed, at: now).issuer.party == Parties.bank.signer.issuer.party)
    #expect(wider.keys(role: .bank).count == trust.keys(role: .bank).count + 1)
    // Not before its time, and not after it.
    let early = SampleClaims.time.adding(seconds: -1)
    #expect(
      failure { () throws(EvidenceError) in try wider.verify(signed, at: early) } == .keyNotYetValid
    )
    let late = SampleClaims.time.adding(seconds: 86_400)
    #expect(
      failure { () throws(EvidenceError) in try wider.verify(signed, at: late) } == .keyExpired)
  }

  @Test func whoRegistersAKeyHasIt() throws {
    let claim = KeyRegistration(
      role: .bank, key: newKey.value, validFrom: SampleClaims.time,
      validUntil: SampleClaims.time.adding(seconds: 1))
    let alone = Parties.bank.signer.sign(claim, nonce: SampleClaims.nonce)
    #expect(
      failure { () throws(EvidenceError) in try trust.verify(alone, at: SampleClaims.time) }
        == .signersMismatch)
    let another = try Parties.merchant.signer.cosign(alone)
    #expect(
      failure { () throws(EvidenceError) in try trust.verify(another, at: SampleClaims.time) }
        == .signersMismatch)
  }

  @Test func nobodyRegistersKeysOfOthers() throws {
    // A coordinator cannot make itself a bank, not even with a key of its own.
    let claimed = try trust.verify(
      registration(of: newKey, role: .bank, by: Parties.coordinator), at: SampleClaims.time)
    #expect(failure { () throws(EvidenceError) in try trust.registering(claimed) } == .keyRole)
    // What it registers for its own role is its own.
    let own = try trust.registering(
      try trust.verify(
        registration(of: newKey, role: .coordinator, by: Parties.coordinator),
        at: SampleClaims.time))
    #expect(
      own.key(newKey.signer.issuer.key)?.party == Parties.coordinator.signer.issuer.party)
    // A key has one use.
    let twice = try trust.verify(registration(of: Parties.merchant), at: SampleClaims.time)
    #expect(failure { () throws(EvidenceError) in try trust.registering(twice) } == .trustKeyTwice)
  }

  @Test func aRevokedKeyEndsAtThatTime() throws {
    let end = SampleClaims.time.adding(seconds: 60)
    let signed = Parties.bank.signer.sign(
      SampleClaims.claim(.transfer) as! Transfer, nonce: SampleClaims.nonce)
    for revoker in [Parties.bank, Parties.root] {
      let narrower = try trust.revoking(revocation(of: Parties.bank, from: end, by: revoker))
      #expect(
        try narrower.verify(signed, at: SampleClaims.time).issuer.party.text == "bank.example")
      #expect(
        failure { () throws(EvidenceError) in try narrower.verify(signed, at: end) } == .keyExpired)
      #expect(narrower.keys(role: .bank).map(\.validUntil) == [end])
    }
  }

  @Test func nobodyRevokesKeysOfOthers() throws {
    let strange = try revocation(of: Parties.bank, by: Parties.merchant)
    #expect(
      failure { () throws(EvidenceError) in try trust.revoking(strange) } == .revocationNotEntitled)
    let unknown = try revocation(of: newKey, by: Parties.bank)
    #expect(failure { () throws(EvidenceError) in try trust.revoking(unknown) } == .keyUnknown)
  }

  @Test func aRevocationGivesNoKeyMoreTime() throws {
    let listed = try #require(trust.keys(role: .bank).first)
    let after = try trust.revoking(
      revocation(
        of: Parties.bank, from: listed.validUntil.adding(seconds: 1000), by: Parties.bank))
    #expect(after.keys(role: .bank).map(\.validUntil) == [listed.validUntil])
    // One from before the key's time leaves it none.
    let never = try trust.revoking(
      revocation(
        of: Parties.bank, from: listed.validFrom.adding(seconds: -5), by: Parties.bank))
    #expect(never.keys(role: .bank).map(\.validUntil) == [listed.validFrom])
  }
}
