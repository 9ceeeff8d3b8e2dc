// Trust lists: who signs them, what they may say, and what follows from them.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

enum Trust {
  static func list(
    _ keys: [TrustedKey] = SampleClaims.trustList.keys,
    recipients: [TrustedRecipient] = SampleClaims.trustList.recipients, quorum: Int = 1
  ) -> TrustList {
    TrustList(
      madeAt: SampleClaims.time, keys: keys, recipients: recipients, witnessQuorum: quorum)
  }

  static func sign(_ list: TrustList, by key: TestKey = Parties.root) -> Signed<TrustList> {
    key.signer.sign(list, nonce: SampleClaims.nonce)
  }

  static func store(_ list: TrustList = list()) throws(EvidenceError) -> TrustStore {
    try TrustStore(sign(list))
  }
}

@Suite("Trust lists")
struct TrustListTests {
  @Test("a root signs a list, and whoever has the list can verify with it")
  func manual() throws {
    // Trust root
    var entropy = SystemEntropy()
    let signed = try TrustStore.sign(Trust.list(), with: Parties.root.signer, entropy: &entropy)

    // Anybody, who has compared the root's thumbprint
    let trust = try TrustStore(signed, pinnedRoot: Parties.root.signer.issuer.key)
    #expect(trust.bytes == signed.bytes)
    #expect(trust.digest == SHA256.digest(signed.bytes))
    #expect(trust.list.claim == Trust.list())
    #expect(trust.list.issuer == Parties.root.signer.issuer)
    #expect(trust.keys.map(\.party) == Trust.list().keys.map(\.party))
    #expect(trust.logKeys.map(\.publicKey) == [Parties.log.publicKey])
    #expect(trust.witnessKeys.map(\.publicKey) == [Parties.witness.publicKey])
    #expect(trust.witnessQuorum == 1)
    #expect(trust.key(Parties.bank.signer.issuer.key)?.role == .bank)
    #expect(trust.key(Parties.customer.signer.issuer.key) == nil)
  }

  private func code(
    _ list: TrustList, by key: TestKey = Parties.root, pin: Thumbprint? = nil
  ) -> EvidenceError.Code? {
    failure { () throws(EvidenceError) in try TrustStore(Trust.sign(list, by: key), pinnedRoot: pin)
    }
  }

  @Test("a list is believed only from a root that it lists, and from the pinned one")
  func roots() {
    #expect(code(Trust.list()) == nil)
    #expect(code(Trust.list(), pin: Parties.root.signer.issuer.key) == nil)
    #expect(code(Trust.list(), pin: Parties.bank.signer.issuer.key) == .trustRootPin)
    #expect(code(Trust.list(), by: Parties.bank) == .trustRootUnlisted)
    #expect(
      code(Trust.list(), by: TestKey(77, party: Parties.root.signer.issuer.party))
        == .trustRootUnlisted)
    #expect(code(Trust.list(Array(Trust.list().keys.dropFirst()))) == .trustRootUnlisted)
    let renamed = TestKey(1, party: Parties.name("other.example"))
    #expect(code(Trust.list(), by: renamed) == .partyMismatch)
  }

  @Test("the root's key must be valid when the list is made")
  func rootWindow() {
    let others = Array(Trust.list().keys.dropFirst())
    let time = SampleClaims.time
    let later = SampleClaims.trusted(Parties.root, .trustRoot, from: time.adding(seconds: 1))
    let earlier = SampleClaims.trusted(Parties.root, .trustRoot, until: time)
    #expect(code(Trust.list([later] + others)) == .keyNotYetValid)
    #expect(code(Trust.list([earlier] + others)) == .keyExpired)
  }

  @Test("one key has one use, customers are not listed, keys are keys, witnesses are there")
  func content() throws {
    let keys = Trust.list().keys
    #expect(code(Trust.list(keys + [keys[1]])) == .trustKeyTwice)
    let bankAsLog = TrustedKey(
      party: Parties.log.signer.issuer.party, role: .log, key: Parties.bank.value,
      validFrom: keys[1].validFrom, validUntil: keys[1].validUntil)
    #expect(code(Trust.list(keys + [bankAsLog])) == .trustKeyTwice)
    #expect(
      code(Trust.list(keys + [SampleClaims.trusted(Parties.customer, .merchant)])) == .trustCustomer
    )
    let customerRole = SampleClaims.trusted(TestKey(50, party: Parties.name("carol")), .customer)
    #expect(code(Trust.list(keys + [customerRole])) == .trustCustomer)
    let identity = TrustedKey(
      party: Parties.name("weak.example"), role: .bank,
      key: identifier([1] + Bytes(repeating: 0, count: 31)), validFrom: keys[0].validFrom,
      validUntil: keys[0].validUntil)
    #expect(code(Trust.list(keys + [identity])) == .keyInvalid)
    #expect(code(Trust.list(quorum: 2)) == .trustQuorum)
  }

  @Test("each party has one place to seal to for each use, and it is one")
  func recipients() throws {
    let (bank, recipient) = (Parties.bank.signer.issuer.party, SampleClaims.basePoint)
    let trust = try Trust.store()
    #expect(trust.recipient(of: bank, role: .bank)?.bytes == recipient.bytes)
    #expect(trust.recipient(of: bank, role: .coordinator) == nil)
    #expect(trust.recipient(of: Parties.merchant.signer.issuer.party, role: .bank) == nil)
    let listed = TrustedRecipient(party: bank, role: .bank, recipient: recipient)
    #expect(code(Trust.list(recipients: [listed, listed])) == .trustRecipientTwice)
    for bytes in [Bytes(repeating: 0, count: 32), Bytes(repeating: 0xFF, count: 32)] {
      let weak = TrustedRecipient(party: bank, role: .bank, recipient: identifier(bytes))
      #expect(code(Trust.list(recipients: [weak])) == .recipientInvalid)
    }
  }

  @Test("a changed list is refused")
  func changed() {
    let signed = Trust.sign(Trust.list())
    let other = Trust.sign(Trust.list(Trust.list().keys.dropLast(), quorum: 0))
    let payloads = [signed, other].map {
      String(decoding: $0.bytes, as: UTF8.self).split(separator: "\"")[3]
    }
    let swapped = signed.bytes.replacing(String(payloads[0]), with: String(payloads[1]))
    #expect(
      failure { () throws(EvidenceError) in try TrustStore(Signed(swapped)) } == .signatureInvalid)
  }

  @Test("signing a list that nobody would accept fails")
  func refusedWhenSigned() {
    var entropy = SystemEntropy()
    #expect(
      failure { () throws(EvidenceError) in
        try TrustStore.sign(Trust.list(quorum: 2), with: Parties.root.signer, entropy: &entropy)
      } == .trustQuorum)
  }
}

@Suite("Verifying with a trust store")
struct TrustStoreTests {
  let time = SampleClaims.time

  @Test("each kind verifies when its signer signed, and not when another role did")
  func roles() throws {
    let trust = try Trust.store()
    for kind in StatementKind.allCases where !kind.signers.contains(.customer) {
      try roles(SampleClaims.claim(kind), trust)
    }
  }

  private func roles<Content: Claim>(_ claim: Content, _ trust: TrustStore) throws {
    for key in [
      Parties.root, Parties.bank, Parties.merchant, Parties.coordinator, Parties.account,
      Parties.log,
    ] {
      var signed = key.signer.sign(claim, nonce: SampleClaims.nonce)
      if Content.isCosigned { signed = try Parties.registered.signer.cosign(signed) }
      let role = try #require(trust.key(key.signer.issuer.key)).role
      let code = failure { () throws(EvidenceError) in try trust.verify(signed, at: time) }
      #expect(
        code == (Content.kind.signers.contains(role) ? nil : .keyRole), "\(Content.kind) by \(role)"
      )
    }
  }

  @Test("the party asked for, the key's time and the list decide, in that order")
  func precedence() throws {
    let trust = try Trust.store()
    let signed = Parties.bank.signer.sign(SampleClaims.keyset, nonce: SampleClaims.nonce)
    let bank = Parties.bank.signer.issuer.party
    func code(_ signed: Signed<Keyset>, by party: PartyName? = nil, at time: Timestamp)
      -> EvidenceError.Code?
    {
      failure { () throws(EvidenceError) in try trust.verify(signed, by: party, at: time) }
    }
    #expect(code(signed, by: bank, at: time) == nil)
    #expect(code(signed, by: Parties.name("other.example"), at: time) == .partyMismatch)
    #expect(code(signed, at: time.adding(seconds: -1001)) == .keyNotYetValid)
    #expect(code(signed, at: time.adding(seconds: -1000)) == nil)
    #expect(code(signed, at: time.adding(seconds: 1_000_000)) == .keyExpired)
    #expect(code(signed, at: time.adding(seconds: 999_999)) == nil)
    let unlisted = TestKey(60, party: bank).signer.sign(
      SampleClaims.keyset, nonce: SampleClaims.nonce)
    #expect(code(unlisted, by: bank, at: time) == .keyUnknown)
    let underAnotherName = TestKey(2, party: Parties.name("other.example")).signer
      .sign(SampleClaims.keyset, nonce: SampleClaims.nonce)
    #expect(code(underAnotherName, at: time) == .partyMismatch)
    let swapped = Signed<Keyset>(
      Parties.bank.signer.sign(SampleClaims.verdict, nonce: SampleClaims.nonce).bytes)
    #expect(code(swapped, at: time) == .kindMismatch)
  }

  @Test("keys are found for one party, one use, one time")
  func keys() throws {
    let trust = try Trust.store()
    let log = Parties.log.signer.issuer
    #expect(try trust.key(log.key, party: log.party, role: .log, at: time) == Parties.log.publicKey)
    func code(_ thumbprint: Thumbprint, _ party: PartyName, _ role: Role) -> EvidenceError.Code? {
      failure { () throws(EvidenceError) in
        try trust.key(thumbprint, party: party, role: role, at: time)
      }
    }
    #expect(code(identifier("nobody"), log.party, .log) == .keyUnknown)
    #expect(code(log.key, Parties.bank.signer.issuer.party, .log) == .partyMismatch)
    #expect(code(log.key, log.party, .witness) == .keyRole)
  }

  @Test("an order verifies with the key that it brings along, and names its process")
  func orders() throws {
    let trust = try Trust.store()
    let signed = Parties.customer.signer.sign(SampleClaims.order, nonce: SampleClaims.nonce)
    let order = try trust.verifyOrder(signed)
    #expect(order.claim == SampleClaims.order)
    #expect(order.key == Parties.customer.publicKey)
    let process: ProcessID = order.id.renamed()
    #expect(process.bytes == SHA256.digest(try UnverifiedStatement(signed.bytes).payload).bytes)
  }

  @Test("an order signed by another key than its own is refused")
  func foreignOrder() throws {
    let trust = try Trust.store()
    func code(_ key: TestKey, _ order: Order) -> EvidenceError.Code? {
      failure { () throws(EvidenceError) in
        try trust.verifyOrder(key.signer.sign(order, nonce: SampleClaims.nonce))
      }
    }
    #expect(code(TestKey(70, party: .customer), SampleClaims.order) == .keyMismatch)
    let weak = SampleClaims.order(oneTimeKey: identifier([1] + Bytes(repeating: 0, count: 31)))
    #expect(code(Parties.customer, weak) == .keyInvalid)
    let named = TestKey(5, party: Parties.name("alice"))
    #expect(code(named, SampleClaims.order) == .partyMismatch)
  }

  @Test("a one-time key signs what customers sign, and nothing else")
  func oneTimeKeys() throws {
    let trust = try Trust.store()
    let claim = DeliveryRequest(process: identifier("process"), acceptances: [])
    let signed = Parties.customer.signer.sign(claim, nonce: SampleClaims.nonce)
    #expect(try trust.verify(signed, byOneTimeKey: Parties.customer.value).claim == claim)
    #expect(
      failure { () throws(EvidenceError) in
        try trust.verify(signed, byOneTimeKey: Parties.bank.value)
      } == .keyMismatch)
    #expect(
      failure { () throws(EvidenceError) in try trust.verify(signed, at: time) } == .keyUnknown)
    let verdict = Parties.customer.signer.sign(SampleClaims.verdict, nonce: SampleClaims.nonce)
    #expect(
      failure { () throws(EvidenceError) in
        try trust.verify(verdict, byOneTimeKey: Parties.customer.value)
      } == .keyRole)
  }
}
