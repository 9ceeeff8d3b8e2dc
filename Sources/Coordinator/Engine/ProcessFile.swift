// Everything that a process has on file, read from its journal: the evidence for a receipt.

public import PaymentModel

/// The evidence of one process, as far as it has come.
public struct ProcessFile: Hashable, Sendable {
  public let process: ProcessID
  public let definition: PaymentProcess
  /// The coordinator's statement that it has taken the order.
  /// It is signed anew whenever the process is read back; `nil` when that was a key's which signs no more.
  public let accepted: Exhibit<Submission>?
  /// The journal that all of this is read from.
  public private(set) var records: [JournalRecord]
  /// When the coordinator came to each record.
  public private(set) var times: [Timestamp]

  init(
    definition: PaymentProcess, accepted: Exhibit<Submission>?, entries: [JournalEntry] = []
  ) {
    process = definition.process
    self.definition = definition
    self.accepted = accepted
    records = entries.map(\.record)
    times = entries.map(\.at)
  }

  /// When the process came to the phase that it is in.
  public var phaseSince: Timestamp? {
    let last = records.lastIndex { record in
      switch record {
      case .begin, .prepared, .verdict, .end: true
      case .intent, .result, .forward, .compensated, .called: false
      }
    }
    return last.map { times[$0] }
  }

  /// Final answers with the activities that they belong to, in the order in which they came.
  public var answers: [(activity: Activity, result: ActivityResult)] {
    records.compactMap { record in
      switch record {
      case .result(let number, let result), .forward(let number, let result),
        .compensated(let number, let result):
        definition.activities.indices.contains(number)
          ? (definition.activities[number], result) : nil
      default: nil
      }
    }
  }

  /// What was handed in; `nil` for an order that was only presented.
  public var submission: PurchaseSubmission? {
    guard case .begin(let begin) = records.first, case .submission(let submission) = begin.source
    else { return nil }
    return submission
  }

  /// The signed order.
  public var order: Signed<Order>? {
    guard case .begin(let begin) = records.first else { return nil }
    switch begin.source {
    case .submission(let submission): return submission.order
    case .presented(let order, _, _): return order
    }
  }

  public var reservations: [Exhibit<Reservation>] {
    answers.compactMap { if case .reserved(let exhibit) = $0.result { exhibit } else { nil } }
  }

  /// Deposits with the acceptance of each, in the order of the goods.
  public var deposits: [EscrowedKey] { records.deposits }

  public var deliveryRequest: Exhibit<DeliveryRequest>? {
    answers.lazy.compactMap {
      if case .requested(let exhibit) = $0.result { exhibit } else { nil }
    }.first
  }

  /// The record from which the verdict is signed.
  public var verdictRecord: VerdictRecord? { records.verdictRecord }

  /// The sealed keys of a committed purchase.
  public var bundle: Sealed<SealedContent.KeyBundle>? { records.bundle }

  /// The verdict in the log.
  public var verdict: PublishedVerdict? { records.verdict }

  public var cancellation: Exhibit<Cancellation>? {
    guard case .abort(_, _, let cancellation) = verdictRecord?.ruling else { return nil }
    return cancellation
  }

  public var transfers: [Exhibit<Transfer>] {
    answers.flatMap { answer -> [Exhibit<Transfer>] in
      if case .transferred(let exhibits) = answer.result { exhibits } else { [] }
    }
  }

  public var settlements: [Exhibit<Settlement>] {
    answers.compactMap { if case .settled(let exhibit) = $0.result { exhibit } else { nil } }
  }

  public var voids: [Exhibit<VoidedReservation>] {
    answers.compactMap { if case .voided(let exhibit) = $0.result { exhibit } else { nil } }
  }

  public var releases: [Exhibit<Release>] {
    answers.compactMap { if case .released(let exhibit) = $0.result { exhibit } else { nil } }
  }

  /// Who refused what, with the signed refusal where there is one.
  public var refusals: [(activity: Activity, reason: RefusalReason, exhibit: Exhibit<Refusal>?)] {
    answers.compactMap { answer in
      guard case .refused(let reason, let exhibit) = answer.result else { return nil }
      return (answer.activity, reason, exhibit)
    }
  }

  /// Deposited keys that do not open what was offered, with the identity that proves it.
  public var wrongKeys: [(deposit: Exhibit<Deposit>, revealed: Bytes)] {
    answers.compactMap { answer in
      guard case .wrongKey(let deposit, let revealed) = answer.result else { return nil }
      return (deposit, revealed)
    }
  }
}
