// The rules that can be taken away, one at a time. A purchase without one of them breaks something, and a
// laboratory that does not notice is none.

package import Coordinator

/// What must hold in every world, whoever of the parties cheats.
public enum Property: String, CaseIterable, Hashable, Sendable {
  /// Money is neither made nor lost, bank by bank and currency by currency, and nobody promises his twice.
  case money
  /// All merchants are paid and all keys delivered, or all money is free and all stock is back.
  case atomicity
  /// One verdict for each process, for a reason: signed, in the log, and with everybody who acts on one.
  case verdict
  /// Every honest party has what proves its side.
  case evidence
  /// No piece of a stock is lost or sold twice.
  case stock
  /// Nobody's good is held beyond the money that is set aside for it.
  case holds
  /// Nobody waits in a circle.
  case cycles
  /// At every moment, what participants did is what one process after another would have done.
  case isolation
  /// Nothing is stuck: once faults stop, everything comes to its end in bounded time; and nobody waits for a pause to
  /// end while what he waits for is free.
  case progress
  /// A step has one final answer, however often it is asked for.
  case answers
  /// A refusal is true: nobody is refused what is left, and nobody honest is called a cheat.
  case refusals
}

/// A rule that is not followed.
public enum Flaw: String, CaseIterable, Hashable, Sendable {
  // Coordinator
  case answersBeforeSync = "answer-before-sync"
  case noKeyCheck = "no-key-check"
  case noAbortWhenOverdue = "no-abort-when-overdue"
  case newIdentifiers = "retry-with-new-identifier"
  case undoesOnlyAnswered = "undoes-only-what-answered"
  case forgetsVerdicts = "verdict-forgotten-on-recovery"
  case noTurns = "no-total-order"
  case noRoomTurns = "no-order-of-room"
  case losesWakeUps = "loses-wake-ups"
  case depositsBeforeReserves = "deposit-before-reserve"
  case takesOrdersWithoutFee = "takes-orders-without-fee"

  // Banks
  case moneyBeforeVerdict = "money-before-verdict"
  case bankHoldLapses = "hold-lapses"
  case noIdempotency = "no-idempotency"
  case bankAnswersBeforeSync = "bank-answers-before-sync"
  case proofWithoutVerdict = "proof-without-verdict"
  case noTombstone = "no-tombstone"
  case chargesNewFee = "charges-new-fee"
  case refusesForNoReason = "refuses-for-no-reason"
  case creditsTwice = "credits-a-transfer-twice"

  // Merchants
  case releaseOnTimeout = "release-on-timeout"
  case refusesInsteadOfHeld = "refuse-instead-of-held"
  case settlesWithoutTransfers = "settles-without-transfers"
  case noMerchantTombstone = "no-merchant-tombstone"
  case merchantRefusesForNoReason = "merchant-refuses-for-no-reason"

  // Whoever acts on a verdict
  case believesAnyCoordinator = "believes-any-coordinator"
  case believesUnloggedVerdicts = "believes-unlogged-verdicts"

  // Customers
  case signsForMissingKeys = "customer-signs-for-missing-keys"
  case reusesCoinsAfterTimeout = "customer-reuses-coins-after-timeout"

  public var summary: String {
    switch self {
    case .answersBeforeSync: "the coordinator acts on records that are not durable yet"
    case .noKeyCheck: "the coordinator accepts deposited keys unexamined"
    case .noAbortWhenOverdue: "the coordinator waits for ever instead of deciding abort"
    case .newIdentifiers: "the coordinator gives a repeated request a new identifier"
    case .undoesOnlyAnswered: "an abort is told to those who answered, not to all who were asked"
    case .forgetsVerdicts: "a verdict in the journal is not read back after a crash"
    case .noTurns: "limited goods are deposited in any order"
    case .noRoomTurns: "banks that need room at each other are asked in any order"
    case .losesWakeUps: "who is told to wait for what came free meanwhile does not ask again"
    case .depositsBeforeReserves: "goods are held while money is not reserved yet"
    case .takesOrdersWithoutFee: "the coordinator takes orders that do not pay its fee"
    case .moneyBeforeVerdict: "a bank pays the payees when it reserves"
    case .bankHoldLapses: "a bank gives reserved coins free at decideBy, without a verdict"
    case .noIdempotency: "banks and merchants do again what they are asked again"
    case .bankAnswersBeforeSync: "a bank answers before its books are durable"
    case .proofWithoutVerdict: "a bank calls the second use of undecided coins a double spend"
    case .noTombstone: "a bank does not remember a void that came before its reserve"
    case .chargesNewFee: "a bank keeps what it asks for now, not what was agreed on"
    case .refusesForNoReason: "a bank refuses a payment for a reason that there is not"
    case .creditsTwice: "a bank credits another bank's transfer whenever it is shown"
    case .releaseOnTimeout: "a merchant gives a held good free at decideBy, without a verdict"
    case .refusesInsteadOfHeld: "a merchant says sold out while an undecided process holds the last"
    case .settlesWithoutTransfers: "a merchant settles without looking at the transfers"
    case .noMerchantTombstone: "a merchant does not remember a release that came before its deposit"
    case .merchantRefusesForNoReason: "a merchant refuses an order for a reason that there is not"
    case .believesAnyCoordinator: "a verdict of another coordinator than the order's is believed"
    case .believesUnloggedVerdicts: "a verdict is believed that stands in no log"
    case .signsForMissingKeys: "a customer asks for delivery although keys are missing"
    case .reusesCoinsAfterTimeout:
      "a wallet takes coins for free again at decideBy, without a verdict"
    }
  }

  /// What it breaks: which of them a run meets first depends on the seed.
  public var breaks: [Property] {
    switch self {
    case .answersBeforeSync: [.atomicity, .progress, .verdict, .holds, .evidence, .answers]
    case .noKeyCheck: [.verdict, .atomicity]
    case .noAbortWhenOverdue: [.progress, .verdict]
    case .newIdentifiers: [.answers, .evidence, .progress]
    case .undoesOnlyAnswered: [.atomicity, .money, .progress]
    case .forgetsVerdicts: [.progress, .atomicity, .verdict, .answers]
    case .noTurns, .noRoomTurns: [.cycles]
    case .losesWakeUps: [.progress]
    case .depositsBeforeReserves: [.holds]
    case .takesOrdersWithoutFee: [.money]
    case .moneyBeforeVerdict: [.money]
    case .bankHoldLapses: [.holds, .evidence, .atomicity, .progress, .refusals]
    case .noIdempotency: [.money, .answers, .stock, .evidence, .holds, .refusals]
    case .bankAnswersBeforeSync: [.atomicity, .progress, .holds, .evidence, .answers]
    case .proofWithoutVerdict: [.refusals]
    case .noTombstone: [.answers, .atomicity, .evidence]
    case .chargesNewFee: [.money, .progress, .atomicity, .evidence]
    case .refusesForNoReason, .merchantRefusesForNoReason: [.refusals]
    case .creditsTwice: [.money]
    case .releaseOnTimeout: [.atomicity, .evidence, .stock]
    case .refusesInsteadOfHeld: [.refusals]
    case .settlesWithoutTransfers: [.evidence]
    case .noMerchantTombstone: [.atomicity, .progress]
    case .believesAnyCoordinator: [.verdict, .holds, .progress, .refusals]
    case .believesUnloggedVerdicts: [.verdict, .evidence, .holds]
    case .signsForMissingKeys: [.evidence]
    case .reusesCoinsAfterTimeout: [.money, .refusals]
    }
  }

  /// Whether it is the coordinator's.
  public var isCoordinators: Bool {
    switch self {
    case .answersBeforeSync, .noKeyCheck, .noAbortWhenOverdue, .newIdentifiers,
      .undoesOnlyAnswered, .forgetsVerdicts, .noTurns, .noRoomTurns, .losesWakeUps,
      .depositsBeforeReserves, .takesOrdersWithoutFee:
      true
    default: false
    }
  }

  /// The rules of a coordinator that has this flaw. What it asks for its service is no rule of the machine.
  package var rules: ProtocolRules {
    var rules = ProtocolRules.standard
    switch self {
    case .answersBeforeSync: rules.recordsBeforeEffects = false
    case .noKeyCheck: rules.examinesKeys = false
    case .noAbortWhenOverdue: rules.abortsWhenOverdue = false
    case .newIdentifiers: rules.keepsIdentifiers = false
    case .undoesOnlyAnswered: rules.undoesWhatWasAsked = false
    case .forgetsVerdicts: rules.recoversVerdicts = false
    case .noTurns: rules.takesGoodsInTurns = false
    case .noRoomTurns: rules.takesRoomInTurns = false
    case .losesWakeUps: rules.asksAgainAfterDepartures = false
    case .depositsBeforeReserves: rules.reservesBeforeDeposits = false
    default: break
    }
    return rules
  }
}
