// The baseline of hashing: libcrypto's SHA-256, as a program in C would call it.

import BaselineCrypto

/// SHA-256 with the algorithm fetched once.
final class RawDigest {
  private let algorithm: OpaquePointer
  private var output = [UInt8](repeating: 0, count: 32)

  init() {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
      fatalError("libcrypto has no SHA-256")
    }
    self.algorithm = algorithm
  }

  deinit { EVP_MD_free(algorithm) }

  func digest(_ bytes: [UInt8]) -> UInt8 {
    EVP_Digest(bytes, bytes.count, &output, nil, algorithm, nil)
    return output[0]
  }
}
