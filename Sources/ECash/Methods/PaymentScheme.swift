// The port behind which a bank has its methods of payment: what is checked, held, captured and freed.
//
//   sealed blob ──read──▶ Instrument ──check──▶ Checked ──hold──▶ held ──capture, logged commit──▶ posted
//                        nothing of it is       the bank may       │
//                        verified               rely on it         └──free, logged abort──▶ voided
//
// `check` runs before the transaction and changes nothing; the other three run within it. The bank, and not
// the method, decides which verdict ends a hold, writes the books, and answers.

public import PaymentModel

/// A method of payment, as a bank carries it out.
///
/// A bank is put together from several. It finds the method by the name in the payment part.
///
/// Most methods hold money of an account of the books (`HeldMoney.source`). Then the bank moves it aside, to
/// the payees or back, and the method has no say in what is posted. A method without a source, such as coins,
/// keeps its own account of what is held and names the lines; the bank refuses those that do not balance, that
/// take what is not there, or that give up another sum than is held. A method may do both, each for its share
/// (`HeldMoney.moved`).
public protocol PaymentScheme: Sendable {
  /// What a payer seals to the bank, as it was read. Nothing about it is verified.
  associatedtype Instrument: Sendable
  /// What `check` found to be in order.
  associatedtype Checked: Sendable

  /// What the method promises, with its name.
  var properties: PaymentMethodProperties { get }

  /// Reads what the sealed blob holds beside what ties it to the order.
  func read(from reader: inout some ClaimReader) throws(ClaimError) -> Instrument

  /// Checks all that can be checked without changing a row. The blob is known to belong to the payment.
  ///
  /// - Throws: why the payment is refused. The refusal is signed and final.
  func check(
    _ instrument: Instrument, of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> Checked

  /// Holds the money of the payment for its process.
  ///
  /// - Throws: when the rows contradict each other; then nothing is changed and nothing is answered.
  func hold(
    _ checked: Checked, of payment: OfferedPayment, at time: Timestamp,
    in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome

  /// Uses up what a committed process holds.
  ///
  /// - Returns: the lines that give up what was not moved aside; they add up to minus that. Otherwise nothing.
  func capture(_ hold: HoldRow, in rows: inout any BankRows) throws(ECashError) -> [LedgerBalance]

  /// Gives what an aborted process holds free again.
  ///
  /// - Returns: where not all was moved aside, lines that add up to nothing. Otherwise nothing.
  func free(_ hold: HoldRow, in rows: inout any BankRows) throws(ECashError) -> [LedgerBalance]
}

extension PaymentScheme {
  public func capture(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] { [] }

  public func free(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] { [] }
}

/// A payment under a verified order, which the bank offers to carry out.
public struct OfferedPayment: Sendable {
  public let process: ProcessID
  public let coordinator: Thumbprint
  public let decideBy: Timestamp
  /// This bank's part, which hangs below the order.
  public let part: PaymentPart
  /// SHA-256 of the part's canonical JSON.
  public let partDigest: Digest
  /// The period of the bank's latest keyset.
  public let period: Int

  public init(
    process: ProcessID, coordinator: Thumbprint, decideBy: Timestamp, part: PaymentPart,
    partDigest: Digest, period: Int
  ) {
    self.process = process
    self.coordinator = coordinator
    self.decideBy = decideBy
    self.part = part
    self.partDigest = partDigest
    self.period = period
  }

  public var bank: PartyName { part.bank }
  public var total: Amount { part.total }

  /// The same payment for a share of its total.
  func share(_ amount: Amount) -> OfferedPayment {
    OfferedPayment(
      process: process, coordinator: coordinator, decideBy: decideBy,
      part: PaymentPart(
        bank: part.bank, method: part.method, total: amount, payouts: part.payouts,
        transferFee: part.transferFee), partDigest: partDigest, period: period)
  }

  /// What a sealed blob must name to belong to this payment.
  public var binding: InstrumentBinding {
    InstrumentBinding(process: process, part: partDigest, total: total)
  }
}

/// How an attempt to hold money ends.
public enum HoldOutcome: Sendable {
  case held(HeldMoney)
  /// Other undecided processes hold it. Once they have ended, the same request may fare better.
  case waits(until: Timestamp)
  /// For good. `proof` shows that the money was used before.
  case refused(RefusalReason, proof: DoubleSpend? = nil)
}

/// What a method holds for a process.
public struct HeldMoney: Sendable {
  /// What is held, in the method's own form, at most 16 KiB. It comes back in `HoldRow.held`.
  public let held: Bytes
  /// The account that the money was moved aside from; `nil` for a method that keeps its own account of
  /// what is held.
  public let source: LedgerAccount?
  /// How much is moved aside, in minor units; `nil` for all of the total, where there is a source.
  public let moved: UInt64?

  public init(_ held: Bytes, from source: LedgerAccount? = nil, moving moved: UInt64? = nil) {
    self.held = held
    self.source = source
    self.moved = moved
  }
}

/// Why a payment is refused.
public struct PaymentRefusal: Error, Equatable, Sendable {
  public let reason: RefusalReason

  public init(_ reason: RefusalReason) {
    self.reason = reason
  }
}

extension HoldRow {
  /// The lines that move the money aside.
  var holdLines: [LedgerBalance] { Self.lines(moving: moved, from: source, to: .held(method)) }

  /// The lines that give up what is held.
  ///
  /// - Parameter own: those of the method.
  /// - Throws: `booksUnbalanced` when a method has a say that should have none, or gives up another sum.
  func captureLines(_ own: [LedgerBalance]) throws(ECashError) -> [LedgerBalance] {
    try requireNoSayIfMoved(own)
    guard own.reduce(0, { $0 + $1.minor }) == Int64(moved) - Int64(total.minor) else {
      throw ECashError(.booksUnbalanced, "a method gave up another sum than it holds")
    }
    return own + [LedgerBalance(account: .held(method), minor: -Int64(moved))]
  }

  /// The lines that put back what is held.
  ///
  /// - Parameter own: those of the method.
  /// - Throws: `booksUnbalanced` when a method has a say that should have none.
  func freeLines(_ own: [LedgerBalance]) throws(ECashError) -> [LedgerBalance] {
    try requireNoSayIfMoved(own)
    return own + Self.lines(moving: moved, from: .held(method), to: source)
  }

  private func requireNoSayIfMoved(_ own: [LedgerBalance]) throws(ECashError) {
    guard moved < total.minor || own.isEmpty else {
      throw ECashError(.booksUnbalanced, "a method posts money that the bank has moved aside")
    }
  }

  private static func lines(
    moving moved: UInt64, from one: LedgerAccount?, to other: LedgerAccount?
  ) -> [LedgerBalance] {
    guard let one, let other else { return [] }
    return [
      LedgerBalance(account: one, minor: -Int64(moved)),
      LedgerBalance(account: other, minor: Int64(moved)),
    ]
  }
}
