// Everything that the engine reaches the world through.

public import PaymentModel

/// The ports of a coordinator.
public struct CoordinatorPorts: Sendable {
  public let notary: any Notary
  public let examiner: any KeyExaminer
  public let log: any VerdictLog
  public let participants: any Participants
  public let clock: any WallClock
  public let journal: any Store<any JournalRows>
  /// Makes a source of random bytes. An engine has two: one for its machine, and one for what it signs beside.
  public let makeEntropy: @Sendable () -> any Entropy & Sendable
  /// Measures the engine; `nil` when nobody does.
  public let observer: (any EngineObserver)?

  public init(
    notary: any Notary, examiner: any KeyExaminer, log: any VerdictLog,
    participants: any Participants, clock: any WallClock,
    journal: any Store<any JournalRows>,
    makeEntropy: @escaping @Sendable () -> any Entropy & Sendable,
    observer: (any EngineObserver)? = nil
  ) {
    self.notary = notary
    self.examiner = examiner
    self.log = log
    self.participants = participants
    self.clock = clock
    self.journal = journal
    self.makeEntropy = makeEntropy
    self.observer = observer
  }
}

/// Looks on while the journal is written, and may end the program there: for crash tests. The number is
/// the record's place in its process's journal, from 0.
package struct JournalHook: Sendable {
  package let beforeWrite: @Sendable (RecordKind, Int) -> Void
  package let afterCommit: @Sendable (RecordKind, Int) -> Void

  package init(
    beforeWrite: @escaping @Sendable (RecordKind, Int) -> Void = { _, _ in },
    afterCommit: @escaping @Sendable (RecordKind, Int) -> Void = { _, _ in }
  ) {
    self.beforeWrite = beforeWrite
    self.afterCommit = afterCommit
  }

  package static let none = JournalHook()
}
