// HKDF with SHA-256 (RFC 5869): keys out of a secret.

internal import COpenSSL
public import PaymentModel

public enum HKDF {
  /// The most bytes that one derivation gives: 255 blocks of 32 (RFC 5869, section 2.3).
  public static let largestCount = 255 * 32

  /// The longest `info`, a limit of libcrypto.
  public static let largestInfoCount = 1024

  /// A secret out of a secret.
  ///
  /// - Parameters:
  ///   - secret: the input keying material.
  ///   - salt: public; empty means 32 zero bytes.
  ///   - info: what the result is for. At most 1024 bytes.
  ///   - count: how many bytes, 1 to 8160. Another count is a mistake of the program and traps.
  public static func derive(
    secret: borrowing SecretBytes, salt: Bytes = [], info: Bytes, count: Int
  ) -> SecretBytes {
    precondition((1...largestCount).contains(count), "HKDF gives 1 to 8160 bytes")
    precondition(info.count <= largestInfoCount, "HKDF takes at most 1024 bytes of info")
    return SecretBytes(count: count) { (output: UnsafeMutablePointer<UInt8>) in
      let status = secret.withBytes { secret in
        salt.withUnsafeBufferPointer { salt in
          info.withUnsafeBufferPointer { info in
            foil_hkdf_sha256(
              function.handle, secret.baseAddress, secret.count, salt.baseAddress, salt.count,
              info.baseAddress, info.count, output, count)
          }
        }
      }
      requireSuccess(status, "HKDF")
    }
  }

  /// Bytes that need not stay secret, for example a salt. Otherwise as `derive`.
  public static func deriveBytes(
    secret: borrowing SecretBytes, salt: Bytes = [], info: Bytes, count: Int
  ) -> Bytes {
    derive(secret: secret, salt: salt, info: info, count: count).withBytes { Bytes($0) }
  }

  private static let function = Function()

  private final class Function: @unchecked Sendable {
    let handle = required(EVP_KDF_fetch(nil, "HKDF", nil), "EVP_KDF_fetch")
  }
}
