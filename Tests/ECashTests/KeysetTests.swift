// Keysets: only signed ones, with keys of their own, and none that everybody holds.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct KeysetTests {
  @Test func signedKeysetIsAccepted() async throws {
    let world = try await CashWorld()
    #expect(world.keyset.bank == world.bankName)
    #expect(world.keyset.denominations.map(\.value) == TestDenominationKeys.values)
    #expect(await world.bank.keyset() == world.keyset.statement)
  }

  @Test func testDenominationsAreRefusedOutsideTests() async throws {
    let world = try await CashWorld()
    for (value, publicKey) in try TestDenominationKeys.shared.get().denominations {
      let keyset = CashWorld.keyset(
        [(value, publicKey)], currency: world.currency, signer: world.bankSigner)
      #expect(throws: ECashError(code: .testDenomination)) {
        try AcceptedKeyset(
          keyset, of: world.bankName, trust: world.trust, at: CashWorld.start)
      }
    }
  }

  @Test func keysetOfAnotherSignerIsRefused() async throws {
    let world = try await CashWorld()
    let keys = try TestDenominationKeys.shared.get().denominations
    for signer in [world.coordinator, try CashWorld.signer("stranger.example")] {
      let keyset = CashWorld.keyset(keys, currency: world.currency, signer: signer)
      #expect(throws: ECashError(code: .keysetSignature)) {
        try AcceptedKeyset(
          keyset, of: signer.issuer.party, trust: world.trust, at: CashWorld.start,
          rules: .testing)
      }
      #expect(throws: ECashError(code: .keysetSignature)) {
        try AcceptedKeyset(
          keyset, of: world.bankName, trust: world.trust, at: CashWorld.start, rules: .testing)
      }
    }
  }

  @Test func keysMustBeKeysAndDiffer() async throws {
    let world = try await CashWorld()
    let key = try TestDenominationKeys.shared.get().denominations[0].publicKey
    let cases: [[(value: UInt64, publicKey: Bytes)]] = [
      [], [(1, key), (2, key)], [(1, [])], [(1, Bytes(key.dropLast()))], [(1, key + [0])],
    ]
    for keys in cases {
      let keyset = CashWorld.keyset(keys, currency: world.currency, signer: world.bankSigner)
      #expect(throws: ECashError(code: .keysetContent)) {
        try AcceptedKeyset(
          keyset, of: world.bankName, trust: world.trust, at: CashWorld.start, rules: .testing)
      }
    }
  }

  @Test func periodHasOneKeyset() async throws {
    let world = try await CashWorld(values: [1, 2])
    let keys = try TestDenominationKeys.shared.get().denominations
    func publish(
      _ keys: some Sequence<(value: UInt64, publicKey: Bytes)>, period: Int,
      currency: Currency? = nil
    ) async throws {
      try await world.bank.publish(
        CashWorld.keyset(
          Array(keys), period: period, currency: currency ?? world.currency,
          signer: world.bankSigner))
    }
    try await world.bank.publish(world.keyset.statement)
    await #expect(throws: ECashError(code: .keysetConflict)) { try await publish(keys, period: 1) }
    await #expect(throws: ECashError(code: .keysetConflict), "a key serves in one period") {
      try await publish(keys.prefix(1), period: 2)
    }
    let other = try #require(Currency("USD"))
    await #expect(throws: ECashError(code: .keysetConflict), "another currency") {
      try await publish(keys.dropFirst(2), period: 2, currency: other)
    }
    try await publish(keys.dropFirst(2), period: 2)
    #expect(await world.bank.keyset() != world.keyset.statement)
  }
}
