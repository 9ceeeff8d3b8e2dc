// Which keys were to be believed at which place of a log.

import Evidence
import PaymentModel

/// A verified statement by which a key comes or goes, and where it stands.
struct KeyChange: Sendable {
  enum Content: Sendable {
    case registration(Verified<KeyRegistration>)
    case revocation(Verified<Revocation>)
  }

  let statement: StatementID
  let log: String
  let index: UInt64
  let content: Content

  /// The most that one piece of evidence may hold.
  static let mostChanges = 64
}

/// A trust store and what the statements of a log make of it, in the order of the log.
struct KeyTimeline: Sendable {
  /// From which index on which store holds; ascending.
  private var stores: [(index: UInt64, store: TrustStore)]

  /// A trust store, and the changes that other evidence shows. What was revoked in another log is revoked from the
  /// start, because nobody can tell before from after; what was registered there counts nowhere else.
  init(_ trust: TrustStore, changes: [KeyChange] = [], in log: String? = nil) {
    stores = [(0, trust)]
    for change in changes.sorted(by: { ($0.index, $0.statement) < ($1.index, $1.statement) }) {
      let isHere = log.map { $0.utf8.elementsEqual(change.log.utf8) } ?? false
      if isHere {
        try? self.change(at: change.index, change.content)
      } else if case .revocation(let revocation) = change.content,
        let store = try? stores[0].store.revoking(revocation)
      {
        stores[0].store = store
      }
    }
  }

  /// The store with all changes.
  var latest: TrustStore { stores[stores.count - 1].store }

  /// The store as it was for a statement at that index: changes count for what stands behind them.
  func store(at index: UInt64) -> TrustStore {
    stores.last { $0.index <= index }?.store ?? stores[0].store
  }

  /// Adds a change by a statement at that index. Changes are made in the order of the log.
  mutating func change(at index: UInt64, _ content: KeyChange.Content) throws(EvidenceError) {
    let store =
      switch content {
      case .registration(let registration): try latest.registering(registration)
      case .revocation(let revocation): try latest.revoking(revocation)
      }
    stores.append((index + 1, store))
  }
}
