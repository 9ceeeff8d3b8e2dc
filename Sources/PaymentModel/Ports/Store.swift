// Durable rows behind one synchronous transaction at a time. Each capability declares the rows that it
// needs; adapters hold rows and no rule.

import Foundation

/// A durable set of rows.
///
/// `Rows` is usually an existential such as `any BankRows`, declared by the capability that owns the
/// rows. Row operations do not throw: a store that cannot read or write its rows any more ends the
/// process, because nothing that it would answer could be trusted, and everything that it has answered
/// can be recovered from what is durable.
public protocol Store<Rows>: Sendable {
  associatedtype Rows

  /// Runs `body` in one transaction and returns when the outcome is durable. A throwing body leaves
  /// nothing behind and disturbs nobody else. Bodies run one after another and may share one sync.
  func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value

  /// Runs `body` on a consistent state that contains at least every transaction that has returned.
  func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value
}

/// A store without a disk, for tests, simulations, and parties that may forget.
///
/// `Rows` must hold a value type: a throwing body is undone by dropping the copy that it changed.
public final class MemoryStore<Rows>: Store, @unchecked Sendable {
  private let lock = NSLock()
  private var rows: Rows

  public init(_ rows: Rows) {
    self.rows = rows
  }

  public func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try change(body)
  }

  public func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try body(snapshot())
  }

  /// The rows as they are now.
  package func snapshot() -> Rows {
    lock.lock()
    defer { lock.unlock() }
    return rows
  }

  private func change<Value, Failure: Error>(
    _ body: (inout Rows) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    lock.lock()
    defer { lock.unlock() }
    var changed = rows
    let value = try body(&changed)
    rows = changed
    return value
  }
}
