// What goes into the process machine, and what comes out.

public import PaymentModel

/// Something that happened to a process.
public enum ProcessEvent: Hashable, Sendable {
  /// The order was admitted.
  case begin(BeginRecord)
  /// The journal was replayed. Whoever was asked before may not have been, and the other way round.
  case resumed
  /// An attempt at an activity came to something.
  case outcome(activity: Int, attempt: Int, ActivityOutcome)
  /// It is the process's turn to ask for what may run out.
  case granted(activity: Int)
  /// The customer withdraws the order.
  case cancelled(Exhibit<Cancellation>)
  /// Whatever waits for its next attempt is to be asked for now.
  case retry
  /// Time went on.
  case tick
}

/// Something to do for a process.
public enum ProcessEffect: Hashable, Sendable {
  /// Ask the activity's participant. The request is the same in every attempt, counted from 1.
  case perform(activity: Int, attempt: Int)
  /// Its resources may run out: say `granted` when it is the process's turn.
  case acquire(activity: Int)
  /// The participant said that others hold what the activity needs.
  case scarce(activity: Int)
  /// Step with a tick then. It replaces an earlier wake.
  case wake(at: Timestamp)
  /// Somebody should look after this activity: it goes on failing. Said once.
  case callOperator(activity: Int)
  /// The activity failed as often as the policy allows, and is not asked for again. Only telling the customer can be.
  case gaveUp(activity: Int)
  /// Nothing is left to do.
  case ended
}

/// What the machine answers to an event.
public struct StepResult: Hashable, Sendable {
  /// To be appended to the journal, in this order.
  public var records: [JournalRecord] = []
  /// To be performed when every forced record is durable.
  public var effects: [ProcessEffect] = []

  /// Whether the records must be durable before the effects.
  public var isForced: Bool { records.contains(where: \.isForced) }

  init() {}
}

/// The time frames of a process that its order and offers set.
public struct ProcessTerms: Hashable, Sendable {
  public let process: ProcessID
  /// From then on the coordinator decides, and only abort.
  public let decideBy: Timestamp
  /// How long the customer may take to ask for delivery: the shortest of the offers' limits.
  public let deliveryLimitSeconds: Int

  public init(process: ProcessID, decideBy: Timestamp, deliveryLimitSeconds: Int) {
    self.process = process
    self.decideBy = decideBy
    self.deliveryLimitSeconds = deliveryLimitSeconds
  }

  /// The terms of an admitted order.
  public init(_ order: AdmittedOrder) {
    process = order.process
    decideBy = order.order.decideBy
    deliveryLimitSeconds = order.items.map(\.offer.claim.deliveryLimitSeconds).min() ?? 0
  }
}
