// Denomination keys, parsed once.

import PaymentModel
import Synchronization

/// The parsed keys of all denominations on record. Rows of denominations are never taken back, so what
/// is cached stays true; a new period makes it read again.
final class DenominationCache: Sendable {
  private struct State {
    var period = 0
    var denominations: [DenominationID: AcceptedDenomination] = [:]
  }

  private let store: any Store<any BankRows>
  private let rules: DenominationRules
  private let state = Mutex(State())

  init(store: any Store<any BankRows>, rules: DenominationRules) {
    self.store = store
    self.rules = rules
  }

  /// All denominations, as they are at least since `period` was published.
  func denominations(
    period: Int
  ) async -> [DenominationID: AcceptedDenomination] {
    let cached = state.withLock { $0.period >= period ? $0.denominations : nil }
    if let cached { return cached }
    let rows = await store.read { rows in
      (period: rows.latestKeyset()?.period ?? 0, denominations: rows.denominations())
    }
    let parsed = rows.denominations.compactMap {
      try? AcceptedDenomination($0.content, rules: rules)
    }
    let byID = Dictionary(parsed.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    state.withLock { $0 = State(period: rows.period, denominations: byID) }
    return byID
  }
}
