// What a log says about itself at one size (C2SP tlog-checkpoint).

import PaymentCrypto
public import PaymentModel

/// The state of a log: which log, how many entries, and the root over them.
public struct Checkpoint: Hashable, Sendable {
  /// The log's name.
  public let origin: String
  public let size: UInt64
  public let root: Digest
  /// Lines with a meaning that is not known here. Our logs write none.
  public let extensionLines: [String]

  package init(origin: String, size: UInt64, root: Digest) {
    self.origin = origin
    self.size = size
    self.root = root
    extensionLines = []
  }

  /// Reads the text of a note.
  ///
  /// - Throws: `checkpointFormat`.
  public init(text: Bytes) throws(ReceiptsError) {
    guard let whole = String(validating: text, as: UTF8.self), text.last == 0x0A else {
      throw ReceiptsError(.checkpointFormat, "a checkpoint is lines of text")
    }
    let lines = whole.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }),
      let size = UInt64(decimal: lines[1]),
      let root = Base64.padded.decode(lines[2]).flatMap({ Digest($0) })
    else { throw ReceiptsError(.checkpointFormat, "a checkpoint is origin, size and root") }
    origin = String(Substring(lines[0]))
    self.size = size
    self.root = root
    extensionLines = lines.dropFirst(3).map { String(Substring($0)) }
  }

  /// The text that is signed: three lines and the extension lines.
  public var text: Bytes {
    let lines = [origin, "\(size)", Base64.padded.string(root.bytes)] + extensionLines
    return Bytes(lines.map { $0 + "\n" }.joined().utf8)
  }
}

extension UInt64 {
  /// Reads decimal digits without leading zeros.
  init?(decimal digits: some Collection<UInt8>) {
    guard (1...20).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let value = UInt64(String(decoding: digits, as: UTF8.self))
    else { return nil }
    self = value
  }
}
