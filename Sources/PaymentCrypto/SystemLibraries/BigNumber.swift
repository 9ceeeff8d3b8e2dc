// Big numbers of libcrypto, wiped when they end.

internal import COpenSSL
internal import PaymentModel

struct BigNumber: ~Copyable, @unchecked Sendable {
  let handle: OpaquePointer

  init() {
    handle = required(BN_new(), "BN_new")
  }

  init(_ word: UInt) {
    self.init()
    requireSuccess(BN_set_word(handle, word), "BN_set_word")
  }

  init(bigEndian bytes: Bytes) {
    handle = required(BN_bin2bn(bytes, Int32(bytes.count), nil), "BN_bin2bn")
  }

  init(bigEndian secret: borrowing SecretBytes) {
    handle = secret.withPointer {
      required(BN_bin2bn($0, Int32(secret.count), nil), "BN_bin2bn")
    }
  }

  /// Takes over a number that libcrypto made.
  init(owning handle: OpaquePointer) {
    self.handle = handle
  }

  deinit { BN_clear_free(handle) }

  /// How many bits the number has, without leading zeros.
  var bitCount: Int { Int(BN_num_bits(handle)) }

  var isOdd: Bool { BN_is_odd(handle) == 1 }
  var isOne: Bool { BN_is_one(handle) == 1 }
  var isZero: Bool { BN_is_zero(handle) == 1 }

  /// Whether this number is less than the other.
  borrowing func isLess(than other: borrowing BigNumber) -> Bool {
    BN_cmp(handle, other.handle) < 0
  }

  borrowing func isEqual(to other: borrowing BigNumber) -> Bool {
    BN_cmp(handle, other.handle) == 0
  }

  /// The number in exactly `count` bytes. It must fit, which the caller knows.
  borrowing func bytes(count: Int) -> Bytes {
    var bytes = Bytes(repeating: 0, count: count)
    _ = required(BN_bn2binpad(handle, &bytes, Int32(count)) < 0 ? nil : 1, "BN_bn2binpad")
    return bytes
  }

  /// The number in exactly `count` secret bytes. It must fit, which the caller knows.
  borrowing func secretBytes(count: Int) -> SecretBytes {
    SecretBytes(count: count) { (output: UnsafeMutablePointer<UInt8>) in
      _ = required(BN_bn2binpad(handle, output, Int32(count)) < 0 ? nil : 1, "BN_bn2binpad")
    }
  }
}

/// Memory for the intermediate values of calculations; wiped when it ends. One for each call or thread.
struct BigNumberContext: ~Copyable {
  let handle: OpaquePointer

  init() {
    handle = required(BN_CTX_new(), "BN_CTX_new")
  }

  deinit { BN_CTX_free(handle) }
}
