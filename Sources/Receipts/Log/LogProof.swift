// A proof that an entry is in the log, in one small text file (C2SP tlog-proof@v1).

import PaymentCrypto
public import PaymentModel

/// Index, inclusion path and checkpoint of one entry. Nothing about it has been verified.
public struct LogProof: Hashable, Sendable {
  /// The longest path that is read: no tree is deeper.
  public static let largestPathCount = 63
  /// The largest file that is read.
  public static let largestByteCount = SignedNote.largestByteCount + 4096

  private static let firstLine = "c2sp.org/tlog-proof@v1"

  /// Which entry, from 0.
  public let index: UInt64
  /// From the leaf's sibling up to the root's child.
  public let path: [Digest]
  public let checkpoint: SignedNote

  public init(index: UInt64, path: [Digest], checkpoint: SignedNote) {
    self.index = index
    self.path = path
    self.checkpoint = checkpoint
  }

  /// Reads a proof. An `extra` line is refused: its content would be authenticated by nobody.
  ///
  /// - Throws: `proofFormat`, or what `SignedNote` throws.
  public init(_ bytes: Bytes) throws(ReceiptsError) {
    let malformed = ReceiptsError(.proofFormat, "not a tlog-proof@v1")
    guard bytes.count <= Self.largestByteCount else { throw malformed }
    let pieces = bytes.split(
      separator: 0x0A, maxSplits: 3 + Self.largestPathCount, omittingEmptySubsequences: false)
    let indexPrefix = Bytes("index ".utf8)
    guard let end = pieces.firstIndex(where: \.isEmpty), end >= 2, end < pieces.count - 1,
      pieces[0].elementsEqual(Self.firstLine.utf8), pieces[1].starts(with: indexPrefix),
      let index = UInt64(decimal: pieces[1].dropFirst(indexPrefix.count))
    else { throw malformed }
    let path = pieces[2..<end].map { Base64.padded.decode($0).flatMap { Digest($0) } }
    guard !path.contains(nil) else { throw malformed }
    self.index = index
    self.path = path.compactMap { $0 }
    checkpoint = try SignedNote(Bytes(bytes[pieces[end + 1].startIndex...]))
  }

  /// The proof as it travels.
  public var bytes: Bytes {
    let lines = [Self.firstLine, "index \(index)"] + path.map { Base64.padded.string($0.bytes) }
    return Bytes(lines.map { $0 + "\n" }.joined().utf8) + [0x0A] + checkpoint.bytes
  }
}
