// A process as those see it who compare worlds: how it stands and whom it waits for, without statements.

package import PaymentModel

/// All on which a process's next steps depend, but for times, for what is the same in all worlds, and for the order
/// in which what is begun at one time is begun.
package struct ProcessOutline: Hashable, Sendable {
  /// Whose turn it is, for an activity whose resources may run out.
  package enum Turn: Hashable, Sendable { case none, awaited, granted }

  package struct Step: Hashable, Sendable {
    package let activity: Activity
    package let state: ActivityState
    /// Somebody is being asked.
    package let isAsked: Bool
    /// It is to be asked for again, after a pause.
    package let isPausing: Bool
    /// Its turn came while it was being asked.
    package let isNudged: Bool
    package let turn: Turn
  }

  package let phase: ProcessPhase
  /// Its journal was replayed: everybody may have been asked.
  package let isResumed: Bool
  package let failure: AbortReason?
  /// In the order of the definition.
  package let steps: [Step]
}
