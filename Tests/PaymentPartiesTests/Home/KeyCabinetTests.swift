// A party's keys: drawn once, sealed, and never replaced.

import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite struct KeyCabinetTests {
  private let folder: String
  private static let keyFile = Bytes(repeating: 0x5A, count: 32)

  init() throws { folder = try TestFolder.make("cabinet") }

  private func cabinet(_ keyFile: Bytes = keyFile) throws -> KeyCabinet {
    KeyCabinet(folder: folder, key: try AtRestKey(keyFile: SecretBytes(copying: keyFile)))
  }

  @Test func aKeyIsDrawnOnceAndStays() throws {
    let cabinet = try cabinet()
    let first = try cabinet.signingKey("statements").publicKey
    #expect(try cabinet.signingKey("statements").publicKey == first)
    #expect(try self.cabinet().signingKey("statements").publicKey == first)
    #expect(try cabinet.signingKey("keysets").publicKey != first)
    #expect(
      try cabinet.identity("sealing").recipient == self.cabinet().identity("sealing").recipient)
    let attributes = try FileManager.default.attributesOfItem(
      atPath: "\(folder)/statements.sealed")
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }

  /// Every byte of the file counts: what does not open is never replaced by a new key.
  @Test func aChangedFileIsRefused() throws {
    let cabinet = try cabinet()
    _ = try cabinet.secret("statements")
    let file = URL(filePath: "\(folder)/statements.sealed")
    let sealed = Bytes(try Data(contentsOf: file))
    var changed = sealed.indices.map { index in
      var bytes = sealed
      bytes[index] ^= 0x10
      return bytes
    }
    changed += [[], Bytes(sealed.dropLast()), sealed + [0]]
    for bytes in changed {
      try Data(bytes).write(to: file)
      #expect { _ = try cabinet.signingKey("statements") } throws: { code(of: $0) == .keys }
      #expect(Bytes(try Data(contentsOf: file)) == bytes)
    }
  }

  @Test func aKeyOfAnotherNameOrAnotherPartyIsRefused() throws {
    let cabinet = try cabinet()
    _ = try cabinet.secret("statements")
    try FileManager.default.copyItem(
      atPath: "\(folder)/statements.sealed", toPath: "\(folder)/keysets.sealed")
    #expect { _ = try cabinet.secret("keysets") } throws: { code(of: $0) == .keys }
    let stranger = try self.cabinet(Bytes(repeating: 1, count: 32))
    #expect { _ = try stranger.secret("statements") } throws: { code(of: $0) == .keys }
  }

  @Test func aFolderThatIsNotThere() throws {
    let cabinet = KeyCabinet(
      folder: TestFolder.fresh("nowhere"),
      key: try AtRestKey(keyFile: SecretBytes(copying: Self.keyFile)))
    #expect { _ = try cabinet.secret("statements") } throws: { code(of: $0) == .keys }
  }
}
