// HMAC with SHA-256 (RFC 2104).

internal import COpenSSL
public import PaymentModel

public enum HMACSHA256 {
  /// How many bytes an authentication code has.
  public static let byteCount = 32

  /// The authentication code of the message: 32 bytes.
  public static func code(for message: Bytes, key: borrowing SecretBytes) -> Bytes {
    key.withBytes { key in
      Bytes(unsafeUninitializedCapacity: byteCount) { output, count in
        let result = message.withUnsafeBufferPointer { message in
          HMAC(
            MessageDigest.sha256.function, key.baseAddress, Int32(key.count), message.baseAddress,
            message.count, output.baseAddress, nil)
        }
        _ = required(result, "HMAC")
        count = byteCount
      }
    }
  }

  /// Whether `code` is the whole authentication code of the message. Compared in constant time.
  public static func isValid(
    _ code: Bytes, for message: Bytes, key: borrowing SecretBytes
  ) -> Bool {
    constantTimeEqual(code, self.code(for: message, key: key))
  }
}
