// What stands in a home: private folders, sealed keys, one process at a time.

import ECash
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import StoreSQLite
import Testing

@Suite struct HomeFolderTests {
  @Test func theUsualHome() {
    #expect(
      HomeFolder.usual(["FOIL_HOME": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"]).path == "/a")
    #expect(HomeFolder.usual(["XDG_DATA_HOME": "/b", "HOME": "/c"]).path == "/b/foil")
    #expect(
      HomeFolder.usual(["FOIL_HOME": "", "XDG_DATA_HOME": "b", "HOME": "/c"]).path
        == "/c/.local/share/foil")
  }

  /// Nobody else reads the state, whatever the umask.
  @Test func everythingInItIsPrivate() async throws {
    let market = try await Fair.open()
    #expect(try await market.conclude(market.order()).decision.isCommit)
    let home = market.home
    for folder in [home.path, home.locked, home.keys, home.opened, "\(home.path)/state"] {
      #expect(try mode(of: folder) == 0o700, "\(folder)")
    }
    var count = 0
    for party in try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/state") {
      let folder = "\(home.path)/state/\(party)"
      #expect(try mode(of: folder) == 0o700, "\(folder)")
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        #expect(try mode(of: "\(folder)/\(file)") == 0o600, "\(party)/\(file)")
        count += 1
      }
    }
    #expect(count > 8 * 3)
    let opened = try await market.open(LatestPurchase.of(market))
    for good in opened {
      #expect(try mode(of: good.keyPath) == 0o600)
      #expect(try mode(of: #require(good.good.path)) == 0o600)
    }
  }

  @Test func aSecondOpenerIsTurnedAway() async throws {
    let market = try await Fair.open()
    await #expect { try await Market(at: market.home) } throws: { code(of: $0) == .inUse }
    #expect { try PartyFolder(at: market.home.wallet) } throws: { code(of: $0) == .inUse }
    try await market.close()
    try await Market(at: market.home).close()
  }

  @Test func aHomeWithoutAMarket() async throws {
    let empty = HomeFolder(TestFolder.fresh("empty"))
    await #expect { try await Market(at: empty) } throws: { code(of: $0) == .home }
    let taken = try await Fair.copy()
    await #expect { try await Market.found(Fair.charter, at: taken) } throws: {
      code(of: $0) == .home
    }
    // A founding that came no further than the trust list.
    let begun = try await Fair.copy()
    for file in try FileManager.default.contentsOfDirectory(atPath: begun.state(of: Fair.bank))
    where file.hasPrefix("bank.sqlite") {
      try FileManager.default.removeItem(atPath: "\(begun.state(of: Fair.bank))/\(file)")
    }
    await #expect { try await Market(at: begun) } throws: { code(of: $0) == .home }
  }

  @Test func aChangedTrustListIsRefused() async throws {
    let home = try await Fair.copy()
    var list = Bytes(try Data(contentsOf: URL(filePath: home.trust)))
    list[list.count - 20] ^= 1
    try Data(list).write(to: URL(filePath: home.trust))
    await #expect { try await Market(at: home) } throws: { code(of: $0) == .home }
  }

  /// Its keys are valid for five years of its own clock.
  @Test func aMarketGoesByItsClock() async throws {
    let clock = SteppedClock()
    let market = try await Fair.open(clock: clock)
    _ = try await market.keyset()
    clock.step(seconds: 6 * 366 * 86_400)
    await #expect { _ = try await market.keyset() } throws: { code(of: $0) == .home }
  }

  private func mode(of path: String) throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}

/// The purchase that a wallet made last.
enum LatestPurchase {
  static func of(_ market: Market) async throws -> ProcessID {
    try #require(await market.customer.wallet.purchases(atMost: 1).first).process
  }
}

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

@Suite struct AtRestTests {
  private let folder: String

  init() throws { folder = try TestFolder.make("at-rest") }

  /// Seals something under one key, and opens it under another.
  private func opens(_ sealing: AtRest, with opening: AtRest) throws -> Bool {
    let column = SealedColumn(table: "t", column: "c")
    let sealed = column.seal([1, 2, 3].span, row: [1], under: try sealing.key())
    do {
      _ = try column.open(sealed, row: [1], under: try opening.key())
      return true
    } catch is CryptoError {
      return false
    }
  }

  private func passphrase(_ text: String) throws -> String {
    let path = TestFolder.fresh("passphrase")
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  @Test func aKeyFileIsMadeOnce() throws {
    let atRest = AtRest(folder: folder)
    #expect(try opens(atRest, with: AtRest(folder: folder)))
    let path = "\(folder)/at-rest.key"
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    #expect((attributes[.size] as? NSNumber)?.intValue == 32)
    #expect(try !opens(atRest, with: AtRest(folder: TestFolder.make("other"))))
  }

  @Test(arguments: [0, 31, 33]) func aKeyFileOfAnotherSizeIsRefused(size: Int) throws {
    try Data(repeating: 1, count: size).write(to: URL(filePath: "\(folder)/at-rest.key"))
    #expect { _ = try AtRest(folder: folder).key() } throws: { code(of: $0) == .atRestKey }
  }

  @Test func aPassphraseLeavesNoKeyFile() throws {
    let right = AtRest(folder: folder, passphraseFile: try passphrase("correct horse\nignored"))
    let same = AtRest(folder: folder, passphraseFile: try passphrase("correct horse"))
    let wrong = AtRest(folder: folder, passphraseFile: try passphrase("correct hors"))
    #expect(try opens(right, with: same))
    #expect(try !opens(right, with: wrong))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder) == ["passphrase.argon2id"])
    // From now on it takes the passphrase.
    #expect { _ = try AtRest(folder: folder).key() } throws: { code(of: $0) == .atRestKey }
  }

  @Test func aFolderWithAKeyFileTakesNoPassphrase() throws {
    _ = try AtRest(folder: folder).key()
    let late = AtRest(folder: folder, passphraseFile: try passphrase("late"))
    #expect { _ = try late.key() } throws: { code(of: $0) == .atRestKey }
  }

  @Test func passphrasesThatAreNone() throws {
    for text in ["", "\n", String(repeating: "x", count: 1025)] {
      let atRest = AtRest(folder: folder, passphraseFile: try passphrase(text))
      #expect { _ = try atRest.key() } throws: { code(of: $0) == .atRestKey }
    }
    let missing = AtRest(folder: folder, passphraseFile: TestFolder.fresh("missing"))
    #expect { _ = try missing.key() } throws: { code(of: $0) == .atRestKey }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  /// Changed parameters cannot ask for all memory.
  @Test func changedParametersAreRefused() throws {
    let file = try passphrase("correct horse")
    try Data("something else".utf8).write(to: URL(filePath: "\(folder)/passphrase.argon2id"))
    let atRest = AtRest(folder: folder, passphraseFile: file)
    #expect { _ = try atRest.key() } throws: { code(of: $0) == .atRestKey }
  }
}

/// The code of a party's error.
func code(of error: any Error) -> PartyError.Code? { (error as? PartyError)?.code }
