// Comparing secrets without telling where they differ.

internal import COpenSSL
public import PaymentModel

/// Whether both hold the same bytes, in a time that depends on their lengths only.
public func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      left.isEmpty || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
    }
  }
}

/// Whether both hold the same bytes, in a time that depends on their lengths only.
public func constantTimeEqual(_ left: Bytes, _ right: Bytes) -> Bool {
  constantTimeEqual(left.span, right.span)
}
