// One purchase, three banks, two currencies, three methods, of which one is defined in the tests: all of them
// pay, or none.

import Conformance
import Coordinator
import ECash
import Evidence
import Foundation
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct MixedPaymentTests {
  private enum Third: String, CaseIterable { case voucher, transfer }

  /// What the third bank is paid with; 20 is all that there is.
  private func means(_ third: Third, in market: MixedMarket) async throws -> any PaymentMeans {
    switch third {
    case .voucher:
      try await Voucher.sell(
        20, to: MixedMarket.payer, in: market.stores[2], at: SystemWallClock().now())
    case .transfer:
      try market.customer.wallet.accountMeans(MixedMarket.payer, at: MixedMarket.banks[2])
    }
  }

  /// The coordinator's fee goes along with the first payment that it takes it from.
  @Test func theCoordinatorsFeeGoesAlong() async throws {
    let market = try await MixedMarket()
    let offers = try await market.offers()
    let till = Payee(bank: MixedMarket.banks[2], account: Fair.account("coordinator"))
    let franc = try #require(Currency("CHF"))
    let banks = MixedMarket.banks
    func charge(
      _ currency: Currency, to payees: [Payee] = [till], by method: PaymentMethod,
      at bank: PartyName
    ) throws -> Charge {
      Charge(
        amount: try Amount(minor: 3, currency: currency), payees: payees,
        accepts: [AcceptedPayment(bank: bank, method: method)])
    }
    func paid(_ charges: [Charge]) async throws -> (fee: FeePart?, bank: PartyName?) {
      let terms = try await market.coordinator.announce(
        charges, until: SystemWallClock().now().adding(seconds: 600)
      ) { _ in }
      let plan = try await market.customer.plan(
        offers.map { Selection($0) }, coordinator: market.coordinator.key,
        template: market.coordinator.template,
        paying: [banks[1]: .card, banks[2]: .transfer], charged: terms)
      var fee: FeePart?
      var bank: PartyName?
      for part in try plan.contents() {
        if case .fee(let part) = part { fee = part }
        if case .payment(let payment) = part,
          payment.payouts.contains(where: { $0.payee == till })
        {
          bank = payment.bank
          #expect(payment.payouts.count == 2 && payment.transferFee == 0)
        }
      }
      #expect((fee == nil) == (plan.terms == nil))
      return (fee, bank)
    }

    let coins = try charge(Fair.euro, by: .ecash, at: banks[0])
    #expect(try await paid([coins]).bank == banks[0])
    #expect(try await paid([charge(Fair.euro, by: .transfer, at: banks[2])]).bank == banks[2])
    let dollars = try charge(MixedMarket.dollar, by: .card, at: banks[1])
    #expect(try await paid([dollars]).fee?.amount.currency == MixedMarket.dollar)
    // By the way that she pays, although the terms name an earlier currency, too.
    let byCard = try charge(Fair.euro, by: .card, at: banks[0])
    #expect(try await paid([byCard, dollars]).bank == banks[1])
    // Nothing is asked for.
    #expect(try await paid([charge(franc, by: .ecash, at: banks[0])]).fee == nil)
    #expect(try await paid([]).fee == nil)
    // None of the payments can take it along.
    let shared = try charge(
      Fair.euro, to: [MixedMarket.payee(0)], by: .ecash, at: banks[0])
    for charge in [byCard, shared] {
      await #expect { try await paid([charge]) } throws: { code(of: $0) == .fee }
    }
  }

  @Test(arguments: Third.allCases) private func commitPaysByAllMethods(_ third: Third) async throws
  {
    let market = try await MixedMarket()
    try await market.withdraw(15)
    let card = try await market.cards.issue(.credit(limit: 1000))
    let process = try await market.order(
      market.offers(), card: card, third: means(third, in: market))
    #expect(try await market.conclude(process).isCommit)

    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.reservations.count == 3 && file.transfers.count == 3)
    #expect(file.settlements.count == 3, "every merchant takes its transfer for money")
    let receipt = try await market.coordinator.receipt(of: process)
    #expect(ReceiptVerification(market.trust).verify(receipt).answer == .proven)

    #expect(try await market.balance(.holder(MixedMarket.payee(0).account), at: 0) == 11)
    #expect(try await market.balance(.holder(MixedMarket.payee(1).account), at: 1) == 900)
    #expect(try await market.banks[0].trialBalance().outstanding == 4)
    let owed = try await market.banks[1].trialBalance().balances.filter { balance in
      if case .card = balance.account { true } else { false }
    }
    #expect(owed.map(\.minor) == [-900])

    // The third merchant's money is on its way to its own bank, until somebody presents the transfer there.
    let till = LedgerAccount.holder(MixedMarket.payee(2).account)
    #expect(try await market.balance(till, at: 0) == 0)
    #expect(try await market.cleared() == 5)
    for transfer in file.transfers {
      let claim = try market.trust.verify(transfer.signed, at: SystemWallClock().now()).claim
      guard claim.payee == MixedMarket.payee(2) else { continue }
      try await market.banks[0].collect(transfer.signed)
      try await market.banks[0].collect(transfer.signed)
    }
    #expect(try await market.balance(till, at: 0) == 5)
    #expect(try await market.cleared() == 0)
  }

  @Test(arguments: Third.allCases) private func abortPaysByNone(_ third: Third) async throws {
    let market = try await MixedMarket()
    try await market.withdraw(15)
    let poor = try await market.cards.issue(.credit(limit: 899))
    let rich = try await market.cards.issue(.credit(limit: 900))
    let means = try await means(third, in: market)
    let offers = try await market.offers()
    let process = try await market.order(offers, card: poor, third: means)
    #expect(try await market.conclude(process) == .abort(.refused))
    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.refusals.map(\.reason) == [.declined] && file.transfers.isEmpty)
    try await expectNothingHappened(in: market)

    // All of it is still good, with a card that pays.
    let again = try await market.order(offers, card: rich, third: means)
    #expect(try await market.conclude(again).isCommit)
    #expect(try await market.balance(.holder(MixedMarket.payee(1).account), at: 1) == 900)
  }

  @Test private func aCustomerWhoIsGonePaysByNone() async throws {
    let market = try await MixedMarket()
    try await market.withdraw(15)
    let card = try await market.cards.issue(.credit(limit: 900))
    let process = try await market.order(
      market.offers(deliveryLimitSeconds: 1), card: card, third: means(.voucher, in: market))
    market.directory.register(customer: GoneCustomer(), of: process)
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    let verdict = try await market.coordinator.engine.verdict(of: process).verdict
    #expect(try await market.customer.conclude(process, with: verdict) == .abort(.timeout))
    try await eventually("all three banks have given the money free") {
      try await market.coordinator.engine.file(of: process).voids.count == 3
    }
    try await expectNothingHappened(in: market)
  }

  @Test private func whatIsNotGivenIsNotOrdered() async throws {
    let market = try await MixedMarket()
    try await market.withdraw(15)
    let card = try await market.cards.issue(.credit(limit: 900))
    let selections = try await market.offers().map { Selection($0) }
    func plan(_ methods: [PartyName: PaymentMethod]) async throws -> PurchasePlan {
      try await market.customer.plan(
        selections, coordinator: market.coordinator.key, template: market.coordinator.template,
        paying: methods)
    }
    let (dollars, third) = (MixedMarket.banks[1], MixedMarket.banks[2])
    for methods in [
      [:], [dollars: .card], [dollars: .transfer, third: .transfer],
      [dollars: .card, third: .transfer, Fair.party("idle.example"): .card],
    ] as [[PartyName: PaymentMethod]] {
      await #expect { try await plan(methods) } throws: { code(of: $0) == .order }
    }
    let good = try await plan([dollars: .card, third: .transfer])
    await #expect { try await market.customer.place(good, with: [dollars: card]) } throws: {
      code(of: $0) == .payment
    }
    let wrong: [PartyName: any PaymentMeans] = [dollars: card, third: card]
    await #expect { try await market.customer.place(good, with: wrong) } throws: {
      code(of: $0) == .payment
    }
    #expect(try await market.customer.wallet.balance(at: Fair.bank, in: Fair.euro).minor == 15)
  }

  /// Neither what is handed in nor the journal shows a card or a voucher.
  @Test private func theCoordinatorSeesNoCard() async throws {
    let market = try await MixedMarket()
    try await market.withdraw(15)
    let card = try await market.cards.issue(.credit(limit: 900))
    let process = try await market.order(
      market.offers(), card: card, third: means(.transfer, in: market))
    #expect(try await market.conclude(process).isCommit)
    let text = card.withText { span in span.indices.map { span[$0] } }
    let number = Bytes(text.prefix { $0 != UInt8(ascii: "\n") })
    let submission = try await market.customer.submission(of: process).encoded
    let journal = await market.journal.read { rows in rows.rows(of: process) }
    #expect(journal.reduce(0) { $0 + $1.records.count } > 10_000)
    for bytes in [submission] + journal.map(\.records) {
      #expect(!contains(bytes, number))
      #expect(!contains(bytes, Bytes("alice".utf8)), "nor the account that pays")
    }
    #expect(
      contains(submission, Bytes("third-bank.example".utf8)), "the search finds what is there")
  }

  private func contains(_ bytes: Bytes, _ part: Bytes) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: part) }
  }

  /// A method is a value to the coordinator: it knows none of them.
  @Test func theCoordinatorKnowsNoMethod() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Coordinator").standardizedFileURL
    let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix(".swift") }
    #expect(paths.count > 20)
    for path in paths {
      let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
      for word in [".ecash", ".card", ".transfer)", "voucher", "PaymentMethod("] {
        #expect(!text.contains(word), "\(path) mentions \(word)")
      }
    }
  }

  private func expectNothingHappened(in market: MixedMarket) async throws {
    for bank in 0..<3 {
      let books = try await market.banks[bank].trialBalance()
      for balance in books.balances {
        switch balance.account {
        case .held, .card, .correspondent: #expect(balance.minor == 0, "\(balance.account)")
        default: break
        }
      }
      #expect(books.coins.allSatisfy { $0.reserved == 0 })
    }
    for number in 0..<3 {
      let payee = MixedMarket.payee(number)
      let bank = try #require(MixedMarket.banks.firstIndex(of: payee.bank))
      #expect(try await market.balance(.holder(payee.account), at: bank) == 0)
    }
    #expect(try await market.customer.wallet.balance(at: Fair.bank, in: Fair.euro).minor == 15)
  }
}
