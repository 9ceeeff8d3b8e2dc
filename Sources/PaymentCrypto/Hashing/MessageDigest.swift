// Hash functions of libcrypto, fetched once, and their running states.

internal import COpenSSL

/// A hash function. Fetched once: fetching costs more than hashing a short message.
final class MessageDigest: @unchecked Sendable {
  static let sha256 = MessageDigest("SHA256", byteCount: 32)
  static let sha384 = MessageDigest("SHA384", byteCount: 48)

  let byteCount: Int
  let function: OpaquePointer

  private init(_ name: String, byteCount: Int) {
    function = required(EVP_MD_fetch(nil, name, nil), "EVP_MD_fetch")
    self.byteCount = byteCount
  }
}

/// The state of a hash that is being computed.
final class DigestState {
  private let algorithm: MessageDigest
  private let context: OpaquePointer

  init(_ algorithm: MessageDigest) {
    self.algorithm = algorithm
    context = required(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
    restart()
  }

  /// The same state, to be continued on its own.
  init(copying other: DigestState) {
    algorithm = other.algorithm
    context = required(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
    requireSuccess(EVP_MD_CTX_copy_ex(context, other.context), "EVP_MD_CTX_copy_ex")
  }

  deinit { EVP_MD_CTX_free(context) }

  func restart() {
    requireSuccess(EVP_DigestInit_ex(context, algorithm.function, nil), "EVP_DigestInit_ex")
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    requireSuccess(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  /// Writes the digest into `output`, which has room for the function's `byteCount`.
  func finish(into output: UnsafeMutablePointer<UInt8>) {
    requireSuccess(EVP_DigestFinal_ex(context, output, nil), "EVP_DigestFinal_ex")
  }

  func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { buffer, count in
      buffer.initialize(repeating: 0)
      if let start = buffer.baseAddress { finish(into: start) }
      count = algorithm.byteCount
    }
  }
}
