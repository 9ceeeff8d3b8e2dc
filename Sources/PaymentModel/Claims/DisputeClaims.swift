// What is signed when parties disagree: a complaint, the auditor's question, the auditor's ruling.

/// What somebody complains about.
public enum Grievance: String, CaseIterable, Sendable {
  /// The good opens to something else than was offered. Against the merchant.
  case goodsWrong = "goods-wrong"
  /// The commit delivered no key, or junk. Against the coordinator.
  case keyMissing = "key-missing"
  /// A physical good was paid, an address was given, and nothing was sent. Against the merchant.
  case notDispatched = "not-dispatched"
  /// A committed purchase was not paid to the merchant, or its fee not to the coordinator. Against the bank.
  case notPaid = "not-paid"
  /// A transfer into an account at another bank did not arrive. Against the bank that has paid, or the payee's.
  case notCredited = "not-credited"
  /// The merchant gave money back and it did not arrive. Against the bank.
  case notRefunded = "not-refunded"
  /// An account was to be debited for coins, and none came. Against the bank.
  case notIssued = "not-issued"
  /// One process has two verdicts. Against the coordinator.
  case twoVerdicts = "two-verdicts"
  /// A commit came after the order's time. Against the coordinator.
  case lateVerdict = "late-verdict"

  /// The roles whose keys may bring it.
  public var complainants: [Role] {
    switch self {
    case .goodsWrong, .keyMissing, .notDispatched, .notRefunded: [.customer]
    case .notPaid, .notCredited: [.merchant, .coordinator]
    case .notIssued: [.account]
    case .twoVerdicts, .lateVerdict: [.customer, .merchant, .bank]
    }
  }

  /// The kind of statement that it is about.
  public var subject: StatementKind {
    switch self {
    case .goodsWrong: .offer
    case .keyMissing, .notPaid, .twoVerdicts, .lateVerdict: .verdict
    case .notDispatched: .addressClaim
    case .notCredited: .transfer
    case .notRefunded: .refund
    case .notIssued: .withdrawal
    }
  }
}

/// Somebody complains, with the evidence in the same file.
public struct Complaint: Claim {
  public static let kind = StatementKind.complaint

  public let grievance: Grievance
  /// The statement that it is about: see `Grievance.subject`.
  public let about: StatementID
  /// The process, when it is about one.
  public let process: ProcessID?

  public init(_ grievance: Grievance, about: StatementID, process: ProcessID?) {
    self.grievance = grievance
    self.about = about
    self.process = process
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    grievance = try reader.choice("grievance")
    about = try reader.identifier("about")
    process = try reader.ifPresent("process") { reader throws(ClaimError) in
      try reader.identifier("process")
    }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.choice("grievance", grievance)
    writer.identifier("about", about)
    if let process { writer.identifier("process", process) }
  }

  public var prev: [StatementID] { [about] }
}

/// What an auditor may ask of a party that a complaint is against.
public enum Question: String, CaseIterable, Sendable {
  /// The key bundle that the commit names.
  case keyBundle = "key-bundle"
  /// The dispatch of the good.
  case dispatch
  /// The transfer of the money.
  case transfer
  /// The credit line that a transfer names.
  case creditLine = "credit-line"
  /// The credit of the account that a transfer pays into.
  case credit
  /// The issue that answers a withdrawal or a refund.
  case issue
  /// The blind signatures that an issue names.
  case blindSignatures = "blind-signatures"
  /// That the verdict stood in a log in time.
  case timelyVerdict = "timely-verdict"
}

/// The auditor asks a party for evidence. The request is logged, so that its time is known.
public struct EvidenceRequest: Claim {
  public static let kind = StatementKind.evidenceRequest

  public let complaint: StatementID
  public let party: PartyName
  public let question: Question
  public let answerBy: Timestamp

  public init(
    complaint: StatementID, party: PartyName, question: Question, answerBy: Timestamp
  ) {
    self.complaint = complaint
    self.party = party
    self.question = question
    self.answerBy = answerBy
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    complaint = try reader.identifier("complaint")
    party = try reader.party("party")
    question = try reader.choice("question")
    answerBy = try reader.timestamp("answerBy")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("complaint", complaint)
    writer.text("party", party.text)
    writer.choice("question", question)
    writer.timestamp("answerBy", answerBy)
  }

  public var prev: [StatementID] { [complaint] }
}

/// What a ruling says about the party that a complaint is against.
public enum RulingOutcome: String, CaseIterable, Sendable {
  case atFault = "at-fault"
  case notAtFault = "not-at-fault"
  case didNotAnswer = "did-not-answer"
}

/// The auditor's word on a complaint, as `judge` finds it.
public struct Ruling: Claim {
  public static let kind = StatementKind.ruling

  public let complaint: StatementID
  public let outcome: RulingOutcome
  /// Whom it names; absent when the complaint is against nobody.
  public let party: PartyName?
  public let rule: JudgementRule
  /// The statements that it rests on, sorted.
  public let evidence: [StatementID]

  public init(
    complaint: StatementID, outcome: RulingOutcome, party: PartyName?, rule: JudgementRule,
    evidence: [StatementID]
  ) {
    self.complaint = complaint
    self.outcome = outcome
    self.party = party
    self.rule = rule
    self.evidence = evidence
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    complaint = try reader.identifier("complaint")
    outcome = try reader.choice("outcome")
    party = try reader.ifPresent("party") { reader throws(ClaimError) in
      try reader.party("party")
    }
    rule = try reader.choice("rule")
    evidence = try reader.identifiers("evidence", atMost: JudgedRuling.mostEvidence)
    guard outcome == .notAtFault || party != nil else { throw ClaimError("party", .missing) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("complaint", complaint)
    writer.choice("outcome", outcome)
    if let party { writer.text("party", party.text) }
    writer.choice("rule", rule)
    writer.identifiers("evidence", evidence)
  }

  public var prev: [StatementID] { [complaint] + evidence }
}
