// The proof that a log has shown two histories.

import Evidence
import PaymentCrypto
public import PaymentModel

/// Two checkpoints that one log has signed and that no one history explains, with what shows it.
///
/// The larger tree is proven to begin with a tree that has another root than the one that the log signed
/// for that size. Of equal sizes the two roots speak for themselves. It takes the log's key to make one,
/// so that a log that signs one growing history, or somebody who serves it wrongly, is never named.
public struct SplitView: Hashable, Sendable {
  /// The largest file that is read: two notes in which each byte takes two, and a path.
  public static let largestByteCount = 4 * SignedNote.largestByteCount + 16_384
  private static let format = "foil-split-view/v1"

  /// The checkpoint of the smaller size.
  public let smaller: SignedNote
  public let larger: SignedNote
  /// The root that the larger tree has over as many entries as the smaller one.
  public let prefixRoot: Digest
  /// The consistency proof from that root to the larger checkpoint's (RFC 6962, section 2.1.2). Empty for
  /// equal sizes.
  public let path: [Digest]

  package init(smaller: SignedNote, larger: SignedNote, prefixRoot: Digest, path: [Digest]) {
    self.smaller = smaller
    self.larger = larger
    self.prefixRoot = prefixRoot
    self.path = path
  }

  /// Verifies the proof. Witnesses do not count here: whoever signed for both has the log's key.
  ///
  /// - Returns: the name of the log whose key has signed two histories. Whether that was the log itself is
  ///   what `blamesLog` says.
  /// - Throws: in this order what `LogPolicy.verify` throws for the log's own signature on either
  ///   checkpoint, `otherLog`, `splitViewProof`, `splitViewNone`.
  public func verify(by policy: LogPolicy) throws(ReceiptsError) -> String {
    let first = try policy.signedByLog(smaller)
    let second = try policy.signedByLog(larger)
    guard first.origin.utf8.elementsEqual(second.origin.utf8) else {
      throw ReceiptsError(.otherLog, "the checkpoints are of two logs")
    }
    if first.size == second.size {
      guard path.isEmpty, prefixRoot == second.root else {
        throw ReceiptsError(.splitViewProof, "equal sizes need no path")
      }
    } else {
      do throws(CryptoError) {
        try MerkleTree.verifyConsistency(
          from: first.size, root: prefixRoot, to: second.size, root: second.root, proof: path)
      } catch {
        throw ReceiptsError(
          .splitViewProof, "the larger tree does not begin like that: \(error.message)")
      }
    }
    guard prefixRoot != first.root else {
      throw ReceiptsError(.splitViewNone, "both checkpoints are of one history")
    }
    return first.origin
  }

  /// Whether a proof that verifies blames the log: its key was valid when it signed.
  ///
  /// A key that has ended may be in anybody's hands. So on each of the two notes a trusted witness must
  /// have seen the checkpoint while the key was valid, or the key must have been valid when the proof was
  /// there.
  ///
  /// - Parameter receivedAt: when whoever asks had both checkpoints, by its own clock; `nil` when it does not
  ///   know.
  public func blamesLog(by policy: LogPolicy, receivedAt: Timestamp?) -> Bool {
    (try? verify(by: policy)) != nil
      && [smaller, larger].allSatisfy { policy.isSignedInTime($0, receivedAt: receivedAt) }
  }
}

extension SplitView {
  /// Reads a proof: canonical JSON with exactly the members that are written.
  ///
  /// - Throws: `splitViewFormat`, and what `SignedNote` throws.
  public init(_ bytes: Bytes) throws(ReceiptsError) {
    let file: File
    do throws(EvidenceError) {
      file = try CanonicalJSON.decode(bytes, limit: Self.largestByteCount) {
        reader throws(ClaimError) in try File(from: &reader)
      }
    } catch {
      throw ReceiptsError(.splitViewFormat, "not a split view: \(error.message)")
    }
    self.init(
      smaller: try SignedNote(Bytes(file.smaller.utf8)),
      larger: try SignedNote(Bytes(file.larger.utf8)), prefixRoot: file.prefixRoot,
      path: file.path)
  }

  /// The proof as a file.
  public var bytes: Bytes {
    CanonicalJSON.encode { writer in
      writer.text("format", Self.format)
      writer.text("smaller", String(decoding: smaller.bytes, as: UTF8.self))
      writer.text("larger", String(decoding: larger.bytes, as: UTF8.self))
      writer.identifier("prefixRoot", prefixRoot)
      writer.identifiers("path", path)
    }
  }

  /// The members as they stand in the file.
  private struct File {
    let smaller: String
    let larger: String
    let prefixRoot: Digest
    let path: [Digest]

    init(from reader: inout CanonicalReader) throws(ClaimError) {
      guard try reader.text("format", atMost: 32).utf8.elementsEqual(SplitView.format.utf8) else {
        throw ClaimError("format", .badValue)
      }
      smaller = try reader.text("smaller", atMost: SignedNote.largestByteCount)
      larger = try reader.text("larger", atMost: SignedNote.largestByteCount)
      prefixRoot = try reader.identifier("prefixRoot")
      path = try reader.identifiers("path", atMost: 2 * UInt64.bitWidth)
    }
  }
}

extension LogPolicy {
  /// The checkpoint of a note that the log which it names has signed, whoever else has seen it.
  ///
  /// - Throws: what `verify(_:)` throws without witnesses.
  func signedByLog(_ note: SignedNote) throws(ReceiptsError) -> Checkpoint {
    try LogPolicy(logs: logs, witnesses: [], witnessQuorum: 0).verify(note).checkpoint
  }
}

extension ReceiptsError.Code {
  /// A proof of two histories is malformed.
  public static let splitViewFormat = Self(rawValue: "split-view-format")
  /// A proof of two histories does not lead to the larger checkpoint.
  public static let splitViewProof = Self(rawValue: "split-view-proof")
  /// Two checkpoints that are said to contradict each other are of one history.
  public static let splitViewNone = Self(rawValue: "split-view-none")
}
