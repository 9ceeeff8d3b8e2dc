// The content of a witness's signature (C2SP tlog-cosignature, cosignature/v1 with Ed25519).

import PaymentCrypto
import PaymentModel

/// When a witness saw a checkpoint, and its signature over time and checkpoint.
struct Cosignature {
  /// Whole seconds since 1970, below 2^63 / 1000 so that milliseconds can be counted.
  let seconds: UInt64
  let signature: Bytes

  static let latestSeconds = UInt64(Int64.max / 1000)

  init(seconds: UInt64, signature: Bytes) {
    self.seconds = seconds
    self.signature = signature
  }

  /// Eight bytes of time, most significant first, and the signature.
  init?(_ bytes: Bytes) {
    guard bytes.count == 8 + Ed25519.signatureByteCount else { return nil }
    seconds = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    guard seconds <= Self.latestSeconds else { return nil }
    signature = Bytes(bytes.dropFirst(8))
  }

  var bytes: Bytes { Bytes(bigEndian: seconds) + signature }

  /// What a witness signs.
  static func message(on text: Bytes, atSeconds seconds: UInt64) -> Bytes {
    Bytes("cosignature/v1\ntime \(seconds)\n".utf8) + text
  }
}
