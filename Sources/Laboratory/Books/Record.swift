// What was seen of a run while it ran: the history of its processes as it became durable, what the coordinator
// was told and said, and how often what happened.
//
// What a merchant does is noted when its books are synced. What a crash takes away has not happened: nobody
// has heard of it. A process is decided when its verdict is durable in the log, since before that nobody acts
// on it, and ended when the coordinator has its end on disk. Merchants that cheat may note anything, so
// theirs is left out, and with it the processes of a coordinator that nobody should trust.

import Coordinator
import PaymentModel

/// An answer that is not "done".
struct SeenAnswer: Sendable {
  let party: Party
  let request: ParticipantRequest
  let reply: ParticipantReply
  /// On the clock of whoever answered.
  let at: Timestamp
}

/// Writes down what happens in a world.
struct Record: Sendable {
  private(set) var history = History()
  var tally = Tally()
  /// What somebody answered the coordinator just now, unless it is done.
  private(set) var answered: SeenAnswer?
  /// Signed refusals that were seen: looked up, and never gone through.
  private var refusals: Set<StatementID> = []
  /// Looked up by process, and never gone through.
  private var cases: [ProcessID: CoordinatorCase] = [:]
  /// How many of the log's entries were noted.
  private var entries = 0

  // MARK: - The history

  mutating func began(_ process: ProcessID) { history.began(process) }

  mutating func ended(_ process: ProcessID) { history.ended(process) }

  /// What an honest merchant did.
  mutating func take(_ done: [ModelShop.Done], of setting: Setting) {
    for one in done where one.coordinator == setting.coordinatorKey { history.append(one.event) }
  }

  /// The log as it is on disk.
  mutating func take(_ log: LogBooks, of setting: Setting) {
    for entry in log.entries.dropFirst(entries) where entry.coordinator == setting.coordinatorKey {
      history.decided(entry.process, entry.decision.isCommit ? .commit : .abort)
    }
    entries = log.entries.count
  }

  // MARK: - Answers

  mutating func forgetAnswer() { answered = nil }

  /// Somebody answered the coordinator. What is done tells for itself, and the same refusal again nothing new.
  mutating func answered(
    _ reply: ParticipantReply, to request: ParticipantRequest, by party: Party, at time: Timestamp
  ) {
    guard !reply.isDone else { return }
    if let signed = reply.refusal, !refusals.insert(SymbolicEvidence.id(of: signed)).inserted {
      return
    }
    answered = SeenAnswer(party: party, request: request, reply: reply, at: time)
  }

  // MARK: - The coordinator

  func coordinatorCase(_ process: ProcessID) -> CoordinatorCase? { cases[process] }

  /// Something arrived at the coordinator.
  ///
  /// - Parameter run: of the coordinator; an answer to an earlier one finds nobody.
  mutating func told(_ content: MessageContent, run: Int) {
    switch content {
    case .submit(let submission):
      let process: ProcessID = SymbolicEvidence.id(of: submission.order).renamed()
      cases[process, default: CoordinatorCase()].isTold = true
    case .question(let order, _):
      let process: ProcessID = SymbolicEvidence.id(of: order).renamed()
      cases[process, default: CoordinatorCase()].isTold = true
    case .cancel(let process, let cancellation):
      cases[process]?.told.cancellations.append(cancellation)
    case .reply(let reply, let tag):
      guard tag.run == run, let process = tag.attempt?.process else { return }
      cases[process]?.take(reply)
    case .request, .accepted, .notAccepted, .answer, .present, .credited: break
    }
  }

  /// The coordinator says something.
  mutating func said(_ content: MessageContent) {
    guard case .request(let request, _) = content else { return }
    switch request {
    case .requestDelivery(let query): cases[query.id.process]?.ask(query)
    case .publish(let verdict, let process, _): cases[process]?.decide(verdict)
    default: break
    }
  }
}
