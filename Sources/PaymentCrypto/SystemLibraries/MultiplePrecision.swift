// Numbers of GMP, which inverts 25 times faster than libcrypto.
//
// GMP works in memory that it does not wipe, and in a time that depends on the value. Only masked
// values come here; the limbs that we own are wiped all the same.

internal import CGMP

struct MultiplePrecision: ~Copyable {
  private let handle: UnsafeMutablePointer<__mpz_struct>

  private init() {
    handle = .allocate(capacity: 1)
    handle.initialize(to: __mpz_struct())
    __gmpz_init(handle)
  }

  /// The number in these big-endian bytes.
  init(bigEndian bytes: borrowing SecretBytes) {
    self.init()
    bytes.withPointer { __gmpz_import(handle, bytes.count, 1, 1, 1, 0, $0) }
  }

  deinit {
    let limbs = UnsafeMutableRawBufferPointer(
      start: handle.pointee._mp_d,
      count: Int(handle.pointee._mp_alloc) * MemoryLayout<mp_limb_t>.size)
    SecretMemory.wipe(limbs)
    __gmpz_clear(handle)
    handle.deallocate()
  }

  /// The inverse, or `nil` when number and modulus share a factor.
  borrowing func inverse(modulo modulus: borrowing MultiplePrecision) -> MultiplePrecision? {
    let inverse = MultiplePrecision()
    guard __gmpz_invert(inverse.handle, handle, modulus.handle) != 0 else { return nil }
    return inverse
  }

  /// Whether both numbers share no factor.
  borrowing func isCoprime(to other: borrowing MultiplePrecision) -> Bool {
    let divisor = MultiplePrecision()
    __gmpz_gcd(divisor.handle, handle, other.handle)
    return __gmpz_cmp_ui(divisor.handle, 1) == 0
  }

  /// The number in exactly `count` big-endian bytes. It must fit, which the caller knows.
  borrowing func bytes(count: Int) -> SecretBytes {
    SecretBytes(count: count) { (output: UnsafeMutablePointer<UInt8>) in
      let needed = (__gmpz_sizeinbase(handle, 2) + 7) / 8
      precondition(needed <= count, "a number is larger than its modulus")
      _ = __gmpz_export(output + (count - needed), nil, 1, 1, 1, 0, handle)
    }
  }
}
