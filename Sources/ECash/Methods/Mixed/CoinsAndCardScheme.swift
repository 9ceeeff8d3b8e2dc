// One payment by two methods of one bank: coins pay a share, and a card the rest.
//
//   card     declined, waits, or would hold the rest: nothing is changed yet
//   coins    refused, wait, or are held
//   both     the rest is moved aside from what the card pays with; the coins are held in their rows
//
// A bank has one hold of a process, so both are held, captured and freed at once.

import PaymentCrypto
public import PaymentModel

/// Coins of the bank and a card of its issuer, in one payment part.
public struct CoinsAndCardScheme: PaymentScheme {
  public struct Instrument: Sendable {
    let inCoins: Amount
    let coins: [UsedCoin]
    let card: CardDetails
  }

  public struct Checked: Sendable {
    let inCoins: Amount
    let coins: [CheckedCoin]
    let rest: Amount
    let card: CardIssuer.Shown
  }

  private let coins: CoinScheme
  private let issuer: CardIssuer

  /// - Parameters:
  ///   - issuer: of the bank's cards.
  ///   - store: the bank's.
  public init(_ issuer: CardIssuer, store: any Store<any BankRows>) {
    self.init(issuer, store: store, rules: .standard)
  }

  package init(_ issuer: CardIssuer, store: any Store<any BankRows>, rules: DenominationRules) {
    coins = CoinScheme(cache: DenominationCache(store: store, rules: rules))
    self.issuer = issuer
  }

  public var properties: PaymentMethodProperties { .coinsAndCard }

  public func read(from reader: inout some ClaimReader) throws(ClaimError) -> Instrument {
    Instrument(
      inCoins: try reader.amount("inCoins"), coins: try UsedCoin.read(from: &reader),
      card: try CardDetails.read(from: &reader))
  }

  public func check(
    _ instrument: Instrument, of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> Checked {
    let inCoins = instrument.inCoins
    guard let rest = try? payment.total.subtracting(inCoins), !rest.isZero, !inCoins.isZero else {
      throw PaymentRefusal(.amountMismatch)
    }
    let checked = try await coins.check(
      instrument.coins, of: payment.share(inCoins), at: time)
    return Checked(
      inCoins: inCoins, coins: checked, rest: rest,
      card: try await issuer.check(instrument.card, of: payment.share(rest), at: time))
  }

  public func hold(
    _ checked: Checked, of payment: OfferedPayment, at time: Timestamp,
    in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome {
    // The card first: it changes no row but its count of tries, so whatever the coins come to is no half of a hold.
    let card = try issuer.hold(
      checked.card, of: payment.share(checked.rest), at: time, in: &rows)
    guard case .held(let onCard) = card else { return card }
    let inCoins = try coins.hold(
      checked.coins, of: payment.share(checked.inCoins), at: time, in: &rows)
    guard case .held(let held) = inCoins else { return inCoins }
    guard onCard.held.count == CardID.byteCount else {
      throw ECashError(.booksUnbalanced, "a card is held by something else than its identifier")
    }
    return .held(
      HeldMoney(onCard.held + held.held, from: onCard.source, moving: checked.rest.minor))
  }

  public func capture(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] {
    try coins.capture(Self.coins(of: hold), in: &rows)
  }

  public func free(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] {
    try coins.free(Self.coins(of: hold), in: &rows)
  }

  /// The hold as the coins' scheme knows it: of coins alone, which stand behind the card.
  private static func coins(of hold: HoldRow) -> HoldRow {
    HoldRow(
      process: hold.process, coordinator: hold.coordinator, decideBy: hold.decideBy,
      total: hold.total, payouts: hold.payouts, transferFee: hold.transferFee, method: .ecash,
      held: Bytes(hold.held.dropFirst(CardID.byteCount)))
  }
}
