// The opening of a mask: who stood behind an order.

import Evidence
import PaymentCrypto
public import PaymentModel

/// Who stands behind an order, verified. Only `MaskOpening` makes one.
public struct MaskIdentity: Hashable, Sendable {
  /// The distinguished name that the registrar has certified (RFC 2253, at most 1024 bytes).
  public let subject: String
  /// The identity key as SubjectPublicKeyInfo in DER.
  public let subjectPublicKeyInfo: Bytes
  /// The distinguished name of the trusted registrar.
  public let registrar: String
  /// SHA-256 of the registrar's certificate in DER.
  public let registrarCertificate: Digest
}

/// What gives up a mask: the salt, the certificates of the identity key, and that key's signature over the
/// process. Nothing about it has been verified.
///
/// The file is one object in canonical JSON, with the name ending `.opening`. Whoever holds it knows who bought.
public struct MaskOpening: Hashable, Sendable {
  /// The largest opening that is read: 256 KiB.
  public static let largestByteCount = 262_144
  /// The most bytes of a signature.
  public static let largestSignature = 1024

  static let format = "foil-mask-opening/v1"

  public let process: ProcessID
  public let salt: Salt
  /// The chain in DER: the identity's certificate first, then the authority of each.
  public let certificates: [Bytes]
  /// By the identity key over `message(for:)`, in the way of `CertifiedKey`.
  public let signature: Bytes

  public init(process: ProcessID, salt: Salt, certificates: [Bytes], signature: Bytes) {
    self.process = process
    self.salt = salt
    self.certificates = certificates
    self.signature = signature
  }

  /// What the identity key signs: `foil/mask-opening/v1`, a line feed, and the 32 bytes of the process.
  public static func message(for process: ProcessID) -> Bytes {
    Bytes("foil/mask-opening/v1\n".utf8) + process.bytes
  }

  /// Verifies the opening against the order that carries the mask.
  ///
  /// - Parameters:
  ///   - order: the verified order.
  ///   - anchors: certificates of trusted registrars in DER.
  ///   - time: when the certificates must be valid: when a witness saw the order.
  /// - Throws: in this order `openingProcess`; `openingRegistrar` when the chain leads to no trusted registrar, or one of those is none;
  ///   `openingCertificateTime` when a certificate was not valid at that time; `openingCertificate` for all
  ///   else about the chain; `openingMask`; `openingSignature`.
  public func verify(
    against order: Stated<Order>, anchors: [Bytes], at time: Timestamp
  ) throws(ReceiptsError) -> MaskIdentity {
    guard process == order.id.renamed() else {
      throw ReceiptsError(.openingProcess, "the opening is for another purchase")
    }
    let key = try certifiedKey(anchors: anchors, at: time)
    guard MaskCommitment.make(salt: salt, spki: key.subjectPublicKeyInfo) == order.claim.mask else {
      throw ReceiptsError(
        .openingMask, "salt and identity key are not what the order's mask commits to")
    }
    guard key.isValid(signature: signature, for: Self.message(for: process)) else {
      throw ReceiptsError(.openingSignature, "the identity key has not signed for this purchase")
    }
    return MaskIdentity(
      subject: key.subject, subjectPublicKeyInfo: key.subjectPublicKeyInfo,
      registrar: key.anchorSubject, registrarCertificate: SHA256.digest(key.anchor))
  }

  private func certifiedKey(
    anchors: [Bytes], at time: Timestamp
  ) throws(ReceiptsError) -> CertifiedKey {
    do {
      return try CertificateChain(certificates).verify(anchors: anchors, at: time)
    } catch {
      let code: ReceiptsError.Code =
        switch error.code {
        case .certificateUntrusted, .certificateAnchor: .openingRegistrar
        case .certificateNotYetValid, .certificateExpired: .openingCertificateTime
        default: .openingCertificate
        }
      throw ReceiptsError(code, "\(error.message) (\(error.code.rawValue))")
    }
  }
}
