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
  /// The coordinator's.
  private(set) var clock = ClockRecord()
  /// The final answers that were seen under way: looked up, and never gone through.
  private var answers: [AnswerKey: [StatementID]] = [:]
  /// The first time that somebody signed another final answer to the same step.
  private(set) var contradiction: (party: Party, process: ProcessID)?
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

  /// The next choice of the run begins.
  mutating func next() {
    answered = nil
    clock.next()
  }

  /// What one party says about one step of a process.
  private struct AnswerKey: Hashable, Sendable {
    let party: Party
    let process: ProcessID
    let activity: Int
  }

  /// A reply leaves its author, who may forget it afterwards: what he signed once is known all the same.
  mutating func sent(_ content: MessageContent, by party: Party) {
    guard contradiction == nil, case .reply(let reply, let tag) = content, let to = tag.attempt,
      let signed = reply.signed
    else { return }
    let key = AnswerKey(party: party, process: to.process, activity: to.activity)
    guard let first = answers[key] else {
      answers[key] = signed
      return
    }
    if first != signed { contradiction = (party, to.process) }
  }

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

  /// Changes what is known of a process.
  mutating func rearrange(_ process: ProcessID, _ body: (inout CoordinatorCase) -> Void) {
    guard var known = cases[process] else { return }
    body(&known)
    cases[process] = known
  }

  /// The coordinator's clock was set.
  mutating func setClock(from before: Timestamp, to after: Timestamp) {
    clock.set(from: before, to: after)
  }

  /// Something arrived at the coordinator.
  ///
  /// - Parameters:
  ///   - run: of the coordinator; an answer to an earlier one finds nobody.
  ///   - time: on its clock.
  mutating func told(_ content: MessageContent, run: Int, at time: Timestamp) {
    let reading = clock.reading(time)
    switch content {
    case .submit(let submission):
      let process: ProcessID = SymbolicEvidence.id(of: submission.order).renamed()
      cases[process, default: CoordinatorCase()].told.submissions.append(reading)
    case .question(let order, _):
      let process: ProcessID = SymbolicEvidence.id(of: order).renamed()
      if cases[process] == nil { cases[process] = CoordinatorCase() }
    case .cancel(let process, let cancellation):
      cases[process]?.told.cancellations.append(Heard(value: cancellation, at: reading))
    case .reply(let reply, let tag):
      guard tag.run == run, let attempt = tag.attempt else { return }
      cases[attempt.process]?.take(reply, of: attempt.activity, at: reading)
    case .request, .accepted, .notAccepted, .answer, .present, .credited: break
    }
  }

  /// The coordinator says something.
  mutating func said(_ content: MessageContent, at time: Timestamp) {
    guard case .request(let request, _) = content else { return }
    let reading = clock.reading(time)
    switch request {
    case .requestDelivery(let query): cases[query.id.process]?.ask(query, at: reading)
    case .publish(let verdict, let process, _): cases[process]?.decide(verdict, at: reading)
    default: break
    }
  }
}
