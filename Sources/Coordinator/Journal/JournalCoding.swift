// The bytes of a journal record: a version byte, the kind, and what the kind needs
// (Docs/Formats/Process.md).

public import PaymentModel

extension JournalRecord {
  /// The version that is written, and the only one that is read.
  static let version: UInt8 = 1

  /// Bytes above which no record is read back. The longest is a BEGIN: all else that is in one is shorter than
  /// what stands for it here.
  static let largest = SubmissionLimits.submission + SubmissionLimits.statement

  /// The record as it is stored and chained.
  public var bytes: Bytes { ByteWriter.bytes { write(to: &$0) } }

  func write(to writer: inout ByteWriter) {
    writer.byte(Self.version)
    writer.byte(kind.rawValue)
    switch self {
    case .begin(let begin): begin.write(to: &writer)
    case .intent(let number): writer.count(number)
    case .result(let number, let result), .forward(let number, let result),
      .compensated(let number, let result):
      writer.count(number)
      result.write(to: &writer)
    case .prepared(let prepared):
      writer.time(prepared.at)
      writer.time(prepared.answerBy)
    case .verdict(let verdict): verdict.write(to: &writer)
    case .end(let time): writer.time(time)
    case .called(let call):
      writer.count(call.activity)
      writer.count(call.attempts)
    }
  }

  /// Reads a record to its last byte.
  ///
  /// - Throws: `malformed-record`.
  public init(_ bytes: Bytes) throws(CoordinatorError) {
    var reader = ByteReader(bytes)
    let version = try reader.byte()
    guard version == Self.version else {
      throw ByteReader.malformed("it has version \(version), and only \(Self.version) is read")
    }
    guard let kind = RecordKind(rawValue: try reader.byte()) else {
      throw ByteReader.malformed("its kind is unknown")
    }
    switch kind {
    case .begin: self = .begin(try BeginRecord(from: &reader))
    case .intent: self = .intent(try reader.activity())
    case .result: self = .result(try reader.activity(), try ActivityResult(from: &reader))
    case .prepared:
      self = .prepared(PreparedRecord(at: try reader.time(), answerBy: try reader.time()))
    case .verdict: self = .verdict(try VerdictRecord(from: &reader))
    case .forward: self = .forward(try reader.activity(), try ActivityResult(from: &reader))
    case .compensated:
      self = .compensated(try reader.activity(), try ActivityResult(from: &reader))
    case .end: self = .end(try reader.time())
    case .called:
      self = .called(
        OperatorCall(
          activity: try reader.activity(),
          attempts: try reader.count(atMost: Int(Int32.max))))
    }
    guard reader.isAtEnd else { throw ByteReader.malformed("something follows its end") }
  }
}

extension BeginRecord {
  fileprivate func write(to writer: inout ByteWriter) {
    switch source {
    case .submission(let submission):
      writer.byte(submission.terms == nil ? 1 : 3)
      submission.write(to: &writer)
    case .presented(let order, let oneTimeKey, let decideBy):
      writer.byte(2)
      writer.blob(order.bytes)
      writer.identifier(oneTimeKey)
      writer.time(decideBy)
    }
    writer.identifier(template)
    writer.identifier(definition)
    writer.time(at)
    writer.fixed(nonce.bytes)
  }

  fileprivate init(from reader: inout ByteReader) throws(CoordinatorError) {
    switch try reader.byte() {
    case 1: source = .submission(try PurchaseSubmission(from: &reader, hasTerms: false))
    case 3: source = .submission(try PurchaseSubmission(from: &reader, hasTerms: true))
    case 2:
      let order = Signed<Order>(try reader.blob(atMost: SubmissionLimits.statement))
      source = .presented(
        order, oneTimeKey: try reader.identifier(), decideBy: try reader.time())
    default: throw ByteReader.malformed("it begins with nothing known")
    }
    template = try reader.identifier()
    definition = try reader.identifier()
    at = try reader.time()
    nonce = try reader.nonce()
  }
}

extension VerdictRecord {
  /// As many statements as the largest process can leave before its verdict.
  private static let largestEvidenceCount = 4096

  fileprivate func write(to writer: inout ByteWriter) {
    switch ruling {
    case .commit(let bundle):
      writer.byte(1)
      writer.sealed(bundle)
    case .abort(let reason, let owed, let cancellation):
      writer.byte(2)
      writer.blob(Bytes(reason.rawValue.utf8))
      writer.list(owed) { $0.count($1) }
      writer.optional(cancellation) { $0.exhibit($1) }
    }
    writer.time(decidedAt)
    writer.fixed(nonce.bytes)
    writer.fixed(evidenceSalt.bytes)
    writer.list(evidence) { $0.identifier($1) }
  }

  fileprivate init(from reader: inout ByteReader) throws(CoordinatorError) {
    switch try reader.byte() {
    case 1:
      ruling = .commit(
        bundle: try reader.sealed(
          SealedContent.KeyBundle.self, atMost: SubmissionLimits.keyBundle))
    case 2:
      let name = String(decoding: try reader.blob(atMost: 16), as: UTF8.self)
      guard let reason = AbortReason(rawValue: name) else {
        throw ByteReader.malformed("its reason is unknown")
      }
      let owed = try reader.list(atMost: ByteReader.largestActivity) {
        reader throws(CoordinatorError) in try reader.activity()
      }
      ruling = .abort(
        reason, owed: owed,
        cancellation: try reader.optional { reader throws(CoordinatorError) in
          try reader.exhibit()
        })
    default: throw ByteReader.malformed("its ruling is unknown")
    }
    decidedAt = try reader.time()
    nonce = try reader.nonce()
    evidenceSalt = try reader.salt()
    evidence = try reader.list(atMost: Self.largestEvidenceCount) {
      reader throws(CoordinatorError) in try reader.identifier(of: Subject.Statement.self)
    }
  }
}

extension ActivityResult {
  fileprivate func write(to writer: inout ByteWriter) {
    switch self {
    case .reserved(let exhibit):
      writer.byte(1)
      writer.exhibit(exhibit)
    case .deposited(let key):
      writer.byte(2)
      writer.exhibit(key.deposit)
      writer.time(key.heldUntil)
      writer.sealed(key.key)
      writer.exhibit(key.acceptance)
    case .requested(let exhibit):
      writer.byte(3)
      writer.exhibit(exhibit)
    case .published(let verdict):
      writer.byte(4)
      writer.identifier(verdict.id)
      writer.blob(verdict.logged.verdict.bytes)
      writer.blob(verdict.logged.proof)
    case .transferred(let exhibits):
      writer.byte(5)
      writer.list(exhibits) { $0.exhibit($1) }
    case .settled(let exhibit):
      writer.byte(6)
      writer.exhibit(exhibit)
    case .voided(let exhibit):
      writer.byte(7)
      writer.exhibit(exhibit)
    case .released(let exhibit):
      writer.byte(8)
      writer.exhibit(exhibit)
    case .notified: writer.byte(9)
    case .unreached: writer.byte(10)
    case .refused(let reason, let exhibit):
      writer.byte(11)
      writer.blob(Bytes(reason.rawValue.utf8))
      writer.optional(exhibit) { $0.exhibit($1) }
    case .wrongKey(let exhibit, let revealed):
      writer.byte(12)
      writer.exhibit(exhibit)
      writer.blob(revealed)
    }
  }

  fileprivate init(from reader: inout ByteReader) throws(CoordinatorError) {
    switch try reader.byte() {
    case 1: self = .reserved(try reader.exhibit())
    case 2:
      self = .deposited(
        EscrowedKey(
          deposit: try reader.exhibit(), heldUntil: try reader.time(),
          key: try reader.sealed(SealedContent.GoodsKey.self, atMost: SubmissionLimits.goodsKey),
          acceptance: try reader.exhibit()))
    case 3: self = .requested(try reader.exhibit())
    case 4:
      let id = try reader.identifier(of: Subject.Statement.self)
      let verdict = Signed<Verdict>(try reader.blob(atMost: LoggedVerdict.largestVerdict))
      let proof = try reader.blob(atMost: LoggedVerdict.largestProof)
      self = .published(
        PublishedVerdict(id: id, logged: LoggedVerdict(verdict: verdict, proof: proof)))
    case 5:
      self = .transferred(
        try reader.list(atMost: 256) { reader throws(CoordinatorError) in
          try reader.exhibit(of: Transfer.self)
        })
    case 6: self = .settled(try reader.exhibit())
    case 7: self = .voided(try reader.exhibit())
    case 8: self = .released(try reader.exhibit())
    case 9: self = .notified
    case 10: self = .unreached
    case 11:
      let name = String(decoding: try reader.blob(atMost: 32), as: UTF8.self)
      guard let reason = RefusalReason(rawValue: name) else {
        throw ByteReader.malformed("its refusal has no reason")
      }
      self = .refused(
        reason,
        try reader.optional { reader throws(CoordinatorError) in try reader.exhibit() })
    case 12:
      self = .wrongKey(
        try reader.exhibit(), revealed: try reader.blob(atMost: SubmissionLimits.revealedKey))
    default: throw ByteReader.malformed("its result is unknown")
    }
  }
}

extension ByteReader {
  fileprivate static let largestActivity = 4096

  fileprivate mutating func activity() throws(CoordinatorError) -> Int {
    try count(atMost: Self.largestActivity)
  }
}
