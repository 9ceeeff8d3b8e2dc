// The key that secrets are sealed under: from a file or from a passphrase, and never from both.

import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

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
