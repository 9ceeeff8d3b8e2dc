// From submitted and stored bytes to processes: pure, and the same after every crash.

public import PaymentModel

/// Makes plans out of submissions, and reads journals back.
public struct ProcessPlanner: Sendable {
  /// The name under which the notary signs.
  public let coordinator: PartyName
  let notary: any Notary
  private let templates: [(digest: Digest, template: ProcessTemplate)]
  private let rules: ProtocolRules
  private let neverBegun: Digest
  private let shapes = ShapeCache()

  /// - Parameter templates: those that orders may name.
  public init(coordinator: PartyName, notary: any Notary, templates: [ProcessTemplate]) {
    self.init(coordinator: coordinator, notary: notary, templates: templates, rules: .standard)
  }

  package init(
    coordinator: PartyName, notary: any Notary, templates: [ProcessTemplate],
    rules: ProtocolRules
  ) {
    self.coordinator = coordinator
    self.notary = notary
    self.templates = templates.map { (notary.digest($0.json), $0) }
    self.rules = rules
    neverBegun = notary.digest(ProcessTemplate.neverBegun.json)
  }

  // MARK: - Orders

  /// Checks a submission.
  ///
  /// - Throws: `too-large`, `not-admitted`.
  public func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(CoordinatorError) -> AdmittedOrder {
    try admitted(submission) { submission throws(NotAdmitted) in
      try notary.admit(submission, at: time)
    }
  }

  /// A submission that was admitted when its process began.
  private func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(CoordinatorError) -> AdmittedOrder {
    try admitted(submission) { submission throws(NotAdmitted) in
      try notary.readmit(submission, at: time)
    }
  }

  private func admitted(
    _ submission: PurchaseSubmission,
    _ admit: (PurchaseSubmission) throws(NotAdmitted) -> AdmittedOrder
  ) throws(CoordinatorError) -> AdmittedOrder {
    try submission.checkSizes()
    do throws(NotAdmitted) {
      return try admit(submission)
    } catch {
      throw CoordinatorError(.notAdmitted, "\(error.code): \(error.message)")
    }
  }

  /// The process of an admitted order, and the record with which it begins.
  ///
  /// - Parameter nonce: for the coordinator's signed word.
  /// - Throws: `empty-order`, `unknown-template`, `too-large`, `not-admitted` when the order names another
  ///   coordinator, `own-key-refused`, and what the generator throws.
  public func begin(
    _ order: AdmittedOrder, of submission: PurchaseSubmission, at time: Timestamp, nonce: Nonce
  ) throws(CoordinatorError) -> NewProcess {
    let (definition, digest) = try definition(for: order)
    let record = BeginRecord(
      source: .submission(submission), template: definition.template, definition: digest, at: time,
      nonce: nonce)
    let accepted = try accepted(record, definition)
    guard accepted.issuer == order.order.coordinator else {
      throw CoordinatorError(.notAdmitted, "the order names another coordinator")
    }
    return NewProcess(
      plan: ProcessPlan(
        definition: definition, terms: ProcessTerms(order), order: order, begunAt: time),
      record: record, accepted: accepted.exhibit)
  }

  /// The process of an order that was only presented: nothing but its abort.
  ///
  /// - Throws: `not-entitled` for an order that names another coordinator, `own-key-refused`.
  public func beginAbort(
    of order: Stated<Order>, signed: Signed<Order>, at time: Timestamp, nonce: Nonce
  ) throws(CoordinatorError) -> NewProcess {
    let claim = order.claim
    let (definition, digest) = try abortOnly(order.id.renamed())
    let record = BeginRecord(
      source: .presented(signed, oneTimeKey: claim.oneTimeKey, decideBy: claim.decideBy),
      template: definition.template, definition: digest, at: time, nonce: nonce)
    let accepted = try accepted(record, definition)
    guard accepted.issuer == claim.coordinator else {
      throw CoordinatorError(.notEntitled, "the order names another coordinator")
    }
    return NewProcess(
      plan: ProcessPlan(
        definition: definition, terms: abortTerms(definition.process, decideBy: claim.decideBy),
        order: nil, begunAt: time),
      record: record, accepted: accepted.exhibit)
  }

  // MARK: - Journals

  /// Reads a process back from its journal, and its order as of the time at which the process began. That it began
  /// shows that it was admitted: terms of which whoever did so knew nothing keep nothing from going on.
  ///
  /// - Throws: `unknown-process`, `broken-journal`, `malformed-record`, `definition-changed`, and what
  ///   `admit` throws. What an older key of the coordinator began can be read, and goes on when its verdict is
  ///   public: nothing is signed after that. Otherwise going on is `key-ended`.
  public func resume(
    _ process: ProcessID, from rows: [JournalRow]
  ) throws(CoordinatorError) -> ResumedProcess {
    guard !rows.isEmpty else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    var chain = JournalChain(of: process)
    let entries = try chain.read(rows, notary: notary)
    guard case .begin(let begin) = entries.first?.record else {
      throw CoordinatorError(.brokenJournal, "process \(process) does not begin")
    }
    let definition: PaymentProcess
    let digest: Digest
    let terms: ProcessTerms
    let key: Thumbprint?
    var order: AdmittedOrder?
    switch begin.source {
    case .submission(let submission):
      let admitted = try readmit(submission, at: begin.at)
      (definition, digest) = try self.definition(for: admitted)
      terms = ProcessTerms(admitted)
      order = admitted
      key = admitted.order.coordinator
    case .presented(let signed, let oneTimeKey, let decideBy):
      key = try? notary.read(signed, by: .oneTime(oneTimeKey), at: begin.at).claim.coordinator
      (definition, digest) = try abortOnly(process)
      terms = abortTerms(process, decideBy: decideBy)
    }
    guard definition.process == process, digest == begin.definition else {
      throw CoordinatorError(
        .definitionChanged, "process \(process) was begun under another definition")
    }
    let isOwn = key == notary.key
    let isSigned = isOwn || entries.map(\.record).verdict != nil
    return ResumedProcess(
      plan: ProcessPlan(
        definition: definition, terms: terms, order: order, begunAt: begin.at),
      accepted: isOwn ? try accepted(begin, definition).exhibit : nil,
      entries: rules.recoversVerdicts
        ? entries : Array(entries.prefix { $0.record.kind != .verdict }),
      chain: chain,
      obstacle: isSigned ? nil : keyEnded(process, key), olderKey: isSigned ? nil : key,
      rules: rules)
  }

  private func keyEnded(_ process: ProcessID, _ key: Thumbprint?) -> CoordinatorError {
    CoordinatorError(
      .keyEnded,
      "process \(process) was begun under the key \(key.map { "\($0)" } ?? "of nobody"), with which "
        + "nothing is signed here any more, and its verdict is not public")
  }

  // MARK: - Shared

  private func definition(
    for order: AdmittedOrder
  ) throws(CoordinatorError) -> (process: PaymentProcess, digest: Digest) {
    guard let known = templates.first(where: { $0.digest == order.order.template }) else {
      throw CoordinatorError(.unknownTemplate, "no template \(order.order.template)")
    }
    return try process(
      order.process, of: OrderOutline(order), template: known.template, known.digest)
  }

  private func abortOnly(
    _ process: ProcessID
  ) throws(CoordinatorError) -> (process: PaymentProcess, digest: Digest) {
    try self.process(process, of: nil, template: .neverBegun, neverBegun)
  }

  private func process(
    _ process: ProcessID, of outline: OrderOutline?, template: ProcessTemplate,
    _ templateDigest: Digest
  ) throws(CoordinatorError) -> (process: PaymentProcess, digest: Digest) {
    let known = try shapes.shape(
      for: outline, template: template, templateDigest: templateDigest, rules: rules)
    let definition = PaymentProcess(process: process, shape: known.shape)
    return (definition, notary.digest(definition.json(endingWith: known.json)))
  }

  private func abortTerms(_ process: ProcessID, decideBy: Timestamp) -> ProcessTerms {
    ProcessTerms(process: process, decideBy: decideBy, deliveryLimitSeconds: 0)
  }

  /// The coordinator's submission statement, signed from the BEGIN record.
  private func accepted(
    _ begin: BeginRecord, _ definition: PaymentProcess
  ) throws(CoordinatorError) -> (exhibit: Exhibit<Submission>, issuer: Thumbprint) {
    let signed = notary.sign(
      Submission(
        process: definition.process, template: begin.template, definition: begin.definition),
      nonce: begin.nonce)
    do throws(NotAdmitted) {
      let stated = try notary.read(signed, by: .party(coordinator), at: begin.at)
      return (Exhibit(id: stated.id, signed: signed), stated.issuer.key)
    } catch {
      throw CoordinatorError(.ownKeyRefused, "\(error.code): \(error.message)")
    }
  }
}
