// The rules of an honest log, on its rows. Each runs inside one transaction.

import PaymentCrypto
import PaymentModel

enum LogRules {
  /// Adds entries that are not there yet and tells where each stands. An exclusive slot never takes a
  /// second statement.
  ///
  /// - Throws: `slotTaken`; the transaction must then be undone.
  static func append(
    _ entries: [LogEntry], to rows: inout any LogRows
  ) throws(ReceiptsError) -> [UInt64] {
    guard var frontier = frontier(of: rows) else { return [] }
    var indices: [UInt64] = []
    for entry in entries {
      if let index = rows.index(of: entry.statement) {
        guard rows.entry(at: index) == entry else {
          throw ReceiptsError(.slotTaken, "the statement stands in another slot")
        }
        indices.append(index)
        continue
      }
      guard !entry.slot.isExclusive || rows.index(in: entry.slot) == nil else {
        throw ReceiptsError(.slotTaken, "another statement stands in the slot")
      }
      indices.append(frontier.size)
      var nodes: [LogNode] = []
      frontier.append(entry.leafHash) { nodes.append(LogNode(level: $0, index: $1, hash: $2)) }
      rows.append(entry, completing: nodes)
    }
    return indices
  }

  /// The checkpoint of all entries, signed. A size is signed once: the stored signature is used again.
  static func signCheckpoint(
    with signer: NoteSigner, in rows: inout any LogRows, at time: Timestamp
  ) throws(ReceiptsError) -> SignedNote {
    let size = rows.size
    if let last = try lastSigned(in: rows), last.checkpoint.size == size { return last.note }
    let text = Checkpoint(origin: signer.key.name, size: size, root: rows.root(ofSize: size)).text
    let note = SignedNote(text: text, signatures: [signer.sign(text, at: time)])
    rows.setSignedCheckpoint(note.bytes)
    return note
  }

  static func lastSigned(
    in rows: any LogRows
  ) throws(ReceiptsError) -> (note: SignedNote, checkpoint: Checkpoint)? {
    guard let bytes = rows.signedCheckpoint else { return nil }
    let note = try SignedNote(bytes)
    return (note, try Checkpoint(text: note.text))
  }

  static func proof(
    of index: UInt64, under note: SignedNote, in rows: any LogRows
  ) throws(ReceiptsError) -> LogProof {
    let size = try Checkpoint(text: note.text).size
    guard let path = rows.auditPath(of: index, in: size) else {
      throw ReceiptsError(.logBehind, "the checkpoint does not cover the entry")
    }
    return LogProof(index: index, path: path, checkpoint: note)
  }

  private static func frontier(of rows: any LogRows) -> MerkleFrontier? {
    let size = rows.size
    let subtrees = (0..<UInt64.bitWidth).reversed().filter { size >> UInt64($0) & 1 == 1 }
      .map { rows.node(level: $0, index: (size >> UInt64($0)) - 1) }
    return MerkleFrontier(size: size, subtrees: subtrees)
  }
}
