// The receipt as a file.

import Evidence
import PaymentCrypto
public import PaymentModel

extension Receipt {
  /// Reads a receipt: canonical JSON of at most 4 MiB with exactly the members of a receipt, and perhaps a
  /// line feed and an attachment.
  ///
  /// - Throws: `receiptSize`, `receiptFormat`, and what a signed note and a log proof throw.
  public init(_ bytes: Bytes) throws(ReceiptsError) {
    // Canonical JSON has no line feed in it.
    let end = bytes.firstIndex(of: 0x0A) ?? bytes.endIndex
    let rest = bytes[end...].dropFirst()
    guard end <= Self.largestByteCount, rest.count <= Self.largestAttachment else {
      throw ReceiptsError(.receiptSize, "the receipt is too large")
    }
    guard end == bytes.endIndex || !rest.isEmpty else {
      throw ReceiptsError(.receiptFormat, "a line feed follows the receipt, and nothing else")
    }
    let file: File
    do {
      file = try CanonicalJSON.decode(Bytes(bytes[..<end]), limit: Self.largestByteCount) {
        reader throws(ClaimError) in try File(from: &reader)
      }
    } catch {
      throw ReceiptsError(.receiptFormat, "not a receipt: \(error.message)")
    }
    self.init(
      process: file.process, entries: file.entries,
      checkpoint: try SignedNote(Bytes(file.checkpoint.utf8)),
      verdictProof: try Self.proof(file.verdictProof), parts: file.parts,
      exhibits: file.exhibits, keyBundle: file.keyBundle, timeStamps: file.timeStamps,
      attachment: rest.isEmpty ? nil : Bytes(rest))
  }

  private static func proof(_ text: String?) throws(ReceiptsError) -> LogProof? {
    guard let text else { return nil }
    return try LogProof(Bytes(text.utf8))
  }

  /// The receipt as a file.
  public var bytes: Bytes {
    json + (attachment.map { [0x0A] + $0 } ?? [])
  }

  private var json: Bytes {
    CanonicalJSON.encode { writer in
      writer.text("format", Self.format)
      writer.identifier("process", process)
      writer.text("checkpoint", String(decoding: checkpoint.bytes, as: UTF8.self))
      if let verdictProof {
        writer.text("verdictProof", String(decoding: verdictProof.bytes, as: UTF8.self))
      }
      if let keyBundle { writer.identifier("keyBundle", keyBundle) }
      if !timeStamps.isEmpty {
        writer.objects("timeStamps", timeStamps) { $0.bytes("token", $1) }
      }
      writer.objects("statements", entries) { writer, entry in
        writer.canonicalObject("statement", entry.statement)
        writer.number("index", entry.index)
        writer.identifiers("path", entry.path)
      }
      writer.objects("parts", parts) { writer, part in
        writer.canonicalObject("part", part.part)
        writer.bytes("salt", part.salt.bytes)
        writer.number("index", UInt64(clamping: part.index))
        writer.identifiers("path", part.path)
      }
      writer.objects("exhibits", exhibits) { $1.write(to: &$0) }
    }
  }

  /// The members as they stand in the file.
  private struct File {
    let process: ProcessID
    let checkpoint: String
    let verdictProof: String?
    let keyBundle: Digest?
    let timeStamps: [Bytes]
    let entries: [Entry]
    let parts: [CommittedPart]
    let exhibits: [Exhibit]

    init(from reader: inout CanonicalReader) throws(ClaimError) {
      guard try reader.text("format", atMost: 32).utf8.elementsEqual(Receipt.format.utf8) else {
        throw ClaimError("format", .badValue)
      }
      process = try reader.identifier("process")
      checkpoint = try reader.text("checkpoint", atMost: SignedNote.largestByteCount)
      verdictProof = try reader.ifPresent("verdictProof") { reader throws(ClaimError) in
        try reader.text("verdictProof", atMost: LogProof.largestByteCount)
      }
      keyBundle = try reader.ifPresent("keyBundle") { reader throws(ClaimError) in
        try reader.identifier("keyBundle")
      }
      timeStamps =
        try reader.ifPresent("timeStamps") { reader throws(ClaimError) in
          try reader.objects("timeStamps", atMost: Receipt.mostTimeStamps) {
            reader throws(ClaimError) in
            try reader.bytes("token", atMost: TimeStampToken.largestByteCount)
          }
        } ?? []
      guard !timeStamps.isEmpty || !reader.has("timeStamps") else {
        throw ClaimError("timeStamps", .badValue)
      }
      entries = try reader.objects("statements", atMost: Receipt.largestCount) {
        reader throws(ClaimError) in
        Entry(
          statement: try reader.canonicalObject(
            "statement", atMost: UnverifiedStatement.largestByteCount),
          index: try reader.number("index"),
          path: try reader.identifiers("path", atMost: LogProof.largestPathCount))
      }
      parts = try reader.objects("parts", atMost: Receipt.largestCount) {
        reader throws(ClaimError) in
        guard let salt = Salt(try reader.bytes("salt", atMost: Salt.byteCount)) else {
          throw ClaimError("salt", .badValue)
        }
        return CommittedPart(
          part: try reader.canonicalObject("part", atMost: CanonicalJSON.largestByteCount),
          salt: salt, index: try reader.number("index", in: 0...Receipt.largestCount),
          path: try reader.identifiers("path", atMost: LogProof.largestPathCount))
      }
      exhibits = try reader.objects("exhibits", atMost: Receipt.largestCount) {
        reader throws(ClaimError) in try Exhibit(from: &reader)
      }
    }
  }
}
