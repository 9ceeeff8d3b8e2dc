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

  /// So many shapes are kept; with one more, all are forgotten.
  private static let mostEntries = 1024

  private let entries = Mutex<[Key: Entry]>([:])

  /// The shape for orders of that outline, generated and checked when it is not known yet.
  ///
  /// - Throws: as `PaymentProcess.generate`.
  func shape(
    for outline: OrderOutline?, template: ProcessTemplate, templateDigest: Digest,
    rules: ProtocolRules
  ) throws(CoordinatorError) -> Entry {
    let key = Key(outline: outline, template: templateDigest)
    if let known = entries.withLock({ $0[key] }) { return known }
    let shape = try ProcessShape.generate(
      from: outline, template: template, templateDigest: templateDigest, rules: rules)
    let entry = Entry(shape: shape, json: shape.json)
    entries.withLock { entries in
      if entries.count >= Self.mostEntries { entries = [:] }
      entries[key] = entry
    }
    return entry
  }
}
