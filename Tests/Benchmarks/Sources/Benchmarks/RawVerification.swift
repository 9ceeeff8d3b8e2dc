// The baseline of signatures: libcrypto's Ed25519, as a program in C would call it.

import BaselineCrypto

/// One public key, ready to verify with.
final class RawVerification {
  private let key: OpaquePointer
  private let context: OpaquePointer

  init(publicKey: [UInt8]) {
    guard
      let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count),
      let context = EVP_MD_CTX_new()
    else { fatalError("libcrypto does not take the key") }
    self.key = key
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_PKEY_free(key)
  }

  func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
    EVP_MD_CTX_reset(context)
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}
