// What a follower believes, on its rows. Each rule runs inside one transaction.
//
//            a newer checkpoint            all entries, and the root is right
//   idle ───────────────────────► fetching ───────────────────────────────► idle, over more entries
//    ▲                            │      ▲
//    │                            └──────┘ some entries
//    ├──────────────────────────── the root is another one: what was fetched is forgotten
//    └──────────────────────────── the entries are not served: what was fetched stays for the next target
//
// Killed between any two transactions, a follower goes on where it was: `idle` fetches a checkpoint,
// `fetching` (a target is stored) the entries that are missing below it. Nothing beyond the last verified
// checkpoint is told to anybody.

import PaymentCrypto
import PaymentModel

enum FollowerRules {
  /// The most checkpoints that are kept without being verified.
  static let mostDoubts = 16
  /// The most proofs that are kept. One is enough.
  static let mostSplitViews = 16

  /// What a checkpoint means to a follower.
  enum Sight: Hashable, Sendable {
    /// Of the history that was verified: its present state, or an earlier one.
    case known
    /// Of a larger size than was verified.
    case newer
    case splitView(SplitView)
  }

  /// Compares a checkpoint that the log has signed with what was verified.
  static func look(
    at note: SignedNote, in rows: any FollowerRows
  ) throws(ReceiptsError) -> Sight {
    let checkpoint = try Checkpoint(text: note.text)
    guard let (last, verified) = try lastVerified(in: rows), checkpoint.size <= verified.size
    else { return .newer }
    if checkpoint.size == verified.size {
      guard checkpoint.root != verified.root else { return .known }
      return .splitView(
        SplitView(smaller: last, larger: note, prefixRoot: checkpoint.root, path: []))
    }
    let prefixRoot = rows.root(ofSize: checkpoint.size)
    guard checkpoint.root != prefixRoot,
      let path = rows.consistencyProof(from: checkpoint.size, to: verified.size)
    else { return .known }
    return .splitView(SplitView(smaller: note, larger: last, prefixRoot: prefixRoot, path: path))
  }

  /// Looks at a checkpoint that the log has signed and keeps what speaks against the log. One that is
  /// newer becomes the target, or is kept until the log is verified as far as that.
  ///
  /// - Parameters:
  ///   - note: with the signatures of known keys alone.
  ///   - isVerified: whether the whole policy allows to go there.
  static func take(
    _ note: SignedNote, isVerified: Bool, at now: Timestamp, in rows: inout any FollowerRows
  ) throws(ReceiptsError) -> Sight {
    let sight = try look(at: note, in: rows)
    switch sight {
    case .known: break
    case .newer where isVerified && rows.target == nil:
      rows.setTarget(note.bytes)
      // What another target has left behind.
      let size = try Checkpoint(text: note.text).size
      if rows.size > size { rows.cut(to: size) }
    case .newer: try doubt(note, in: &rows)
    case .splitView(let proof): keep(proof, at: now, in: &rows)
    }
    return sight
  }

  /// Gives up a target whose entries are not served. It is compared when the mirror has come that far by
  /// another one.
  static func abandon(
    _ target: SignedNote, in rows: inout any FollowerRows
  ) throws(ReceiptsError) {
    guard rows.target == target.bytes else { return }
    rows.setTarget(nil)
    try doubt(target, in: &rows)
  }

  /// What is to be fetched next; `nil` when nothing is under way.
  static func goal(
    in rows: any FollowerRows
  ) throws(ReceiptsError) -> (note: SignedNote, checkpoint: Checkpoint, have: UInt64)? {
    guard let bytes = rows.target else { return nil }
    let note = try SignedNote(bytes)
    return (note, try Checkpoint(text: note.text), rows.size)
  }

  /// How far a follower is after it got entries.
  enum Progress: Hashable, Sendable {
    /// The target is another one meanwhile, or the entries do not continue what is there.
    case overtaken
    case fetched(UInt64, of: UInt64)
    case verified(Checkpoint)
    /// The entries are not those of the target. They are forgotten.
    case mismatch
  }

  /// Adds entries below the target. With the last of them the root is compared, and all are believed or
  /// forgotten.
  ///
  /// - Parameter start: the index of the first one.
  static func extend(
    _ entries: [LogEntry], from start: UInt64, for target: SignedNote, at now: Timestamp,
    in rows: inout any FollowerRows
  ) throws(ReceiptsError) -> Progress {
    guard rows.target == target.bytes, rows.size == start,
      var frontier = frontier(of: rows)
    else { return .overtaken }
    for entry in entries {
      let isRepeat = entry.slot.isExclusive && !rows.indices(in: entry.slot, atMost: 1).isEmpty
      var hashes: [Digest] = []
      frontier.append(entry.leafHash) { _, _, hash in hashes.append(hash) }
      rows.append(entry, isRepeat: isRepeat, completing: hashes)
    }
    let checkpoint = try Checkpoint(text: target.text)
    guard frontier.size >= checkpoint.size else {
      return .fetched(frontier.size, of: checkpoint.size)
    }
    rows.setTarget(nil)
    guard frontier.size == checkpoint.size, frontier.root == checkpoint.root else {
      rows.cut(to: try lastVerified(in: rows)?.checkpoint.size ?? 0)
      try doubt(target, in: &rows)
      return .mismatch
    }
    rows.insertCheckpoint(target.bytes, size: checkpoint.size)
    try settleDoubts(at: now, in: &rows)
    return .verified(checkpoint)
  }

  /// Keeps a proof, unless there are enough.
  static func keep(
    _ proof: SplitView, at now: Timestamp, in rows: inout any FollowerRows
  ) {
    guard isNews(proof, in: rows) else { return }
    rows.insertSplitView(KeptSplitView(proof.bytes, foundAt: now))
  }

  /// Whether a proof is to be kept and is not kept yet.
  static func isNews(_ proof: SplitView, in rows: any FollowerRows) -> Bool {
    let kept = rows.splitViews
    return kept.count < mostSplitViews && !kept.contains { $0.proof == proof.bytes }
  }

  static func lastVerified(
    in rows: any FollowerRows
  ) throws(ReceiptsError) -> (note: SignedNote, checkpoint: Checkpoint)? {
    guard let bytes = rows.lastCheckpoint else { return nil }
    let note = try SignedNote(bytes)
    return (note, try Checkpoint(text: note.text))
  }

  // MARK: - Doubts

  /// Keeps a checkpoint that cannot be verified yet, each text once. Where there are too many, the one that
  /// would be compared last is forgotten: the largest, and of one size the one that came last.
  private static func doubt(
    _ note: SignedNote, in rows: inout any FollowerRows
  ) throws(ReceiptsError) {
    if let target = rows.target, try SignedNote(target).text == note.text { return }
    var doubts: [(note: SignedNote, size: UInt64)] = []
    for bytes in rows.doubts {
      let kept = try SignedNote(bytes)
      doubts.append((kept, try Checkpoint(text: kept.text).size))
    }
    if let place = doubts.firstIndex(where: { $0.note.text == note.text }) {
      // Further witnesses may have signed.
      doubts[place].note = doubts[place].note.adding(note.signatures)
    } else {
      doubts.append((note, try Checkpoint(text: note.text).size))
    }
    if doubts.count > mostDoubts,
      let last = doubts.indices.max(by: { (doubts[$0].size, $0) < (doubts[$1].size, $1) })
    {
      doubts.remove(at: last)
    }
    let kept = doubts.map(\.note.bytes)
    if kept != rows.doubts { rows.setDoubts(kept) }
  }

  /// Compares what was doubted with the history that is verified now.
  private static func settleDoubts(
    at now: Timestamp, in rows: inout any FollowerRows
  ) throws(ReceiptsError) {
    var left: [Bytes] = []
    for bytes in rows.doubts {
      switch try look(at: SignedNote(bytes), in: rows) {
      case .known: break
      case .newer: left.append(bytes)
      case .splitView(let proof): keep(proof, at: now, in: &rows)
      }
    }
    if left.count < rows.doubts.count { rows.setDoubts(left) }
  }

  private static func frontier(of rows: any FollowerRows) -> MerkleFrontier? {
    let size = rows.size
    let subtrees = (0..<UInt64.bitWidth).reversed().filter { size >> UInt64($0) & 1 == 1 }
      .map { rows.node(level: $0, index: (size >> UInt64($0)) - 1) }
    return MerkleFrontier(size: size, subtrees: subtrees)
  }
}
