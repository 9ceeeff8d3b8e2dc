// The rules that make a purchase atomic, each of which can be taken away: in a laboratory, to show that
// its absence is noticed.

/// The rules that a coordinator follows. `standard` is the only value outside this package.
public struct ProtocolRules: Hashable, Sendable {
  /// Nobody hears of what follows from a record before it is durable.
  package var recordsBeforeEffects = true
  /// A deposited key is examined before it counts.
  package var examinesKeys = true
  /// Without a verdict at `decideBy`, or at the end of a time frame, the verdict is abort.
  package var abortsWhenOverdue = true
  /// A repeated request has the identifier of the first.
  package var keepsIdentifiers = true
  /// What may run out is taken in one order that is the same in all processes.
  package var takesGoodsInTurns = true
  /// Banks that pay into accounts at other banks are asked in turns.
  package var takesRoomInTurns = true
  /// Who hears `held` although somebody left meanwhile asks again at once.
  package var asksAgainAfterDepartures = true
  /// Money is reserved before a good is held.
  package var reservesBeforeDeposits = true
  /// An abort is owed to everybody who may have been asked, and not only to those who answered.
  package var undoesWhatWasAsked = true
  /// After a restart a process goes on from its journal, instead of being decided anew.
  package var recoversVerdicts = true

  package init() {}

  public static let standard = ProtocolRules()
}
