// A store of journal rows that dies at a chosen batch, before or after each of the moments that matter.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

/// When a program dies while it writes a batch.
enum CrashMoment: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// Nothing was written.
  case beforeWrite
  /// It was written and never became durable: a crash before the sync, a full disk, or a sync that failed.
  case afterWrite
  /// It is durable, and nobody has heard of it. So is what a sync has kept that reported a failure.
  case afterCommit
  /// It is durable, and everything that follows from it was carried out; nothing was written since.
  case afterAnswer

  var testDescription: String { rawValue }
}

/// Kills an engine at a batch of its journal. What it does afterwards comes to nothing.
final class CrashPoint: Sendable {
  private struct State {
    var upcoming: [RecordKind] = []
    var seen = 0
    var isArmed = false
    var hasCrashed = false
  }

  private struct Undone: Error {}

  private let kind: RecordKind?
  private let occurrence: Int
  private let moment: CrashMoment
  private let state = Mutex(State())

  /// - kind: of a record in the batch; any if there is none given.
  /// - occurrence: the how manieth of these batches, from 0.
  init(at moment: CrashMoment, of kind: RecordKind?, occurrence: Int = 0) {
    self.moment = moment
    self.kind = kind
    self.occurrence = occurrence
  }

  var hasCrashed: Bool { state.withLock { $0.hasCrashed } }
  /// Whether there was such a batch.
  var wasReached: Bool { state.withLock { $0.isArmed } }

  /// Tells the store what the next batch is.
  var hook: JournalHook {
    JournalHook(beforeWrite: { kind, _ in self.state.withLock { $0.upcoming.append(kind) } })
  }

  func store(over store: MemoryStore<any JournalRows>) -> some Store<any JournalRows> {
    CrashingStore(store: store, point: self)
  }

  /// What to do with the batch that comes now; `nil` to write it like any other.
  private func next() -> CrashMoment? {
    state.withLock { state in
      defer { state.upcoming = [] }
      if state.hasCrashed || state.isArmed { return .beforeWrite }
      guard kind.map(state.upcoming.contains) ?? true else { return nil }
      state.seen += 1
      guard state.seen == occurrence + 1 else { return nil }
      state.isArmed = true
      return moment
    }
  }

  private func crash() async {
    state.withLock { $0.hasCrashed = true }
    // A dead program never goes on.
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }

  private struct CrashingStore: Store {
    let store: MemoryStore<any JournalRows>
    let point: CrashPoint

    func transact<Value: Sendable, Failure: Error>(
      _ body: @escaping @Sendable (inout any JournalRows) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
      switch point.next() {
      case nil, .afterAnswer: return try await store.transact(body)
      case .beforeWrite: await point.crash()
      case .afterWrite:
        do {
          try await store.transact { rows throws(Undone) in
            _ = try? body(&rows)
            throw Undone()
          }
        } catch {}
        await point.crash()
      case .afterCommit:
        _ = try await store.transact(body)
        await point.crash()
      }
      fatalError("a dead program goes on")
    }

    func read<Value: Sendable, Failure: Error>(
      _ body: @escaping @Sendable (any JournalRows) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
      try await store.read(body)
    }
  }
}

/// A store that is gone after so many reads.
final class Outage: Sendable {
  private let state: Mutex<(left: Int, hasBegun: Bool)>

  init(afterReads count: Int) { state = Mutex((count, false)) }

  var hasBegun: Bool { state.withLock { $0.hasBegun } }

  func store(over store: MemoryStore<any JournalRows>) -> some Store<any JournalRows> {
    FailingStore(store: store, outage: self)
  }

  /// Returns while the store is there.
  private func pass(isRead: Bool) async {
    let isThere = state.withLock { state in
      if state.left == 0 { state.hasBegun = true }
      guard state.left > 0 else { return false }
      if isRead { state.left -= 1 }
      return true
    }
    if isThere { return }
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }

  private struct FailingStore: Store {
    let store: MemoryStore<any JournalRows>
    let outage: Outage

    func transact<Value: Sendable, Failure: Error>(
      _ body: @escaping @Sendable (inout any JournalRows) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
      await outage.pass(isRead: false)
      return try await store.transact(body)
    }

    func read<Value: Sendable, Failure: Error>(
      _ body: @escaping @Sendable (any JournalRows) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
      await outage.pass(isRead: true)
      return try await store.read(body)
    }
  }
}
