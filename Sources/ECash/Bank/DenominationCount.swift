// How many coins of each denomination there are.

import PaymentModel

/// So many coins of one denomination.
struct DenominationCount: Hashable, Sendable {
  let id: DenominationID
  let count: UInt64

  /// What is in a list, ordered by denomination.
  static func counts(of denominations: [DenominationID]) -> [DenominationCount] {
    Dictionary(denominations.map { ($0, 1) }, uniquingKeysWith: +)
      .map { DenominationCount(id: $0.key, count: $0.value) }
      .sorted { $0.id < $1.id }
  }
}
