// The key that a party's secrets are sealed under: from a passphrase, or from a file in its folder.

import Foundation
import Goods
public import PaymentCrypto
import PaymentModel

/// Where a party's at-rest key comes from.
public struct AtRest: Sendable {
  private let folder: String
  private let passphraseFile: String?
  private var keyPath: String { "\(folder)/at-rest.key" }
  private var parametersPath: String { "\(folder)/passphrase.argon2id" }

  /// - Parameters:
  ///   - folder: the party's folder, which exists.
  ///   - passphraseFile: a file whose first line is the passphrase; without one the key is 32 random bytes in
  ///     `at-rest.key`, made when it is missing.
  public init(folder: String, passphraseFile: String? = nil) {
    self.folder = folder
    self.passphraseFile = passphraseFile
  }

  /// The key. A folder that was begun with a passphrase needs it ever after, and the other way round.
  ///
  /// - Throws: `atRestKey`.
  public func key() throws(PartyError) -> AtRestKey {
    do {
      if let passphraseFile { return try derivedKey(passphraseFile) }
      return try storedKey()
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.atRestKey, "\(error)")
    }
  }

  private func storedKey() throws -> AtRestKey {
    if let content = FileManager.default.contents(atPath: keyPath) {
      var bytes = Array(content)
      return try AtRestKey(keyFile: SecretBytes(taking: &bytes))
    }
    guard !FileManager.default.fileExists(atPath: parametersPath) else {
      throw PartyError(.atRestKey, "\(folder) is sealed with a passphrase: give --passphrase-file")
    }
    var entropy = SystemEntropy()
    let fresh = SecretBytes(count: AtRestKey.keyFileByteCount, from: &entropy)
    try fresh.withSpan { span in
      try DurableFile.write(span.indices.map { span[$0] }, to: keyPath)
    }
    return try AtRestKey(keyFile: fresh)
  }

  private func derivedKey(_ passphraseFile: String) throws -> AtRestKey {
    guard let content = FileManager.default.contents(atPath: passphraseFile) else {
      throw PartyError(.atRestKey, "cannot read \(passphraseFile)")
    }
    var line = Array(content.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    guard (1...1024).contains(line.count) else {
      throw PartyError(.atRestKey, "\(passphraseFile) holds no passphrase of 1 to 1024 bytes")
    }
    let passphrase = SecretBytes(taking: &line)
    return try AtRestKey(passphrase: passphrase, parameters: try parameters())
  }

  private func parameters() throws -> PassphraseParameters {
    if let stored = FileManager.default.contents(atPath: parametersPath) {
      return try PassphraseParameters(bytes: Array(stored))
    }
    guard !FileManager.default.fileExists(atPath: keyPath) else {
      throw PartyError(.atRestKey, "\(folder) is sealed with a key file, not with a passphrase")
    }
    var entropy = SystemEntropy()
    let fresh = PassphraseParameters.standard(from: &entropy)
    try DurableFile.write(fresh.bytes, to: parametersPath)
    return fresh
  }
}
