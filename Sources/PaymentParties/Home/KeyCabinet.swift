// The long-lived secrets of one party, each sealed in a file of its own.

import Foundation
import Goods
public import PaymentCrypto
import PaymentModel

/// Where a party keeps its signing keys, its age identities and its seeds: 32 bytes each, sealed under
/// the party's at-rest key.
///
/// A secret is drawn when it is first asked for, and from then on it stays: the file is durable before
/// anybody sees the secret, and is never replaced.
public final class KeyCabinet: Sendable {
  private let folder: String
  private let key: AtRestKey
  private static let column = SealedColumn(table: "keys", column: "secret")

  /// - Parameters:
  ///   - folder: exists, and only the party reads it.
  ///   - key: what the secrets are sealed under.
  public init(folder: String, key: consuming AtRestKey) {
    self.folder = folder
    self.key = key
  }

  /// The signing key of that name.
  ///
  /// - Throws: `PartyError` with `keys` when the file cannot be read, opened or written.
  public func signingKey(_ name: String) throws(PartyError) -> Ed25519.PrivateKey {
    do {
      return try Ed25519.PrivateKey(seed: secret(name))
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.keys, "\(name) is no signing key")
    }
  }

  /// The age identity of that name.
  ///
  /// - Throws: `PartyError` with `keys`.
  public func identity(_ name: String) throws(PartyError) -> Age.Identity {
    do {
      return try Age.Identity(copying: secret(name))
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.keys, "\(name) is no age identity")
    }
  }

  /// The 32 secret bytes of that name.
  ///
  /// - Throws: `PartyError` with `keys`.
  public func secret(_ name: String) throws(PartyError) -> SecretBytes {
    let path = "\(folder)/\(name).sealed"
    if let sealed = FileManager.default.contents(atPath: path) {
      return try open(Bytes(sealed), name: name)
    }
    var entropy = SystemEntropy()
    let fresh = SecretBytes(count: 32, from: &entropy)
    let sealed = Self.column.seal(fresh, row: Bytes(name.utf8), under: key)
    do {
      try DurableFile.write(sealed, to: path)
    } catch {
      throw PartyError(.keys, "cannot keep the key \(name): \(error.message)")
    }
    return fresh
  }

  private func open(_ sealed: Bytes, name: String) throws(PartyError) -> SecretBytes {
    do {
      return try Self.column.open(sealed, row: Bytes(name.utf8), under: key)
    } catch {
      throw PartyError(.keys, "the key \(name) does not open: wrong passphrase, or changed")
    }
  }
}
