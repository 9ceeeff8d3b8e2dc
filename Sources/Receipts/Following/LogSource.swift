// Where a follower gets a log from: whoever serves it, honest or not.

public import PaymentModel

/// A log as somebody serves it. Nothing that comes from here is believed.
///
/// Ranges and places are those of the tree of a checkpoint's `size`; an adapter may need the size to find
/// what stands at the right edge. Answers are bounded by what was asked for.
public protocol LogSource: Sendable {
  /// The newest checkpoint, as the bytes of a signed note.
  ///
  /// - Throws: `sourceUnavailable`, `sourceForm`.
  func checkpoint() async throws(ReceiptsError) -> Bytes

  /// The entries of a range as they stand there, in their order. A source that lies gives more, fewer or
  /// others; whoever asks counts and hashes them.
  ///
  /// - Throws: `sourceUnavailable` when they are not served, `sourceForm` when they are no list of entries.
  func entries(
    _ range: Range<UInt64>, in size: UInt64
  ) async throws(ReceiptsError) -> [Bytes]

  /// The hash of a complete subtree (see `MerkleNodes`), to explain a contradiction.
  ///
  /// - Throws: as `entries(_:in:)`.
  func node(level: Int, index: UInt64, in size: UInt64) async throws(ReceiptsError) -> Digest

  /// The verdict of a process with its log proof, where both are served.
  ///
  /// - Throws: as `entries(_:in:)`.
  func verdict(of process: ProcessID) async throws(ReceiptsError) -> LoggedVerdict?
}

extension ReceiptsError.Code {
  /// A source of a log does not serve what was asked for.
  public static let sourceUnavailable = Self(rawValue: "source-unavailable")
  /// A source of a log serves something that is not of the form that it must have.
  public static let sourceForm = Self(rawValue: "source-form")
  /// A source of a log gave more or fewer entries than it was asked for.
  public static let sourceCount = Self(rawValue: "source-count")
  /// A checkpoint is over more entries than a follower fetches before it has verified anything.
  public static let sourceReach = Self(rawValue: "source-reach")
  /// What a source of a log serves is not what the checkpoint is over.
  public static let sourceMismatch = Self(rawValue: "source-mismatch")
  /// A checkpoint is that of another log than the one that is looked at.
  public static let otherLog = Self(rawValue: "other-log")
}
