// The key that secrets in a store are sealed with: from a passphrase or from a key file.

internal import CSodium
public import PaymentModel

/// A key for secrets at rest. See `SealedColumn`.
public struct AtRestKey: ~Copyable, Sendable {
  /// How many bytes a key file has.
  public static let keyFileByteCount = 32

  let key: SecretBytes

  /// The key of a key file: 32 random bytes.
  ///
  /// - Throws: `keyFileSize` for another number of bytes.
  public init(keyFile: borrowing SecretBytes) throws(CryptoError) {
    guard keyFile.count == Self.keyFileByteCount else {
      throw CryptoError(.keyFileSize, "a key file has exactly 32 bytes")
    }
    key = HKDF.derive(
      secret: keyFile, info: Bytes("foil/at-rest/v1".utf8), count: ChaCha20Poly1305.keyByteCount)
  }

  /// The key of a passphrase, by Argon2id (RFC 9106).
  ///
  /// - Parameter parameters: stored beside what is sealed.
  /// - Throws: `passphraseMemory` when the memory that the parameters ask for is not to be had.
  public init(
    passphrase: borrowing SecretBytes, parameters: PassphraseParameters
  ) throws(CryptoError) {
    LibSodium.start()
    key = try SecretBytes(count: ChaCha20Poly1305.keyByteCount) {
      (output: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
      let status = passphrase.withPointer {
        $0.withMemoryRebound(to: CChar.self, capacity: passphrase.count) { passphraseBytes in
          crypto_pwhash(
            output, UInt64(ChaCha20Poly1305.keyByteCount), passphraseBytes,
            UInt64(passphrase.count), parameters.salt, UInt64(parameters.operations),
            Int(parameters.memoryBytes), crypto_pwhash_ALG_ARGON2ID13)
        }
      }
      guard status == 0 else {
        throw CryptoError(.passphraseMemory, "not enough memory for the passphrase function")
      }
    }
  }
}

/// Salt and work of the passphrase function. Not secret; stored beside what is sealed.
public struct PassphraseParameters: Hashable, Sendable {
  /// How many bytes the salt has.
  public static let saltByteCount = 16
  /// Passes over the memory that are accepted when parameters are read back.
  public static let acceptedOperations: ClosedRange<UInt32> = 1...16
  /// Memory in bytes that is accepted when parameters are read back: 8 MiB to 1 GiB.
  public static let acceptedMemoryBytes: ClosedRange<UInt32> = (8 << 20)...(1 << 30)

  public let salt: Bytes
  /// Passes over the memory.
  public let operations: UInt32
  public let memoryBytes: UInt32

  /// - Throws: `passphraseParameters` for a salt of another size, `passphraseWork` outside the accepted ranges.
  public init(salt: Bytes, operations: UInt32, memoryBytes: UInt32) throws(CryptoError) {
    guard salt.count == Self.saltByteCount else {
      throw CryptoError(.passphraseParameters, "a passphrase salt has 16 bytes")
    }
    guard Self.acceptedOperations.contains(operations),
      Self.acceptedMemoryBytes.contains(memoryBytes)
    else {
      throw CryptoError(.passphraseWork, "the work for the passphrase is outside what is accepted")
    }
    self.salt = salt
    self.operations = operations
    self.memoryBytes = memoryBytes
  }

  private init(checkedSalt salt: Bytes, operations: UInt32, memoryBytes: UInt32) {
    self.salt = salt
    self.operations = operations
    self.memoryBytes = memoryBytes
  }

  /// A fresh salt and the usual work: three passes over 64 MiB (RFC 9106, section 4, second choice).
  public static func standard(from entropy: inout some Entropy) -> PassphraseParameters {
    PassphraseParameters(
      checkedSalt: entropy.bytes(saltByteCount), operations: 3, memoryBytes: 64 << 20)
  }

  private static let prefix = Bytes("foil/argon2id/v1".utf8)

  /// The stored form: a prefix, passes and memory as four bytes each, the salt.
  public var bytes: Bytes {
    Self.prefix + Bytes(bigEndian: UInt64(operations) << 32 | UInt64(memoryBytes)) + salt
  }

  /// Reads the stored form.
  ///
  /// - Throws: `passphraseParameters` for anything that `bytes` does not write, `passphraseWork` outside the accepted
  ///   ranges, so that a changed store cannot ask for all memory.
  public init(bytes: Bytes) throws(CryptoError) {
    guard bytes.starts(with: Self.prefix),
      bytes.count == Self.prefix.count + 8 + Self.saltByteCount
    else { throw CryptoError(.passphraseParameters, "not the parameters of a passphrase") }
    let work = bytes[Self.prefix.count...].prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    try self.init(
      salt: Bytes(bytes.suffix(Self.saltByteCount)), operations: UInt32(work >> 32),
      memoryBytes: UInt32(truncatingIfNeeded: work))
  }
}
