// Processes that were generated before: a merchant's catalogue is bought from again and again.

import PaymentModel
import Synchronization

/// Shapes by what they were generated from.
final class ShapeCache: Sendable {
  /// A shape, and how it is written.
  struct Entry: Sendable {
    let shape: ProcessShape
    let json: Bytes
  }

  private struct Key: Hashable {
    let outline: OrderOutline?
    let template: Digest
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var bytes = 0
  }

  /// Shapes are kept up to so many bytes of JSON; above, all are forgotten. Their size is a small multiple.
  private static let mostBytes = 4 << 20
  /// A larger one is not kept.
  private static let largestEntry = 64 << 10

  private let state = Mutex(State())

  /// The shape for orders of that outline, generated and checked when it is not known yet.
  ///
  /// - Throws: as `PaymentProcess.generate`.
  func shape(
    for outline: OrderOutline?, template: ProcessTemplate, templateDigest: Digest,
    rules: ProtocolRules
  ) throws(CoordinatorError) -> Entry {
    let key = Key(outline: outline, template: templateDigest)
    if let known = state.withLock({ $0.entries[key] }) { return known }
    let shape = try ProcessShape.generate(
      from: outline, template: template, templateDigest: templateDigest, rules: rules)
    let entry = Entry(shape: shape, json: shape.json)
    guard entry.json.count <= Self.largestEntry else { return entry }
    state.withLock { state in
      if state.bytes + entry.json.count > Self.mostBytes { state = State() }
      guard state.entries.updateValue(entry, forKey: key) == nil else { return }
      state.bytes += entry.json.count
    }
    return entry
  }
}
