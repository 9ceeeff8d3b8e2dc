// What a monitor raises: what is wrong, whose fault it is, and the bytes that show it.

public import PaymentModel

/// Something that an honest log, coordinator or bank does not do, or a statement that cannot be found.
public struct LogAlarm: Hashable, Sendable {
  /// What is wrong. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  public let code: Code
  /// For people.
  public let message: String
  /// Whom the evidence names, or nobody. Nobody is named for what somebody else could have brought about.
  public let atFault: PartyName?
  /// What shows it, each as it travels: statements, entries, log proofs, checkpoints, split views. The
  /// codes say which.
  public let evidence: [Bytes]

  init(_ code: Code, _ message: String, atFault: PartyName?, evidence: [Bytes]) {
    self.code = code
    self.message = message
    self.atFault = atFault
    self.evidence = evidence
  }
}

extension LogAlarm.Code {
  /// Two entries stand in one exclusive slot. The log has let that happen: it names the log. Evidence: the
  /// earlier entry and its log proof, the later entry and its log proof.
  public static let slotTwice = Self(rawValue: "slot-twice")
  /// One coordinator has signed two verdicts about one process: it names the coordinator. Evidence: both.
  public static let twoVerdicts = Self(rawValue: "two-verdicts")
  /// One bank has signed two keysets of one period: it names the bank. Evidence: both.
  public static let twoKeysets = Self(rawValue: "two-keysets")
  /// A statement was there for longer than the merge delay and is not in the log. Its signer or the log
  /// has kept it back, so it names nobody. Evidence: the statement, and the checkpoint without it.
  public static let notIncluded = Self(rawValue: "not-included")
  /// A statement stands in the log, but not in its slot. Whoever can append may have put it there, so it
  /// names nobody. Evidence: the statement, an entry and its log proof.
  public static let wrongSlot = Self(rawValue: "wrong-slot")
  /// A coordinator has dated a commit at or after the order's limit: it names the coordinator. Evidence:
  /// the order and the verdict.
  public static let lateVerdict = Self(rawValue: "late-verdict")
  /// A commit that is dated in time was not in the log when its witnesses saw it after the limit and the
  /// margin. It may have been dated back, or the log was slow, so it names nobody. Evidence: the order, the
  /// verdict, and the checkpoint without it.
  public static let verdictLoggedLate = Self(rawValue: "verdict-logged-late")
  /// The log has shown two histories: it names the log, if the log's key was valid then, and else nobody.
  /// Evidence: a `SplitView`.
  public static let splitView = Self(rawValue: "split-view")
  /// The mirror has no checkpoint that a witness saw within the merge delay. The log, its witnesses, whoever
  /// serves it or the follower may be silent, so it names nobody. Evidence: the last checkpoint, if there is
  /// one.
  public static let stale = Self(rawValue: "stale")
}

/// A statement that somebody hands to a monitor.
public struct WatchedStatement: Hashable, Sendable {
  public let bytes: Bytes
  /// When it was received, by the clock of whoever received it.
  public let receivedAt: Timestamp
  /// What came with it as the proof that it is in the log: a `LogProof` as it travels, or anything.
  public let proofBytes: Bytes?

  public init(_ bytes: Bytes, receivedAt: Timestamp, proof: LogProof? = nil) {
    self.init(bytes, receivedAt: receivedAt, proofBytes: proof?.bytes)
  }

  /// - Parameter proofBytes: is not read before the statement is examined.
  public init(_ bytes: Bytes, receivedAt: Timestamp, proofBytes: Bytes?) {
    self.bytes = bytes
    self.receivedAt = receivedAt
    self.proofBytes = proofBytes
  }
}

/// What a monitor has found.
public struct MonitorReport: Hashable, Sendable {
  /// What says nothing here: a statement that does not verify, or a log proof that does not. Without its
  /// proof a statement is read as of the time at which it was received.
  public struct Unread: Hashable, Sendable {
    /// Which of the statements that were handed in.
    public let index: Int
    /// The code of the check that failed, and a message for people.
    public let code: String
    public let message: String
  }

  /// How many entries the last verified checkpoint of the mirror is over; 0 when there is none.
  public internal(set) var size: UInt64 = 0
  /// When the first witness saw that checkpoint; `nil` when there is none, or no trusted witness of it.
  public internal(set) var witnessedAt: Timestamp?
  /// First what entries alone show, then statement by statement.
  public internal(set) var alarms: [LogAlarm] = []
  public internal(set) var unread: [Unread] = []
}
