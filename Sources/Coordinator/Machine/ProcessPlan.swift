// What a process is to be, as it follows from its order.

public import PaymentModel

/// An order, and the process that was generated for it. Shared, because it never changes.
public final class ProcessPlan: Sendable {
  public let definition: PaymentProcess
  public let terms: ProcessTerms
  /// `nil` for an order that was only presented.
  public let order: AdmittedOrder?
  public let begunAt: Timestamp
  /// The verdict as an older key has signed it; `nil` where this coordinator signs it.
  let signedVerdict: Signed<Verdict>?

  public var process: ProcessID { definition.process }

  init(
    definition: PaymentProcess, terms: ProcessTerms, order: AdmittedOrder?, begunAt: Timestamp,
    signedVerdict: Signed<Verdict>? = nil
  ) {
    self.definition = definition
    self.terms = terms
    self.order = order
    self.begunAt = begunAt
    self.signedVerdict = signedVerdict
  }

  /// Bytes of the order, of its goods' parts, and of what the banks are handed as long as it is needed.
  var handedInBytes: Int {
    guard let order else { return 0 }
    let goods = order.items.reduce(0) { $0 + $1.part.part.count }
    let handovers = order.payments.reduce(0) { sum, payment in
      sum
        + (payment.handover.map { $0.part.part.count + $0.instrument.bytes.count } ?? 0)
    }
    return order.signedOrder.bytes.count + goods + handovers
  }

  /// The plan when all banks have answered: what they were handed is not needed any more.
  func withoutHandovers() -> ProcessPlan {
    ProcessPlan(
      definition: definition, terms: terms, order: order?.withoutHandovers(), begunAt: begunAt,
      signedVerdict: signedVerdict)
  }
}

extension ProcessPlan: Hashable {
  public static func == (left: ProcessPlan, right: ProcessPlan) -> Bool {
    left === right
      || left.definition == right.definition && left.terms == right.terms
        && left.order == right.order && left.begunAt == right.begunAt
        && left.signedVerdict == right.signedVerdict
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(definition) }
}

/// A process that begins.
public struct NewProcess: Sendable {
  public let plan: ProcessPlan
  public let record: BeginRecord
  /// The coordinator's signed word that it has taken the order.
  public let accepted: Exhibit<Submission>
  /// What withdraws it in the same step.
  var cancellation: Exhibit<Cancellation>?
}

/// A process as its journal left it.
public struct ResumedProcess: Sendable {
  let plan: ProcessPlan
  let accepted: Exhibit<Submission>?
  let entries: [JournalEntry]
  let chain: JournalChain
  /// Why it cannot go on here, although it can be read.
  let obstacle: CoordinatorError?
  /// The key that would have to sign.
  let olderKey: Thumbprint?
  let rules: ProtocolRules

  /// The process with its verdict as the older key has signed it: that was all that it lacked.
  func going(onWith verdict: Signed<Verdict>) -> ResumedProcess {
    ResumedProcess(
      plan: ProcessPlan(
        definition: plan.definition, terms: plan.terms, order: plan.order, begunAt: plan.begunAt,
        signedVerdict: verdict),
      accepted: accepted, entries: entries, chain: chain, obstacle: nil, olderKey: nil,
      rules: rules)
  }

  var records: [JournalRecord] { entries.map(\.record) }

  /// What it has on file.
  package var file: ProcessFile {
    ProcessFile(definition: plan.definition, accepted: accepted, entries: entries)
  }

  /// What it has on file, with records of which some were not written when it was read back.
  func file(upTo unwritten: UnwrittenRecords) -> ProcessFile {
    ProcessFile(
      definition: plan.definition, accepted: accepted,
      entries: entries.prefix(unwritten.first) + unwritten.entries)
  }

  /// - Throws: `broken-journal`, `unsupported-process`.
  package var standing: ProcessStanding {
    get throws(CoordinatorError) {
      let machine = try ProcessMachine(
        definition: plan.definition, terms: plan.terms, rules: rules, replaying: records)
      return ProcessStanding(
        state: machine.state, decideBy: plan.terms.decideBy, begunAt: plan.begunAt,
        verdictRecord: records.verdictRecord, verdict: records.verdict)
    }
  }
}
