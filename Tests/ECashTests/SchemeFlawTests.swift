// Methods with a flaw: what a bank does not let any of them do to its books.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct SchemeFlawTests {
  /// What a method does wrong.
  private enum Flaw: String, CaseIterable {
    case givesUpTooLittle
    case givesUpTooMuch
    case paysTwice
    case doesNotPutBack
    case takesWhatIsNotThere

    /// Whether the bank moves the money aside; otherwise the method posts for itself.
    var hasSource: Bool { self == .paysTwice || self == .takesWhatIsNotThere }
  }

  private static let gift = PaymentMethod(rawValue: "gift")

  /// Pays out of the account "pool", without asking anybody.
  private struct FlawedScheme: PaymentScheme {
    let flaw: Flaw
    let method: PaymentMethod
    let pool: AccountName

    var properties: PaymentMethodProperties {
      PaymentMethodProperties(
        method: method, payer: .anonymous, finality: .final, amounts: .any, doubleUse: .prevented,
        holdLapses: false, showsReusableSecret: false, isBearer: false)
    }

    func read(from reader: inout some ClaimReader) throws(ClaimError) -> Bool { true }

    func check(
      _ instrument: Bool, of payment: OfferedPayment, at time: Timestamp
    ) async throws(PaymentRefusal) -> Bool { instrument }

    func hold(
      _ checked: Bool, of payment: OfferedPayment, at time: Timestamp, in rows: inout any BankRows
    ) throws(ECashError) -> HoldOutcome {
      let source = LedgerAccount.holder(pool)
      if flaw != .takesWhatIsNotThere, rows.balance(of: source) < Int64(payment.total.minor) {
        return .refused(.declined)
      }
      return .held(HeldMoney([], from: flaw.hasSource ? source : nil))
    }

    func capture(
      _ hold: HoldRow, in rows: inout any BankRows
    ) throws(ECashError) -> [LedgerBalance] {
      let total = Int64(hold.total.minor)
      return switch flaw {
      case .givesUpTooLittle: [LedgerBalance(account: .holder(pool), minor: 1 - total)]
      case .givesUpTooMuch: [LedgerBalance(account: .holder(pool), minor: -1 - total)]
      case .paysTwice:
        [
          LedgerBalance(account: .holder(pool), minor: -total),
          LedgerBalance(account: .fees, minor: total),
        ]
      case .doesNotPutBack, .takesWhatIsNotThere: []
      }
    }

    func free(_ hold: HoldRow, in rows: inout any BankRows) throws(ECashError) -> [LedgerBalance] {
      flaw == .doesNotPutBack
        ? [LedgerBalance(account: .holder(pool), minor: Int64(hold.total.minor))] : []
    }
  }

  private struct Nothing: PaymentMeans {
    let method: PaymentMethod
    func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {}
  }

  @Test(arguments: Flaw.allCases) private func aMethodCannotMakeMoney(_ flaw: Flaw) async throws {
    let method = try #require(Self.gift)
    let pool = try #require(AccountName("pool"))
    let world = try await CashWorld(
      values: [1],
      methods: [FlawedScheme(flaw: flaw, method: method, pool: pool)])
    _ = try await world.account("shop")
    _ = try await world.account("pool", holding: flaw == .takesWhatIsNotThere ? 4 : 10)
    let order = try world.order([("shop", 5)], method: method)
    let held = await world.reserve(order, with: Nothing(method: method))
    switch flaw {
    case .takesWhatIsNotThere: #expect(held.isUnknown, "nothing is answered, nothing is changed")
    case .givesUpTooLittle, .givesUpTooMuch, .paysTwice:
      #expect(held.value != nil)
      #expect(await world.post(order, world.commit(order.process)).isUnknown)
    case .doesNotPutBack:
      #expect(held.value != nil)
      #expect(await world.void(order, world.abort(order.process)).isUnknown)
    }
    #expect(try await world.balance("shop") == 0)
    try await world.checkBooks()
  }

  @Test func aBankNeedsTheMethodsOfItsHolds() async throws {
    let world = try await CashWorld(values: [1], hasAllMethods: true)
    _ = try await world.account("shop")
    let card = try await world.cards.issue(.credit(limit: 5))
    let order = try world.order([("shop", 5)], method: .card)
    #expect(await world.reserve(order, with: card).value != nil)
    let without = Bank(
      store: world.store, signer: world.bankSigner,
      denominationSigner: try TestDenominationKeys.shared.get(),
      identity: try Age.Identity(
        copying: SecretBytes(copying: SHA256.digest(Bytes("bank.example identity".utf8)).bytes)),
      trust: world.trust, verdicts: world.verdicts, clock: world.clock)
    let request = VerdictRequest(id: order.id(.post), verdict: world.commit(order.process))
    #expect(await without.post(request).isUnknown, "asked again, until the method is back")
    #expect(await world.bank.post(request).value != nil)
    try await world.checkBooks()
  }
}

extension Outcome {
  fileprivate var isUnknown: Bool {
    if case .unknown = self { true } else { false }
  }
}
