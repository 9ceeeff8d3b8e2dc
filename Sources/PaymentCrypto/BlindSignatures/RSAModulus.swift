// Arithmetic modulo an RSA modulus: prepared once for a key, shared by all threads.

internal import COpenSSL
internal import PaymentModel

/// An odd modulus with the public exponent 65537. Immutable after its making.
final class RSAModulus: @unchecked Sendable {
  static let publicExponent: UInt = 65_537

  let number: BigNumber
  let byteCount: Int
  private let exponent = BigNumber(publicExponent)
  private let montgomery: OpaquePointer

  /// `number` is odd and has whole bytes, which the caller has checked.
  init(_ number: consuming BigNumber) {
    byteCount = number.bitCount / 8
    montgomery = required(BN_MONT_CTX_new(), "BN_MONT_CTX_new")
    let context = BigNumberContext()
    requireSuccess(
      BN_MONT_CTX_set(montgomery, number.handle, context.handle), "BN_MONT_CTX_set")
    self.number = number
  }

  deinit { BN_MONT_CTX_free(montgomery) }

  /// The base to the public exponent. The time depends on the exponent, which is public.
  func publicPower(
    of base: borrowing BigNumber, _ context: borrowing BigNumberContext
  ) -> BigNumber {
    let power = BigNumber()
    requireSuccess(
      BN_mod_exp_mont(
        power.handle, base.handle, exponent.handle, number.handle, context.handle, montgomery),
      "BN_mod_exp_mont")
    return power
  }

  /// The product of two numbers below the modulus.
  func product(
    _ left: borrowing BigNumber, _ right: borrowing BigNumber,
    _ context: borrowing BigNumberContext
  ) -> BigNumber {
    let product = BigNumber()
    requireSuccess(
      BN_to_montgomery(product.handle, left.handle, montgomery, context.handle),
      "BN_to_montgomery")
    requireSuccess(
      BN_mod_mul_montgomery(
        product.handle, product.handle, right.handle, montgomery, context.handle),
      "BN_mod_mul_montgomery")
    return product
  }

  /// The inverse of `factor`, when neither it nor `cofactor` shares a factor with the modulus.
  ///
  /// GMP inverts the product of both and a fresh random mask, which tells it nothing about either; the
  /// inverse exists exactly when all three have one. So one inversion proves gcd(cofactor, n) = 1, too.
  /// The mask does not show in the result.
  func inverse(
    of factor: borrowing BigNumber, cofactor: borrowing BigNumber,
    _ context: borrowing BigNumberContext
  ) -> BigNumber? {
    for _ in 0..<Self.largestMaskCount {
      let mask = randomNumber()
      let complement = product(cofactor, mask, context)
      let masked = product(factor, complement, context)
      if let inverse = invert(masked) { return product(inverse, complement, context) }
      // With a real key this is never reached. One with small factors is bad luck of the mask.
      guard isCoprimeUnmasked(factor, context), isCoprimeUnmasked(cofactor, context) else {
        return nil
      }
    }
    return nil
  }

  /// Whether the number shares no factor with the modulus. Masked, so it may say no by bad luck of the
  /// mask when the modulus has small factors; then it is asked again without.
  func isCoprime(
    _ number: borrowing BigNumber, _ context: borrowing BigNumberContext
  ) -> Bool {
    let mask = randomNumber()
    let masked = MultiplePrecision(
      bigEndian: product(number, mask, context).secretBytes(count: byteCount))
    return masked.isCoprime(to: multiplePrecision) || isCoprimeUnmasked(number, context)
  }

  /// The same in constant time by libcrypto, and fifty times slower.
  func isCoprimeUnmasked(
    _ number: borrowing BigNumber, _ context: borrowing BigNumberContext
  ) -> Bool {
    let divisor = BigNumber()
    requireSuccess(
      BN_gcd(divisor.handle, number.handle, self.number.handle, context.handle), "BN_gcd")
    return divisor.isOne
  }

  /// How often a mask is drawn for a modulus with small factors before it is given up.
  private static let largestMaskCount = 64

  private var multiplePrecision: MultiplePrecision {
    MultiplePrecision(bigEndian: number.secretBytes(count: byteCount))
  }

  private func invert(_ masked: borrowing BigNumber) -> BigNumber? {
    let value = MultiplePrecision(bigEndian: masked.secretBytes(count: byteCount))
    guard let inverse = value.inverse(modulo: multiplePrecision) else { return nil }
    return BigNumber(bigEndian: inverse.bytes(count: byteCount))
  }

  /// A random number in [1, n).
  private func randomNumber() -> BigNumber {
    let number = BigNumber()
    repeat {
      requireSuccess(BN_priv_rand_range(number.handle, self.number.handle), "BN_priv_rand_range")
    } while number.isZero
    return number
  }
}
