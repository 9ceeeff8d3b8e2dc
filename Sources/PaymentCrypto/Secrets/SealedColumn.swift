// Secrets at rest: each value is sealed to its place, so that rows cannot be swapped.

public import PaymentModel

/// One column of one table that holds secrets.
///
/// A sealed value is nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes) of ChaCha20-Poly1305. The nonce is
/// random for each value. Table, column and primary key are associated data, each behind its length as
/// eight bytes, so a value opens in its own row only.
public struct SealedColumn: Hashable, Sendable {
  /// How many bytes a value grows by sealing.
  public static let overheadByteCount =
    ChaCha20Poly1305.nonceByteCount + ChaCha20Poly1305.tagByteCount

  /// The largest sealed value that is opened, in bytes.
  public static let largestByteCount = 1 << 20

  public let table: String
  public let column: String

  public init(table: String, column: String) {
    self.table = table
    self.column = column
  }

  /// The value, sealed for the row with this primary key. The nonce is drawn here, from the system: a
  /// repeated one would open both values.
  public func seal(
    _ secret: Span<UInt8>, row primaryKey: Bytes, under key: borrowing AtRestKey
  ) -> Bytes {
    var entropy = SystemEntropy()
    let nonce = entropy.bytes(ChaCha20Poly1305.nonceByteCount)
    var cipher = ChaCha20Poly1305(key: key.key)
    return nonce + cipher.seal(secret, nonce: nonce, associatedData: place(of: primaryKey))
  }

  /// The value, sealed for the row with this primary key.
  public func seal(
    _ secret: borrowing SecretBytes, row primaryKey: Bytes, under key: borrowing AtRestKey
  ) -> Bytes {
    secret.withSpan { seal($0, row: primaryKey, under: key) }
  }

  /// The value of the row with this primary key.
  ///
  /// - Throws: `sealedValue` when it was sealed under another key or for another row, or was changed.
  public func open(
    _ sealed: Bytes, row primaryKey: Bytes, under key: borrowing AtRestKey
  ) throws(CryptoError) -> SecretBytes {
    guard (Self.overheadByteCount...Self.largestByteCount).contains(sealed.count) else {
      throw CryptoError(.sealedValue, "a sealed value has an impossible size")
    }
    var cipher = ChaCha20Poly1305(key: key.key)
    let nonce = Bytes(sealed.prefix(ChaCha20Poly1305.nonceByteCount))
    let body = sealed.span.extracting(nonce.count..<sealed.count)
    guard
      let secret = cipher.open(body, nonce: nonce, associatedData: place(of: primaryKey))
    else {
      throw CryptoError(.sealedValue, "a sealed value does not open: wrong key, or changed")
    }
    return secret
  }

  private func place(of primaryKey: Bytes) -> Bytes {
    [Bytes(table.utf8), Bytes(column.utf8), primaryKey].flatMap { part in
      Bytes(bigEndian: UInt64(part.count)) + part
    }
  }
}
