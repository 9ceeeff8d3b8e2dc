// What happened in a run, by kind: each fault, each cheat, and the ways in which purchases were committed.

/// Something that a run counts.
public enum Occurrence: String, CaseIterable, Hashable, Sendable {
  // Network
  case lost = "message-lost"
  case doubled = "message-doubled"
  case late = "message-late"
  case overtook = "message-overtook"

  // Programs, stores and clocks
  case coordinatorCrash = "coordinator-crash"
  case recoveryCrash = "crash-in-recovery"
  case coordinatorBusy = "coordinator-busy"
  case askedEarly = "asked-again-early"
  case bankCrash = "bank-crash"
  case merchantCrash = "merchant-crash"
  case customerCrash = "customer-crash"
  case logCrash = "log-crash"
  case writesLost = "unsynced-writes-lost"
  case writesKept = "unsynced-writes-kept"
  case clockSet = "clock-set"
  case clockDrift = "clock-drift"

  // Banks
  case bankSilence = "bank-silence"
  case bankLateness = "bank-lateness"
  case bankFalseClaim = "bank-false-claim"
  case brokenPromise = "bank-broken-promise"
  case bankTwoFaced = "bank-two-faced"
  case bankKeepsMore = "bank-keeps-more"

  // Merchants
  case merchantSilence = "merchant-silence"
  case merchantLateness = "merchant-lateness"
  case wrongKey = "merchant-wrong-key"
  case unreadableKey = "merchant-unreadable-key"
  case merchantFalseClaim = "merchant-false-claim"
  case merchantTwoFaced = "merchant-two-faced"

  // Customers
  case doubleSpend = "customer-double-spend"
  case overdraft = "customer-overdraft"
  case replay = "customer-replay"
  case griefing = "customer-griefing"
  case customerLateness = "customer-lateness"
  case customerFalseClaim = "customer-false-claim"
  case feeCheat = "customer-fee-cheat"

  // A coordinator that nobody should trust
  case rogueHold = "rogue-hold"
  case rogueQuery = "rogue-delivery-query"
  case rogueVerdict = "rogue-verdict"
  case rogueForeignVerdict = "rogue-verdict-on-others"
  case roguePresented = "rogue-verdict-shown"
  case rogueUnlogged = "rogue-unlogged-verdict-shown"
  case rogueForeignPresented = "rogue-verdict-on-others-shown"

  // Purchases that were committed
  case paidByCoins = "committed-by-coins"
  case paidByTransfer = "committed-by-transfer"
  case paidByCard = "committed-by-card"
  case paidByMixture = "committed-by-several-methods"
  case paidInCurrencies = "committed-in-several-currencies"
  case paidWithFee = "committed-with-a-fee"
  case paidCoordinator = "committed-with-coordinator-fee"
  case paidNothing = "committed-free"
  case paidInvoice = "committed-invoice"

  // In the real world only
  case paidByCoinsAndCard = "committed-by-coins-and-card"
  case paidElsewhere = "committed-into-accounts-elsewhere"
  case transferCollected = "transfer-collected"
  case banksSettled = "banks-settled"
  case tariffChanged = "tariff-changed"
}

extension Occurrence {
  /// What happens among real parties alone.
  public static let realOnly: [Occurrence] = [
    .paidByCoinsAndCard, .paidElsewhere, .transferCollected, .banksSettled, .tariffChanged,
  ]

  /// What happens among model parties alone.
  public static let modelOnly: [Occurrence] = [
    .rogueHold, .rogueQuery, .rogueVerdict, .rogueForeignVerdict, .roguePresented, .rogueUnlogged,
    .rogueForeignPresented, .coordinatorBusy,
  ]
}

/// How often what happened.
public struct Tally: Hashable, Sendable {
  private static let places = Dictionary(
    uniqueKeysWithValues: Occurrence.allCases.enumerated().map { ($0.element, $0.offset) })

  private var counts = Array(repeating: 0, count: Occurrence.allCases.count)

  public init() {}

  public subscript(_ occurrence: Occurrence) -> Int {
    Self.places[occurrence].map { counts[$0] } ?? 0
  }

  mutating func note(_ occurrence: Occurrence) {
    guard let place = Self.places[occurrence] else { return }
    counts[place] += 1
  }

  mutating func note(_ occurrences: [Occurrence]) {
    for occurrence in occurrences { note(occurrence) }
  }

  mutating func add(_ other: Tally) {
    for place in counts.indices { counts[place] += other.counts[place] }
  }
}
