// Random bytes of the system's generator.

internal import COpenSSL
public import PaymentModel

/// The generator that keys are made with: libcrypto's, seeded by the operating system.
///
/// When it fails, the process ends: there is nothing safe to go on with.
public struct SystemEntropy: Entropy, Sendable {
  public init() {}

  public mutating func bytes(_ count: Int) -> Bytes {
    Bytes(unsafeUninitializedCapacity: count) { buffer, initializedCount in
      guard count == 0 || RAND_priv_bytes(buffer.baseAddress, Int32(count)) == 1 else {
        fatalError("the system's random generator failed")
      }
      initializedCount = count
    }
  }
}
