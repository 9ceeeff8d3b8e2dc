// How many of which witnesses must have cosigned.

/// A rule about witnesses (C2SP tlog-policy): one of them, or so many of a group, whose members are rules
/// again.
public indirect enum WitnessQuorum: Hashable, Sendable {
  /// The owner of that key.
  case witness(NoteKey)
  /// At least `threshold` of the members; none at all for 0.
  case group(threshold: Int, of: [WitnessQuorum])

  /// No witness is needed.
  public static let none = WitnessQuorum.group(threshold: 0, of: [])

  /// So many of these witnesses.
  public static func atLeast(_ count: Int, of witnesses: [NoteKey]) -> WitnessQuorum {
    .group(threshold: count, of: witnesses.map { .witness($0) })
  }

  /// Whether those who have cosigned are enough.
  public func isMet(by witnesses: Set<NoteKey>) -> Bool {
    switch self {
    case .witness(let key): witnesses.contains(key)
    case .group(let threshold, let members):
      threshold == 0 || members.count { $0.isMet(by: witnesses) } >= threshold
    }
  }
}
