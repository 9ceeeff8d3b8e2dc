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
  /// A witness saw it no later than that.
  let seenAt: Timestamp
  let content: Content

  /// The most that one receipt may hold.
  static let mostChanges = 64

  func isIn(_ log: String) -> Bool { self.log.utf8.elementsEqual(log.utf8) }

  /// The key that it revokes.
  var revokedKey: Thumbprint? {
    guard case .revocation(let revocation) = content,
      case .key(let key) = revocation.claim.subject
    else { return nil }
    return key
  }
}

/// A trust store and what the statements of a log make of it, in the order of the log.
///
/// A key that was revoked in another log ends when a witness first saw that, because nobody can tell before from
/// after otherwise; unless this log has a revocation of its own for it. What was registered in another log counts
/// there only.
struct KeyTimeline: Sendable {
  /// What holds from an index on.
  private struct Span {
    let index: UInt64
    let store: TrustStore
    let revoked: Set<Thumbprint>
  }

  /// Ascending.
  private var spans: [Span]
  private let abroad: [KeyChange]

  /// A trust store, and the changes that other evidence shows.
  init(_ trust: TrustStore, changes: [KeyChange] = [], in log: String = "") {
    let here = changes.filter { $0.isIn(log) }
      .sorted { ($0.index, $0.statement) < ($1.index, $1.statement) }
    let own = Set(here.compactMap(\.revokedKey))
    abroad = changes.filter { change in
      !change.isIn(log) && change.revokedKey.map { !own.contains($0) } ?? false
    }.sorted { ($0.seenAt, $0.statement) < ($1.seenAt, $1.statement) }
    spans = []
    append(at: 0, trust, revoked: [])
    for change in here { try? self.change(at: change.index, change.content) }
  }

  /// The store with all changes.
  var latest: TrustStore { spans[spans.count - 1].store }

  /// The store as it was for a statement at that index: changes count for what stands behind them.
  func store(at index: UInt64) -> TrustStore { span(at: index).store }

  /// Whether a key had been revoked by a statement in front of that index.
  func isRevoked(_ key: Thumbprint, at index: UInt64) -> Bool {
    span(at: index).revoked.contains(key)
  }

  /// Adds a change by a statement at that index. Changes are made in the order of the log.
  ///
  /// - Throws: what the trust store throws; `keyExpired` when a key that was revoked makes the change.
  mutating func change(at index: UInt64, _ content: KeyChange.Content) throws(EvidenceError) {
    let last = spans[spans.count - 1]
    var revoked = last.revoked
    let store: TrustStore
    switch content {
    case .registration(let registration):
      try Self.require(registration.issuer, notIn: revoked)
      store = try last.store.registering(registration)
    case .revocation(let revocation):
      try Self.require(revocation.issuer, notIn: revoked)
      store = try last.store.revoking(revocation)
      if case .key(let key) = revocation.claim.subject { revoked.insert(key) }
    }
    append(at: max(index + 1, last.index), store, revoked: revoked)
  }

  private func span(at index: UInt64) -> Span {
    spans.last { $0.index <= index } ?? spans[0]
  }

  private mutating func append(at index: UInt64, _ store: TrustStore, revoked: Set<Thumbprint>) {
    var (store, revoked) = (store, revoked)
    for change in abroad {
      guard case .revocation(let revocation) = change.content, let key = change.revokedKey,
        !revoked.contains(key), !revoked.contains(revocation.issuer.key),
        let ended = try? store.revoking(revocation, notBefore: change.seenAt)
      else { continue }
      store = ended
      revoked.insert(key)
    }
    spans.append(Span(index: index, store: store, revoked: revoked))
  }

  private static func require(
    _ issuer: Issuer, notIn revoked: Set<Thumbprint>
  ) throws(EvidenceError) {
    guard !revoked.contains(issuer.key) else {
      throw EvidenceError(.keyExpired, "the key of \(issuer.party) had been revoked")
    }
  }
}
