// The baseline of signing: libcrypto's Ed25519, as a program in C would call it.

import BaselineCrypto

/// One private key, ready to sign with.
final class RawSigning {
  private let key: OpaquePointer
  private let context: OpaquePointer
  private var signature = [UInt8](repeating: 0, count: 64)

  init(seed: [UInt8]) {
    guard
      let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count),
      let context = EVP_MD_CTX_new()
    else { fatalError("libcrypto does not take the key") }
    self.key = key
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_PKEY_free(key)
  }

  func sign(_ message: [UInt8]) -> UInt8 {
    var count = signature.count
    EVP_MD_CTX_reset(context)
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    else { fatalError("libcrypto does not sign") }
    return signature[0]
  }
}
