// What a process is to be, as it follows from its order.

public import PaymentModel

/// An order, and the process that was generated for it. Shared, because it never changes.
public final class ProcessPlan: Sendable {
  public let definition: PaymentProcess
  public let terms: ProcessTerms
  /// `nil` for an order that was only presented.
  public let order: AdmittedOrder?
  /// The coordinator's signed word that it has taken the order.
  public let accepted: Exhibit<Submission>

  public var process: ProcessID { definition.process }

  init(
    definition: PaymentProcess, terms: ProcessTerms, order: AdmittedOrder?,
    accepted: Exhibit<Submission>
  ) {
    self.definition = definition
    self.terms = terms
    self.order = order
    self.accepted = accepted
  }
}

extension ProcessPlan: Hashable {
  public static func == (left: ProcessPlan, right: ProcessPlan) -> Bool {
    left === right
      || left.definition == right.definition && left.terms == right.terms
        && left.order == right.order && left.accepted == right.accepted
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(definition) }
}

/// A process as its journal left it.
public struct ResumedProcess: Sendable {
  let plan: ProcessPlan
  let entries: [JournalEntry]
  let chain: JournalChain

  var records: [JournalRecord] { entries.map(\.record) }

  /// What it has on file.
  package var file: ProcessFile {
    ProcessFile(definition: plan.definition, accepted: plan.accepted, entries: entries)
  }
}
