// Looks for equivocation: in a mirror of a log, and in statements that parties have been shown.

public import Evidence
public import PaymentModel

/// Finds what an honest log, coordinator or bank does not do.
///
/// A party is named only by what its own key has signed, and only while that key was valid: by the time at
/// which a witness had seen the statement in the log, or by the clock of whoever received it. Statements
/// that are replayed, logged twice, or logged by somebody else name nobody.
public struct LogMonitor: Sendable {
  /// The most statements that are examined at once.
  public static let largestCount = 4096
  /// The most alarms that entries alone raise at once.
  static let mostRepeats = 64
  /// How many places of one statement are looked at.
  static let mostPlaces = 16

  private let trust: TrustStore
  private let policy: LogPolicy
  /// How long a statement may take into the log before it is missed, and how old the last checkpoint may be.
  public let mergeDelaySeconds: Int64
  /// How long after an order's limit its verdict may be logged.
  public let marginSeconds: Int64

  /// - Parameters:
  ///   - trust: whose keys are believed, those of logs and witnesses included.
  ///   - mergeDelaySeconds: a day, unless said otherwise.
  ///   - marginSeconds: ten minutes, unless said otherwise.
  public init(
    _ trust: TrustStore, mergeDelaySeconds: Int64 = 86_400, marginSeconds: Int64 = 600
  ) {
    self.trust = trust
    policy = LogPolicy(trust)
    self.mergeDelaySeconds = mergeDelaySeconds
    self.marginSeconds = marginSeconds
  }

  /// Examines a mirror and statements.
  ///
  /// - Parameters:
  ///   - statements: at most 4096, in any order. Orders are needed to judge the time of verdicts. Of
  ///     customers' statements only orders are read: the others need the order's key.
  ///   - origin: the name of the mirrored log.
  ///   - now: by the clock of whoever asks.
  /// - Throws: `monitorCount` for more statements than that; what `SignedNote` throws when the mirror's
  ///   rows hold no checkpoints.
  public func examine(
    _ statements: [WatchedStatement], of origin: String, in rows: any FollowerRows,
    at now: Timestamp
  ) throws(ReceiptsError) -> MonitorReport {
    guard statements.count <= Self.largestCount else {
      throw ReceiptsError(.monitorCount, "more than \(Self.largestCount) statements")
    }
    let mirror = try Mirror(rows, origin: origin, policy: policy)
    var report = MonitorReport()
    report.size = mirror.last?.checkpoint.size ?? 0
    report.witnessedAt = mirror.last?.witnessedAt
    report.alarms += mirror.repeatedSlots(atMost: Self.mostRepeats)
    report.alarms += [silence(of: mirror, at: now)].compactMap { $0 }
    var read: [Witnessed] = []
    for (index, statement) in statements.enumerated() {
      var proof: LogProof?
      do throws(ReceiptsError) {
        proof = try statement.proofBytes.map { bytes throws(ReceiptsError) in try LogProof(bytes) }
      } catch {
        report.add(Unreadable(error), at: index)
      }
      if let proof,
        let alarm = mirror.splitView(with: proof.checkpoint, receivedAt: statement.receivedAt),
        !report.alarms.contains(alarm)
      {
        report.alarms.append(alarm)
      }
      do throws(Unreadable) {
        read.append(
          try self.read(statement, proof, in: mirror) { report.add(Unreadable($0), at: index) })
      } catch {
        report.add(error, at: index)
      }
    }
    report.alarms += equivocations(read)
    report.alarms += read.compactMap { inclusion(of: $0, in: mirror) }
    report.alarms += lateVerdicts(read, in: mirror)
    return report
  }

  // MARK: - Reading

  /// A statement that has been verified, as far as a monitor needs it.
  struct Witnessed {
    /// What the statement speaks about, for the kinds that a monitor looks into.
    enum Content {
      case order(Order)
      case verdict(Verdict)
      case keyset(Keyset)
      case other
    }

    let statement: WatchedStatement
    let id: StatementID
    let issuer: Issuer
    let content: Content
    /// Where it has to stand in the log.
    let slot: LogSlot
    /// Where it stands in the mirror, whatever the slot.
    let places: [UInt64]
  }

  /// - Parameter onBadProof: takes what is wrong with the proof. The statement is read all the same: its
  ///   signer has signed it, whatever came with it.
  private func read(
    _ watched: WatchedStatement, _ proof: LogProof?, in mirror: Mirror,
    onBadProof: (ReceiptsError) -> Void
  ) throws(Unreadable) -> Witnessed {
    do throws(EvidenceError) {
      let statement = try UnverifiedStatement(watched.bytes)
      let content = try content(of: statement)
      let slot = Self.slot(of: content, by: statement.issuer.party)
      let places = mirror.places(of: statement.id)
      var proven: Timestamp?
      do throws(ReceiptsError) {
        proven = try provenAt(LogEntry(slot: slot, statement: statement.id), by: proof)
      } catch {
        onBadProof(error)
      }
      let existedBy = [proven, places.first.flatMap(mirror.witnessedAt(covering:))]
        .compactMap { $0 }.reduce(watched.receivedAt, min)
      if statement.kind == .order {
        _ = try trust.verifyOrder(Signed(watched.bytes))
      } else {
        try verify(statement.kind.claim, watched.bytes, at: existedBy)
      }
      return Witnessed(
        statement: watched, id: statement.id, issuer: statement.issuer, content: content,
        slot: slot, places: places)
    } catch {
      throw Unreadable(code: error.code.rawValue, message: error.message)
    }
  }

  /// What a statement claims, whoever made it.
  private func content(
    of statement: UnverifiedStatement
  ) throws(EvidenceError) -> Witnessed.Content {
    switch statement.kind {
    case .order: .order(try statement.unverifiedClaim())
    case .verdict: .verdict(try statement.unverifiedClaim())
    case .keyset: .keyset(try statement.unverifiedClaim())
    default: .other
    }
  }

  private static func slot(of content: Witnessed.Content, by party: PartyName) -> LogSlot {
    switch content {
    case .verdict(let verdict): .verdict(of: verdict.process)
    case .keyset(let keyset): .keyset(of: party, period: keyset.period)
    case .order, .other: .none
    }
  }

  /// When a witness had seen the log with an entry; `nil` without a proof.
  private func provenAt(
    _ entry: LogEntry, by proof: LogProof?
  ) throws(ReceiptsError) -> Timestamp? {
    guard let proof else { return nil }
    return try policy.verify(entry, by: proof).witnessedAt
  }

  private func verify<Content: Claim>(
    _ content: Content.Type, _ bytes: Bytes, at time: Timestamp
  ) throws(EvidenceError) {
    _ = try trust.verify(Signed<Content>(bytes), at: time)
  }

  // MARK: - Two of one

  /// Two verdicts of one process, two keysets of one period, by one party.
  private func equivocations(_ statements: [Witnessed]) -> [LogAlarm] {
    struct Subject: Hashable {
      let slot: LogSlot
      let party: PartyName
    }
    var alarms: [LogAlarm] = []
    var first: [Subject: Witnessed] = [:]
    var named: Set<StatementID> = []
    for statement in statements where statement.slot.isExclusive {
      let subject = Subject(slot: statement.slot, party: statement.issuer.party)
      guard let earlier = first[subject] else {
        first[subject] = statement
        continue
      }
      guard earlier.id != statement.id, named.insert(statement.id).inserted else { continue }
      let evidence = [earlier.statement.bytes, statement.statement.bytes]
      if case .keyset(let keyset) = statement.content {
        alarms.append(
          LogAlarm(
            .twoKeysets, "\(subject.party) has signed two keysets of period \(keyset.period)",
            atFault: subject.party, evidence: evidence))
      } else {
        alarms.append(
          LogAlarm(
            .twoVerdicts, "\(subject.party) has signed two verdicts about one process",
            atFault: subject.party, evidence: evidence))
      }
    }
    return alarms
  }

  // MARK: - In the log

  /// A log of which nothing new is seen: from silence follows nothing about what it does.
  private func silence(of mirror: Mirror, at now: Timestamp) -> LogAlarm? {
    let message: String
    if let last = mirror.last {
      // Without witnesses no checkpoint has a time.
      guard !policy.witnesses.isEmpty else { return nil }
      if let seen = last.witnessedAt, now <= seen.adding(seconds: mergeDelaySeconds) { return nil }
      message = "no checkpoint within the merge delay"
    } else {
      message = "no checkpoint at all"
    }
    return LogAlarm(
      .stale, message, atFault: nil, evidence: mirror.last.map { [$0.note.bytes] } ?? [])
  }

  /// A statement that is not there although it had the time, or that stands in another slot.
  private func inclusion(of statement: Witnessed, in mirror: Mirror) -> LogAlarm? {
    guard let last = mirror.last else { return nil }
    guard let place = statement.places.first else {
      let limit = statement.statement.receivedAt.adding(seconds: mergeDelaySeconds)
      guard let seen = last.witnessedAt, seen > limit else { return nil }
      return LogAlarm(
        .notIncluded, "a statement of \(statement.issuer.party) is not in the log",
        atFault: nil, evidence: [statement.statement.bytes, last.note.bytes])
    }
    guard case .nowhere = mirror.place(of: statement), let shown = mirror.evidence(of: place) else {
      return nil
    }
    return LogAlarm(
      .wrongSlot, "a statement of \(statement.issuer.party) stands in another slot",
      atFault: nil, evidence: [statement.statement.bytes] + shown)
  }

  // MARK: - In time

  private func lateVerdicts(_ statements: [Witnessed], in mirror: Mirror) -> [LogAlarm] {
    var orders: [ProcessID: (order: Order, bytes: Bytes)] = [:]
    for statement in statements {
      guard case .order(let order) = statement.content else { continue }
      orders[statement.id.renamed()] = (order, statement.statement.bytes)
    }
    var alarms: [LogAlarm] = []
    for statement in statements {
      guard case .verdict(let verdict) = statement.content, verdict.decision.isCommit,
        let (order, orderBytes) = orders[verdict.process],
        order.coordinator == statement.issuer.key
      else { continue }
      let evidence = [orderBytes, statement.statement.bytes]
      if verdict.decidedAt >= order.decideBy {
        alarms.append(
          LogAlarm(
            .lateVerdict, "\(statement.issuer.party) has dated a commit after the order's limit",
            atFault: statement.issuer.party, evidence: evidence))
      } else if let note = mirror.checkpointWithout(
        statement, after: order.decideBy.adding(seconds: marginSeconds))
      {
        alarms.append(
          LogAlarm(
            .verdictLoggedLate, "a commit was not in the log when the order's limit had passed",
            atFault: nil, evidence: evidence + [note]))
      }
    }
    return alarms
  }
}

/// Why a statement says nothing.
struct Unreadable: Error {
  let code: String
  let message: String

  init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: ReceiptsError) {
    self.init(code: error.code.rawValue, message: error.message)
  }
}

extension MonitorReport {
  fileprivate mutating func add(_ reason: Unreadable, at index: Int) {
    unread.append(Unread(index: index, code: reason.code, message: reason.message))
  }
}

extension ReceiptsError.Code {
  /// A monitor was given too many statements at once.
  public static let monitorCount = Self(rawValue: "monitor-count")
}
