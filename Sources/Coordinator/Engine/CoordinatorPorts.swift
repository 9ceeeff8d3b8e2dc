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
  /// Makes a source of random bytes, one for each process.
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

extension CoordinatorPorts {
  /// Asks, and checks the answer.
  func perform(_ call: ActivityCall, coordinator: PartyName) async -> ActivityOutcome {
    guard let request = call.request(notary: notary) else { return .unknown }
    let reply = await carry(request)
    return call.outcome(
      of: reply, coordinator: coordinator, notary: notary, examiner: examiner, at: clock.now())
  }

  private func carry(_ request: ParticipantRequest) async -> ParticipantReply {
    switch request {
    case .reserve(let request, let bank):
      guard let agent = participants.bank(bank) else { return .unreachable }
      return .reserved(await agent.reserve(request))
    case .post(let request, let bank):
      guard let agent = participants.bank(bank) else { return .unreachable }
      return .transferred(await agent.post(request))
    case .void(let request, let bank):
      guard let agent = participants.bank(bank) else { return .unreachable }
      return .voided(await agent.void(request))
    case .deposit(let request, let merchant):
      guard let agent = participants.merchant(merchant) else { return .unreachable }
      return .deposited(await agent.deposit(request))
    case .release(let request, let merchant):
      guard let agent = participants.merchant(merchant) else { return .unreachable }
      return .released(await agent.release(request))
    case .settle(let request, let merchant):
      guard let agent = participants.merchant(merchant) else { return .unreachable }
      return .settled(await agent.settle(request))
    case .requestDelivery(let query):
      guard let agent = participants.customer(of: query.id.process) else { return .unreachable }
      return .requested(await agent.requestDelivery(query))
    case .notify(let notice):
      guard let agent = participants.customer(of: notice.id.process) else { return .unreachable }
      return .notified(await agent.notify(notice))
    case .publish(let verdict, let process, let bundle):
      return .published(await log.publish(verdict, process: process, bundle: bundle))
    }
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
