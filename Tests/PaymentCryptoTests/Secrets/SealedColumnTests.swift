// Secrets at rest open in their own row, under their own key, and nowhere else.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct SealedColumnTests {
  private let column = SealedColumn(table: "vault", column: "identity")
  private let secret = Bytes("thirty-two bytes of an identity!".utf8)

  private func keyFile(_ byte: UInt8) throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: byte, count: 32)))
  }

  @Test func opensInItsRow() throws {
    let key = try keyFile(1)
    let sealed = column.seal(secret.span, row: [1], under: key)
    #expect(sealed.count == secret.count + SealedColumn.overheadByteCount)
    #expect(try column.open(sealed, row: [1], under: key).revealed == secret)
    #expect(sealed != column.seal(secret.span, row: [1], under: key), "the nonce is fresh")
    let empty = column.seal(SecretBytes(copying: []), row: [1], under: key)
    #expect(try column.open(empty, row: [1], under: key).revealed == [])
  }

  @Test func refusesAnotherPlace() throws {
    let key = try keyFile(1)
    let sealed = column.seal(secret.span, row: [1, 2], under: key)
    let places: [(SealedColumn, Bytes)] = [
      (column, [2, 1]), (column, [1]), (column, []),
      (SealedColumn(table: "vault", column: "identit"), Bytes("y".utf8) + [1, 2]),
      (SealedColumn(table: "vaulti", column: "dentity"), [1, 2]),
    ]
    for (place, row) in places {
      #expect(throws: CryptoError.self) { _ = try place.open(sealed, row: row, under: key) }
    }
    let other = try keyFile(2)
    #expect(throws: CryptoError.self) { _ = try column.open(sealed, row: [1, 2], under: other) }
  }

  @Test func refusesEveryChangedByte() throws {
    let key = try keyFile(1)
    let sealed = column.seal(secret.span, row: [1], under: key)
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      #expect(throws: CryptoError.self) { _ = try column.open(changed, row: [1], under: key) }
    }
    #expect(throws: CryptoError.self) {
      _ = try column.open(Bytes(sealed.prefix(27)), row: [1], under: key)
    }
  }

  @Test func passphraseGivesTheKeyAgain() throws {
    let parameters = try PassphraseParameters(
      salt: Bytes(repeating: 3, count: 16), operations: 1, memoryBytes: 8 << 20)
    let read = try PassphraseParameters(bytes: parameters.bytes)
    #expect(read == parameters)
    let passphrase = SecretBytes(copying: Bytes("correct horse".utf8))
    let sealed = column.seal(
      secret.span, row: [1], under: try AtRestKey(passphrase: passphrase, parameters: parameters))
    let again = try AtRestKey(passphrase: passphrase, parameters: read)
    #expect(try column.open(sealed, row: [1], under: again).revealed == secret)
    let wrong = try AtRestKey(
      passphrase: SecretBytes(copying: Bytes("correct hors".utf8)), parameters: read)
    #expect(throws: CryptoError.self) { _ = try column.open(sealed, row: [1], under: wrong) }
  }

  @Test func storedWorkIsBounded() throws {
    let salt = Bytes(repeating: 3, count: 16)
    let refused: [(UInt32, UInt32)] = [
      (0, 8 << 20), (17, 8 << 20), (1, (8 << 20) - 1), (1, (1 << 30) + 1), (.max, .max),
    ]
    for (operations, memory) in refused {
      let error = #expect(throws: CryptoError.self) {
        try PassphraseParameters(salt: salt, operations: operations, memoryBytes: memory)
      }
      #expect(error?.code == .passphraseWork)
    }
    let error = #expect(throws: CryptoError.self) { try PassphraseParameters(bytes: [1, 2, 3]) }
    #expect(error?.code == .passphraseParameters)
    var entropy = SeededEntropy(seed: 1)
    let standard = PassphraseParameters.standard(from: &entropy)
    #expect(try PassphraseParameters(bytes: standard.bytes) == standard)
  }

  @Test func keyFileHas32Bytes() {
    for count in [0, 31, 33] {
      let error = #expect(throws: CryptoError.self) {
        _ = try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 1, count: count)))
      }
      #expect(error?.code == .keyFileSize)
    }
  }
}
