// SHA-256 (FIPS 180-4), of parts or of a stream.

internal import COpenSSL
public import PaymentModel

public enum SHA256 {
  /// The digest of all parts, one after another. Parts of variable length need a length in front,
  /// which is the caller's to add.
  public static func digest(_ parts: Bytes...) -> Digest {
    let state = DigestState(.sha256)
    for part in parts { part.withUnsafeBytes { state.update($0) } }
    return identifier(state)
  }

  /// The digest of the bytes.
  public static func digest(_ bytes: Span<UInt8>) -> Digest {
    let state = DigestState(.sha256)
    bytes.withUnsafeBytes { state.update($0) }
    return identifier(state)
  }

  fileprivate static func identifier(_ state: DigestState) -> Digest {
    required(Digest(state.finish()), "SHA256")
  }

  /// A digest that is computed as the bytes come. A copy goes on by itself.
  public struct Hasher: @unchecked Sendable {
    private var state = DigestState(.sha256)

    public init() {}

    public mutating func update(_ bytes: Span<UInt8>) {
      bytes.withUnsafeBytes { add($0) }
    }

    public mutating func update(_ bytes: Bytes) {
      bytes.withUnsafeBytes { add($0) }
    }

    /// The digest of all bytes so far. The hasher can go on.
    public func finalize() -> Digest {
      SHA256.identifier(DigestState(copying: state))
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
      if !isKnownUniquelyReferenced(&state) { state = DigestState(copying: state) }
      state.update(bytes)
    }
  }
}
