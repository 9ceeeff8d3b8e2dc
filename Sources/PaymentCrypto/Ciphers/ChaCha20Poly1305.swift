// ChaCha20-Poly1305 (RFC 8439) over buffers, with one context for many messages.

internal import COpenSSL

/// A key, ready to seal and open. A nonce must never be used twice for sealing.
package struct ChaCha20Poly1305: ~Copyable, @unchecked Sendable {
  package static let keyByteCount = 32
  package static let nonceByteCount = 12
  package static let tagByteCount = 16

  private let context: OpaquePointer

  private static let cipher = Cipher()

  private final class Cipher: @unchecked Sendable {
    let handle = required(EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil), "EVP_CIPHER_fetch")
  }

  /// `key` has 32 bytes.
  package init(key: borrowing SecretBytes) {
    precondition(key.count == Self.keyByteCount, "a ChaCha20-Poly1305 key has 32 bytes")
    context = required(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
    let status = key.withBytes {
      EVP_CipherInit_ex2(context, Self.cipher.handle, $0.baseAddress, nil, 1, nil)
    }
    requireSuccess(status, "EVP_CipherInit_ex2")
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// Writes the ciphertext and its tag, `plaintext.count + 16` bytes, to the start of `output`.
  mutating func seal(
    _ plaintext: UnsafeBufferPointer<UInt8>, nonce: [UInt8], associatedData: [UInt8] = [],
    into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(output.count >= plaintext.count + Self.tagByteCount)
    begin(nonce: nonce, associatedData: associatedData, isSealing: true)
    var written: Int32 = 0
    if !plaintext.isEmpty {
      requireSuccess(
        EVP_CipherUpdate(
          context, output.baseAddress, &written, plaintext.baseAddress, Int32(plaintext.count)),
        "EVP_CipherUpdate")
    }
    let tag = output.baseAddress?.advanced(by: plaintext.count)
    requireSuccess(EVP_CipherFinal_ex(context, tag, &written), "EVP_CipherFinal_ex")
    requireSuccess(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), tag),
      "EVP_CTRL_AEAD_GET_TAG")
  }

  /// Writes the plaintext, `sealed.count − 16` bytes, to the start of `output`; on `false` that part of
  /// `output` is wiped and nothing of it is left.
  mutating func open(
    _ sealed: UnsafeBufferPointer<UInt8>, nonce: [UInt8], associatedData: [UInt8] = [],
    into output: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    let count = sealed.count - Self.tagByteCount
    guard count >= 0, let start = sealed.baseAddress else { return false }
    precondition(output.count >= count)
    begin(nonce: nonce, associatedData: associatedData, isSealing: false)
    var written: Int32 = 0
    requireSuccess(
      EVP_CIPHER_CTX_ctrl(
        context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagByteCount),
        UnsafeMutablePointer(mutating: start.advanced(by: count))),
      "EVP_CTRL_AEAD_SET_TAG")
    if count > 0 {
      requireSuccess(
        EVP_CipherUpdate(context, output.baseAddress, &written, start, Int32(count)),
        "EVP_CipherUpdate")
    }
    var end: UInt8 = 0
    guard EVP_CipherFinal_ex(context, &end, &written) == 1 else {
      SecretMemory.wipe(
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(output)[..<count]))
      ERR_clear_error()
      return false
    }
    return true
  }

  private mutating func begin(nonce: [UInt8], associatedData: [UInt8], isSealing: Bool) {
    precondition(nonce.count == Self.nonceByteCount, "a ChaCha20-Poly1305 nonce has 12 bytes")
    requireSuccess(
      EVP_CipherInit_ex2(context, nil, nil, nonce, isSealing ? 1 : 0, nil), "EVP_CipherInit_ex2")
    if !associatedData.isEmpty {
      var written: Int32 = 0
      requireSuccess(
        EVP_CipherUpdate(context, nil, &written, associatedData, Int32(associatedData.count)),
        "EVP_CipherUpdate")
    }
  }
}

extension ChaCha20Poly1305 {
  /// Ciphertext and tag.
  package mutating func seal(
    _ plaintext: Span<UInt8>, nonce: [UInt8], associatedData: [UInt8] = []
  ) -> [UInt8] {
    let count = plaintext.count + Self.tagByteCount
    var sealed = [UInt8](repeating: 0, count: count)
    plaintext.withUnsafeBufferPointer { plaintext in
      sealed.withUnsafeMutableBufferPointer {
        seal(plaintext, nonce: nonce, associatedData: associatedData, into: $0)
      }
    }
    return sealed
  }

  /// The plaintext, or `nil` when key, nonce, associated data or a byte is another.
  package mutating func open(
    _ sealed: Span<UInt8>, nonce: [UInt8], associatedData: [UInt8] = []
  ) -> SecretBytes? {
    var isAuthentic = false
    let count = max(0, sealed.count - Self.tagByteCount)
    let plaintext = SecretBytes(count: count) { (output: UnsafeMutablePointer<UInt8>) in
      sealed.withUnsafeBufferPointer { sealed in
        isAuthentic = open(
          sealed, nonce: nonce, associatedData: associatedData,
          into: UnsafeMutableBufferPointer(start: output, count: count))
      }
    }
    guard isAuthentic else { return nil }
    return plaintext
  }
}
