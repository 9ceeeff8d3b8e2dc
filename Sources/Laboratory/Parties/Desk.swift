// A participant's books: as they are in memory, and as they are on disk.

import Coordinator
package import PaymentModel

/// What somebody keeps. An answer is held back until everything that it rests on is durable.
package struct Desk<Books: Hashable & Sendable>: Hashable, Sendable {
  /// As the party sees them.
  package var books: Books
  /// What is left after a crash.
  package private(set) var durable: Books
  /// Wait for the next sync.
  private var held: [Outgoing] = []
  private(set) var isDirty = false
  package private(set) var isUp = true

  package init(_ books: Books) {
    self.books = books
    durable = books
  }

  /// Says that the books were changed.
  mutating func touch() { isDirty = true }

  /// What may be sent now: everything, unless something is not durable yet.
  mutating func send(_ outgoing: [Outgoing], atOnce: Bool = false) -> [Outgoing] {
    guard isDirty, !atOnce else { return outgoing }
    held += outgoing
    return []
  }

  mutating func sync() -> [Outgoing] {
    durable = books
    isDirty = false
    defer { held = [] }
    return held
  }

  /// - Parameter keepsWrites: what was not synced yet is on the disk all the same.
  mutating func crash(keepsWrites: Bool) {
    if keepsWrites { durable = books } else { books = durable }
    isDirty = false
    held = []
    isUp = false
  }

  mutating func restart() { isUp = true }

  /// Changes the books alike as they are seen and as they are on disk.
  mutating func rearrange(_ body: (inout Books) -> Void) {
    body(&books)
    body(&durable)
  }
}

/// The final answer to a request.
struct StoredReply: Hashable, Sendable {
  let key: RequestKey
  let request: ParticipantRequest
  let reply: ParticipantReply

  /// By process and step.
  func precedes(_ other: Self) -> Bool {
    (key.process, key.step) < (other.key.process, other.key.step)
  }
}

/// That a statement was signed: what the independent books count.
package struct StatementNote: Hashable, Sendable {
  package let kind: StatementKind
  /// Whose process it is about.
  package let coordinator: Thumbprint
  package let process: ProcessID
  /// Which of a process's: the payout, or the good.
  package let part: Int
  package let id: StatementID
}
