// The opening of a mask as a file.

import Evidence
import PaymentCrypto
public import PaymentModel

extension MaskOpening {
  /// Reads an opening: canonical JSON of at most 256 KiB with exactly the members of one.
  ///
  /// - Throws: `openingSize`; `openingFormat`; then `openingWithoutSalt`, `openingWithoutCertificate`,
  ///   `openingWithoutSignature` for one that lacks what opens a mask.
  public init(_ bytes: Bytes) throws(ReceiptsError) {
    guard bytes.count <= Self.largestByteCount else {
      throw ReceiptsError(.openingSize, "the opening is too large")
    }
    let file: File
    do {
      file = try CanonicalJSON.decode(bytes, limit: Self.largestByteCount) {
        reader throws(ClaimError) in try File(from: &reader)
      }
    } catch {
      throw ReceiptsError(.openingFormat, "not the opening of a mask: \(error.message)")
    }
    guard let salt = file.salt else {
      throw ReceiptsError(.openingWithoutSalt, "the opening has no salt")
    }
    guard !file.certificates.isEmpty else {
      throw ReceiptsError(.openingWithoutCertificate, "the opening has no certificate")
    }
    guard let signature = file.signature else {
      throw ReceiptsError(.openingWithoutSignature, "the opening has no signature")
    }
    self.init(
      process: file.process, salt: salt, certificates: file.certificates, signature: signature)
  }

  /// The opening as a file.
  public var bytes: Bytes {
    CanonicalJSON.encode { writer in
      writer.text("format", Self.format)
      writer.identifier("process", process)
      writer.bytes("salt", salt.bytes)
      writer.objects("certificates", certificates) { $0.bytes("der", $1) }
      writer.bytes("signature", signature)
    }
  }

  /// The members as they stand in the file. What opens a mask may be absent, to be refused by name.
  private struct File {
    let process: ProcessID
    let salt: Salt?
    let certificates: [Bytes]
    let signature: Bytes?

    init(from reader: inout CanonicalReader) throws(ClaimError) {
      guard try reader.text("format", atMost: 32).utf8.elementsEqual(MaskOpening.format.utf8) else {
        throw ClaimError("format", .badValue)
      }
      process = try reader.identifier("process")
      salt = try reader.ifPresent("salt") { reader throws(ClaimError) in
        guard let salt = Salt(try reader.bytes("salt", atMost: Salt.byteCount)) else {
          throw ClaimError("salt", .badValue)
        }
        return salt
      }
      certificates =
        try reader.ifPresent("certificates") { reader throws(ClaimError) in
          try reader.objects("certificates", atMost: CertificateChain.mostCertificates) {
            reader throws(ClaimError) in
            try reader.bytes("der", atMost: CertificateChain.largestByteCount)
          }
        } ?? []
      signature = try reader.ifPresent("signature") { reader throws(ClaimError) in
        try reader.bytes("signature", atMost: MaskOpening.largestSignature)
      }
    }
  }
}
