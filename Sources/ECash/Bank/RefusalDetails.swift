// Why a payment was refused, for the customer's eyes only.

public import PaymentCrypto
public import PaymentModel

/// What a refusal's `details` commit to: SHA-256(salt ‖ double-spend proof).
///
/// The bank seals it to the order's one-time recipient and serves it to anybody. The coordinator sees
/// the digest.
public struct RefusalDetails: Hashable, Sendable {
  /// The largest that is opened, in bytes.
  public static let largestByteCount = 64 << 10

  public let salt: Salt
  public let proof: Signed<DoubleSpend>

  init(salt: Salt, proof: Signed<DoubleSpend>) {
    self.salt = salt
    self.proof = proof
  }

  /// SHA-256(salt ‖ proof).
  public var digest: Digest { SHA256.digest(salt.bytes, proof.bytes) }

  func sealed(to customer: Age.Recipient, from entropy: inout some Entropy) -> Bytes {
    Age.seal((salt.bytes + proof.bytes).span, to: customer, from: &entropy)
  }

  /// Opens what the bank serves, with the order's one-time identity.
  ///
  /// - Parameter digest: what the refusal names as its details.
  /// - Throws: `proofInvalid` when it does not open or is not what the refusal speaks of.
  public init(
    opening sealed: Bytes, with identity: borrowing Age.Identity, digest: Digest
  ) throws(ECashError) {
    let content: Bytes
    do {
      content = try Age.open(sealed, with: identity, largestByteCount: Self.largestByteCount)
        .withSpan { span in span.indices.map { span[$0] } }
    } catch {
      throw ECashError(.proofInvalid, "the details of the refusal do not open")
    }
    guard let salt = Salt(Bytes(content.prefix(Salt.byteCount))) else {
      throw ECashError(.proofInvalid, "the details of the refusal are too short")
    }
    self.init(salt: salt, proof: Signed(Bytes(content.dropFirst(Salt.byteCount))))
    guard self.digest == digest else {
      throw ECashError(.proofInvalid, "the details are not those of the refusal")
    }
  }
}
