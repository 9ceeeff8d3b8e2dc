// The rules of an honest log, on its rows: one round in one transaction.

import PaymentCrypto
import PaymentModel

/// What somebody wants of a log: entries in it, and a delivery served.
struct LogRequest: Sendable {
  let entries: [LogEntry]
  let delivery: Delivery?

  /// What the log is to serve about the process of the first entry.
  struct Delivery: Sendable {
    let process: ProcessID
    let content: LogDelivery
  }

  init(_ entries: [LogEntry], serving delivery: Delivery? = nil) {
    self.entries = entries
    self.delivery = delivery
  }
}

/// Where an entry stands, and its audit path in the tree of the round.
struct LogStanding: Sendable {
  let index: UInt64
  let path: [Digest]
}

/// A log as its last round left it.
struct LogTip: Sendable {
  let edge: RightEdge
  let checkpoint: Checkpoint
  /// The checkpoint over all entries, as it is stored.
  let note: SignedNote
  let noteBytes: Bytes
  /// Whether the embedded witness has cosigned just this checkpoint last, so that its state need not be read.
  let isWitnessed: Bool
}

/// Who signs in a round.
struct LogHands: Sendable {
  let log: NoteSigner
  let witness: EmbeddedWitness?
}

enum LogRules {
  /// What came of a round.
  struct Round: Sendable {
    let tip: LogTip
    /// One for each request, in their order. A request that fails has added nothing.
    let standings: [Result<[LogStanding], ReceiptsError>]
  }

  /// Appends what the requests ask for, signs one checkpoint over it, and has the embedded witness cosign it.
  ///
  /// A size is signed once: the signature of a size that was signed before is used again.
  ///
  /// - Parameter last: the log as this process knows it; checked against the rows.
  /// - Throws: `logBehind` when the rows hold fewer entries than were signed, or others than the embedded
  ///   witness has seen; the transaction must then be undone.
  static func round(
    _ requests: [LogRequest], after last: LogTip?, by hands: LogHands, at time: Timestamp,
    in rows: inout any LogRows
  ) throws(ReceiptsError) -> Round {
    let stored = rows.signedCheckpoint
    var signed: SignedNote?
    var edge: RightEdge
    var witnessed: Checkpoint?
    if let last, last.noteBytes == stored {
      (signed, edge) = (last.note, RightEdge(last.edge.frontier))
      if last.isWitnessed { witnessed = last.checkpoint }
    } else {
      (signed, edge) = (try stored.map(SignedNote.init), RightEdge(of: rows))
      if let signed { try requireThere(signed, edge: edge, rows: rows) }
    }
    let oldSize = edge.size
    let indices = requests.map { request in
      Result { () throws(ReceiptsError) in try append(request, to: &rows, edge: &edge) }
    }
    let checkpoint = Checkpoint(
      origin: hands.log.key.name, size: edge.size, root: edge.frontier.root)
    let text = checkpoint.text
    var note: SignedNote
    if let signed, signed.text == text {
      note = signed
    } else {
      note = SignedNote(text: text, signatures: [hands.log.sign(text, at: time)])
    }
    let nodes = EdgeAndRows(edge: edge, rows: rows)
    let noteBytes: Bytes
    if let witness = hands.witness, !note.isSigned(by: witness.key) || edge.size != oldSize {
      if witnessed == nil { witnessed = try WitnessRules.last(of: checkpoint.origin, in: rows) }
      note = note.adding([
        try witness.cosign(checkpoint, text, after: witnessed, nodes: nodes, at: time)
      ])
      noteBytes = note.bytes
      rows.setSignedCheckpoint(noteBytes, cosigned: text, of: checkpoint.origin)
      witnessed = checkpoint
    } else {
      noteBytes = note.bytes
      if noteBytes != stored { rows.setSignedCheckpoint(noteBytes) }
    }
    let standings = indices.map { indices in
      indices.map { indices in
        indices.map {
          LogStanding(index: $0, path: nodes.auditPath(of: $0, in: edge.size) ?? [])
        }
      }
    }
    return Round(
      tip: LogTip(
        edge: edge, checkpoint: checkpoint, note: note, noteBytes: noteBytes,
        isWitnessed: witnessed == checkpoint),
      standings: standings)
  }

  /// Adds a request's entries that are not there yet and tells where each stands. An exclusive slot never
  /// takes a second statement. Everything is checked before anything is added.
  private static func append(
    _ request: LogRequest, to rows: inout any LogRows, edge: inout RightEdge
  ) throws(ReceiptsError) -> [UInt64] {
    var indices: [UInt64] = []
    var added: [LogEntry] = []
    var places: [StatementID: Int] = [:]
    var slots: Set<LogSlot> = []
    for entry in request.entries {
      if let place = places[entry.statement] {
        try requireSame(entry, added[place])
        indices.append(edge.size + UInt64(place))
      } else if let index = rows.index(of: entry.statement) {
        try requireSame(entry, rows.entry(at: index))
        indices.append(index)
      } else {
        if entry.slot.isExclusive {
          guard rows.index(in: entry.slot) == nil, slots.insert(entry.slot).inserted else {
            throw ReceiptsError(.slotTaken, "another statement stands in the slot")
          }
        }
        indices.append(edge.size + UInt64(added.count))
        places[entry.statement] = added.count
        added.append(entry)
      }
    }
    for entry in added {
      let index = edge.size
      rows.append(entry, at: index, completing: edge.append(entry.leafHash))
    }
    if let delivery = request.delivery, rows.delivery(of: delivery.process) == nil {
      // The verdict may have stood there before: its delivery then goes with the next entry.
      let index = added.isEmpty ? edge.size : edge.size - UInt64(added.count)
      rows.insert(delivery.content, of: delivery.process, from: index)
    }
    return indices
  }

  private static func requireSame(
    _ entry: LogEntry, _ stored: LogEntry?
  ) throws(ReceiptsError) {
    guard entry == stored else {
      throw ReceiptsError(.slotTaken, "the statement stands in another slot")
    }
  }

  /// The rows must hold everything below a checkpoint that was signed over them.
  private static func requireThere(
    _ signed: SignedNote, edge: RightEdge, rows: any LogRows
  ) throws(ReceiptsError) {
    let checkpoint = try Checkpoint(text: signed.text)
    guard checkpoint.size <= edge.size, rows.root(ofSize: checkpoint.size) == checkpoint.root else {
      throw ReceiptsError(.logBehind, "the rows are not those that were signed")
    }
  }
}

extension SignedNote {
  /// Whether a line is meant for the key.
  func isSigned(by key: NoteKey) -> Bool { signatures.contains { key.isMeant(by: $0) } }
}
