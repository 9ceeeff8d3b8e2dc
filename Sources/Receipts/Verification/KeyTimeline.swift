// Which keys were to be believed at which place of a log.

import Evidence

/// A trust store and what the statements of a log make of it, in the order of the log.
struct KeyTimeline: Sendable {
  /// From which index on which store holds; ascending.
  private var stores: [(index: UInt64, store: TrustStore)]

  init(_ trust: TrustStore) {
    stores = [(0, trust)]
  }

  /// The store with all changes.
  var latest: TrustStore { stores[stores.count - 1].store }

  /// The store as it was for a statement at that index: changes count for what stands behind them.
  func store(at index: UInt64) -> TrustStore {
    stores.last { $0.index <= index }?.store ?? stores[0].store
  }

  /// Adds a change by a statement at that index. Changes are made in the order of the log.
  mutating func change(
    at index: UInt64, _ body: (TrustStore) throws(EvidenceError) -> TrustStore
  ) throws(EvidenceError) {
    stores.append((index + 1, try body(latest)))
  }
}
