// X25519 (RFC 7748) and what one can tell from a u-coordinate.

internal import COpenSSL
internal import CSodium
package import PaymentModel

package enum X25519 {
  package static let byteCount = 32

  /// The u-coordinate that belongs to a scalar, which is clamped here.
  package static func publicKey(of scalar: borrowing SecretBytes) -> Bytes {
    LibSodium.start()
    precondition(scalar.count == byteCount, "an X25519 scalar has 32 bytes")
    var point = Bytes(repeating: 0, count: byteCount)
    scalar.withPointer { _ = crypto_scalarmult_curve25519_base(&point, $0) }
    return point
  }

  /// The shared secret, or `nil` when the point is of low order and everybody knows the result.
  package static func sharedSecret(scalar: borrowing SecretBytes, point: Bytes) -> SecretBytes? {
    LibSodium.start()
    precondition(scalar.count == byteCount && point.count == byteCount, "X25519 takes 32 bytes")
    var isContributory = false
    let secret = SecretBytes(count: byteCount) { (output: UnsafeMutablePointer<UInt8>) in
      scalar.withPointer {
        isContributory = crypto_scalarmult_curve25519(output, $0, point) == 0
      }
    }
    guard isContributory else { return nil }
    return secret
  }

  /// Whether eight times the point, on the curve or its twist, is the identity: every clamped scalar is a
  /// multiple of eight, so any one of them tells.
  package static func isLowOrder(_ point: Bytes) -> Bool {
    sharedSecret(scalar: SecretBytes(copying: Bytes(repeating: 1, count: byteCount)), point: point)
      == nil
  }

  /// Whether the number is below p = 2^255 − 19.
  package static func isCanonical(_ point: Bytes) -> Bool {
    let prime: Bytes = [0xed] + Bytes(repeating: 0xff, count: 30) + [0x7f]
    return point.count == byteCount && point.reversed().lexicographicallyPrecedes(prime.reversed())
  }

  /// Whether the point is on the curve and not on its twist: u³ + 486662·u² + u is a square modulo p
  /// (RFC 7748, section 4.1).
  package static func isOnCurve(_ point: Bytes) -> Bool {
    let context = BigNumberContext()
    let prime = BigNumber(bigEndian: [0x7f] + Bytes(repeating: 0xff, count: 30) + [0xed])
    let u = BigNumber(bigEndian: point.reversed())
    let coefficient = BigNumber(486_662)
    let one = BigNumber(1)
    // ((u + 486662)·u + 1)·u
    let value = BigNumber()
    requireSuccess(
      BN_mod_add(value.handle, u.handle, coefficient.handle, prime.handle, context.handle),
      "BN_mod_add")
    requireSuccess(
      BN_mod_mul(value.handle, value.handle, u.handle, prime.handle, context.handle), "BN_mod_mul")
    requireSuccess(
      BN_mod_add(value.handle, value.handle, one.handle, prime.handle, context.handle), "BN_mod_add"
    )
    requireSuccess(
      BN_mod_mul(value.handle, value.handle, u.handle, prime.handle, context.handle), "BN_mod_mul")
    return BN_kronecker(value.handle, prime.handle, context.handle) != -1
  }
}
