// Where tests look at the moment when something becomes durable, and kill the process there.

/// A place around the commit of a batch. Batches are numbered from 1 for each opened store.
package enum DurabilityPoint: Hashable, Sendable {
  /// All bodies have run; nothing is durable.
  case willCommit(batch: Int)
  /// The batch is durable; nobody has an answer.
  case didCommit(batch: Int)
  /// Everybody has an answer.
  case didAnswer(batch: Int)
}

/// Called on the writer's thread at each point.
package typealias DurabilityHook = @Sendable (DurabilityPoint) -> Void
