// What tests and benchmarks read from a store.

/// How much a store has done since it was opened.
public struct StoreCounters: Hashable, Sendable {
  /// Transactions that are in no batch yet.
  public internal(set) var waiting = 0
  /// Transactions that have ended, those that threw included.
  public internal(set) var transactions = 0
  /// Batches begun.
  public internal(set) var batches = 0
  /// Commits that wrote something. Each waits for one sync of the write-ahead log.
  public internal(set) var commits = 0

  init() {}
}
