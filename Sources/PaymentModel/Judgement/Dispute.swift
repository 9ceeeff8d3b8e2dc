// What a complaint is decided on: verified statements with their places, and facts about bytes.

/// A verified statement, the use of the key that signed it, and when and where it was seen in a log.
public struct Exhibited<Content: Claim>: Equatable, Sendable {
  public let stated: Stated<Content>
  public let role: Role
  /// A witness saw it no later than that.
  public let noLaterThan: Timestamp
  public let log: String
  public let index: UInt64

  public init(
    _ stated: Stated<Content>, role: Role, noLaterThan: Timestamp, log: String, index: UInt64
  ) {
    self.stated = stated
    self.role = role
    self.noLaterThan = noLaterThan
    self.log = log
    self.index = index
  }

  public var id: StatementID { stated.id }
  public var party: PartyName { stated.issuer.party }
  public var claim: Content { stated.claim }
}

/// A state of a log that trusted witnesses have seen.
public struct LogSighting: Hashable, Sendable {
  public let log: String
  /// How many entries it had.
  public let size: UInt64
  /// A witness saw it so at that time.
  public let time: Timestamp

  public init(log: String, size: UInt64, time: Timestamp) {
    self.log = log
    self.size = size
    self.time = time
  }
}

/// Something about bytes that was checked by whoever prepared the dispute, and that anybody can check again.
public enum DisputeFact: Hashable, Sendable {
  /// A chunk that the offer commits to was opened with the file key that its header commits to, and is
  /// not what the offer says.
  case chunkIsWrong(offer: StatementID)
  /// The same, and it is what the offer says.
  case chunkIsRight(offer: StatementID)
  /// The bundle of that digest, opened with the order's one-time identity, does not hold the key of the offer.
  case bundleLacksKey(bundle: Digest, offer: StatementID)
  /// The bundle of that digest was handed in.
  case bundleIsThere(bundle: Digest)
  /// The sealed address that the claim names was handed in.
  case addressIsThere(claim: StatementID)
  /// The blind signatures that the issue names were handed in.
  case signaturesAreThere(issue: StatementID)
}

/// A complaint with everything that the parties handed in.
///
/// Statements in it have been verified; those of the customer are by the one-time key of an order that is in
/// it. Nothing else is believed: not the times that statements claim, except against whoever claims them.
public struct Dispute: Sendable {
  public var complaint: Exhibited<Complaint>
  public var orders: [Exhibited<Order>] = []
  /// Parts that hang below the order of that process.
  public var items: [(process: ProcessID, part: ItemPart)] = []
  /// The same for payments, each with the digest by which reservations speak of it.
  public var payments: [(process: ProcessID, digest: Digest, part: PaymentPart)] = []
  /// The same for what the coordinator is paid.
  public var fees: [(process: ProcessID, part: FeePart)] = []
  public var offers: [Exhibited<Offer>] = []
  public var reservations: [Exhibited<Reservation>] = []
  public var deposits: [Exhibited<Deposit>] = []
  public var acceptances: [Exhibited<Acceptance>] = []
  /// Verdicts that stand in a log. A statement may be there more than once, with each of its sights.
  public var verdicts: [Exhibited<Verdict>] = []
  /// Verdicts that were signed and not logged. They show that they were signed, and nothing else.
  public var unloggedVerdicts: [Stated<Verdict>] = []
  public var transfers: [Exhibited<Transfer>] = []
  public var creditLines: [Exhibited<CreditLine>] = []
  public var credits: [Exhibited<Credit>] = []
  public var refusals: [Exhibited<Refusal>] = []
  public var acknowledgements: [Exhibited<Acknowledgement>] = []
  public var addressClaims: [Exhibited<AddressClaim>] = []
  public var dispatches: [Exhibited<Dispatch>] = []
  public var refunds: [Exhibited<Refund>] = []
  public var withdrawals: [Exhibited<Withdrawal>] = []
  public var issues: [Exhibited<Issue>] = []
  public var requests: [Exhibited<EvidenceRequest>] = []
  public var facts: Set<DisputeFact> = []
  public var sightings: [LogSighting] = []
  /// Whether a verdict can stand in one log only.
  public var hasOneLog = false

  public init(_ complaint: Exhibited<Complaint>) {
    self.complaint = complaint
  }

  /// The latest time that a witness vouches for: what was to happen before has happened, or has not.
  var now: Timestamp {
    sightings.map(\.time).max() ?? complaint.noLaterThan
  }
}

/// What `judge` comes to.
public enum Judgement: Hashable, Sendable {
  /// It is decided.
  case ruled(JudgedRuling)
  /// A party has to be asked first.
  case ask(PartyName, Question)
  /// A party was asked and has time until then.
  case awaits(PartyName, Question, until: Timestamp)
  /// Whoever complains has to hand in such a statement.
  case lacks(StatementKind)
}

/// A decision, ready to be signed as a `Ruling`.
public struct JudgedRuling: Hashable, Sendable {
  /// How many statements it names at most.
  public static let mostEvidence = 256

  public let outcome: RulingOutcome
  public let party: PartyName?
  public let rule: JudgementRule
  /// The statements that it rests on, sorted, each once.
  public let evidence: [StatementID]

  init(
    _ outcome: RulingOutcome, _ party: PartyName?, _ rule: JudgementRule, on evidence: [StatementID]
  ) {
    self.outcome = outcome
    self.party = party
    self.rule = rule
    var sorted: [StatementID] = []
    for id in evidence.prefix(Self.mostEvidence).sorted() where sorted.last != id {
      sorted.append(id)
    }
    self.evidence = sorted
  }

  /// The claim that an auditor signs.
  public func claim(on complaint: StatementID) -> Ruling {
    Ruling(complaint: complaint, outcome: outcome, party: party, rule: rule, evidence: evidence)
  }
}
