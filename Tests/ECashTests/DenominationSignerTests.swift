// Private denomination keys: sealed in the store, found again, never given away.

import ECash
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct DenominationSignerTests {
  private func atRest(_ byte: UInt8) throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: byte, count: 32)))
  }

  @Test func keysSurviveInTheStore() async throws {
    let store = MemoryStore<any BankRows>(MemoryBankRows())
    let signer = LocalSigner(store: store, atRest: try atRest(1))
    let encoded = await signer.add(try TestDenominationKeys.key(1))
    let key = try BlindRSA.PublicKey(derRepresentation: encoded)
    let message = BlindRSA.PreparedMessage([1, 2, 3], variant: .pssDeterministic)
    var entropy = SystemEntropy()
    let blinding = try key.blind(message, from: &entropy)

    let again = LocalSigner(store: store, atRest: try atRest(1))
    let signatures = try await again.sign([blinding.blindedMessage], with: key.id)
    let signature = try key.finalize(signatures[0], for: message, blinding: blinding)
    #expect(key.isValid(signature: signature, for: message))

    let wrong = LocalSigner(store: store, atRest: try atRest(2))
    await #expect(throws: ECashError(code: .denominationKey)) {
      try await wrong.sign([blinding.blindedMessage], with: key.id)
    }
    await #expect(throws: ECashError(code: .denominationKey)) {
      try await again.sign([], with: SHA256.digest([]).renamed())
    }
    await #expect(throws: ECashError(code: .blindedMessage), "all or none") {
      try await again.sign([blinding.blindedMessage, key.modulusBytes], with: key.id)
    }
  }

  @Test func storeHoldsNoKeyInClear() async throws {
    let store = MemoryStore<any BankRows>(MemoryBankRows())
    let signer = LocalSigner(store: store, atRest: try atRest(1))
    let encoded = await signer.add(try TestDenominationKeys.key(2))
    let id = try BlindRSA.PublicKey(derRepresentation: encoded).id
    let sealed = try #require(await store.read { $0.sealedDenominationKey(id) })
    let clear = try TestDenominationKeys.key(2).pkcs8DER().withSpan { span in
      span.indices.map { span[$0] }
    }
    for start in stride(from: 0, to: clear.count - 16, by: 16) {
      #expect(!sealed.contains(Bytes(clear[start..<(start + 16)])))
    }
  }
}
