// Where each flaw is looked for, and found. A rule that nobody misses where it is taken away is listed nowhere.

/// Something that goes through what can happen, and looks whether it is right.
public enum FlawPlace: String, CaseIterable, Hashable, Sendable {
  /// Simulations of model parties.
  case model
  /// Simulations of real parties.
  case real
  /// Every interleaving of a small market.
  case explorer
  /// Every order in which banks can be asked, as the definitions of some processes allow it.
  case definitions
}

extension Flaw {
  /// Where it is found.
  ///
  /// - Simulations find it within 1,000 runs of model parties, or 60 of real ones. Model parties have no accounts at other
  ///   banks, and real customers order so that a process needs room at one bank at most. The books over real
  ///   parties look neither for circles nor for pauses that need not be. A lost wake-up is seen by the books over
  ///   model parties, but one in thousands of runs has any, so it is not listed there.
  /// - The explorer finds it in markets without faults, so nothing that shows only after a crash or a cheat.
  public var foundIn: [FlawPlace] {
    switch self {
    case .noRoomTurns: [.definitions]
    case .losesWakeUps: [.explorer]
    case .creditsTwice: [.real]
    default: [.model] + (isInReal ? [.real] : []) + (isInExplorer ? [.explorer] : [])
    }
  }

  /// Whether simulations of model parties find it.
  public var isInModel: Bool { foundIn.contains(.model) }

  /// Whether simulations of real parties find it.
  public var isInReal: Bool {
    switch self {
    case .noAbortWhenOverdue, .undoesOnlyAnswered, .depositsBeforeReserves,
      .takesOrdersWithoutFee, .moneyBeforeVerdict, .chargesNewFee, .refusesForNoReason,
      .creditsTwice, .releaseOnTimeout, .merchantRefusesForNoReason:
      true
    default: false
    }
  }

  private var isInExplorer: Bool {
    switch self {
    case .noAbortWhenOverdue, .newIdentifiers, .undoesOnlyAnswered, .noTurns, .moneyBeforeVerdict,
      .refusesForNoReason, .refusesInsteadOfHeld, .noMerchantTombstone,
      .merchantRefusesForNoReason:
      true
    default: false
    }
  }
}
