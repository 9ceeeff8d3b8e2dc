// What a process writes down: enough to go on after a crash as if there had been none.

public import PaymentModel

/// The kinds of records, as numbers on disk.
public enum RecordKind: UInt8, CaseIterable, Hashable, Sendable {
  case begin = 1
  case intent = 2
  case result = 3
  case prepared = 4
  case verdict = 5
  case forward = 6
  case compensated = 7
  case end = 8
  case called = 9
}

/// One record of a process's journal. Activities are called by their number in the definition.
public indirect enum JournalRecord: Hashable, Sendable {
  /// The process was taken on.
  case begin(BeginRecord)
  /// A participant is asked.
  case intent(Int)
  /// An activity before the verdict has a final answer.
  case result(Int, ActivityResult)
  /// Everything stands; the customer is asked.
  case prepared(PreparedRecord)
  /// The one decision.
  case verdict(VerdictRecord)
  /// An activity after a commit has a final answer.
  case forward(Int, ActivityResult)
  /// An activity of the abort path has a final answer.
  case compensated(Int, ActivityResult)
  /// Nothing is left to do.
  case end(Timestamp)
  /// Somebody was called to look after an activity that goes on failing after the verdict.
  case called(OperatorCall)

  public var kind: RecordKind {
    switch self {
    case .begin: .begin
    case .intent: .intent
    case .result: .result
    case .prepared: .prepared
    case .verdict: .verdict
    case .forward: .forward
    case .compensated: .compensated
    case .end: .end
    case .called: .called
    }
  }

  /// Whether nobody may hear of what follows before this record is durable. The others wait for one
  /// that is forced, or for the process to have nothing else to do: lost in a crash, they only mean
  /// asking again.
  public var isForced: Bool {
    switch self {
    case .begin, .prepared, .verdict, .end: true
    case .intent, .result, .forward, .compensated, .called: false
    }
  }
}

/// Why somebody was called.
public struct OperatorCall: Hashable, Sendable {
  /// The activity's number.
  public let activity: Int
  /// How often it had been asked for then, since the verdict or the last restart.
  public let attempts: Int

  public init(activity: Int, attempts: Int) {
    self.activity = activity
    self.attempts = attempts
  }
}

/// How a process begins.
public struct BeginRecord: Hashable, Sendable {
  /// What was handed in.
  public enum Source: Hashable, Sendable {
    /// An order with all that the process needs.
    case submission(PurchaseSubmission)
    /// Somebody presented an order that was never handed in: it can only be aborted.
    case presented(Signed<Order>, oneTimeKey: SigningKeyValue, decideBy: Timestamp)
  }

  public let source: Source
  /// The digest of the template.
  public let template: Digest
  /// The digest of the generated definition.
  public let definition: Digest
  public let at: Timestamp
  /// With this nonce the coordinator's submission statement is signed, as often as it is asked for.
  public let nonce: Nonce

  public init(
    source: Source, template: Digest, definition: Digest, at: Timestamp, nonce: Nonce
  ) {
    self.source = source
    self.template = template
    self.definition = definition
    self.at = at
    self.nonce = nonce
  }
}

/// All holds, checked keys and time frames stood.
public struct PreparedRecord: Hashable, Sendable {
  public let at: Timestamp
  /// Without a delivery request by then the process is aborted.
  public let answerBy: Timestamp

  public init(at: Timestamp, answerBy: Timestamp) {
    self.at = at
    self.answerBy = answerBy
  }
}

/// The one decision, with all that is needed to sign the verdict again, to the byte.
public struct VerdictRecord: Hashable, Sendable {
  /// What was decided.
  public enum Ruling: Hashable, Sendable {
    /// The keys follow from the record: nothing can keep them back any more.
    case commit(bundle: Sealed<SealedContent.KeyBundle>)
    /// - owed: the numbers of the compensations to carry out, those of everybody who was asked, or may have
    ///   been. They are begun in this order: the reverse of that in which what they undo was answered.
    /// - cancellation: the customer's, when the reason is `cancelled`.
    case abort(AbortReason, owed: [Int], cancellation: Exhibit<Cancellation>?)
  }

  public let ruling: Ruling
  public let decidedAt: Timestamp
  public let nonce: Nonce
  public let evidenceSalt: Salt
  /// The statements that the verdict rests on, sorted, each once.
  public let evidence: [StatementID]

  public init(
    ruling: Ruling, decidedAt: Timestamp, nonce: Nonce, evidenceSalt: Salt,
    evidence: [StatementID]
  ) {
    self.ruling = ruling
    self.decidedAt = decidedAt
    self.nonce = nonce
    self.evidenceSalt = evidenceSalt
    self.evidence = evidence
  }

  public var decision: PaymentModel.Decision {
    switch ruling {
    case .commit(let bundle): .commit(keyBundle: bundle.digest)
    case .abort(let reason, _, _): .abort(reason)
    }
  }

  /// What the verdict commits to instead of naming its evidence: salt ‖ identifiers.
  public var evidencePreimage: Bytes {
    var preimage = evidenceSalt.bytes
    preimage.reserveCapacity(preimage.count + StatementID.byteCount * evidence.count)
    for id in evidence { id.append(to: &preimage) }
    return preimage
  }
}
