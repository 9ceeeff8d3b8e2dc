// Files with certificates, as `openssl` writes them.

public import PaymentModel

/// Certificates in a file: PEM (RFC 7468), one after another, or one in DER.
public enum CertificateFile {
  /// The largest file that is read.
  public static let largestByteCount = 524_288

  /// The certificates of a file in DER, in its order. Text around the PEM blocks is skipped.
  ///
  /// - Throws: `certificateSize` for a larger file, `certificateCount` for more than 64 certificates or none,
  ///   `certificateEncoding` for a block that is not closed or not base64.
  public static func read(_ file: Bytes) throws(CryptoError) -> [Bytes] {
    guard file.count <= largestByteCount else {
      throw CryptoError(.certificateSize, "a file of certificates has more than 512 KiB")
    }
    // A certificate in DER is a sequence, and no PEM file begins with that byte and a length of two bytes.
    if file.starts(with: [0x30, 0x82]) { return [file] }
    var certificates: [Bytes] = []
    var letters: Bytes?
    for line in file.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      if line.elementsEqual(begin) {
        guard letters == nil else { throw malformed }
        letters = []
      } else if line.elementsEqual(end) {
        guard let block = letters, let der = Base64.padded.decode(block) else { throw malformed }
        guard certificates.count < CertificateChain.mostAnchors else { throw wrongCount }
        certificates.append(der)
        letters = nil
      } else if letters != nil {
        letters?.append(contentsOf: line)
      }
    }
    guard letters == nil else { throw malformed }
    guard !certificates.isEmpty else { throw wrongCount }
    return certificates
  }

  private static let begin = Bytes("-----BEGIN CERTIFICATE-----".utf8)
  private static let end = Bytes("-----END CERTIFICATE-----".utf8)

  private static var malformed: CryptoError {
    CryptoError(.certificateEncoding, "a certificate in PEM is malformed")
  }

  private static var wrongCount: CryptoError {
    CryptoError(.certificateCount, "1 to \(CertificateChain.mostAnchors) certificates are read")
  }
}
