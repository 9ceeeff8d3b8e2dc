// What ties a sealed payment to its order, whatever the method: process, payment part and total.

import Evidence
import PaymentCrypto
public import PaymentModel

/// The process, the payment part and the total that a sealed payment is for. A blob that is attached to
/// another order disagrees with it. The part is named by its digest, and with it bank, method and payouts.
///
/// A payment travels as an age file that only the bank opens, with canonical JSON in it: these three
/// members, and those of the method.
public struct InstrumentBinding: Hashable, Sendable {
  /// The largest blob that is opened, in bytes of plaintext.
  public static let largestByteCount = 512 << 10

  public let process: ProcessID
  /// SHA-256 of the payment part's canonical JSON.
  public let part: Digest
  public let total: Amount

  public init(process: ProcessID, part: Digest, total: Amount) {
    self.process = process
    self.part = part
    self.total = total
  }

  /// The blob for the bank. The plaintext is wiped.
  ///
  /// - Parameter write: writes the members of the method.
  func sealed(
    to bank: Age.Recipient, from entropy: inout some Entropy,
    _ write: (inout CanonicalWriter) -> Void
  ) -> Sealed<SealedContent.Instrument> {
    var content = CanonicalJSON.encode { writer in
      writer.identifier("process", process)
      writer.identifier("part", part)
      writer.amount("total", total)
      write(&writer)
    }
    let file = Age.seal(content.span, to: bank, from: &entropy)
    _ = SecretBytes(taking: &content)
    return Sealed(file, digest: SHA256.digest(file))
  }

  /// Opens a blob and lets the method read its members. The plaintext is wiped.
  ///
  /// - Throws: `instrument` when it is not what its digest says, not sealed to this identity, too large, or
  ///   not canonical.
  static func open<Content>(
    _ blob: Sealed<SealedContent.Instrument>, with identity: borrowing Age.Identity,
    _ read: (inout CanonicalReader) throws(ClaimError) -> Content
  ) throws(ECashError) -> (binding: InstrumentBinding, content: Content) {
    guard SHA256.digest(blob.bytes) == blob.digest else {
      throw ECashError(.instrument, "the sealed payment is not what its digest says")
    }
    do {
      var plaintext = try Age.open(
        blob.bytes, with: identity, largestByteCount: largestByteCount
      ).withSpan { span in span.indices.map { span[$0] } }
      defer { _ = SecretBytes(taking: &plaintext) }
      return try CanonicalJSON.decode(plaintext, limit: largestByteCount) {
        reader throws(ClaimError) in
        let binding = InstrumentBinding(
          process: try reader.identifier("process"), part: try reader.identifier("part"),
          total: try reader.amount("total"))
        return (binding, try read(&reader))
      }
    } catch {
      throw ECashError(.instrument, "the sealed payment does not open or is not well formed")
    }
  }
}
