// A process that is being run, with what of it is not durable yet.

public import PaymentModel

/// How a process stands, and what it has on file: all of it durable, but for answers that may have to be
/// asked for again after a crash.
public struct ProcessStanding: Hashable, Sendable {
  public let state: ProcessState
  public let file: ProcessFile
  /// From then on the coordinator decides, and only abort.
  public let decideBy: Timestamp
  /// Activities that go on failing after the verdict, and need somebody to look after them.
  public let needsOperator: [StepPath]
}

/// A process and its machine.
struct OpenProcess: Hashable, Sendable {
  let plan: ProcessPlan
  var machine: ProcessMachine
  var file: ProcessFile
  private var chain: JournalChain
  /// Records that stand in no batch yet.
  private(set) var heldBack: [JournalEntry] = []
  /// What may not happen before the awaited batch is durable.
  var effects: [CoordinatorEffect] = []
  /// The batch with the last forced record; `nil` when everything forced is durable.
  var awaitedBatch: Int?
  var isDirty = false
  /// When the machine wants a tick.
  var wakeAt: Timestamp?
  /// When the heap will bring one: not later than `wakeAt`.
  var timerAt: Timestamp?
  var needsOperator: [StepPath] = []
  /// Whether an earlier run began it.
  let isResumed: Bool
  /// The activities that take what may run out.
  let limited: [Int]
  private var settled: [ActivityState]

  init(
    _ plan: ProcessPlan, machine: ProcessMachine, entries: [JournalEntry], chain: JournalChain,
    isResumed: Bool = false
  ) {
    self.isResumed = isResumed
    self.plan = plan
    self.machine = machine
    self.chain = chain
    file = ProcessFile(definition: plan.definition, accepted: plan.accepted, entries: entries)
    let activities = plan.definition.activities
    limited = activities.indices.filter { !activities[$0].resources.isEmpty }
    settled = limited.map { _ in .waiting }
  }

  var process: ProcessID { plan.process }
  var isDurable: Bool { awaitedBatch == nil }

  var standing: ProcessStanding {
    ProcessStanding(
      state: machine.state, file: file, decideBy: machine.terms.decideBy,
      needsOperator: needsOperator)
  }

  /// Whether nothing but time can go on.
  var isResting: Bool { machine.isIdle && effects.isEmpty }

  mutating func take(_ records: [JournalRecord], at now: Timestamp) {
    guard !records.isEmpty else { return }
    for record in records {
      let entry = JournalEntry(at: now, record: record)
      heldBack.append(entry)
      file.append(entry)
      switch record {
      case .forward(let number, _), .compensated(let number, _):
        let path = plan.definition.activities[number].path
        needsOperator.removeAll { $0 == path }
      default: break
      }
    }
  }

  /// The row of everything that was held back.
  mutating func takeRow(notary: some Notary) -> JournalRow {
    defer {
      heldBack = []
      isDirty = false
    }
    return chain.append(heldBack, notary: notary)
  }

  func uses(of activity: Int) -> [ResourceUse] {
    plan.definition.activities[activity].resources
  }

  /// An activity that has come to hold what may run out, or needs it no longer.
  struct Settled {
    let activity: Int
    let isHeld: Bool
  }

  /// What has changed about what may run out since this was asked last.
  mutating func settledUses() -> [Settled] {
    guard !limited.isEmpty else { return [] }
    var changes: [Settled] = []
    for (place, activity) in limited.enumerated() {
      let state = effectiveState(of: activity)
      guard state != settled[place] else { continue }
      settled[place] = state
      switch state {
      case .done: changes.append(Settled(activity: activity, isHeld: true))
      case .refused, .skipped: changes.append(Settled(activity: activity, isHeld: false))
      case .waiting, .asked, .unreached: break
      }
    }
    return changes
  }

  /// The state of an activity, and `skipped` when it was undone or is not wanted any more.
  private func effectiveState(of activity: Int) -> ActivityState {
    let states = machine.state.activities
    let own = states[activity]
    guard machine.state.isCommitted == false else { return own }
    guard let undoing = machine.compensation(of: activity) else { return .skipped }
    switch states[undoing] {
    case .done, .refused, .skipped, .unreached: return .skipped
    case .waiting, .asked: return own
    }
  }
}
