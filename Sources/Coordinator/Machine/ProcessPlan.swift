// What a process is to be, as it follows from its order.

public import PaymentModel

/// An order, and the process that was generated for it.
public struct ProcessPlan: Sendable {
  public let definition: PaymentProcess
  public let terms: ProcessTerms
  /// `nil` for an order that was only presented.
  public let order: AdmittedOrder?
  /// The coordinator's signed word that it has taken the order.
  public let accepted: Exhibit<Submission>

  public var process: ProcessID { definition.process }
}

/// A process as its journal left it.
public struct ResumedProcess: Sendable {
  let plan: ProcessPlan
  let entries: [JournalEntry]
  let chain: JournalChain

  var records: [JournalRecord] { entries.map(\.record) }
}
