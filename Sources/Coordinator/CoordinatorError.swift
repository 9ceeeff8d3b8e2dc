// What the coordinator's own code refuses, by code.

/// An error of the coordinator. Compare by `code`; the message is for people.
public struct CoordinatorError: Error, Hashable, Sendable {
  /// A stable code, one for each failed check.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    private init(_ rawValue: String) { self.rawValue = rawValue }

    /// The submission does not verify; the message has the reason.
    public static let notAdmitted = Code("not-admitted")
    /// What this coordinator signs does not verify: its own key is not among those that are trusted.
    public static let ownKeyRefused = Code("own-key-refused")
    /// The order names a template that this coordinator does not run.
    public static let unknownTemplate = Code("unknown-template")
    /// The order's `decideBy` has passed.
    public static let tooLate = Code("too-late")
    /// More goods or payments than one process may have, or a part that is too long.
    public static let tooLarge = Code("too-large")
    /// An order of nothing.
    public static let emptyOrder = Code("empty-order")
    /// Two goods of an order draw on the same stock.
    public static let stockShared = Code("stock-shared")
    /// The generated process could get stuck.
    public static let notWellFormed = Code("not-well-formed")
    /// The process lacks what the machine needs: one abort path and at most one decision.
    public static let unsupportedProcess = Code("unsupported-process")
    /// Nobody handed in such an order here.
    public static let unknownProcess = Code("unknown-process")
    /// Bytes of the journal that are no record.
    public static let malformedRecord = Code("malformed-record")
    /// A record of the journal that does not follow from those before it.
    public static let brokenJournal = Code("broken-journal")
    /// The journal was made by another definition than the one that is generated now.
    public static let definitionChanged = Code("definition-changed")
    /// The process was begun under a key with which this coordinator signs no more, and needs a signature.
    public static let keyEnded = Code("key-ended")
    /// Somebody else writes this process's journal.
    public static let journalTaken = Code("journal-taken")
    /// A cancellation or question that does not belong to the process.
    public static let notEntitled = Code("not-entitled")
    /// As many processes run as the coordinator is allowed: try again later.
    public static let busy = Code("busy")
    /// The log has verdicts that the journal does not have: it is an old copy, and nothing is served.
    public static let behindLog = Code("behind-log")
    /// The log does not answer, so that nobody knows whether the journal is the right one.
    public static let logUnreachable = Code("log-unreachable")
    /// Whoever waited for a process was cancelled. The process is not.
    public static let waitCancelled = Code("wait-cancelled")
    /// The engine was stopped.
    public static let stopped = Code("stopped")
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension CoordinatorError {
  static let busyNow = CoordinatorError(
    .busy, "as many processes are undecided as may be: come again later")
}

extension CoordinatorError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}
