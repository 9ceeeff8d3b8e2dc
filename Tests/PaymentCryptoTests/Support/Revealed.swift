// Looking into secrets, which only tests do.

import PaymentCrypto
import PaymentModel

extension SecretBytes {
  /// The bytes, in the open.
  var revealed: Bytes { withSpan { $0.revealed } }
}

extension Span<UInt8> {
  /// The bytes as an array.
  var revealed: Bytes { withUnsafeBufferPointer { Bytes($0) } }
}
