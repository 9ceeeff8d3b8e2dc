// The coordinator's journal as `Docs/Formats/Process.md` describes it, read by nobody's code but this. The
// books use it to see which statements the coordinator has on file.

import Coordinator
import PaymentCrypto
import PaymentModel

/// What is on file for one process.
struct JournalReading {
  /// What the VERDICT record rests on.
  struct Grounds: Sendable {
    let decidedAt: Timestamp
    let salt: Bytes
    let evidence: [StatementID]
    /// Of an abort because of one.
    let cancellation: StatementID?
  }

  /// A refusal before the verdict.
  struct Refused: Sendable {
    let activity: Int
    /// `nil` when nobody signed it.
    let refusal: StatementID?
  }

  /// Whose bytes are on file under their own identifier.
  private(set) var statements: Set<StatementID> = []
  /// The statements as they were signed, in the order in which they stand there.
  private(set) var bodies: [Bytes] = []
  /// Deposits of keys that open nothing, and the identities that were deposited.
  private(set) var wrongKeys: [(deposit: StatementID, identity: Bytes)] = []
  private(set) var refusals: [Refused] = []
  private(set) var grounds: Grounds?
  /// The statements that stood on file before the verdict, and the order and cancellation that came with records
  /// of their own: what a verdict rests on.
  private(set) var beforeVerdict: Set<StatementID> = []
  /// The activities that an operator was called to look after.
  private(set) var calls: [Int] = []
  /// When everything stood.
  private(set) var preparedAt: Timestamp?
  private(set) var hasEnded = false
  /// Something does not stand as it should.
  private(set) var isMalformed = false

  private let identify: (Bytes) -> StatementID?

  /// - Parameter identify: the identifier of a statement's bytes.
  init(
    _ rows: [JournalRow],
    identify: @escaping (Bytes) -> StatementID? = { SHA256.digest($0).renamed() }
  ) {
    self.identify = identify
    for row in rows {
      var cursor = Cursor(row.records)
      while !cursor.isAtEnd {
        guard cursor.skip(8), let record = cursor.blob(), read(record) else {
          isMalformed = true
          return
        }
      }
    }
  }

  private mutating func read(_ record: Bytes) -> Bool {
    var cursor = Cursor(record)
    // Nothing follows the end.
    guard cursor.byte() == 1, let kind = cursor.byte(), !hasEnded else { return false }
    switch kind {
    case 1: return readBegin(&cursor)
    case 2: return true
    case 4:
      preparedAt = cursor.time()
      return preparedAt != nil && cursor.skip(8) && cursor.isAtEnd
    case 3:
      guard grounds == nil, let activity = cursor.number() else { return false }
      return readResult(&cursor, of: activity)
    case 6, 7:
      guard grounds != nil, let activity = cursor.number() else { return false }
      return readResult(&cursor, of: activity)
    case 5: return grounds == nil && readVerdict(&cursor)
    case 8:
      hasEnded = cursor.time() != nil && cursor.isAtEnd && grounds != nil
      return hasEnded
    case 9:
      guard let activity = cursor.number() else { return false }
      calls.append(activity)
      return cursor.number() != nil && cursor.isAtEnd
    default: return false
    }
  }

  private mutating func readBegin(_ cursor: inout Cursor) -> Bool {
    guard let source = cursor.byte(), (1...3).contains(source), let order = cursor.blob() else {
      return false
    }
    guard let id = identify(order) else { return false }
    statements.insert(id)
    beforeVerdict.insert(id)
    bodies.append(order)
    return true
  }

  private mutating func readVerdict(_ cursor: inout Cursor) -> Bool {
    var cancellation: StatementID?
    switch cursor.byte() {
    case 1: guard cursor.blob() != nil, cursor.skip(32) else { return false }
    case 2:
      guard cursor.blob() != nil, let count = cursor.number() else { return false }
      for _ in 0..<count where cursor.number() == nil { return false }
      guard readOptionalExhibit(&cursor, &cancellation) else { return false }
    default: return false
    }
    guard let decidedAt = cursor.time(), cursor.skip(16), let salt = cursor.bytes(32),
      let count = cursor.number()
    else { return false }
    var evidence: [StatementID] = []
    for _ in 0..<count {
      guard let id = cursor.bytes(32).flatMap({ StatementID($0) }) else { return false }
      evidence.append(id)
    }
    grounds = Grounds(
      decidedAt: decidedAt, salt: salt, evidence: evidence, cancellation: cancellation)
    return cursor.isAtEnd
  }

  private mutating func readResult(_ cursor: inout Cursor, of activity: Int) -> Bool {
    switch cursor.byte() {
    case 1, 3, 6, 7, 8: return readExhibit(&cursor) && cursor.isAtEnd
    case 2:
      return readExhibit(&cursor) && cursor.skip(8) && cursor.blob() != nil && cursor.skip(32)
        && readExhibit(&cursor) && cursor.isAtEnd
    case 4:
      guard let id = cursor.bytes(32), let verdict = cursor.blob() else { return false }
      return note(id, verdict) && cursor.blob() != nil && cursor.isAtEnd
    case 5:
      guard let count = cursor.number() else { return false }
      for _ in 0..<count where !readExhibit(&cursor) { return false }
      return cursor.isAtEnd
    case 9, 10: return cursor.isAtEnd
    case 11:
      var refusal: StatementID?
      guard cursor.blob() != nil, readOptionalExhibit(&cursor, &refusal) else { return false }
      if grounds == nil { refusals.append(Refused(activity: activity, refusal: refusal)) }
      return cursor.isAtEnd
    case 12:
      guard let id = cursor.bytes(32), let signed = cursor.blob(), note(id, signed),
        let deposit = StatementID(id), let identity = cursor.blob()
      else { return false }
      wrongKeys.append((deposit, identity))
      return cursor.isAtEnd
    default: return false
    }
  }

  private mutating func readOptionalExhibit(
    _ cursor: inout Cursor, _ id: inout StatementID?
  ) -> Bool {
    switch cursor.byte() {
    case 0: return true
    case 1:
      guard let own = cursor.bytes(32), let signed = cursor.blob(), note(own, signed) else {
        return false
      }
      id = StatementID(own)
      return true
    default: return false
    }
  }

  private mutating func readExhibit(_ cursor: inout Cursor) -> Bool {
    guard let id = cursor.bytes(32), let signed = cursor.blob() else { return false }
    return note(id, signed)
  }

  private mutating func note(_ id: Bytes, _ signed: Bytes) -> Bool {
    guard let own = identify(signed), own.bytes == id else { return false }
    statements.insert(own)
    if grounds == nil { beforeVerdict.insert(own) }
    bodies.append(signed)
    return true
  }
}

/// Takes values from bytes, in order.
private struct Cursor {
  private let all: Bytes
  private var place = 0

  init(_ bytes: Bytes) { all = bytes }

  var isAtEnd: Bool { place == all.count }

  mutating func byte() -> UInt8? {
    guard place < all.count else { return nil }
    defer { place += 1 }
    return all[place]
  }

  mutating func bytes(_ count: Int) -> Bytes? {
    guard count <= all.count - place else { return nil }
    defer { place += count }
    return Bytes(all[place..<place + count])
  }

  mutating func skip(_ count: Int) -> Bool {
    guard count <= all.count - place else { return false }
    place += count
    return true
  }

  /// Milliseconds, the most significant byte first.
  mutating func time() -> Timestamp? {
    bytes(8).map { bytes in
      Timestamp(
        milliseconds: Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
    }
  }

  /// Seven bits a byte, least significant first.
  mutating func number() -> Int? {
    var value = 0
    var shift = 0
    while shift < 56, let next = byte() {
      value |= Int(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  mutating func blob() -> Bytes? { number().flatMap { bytes($0) } }
}
