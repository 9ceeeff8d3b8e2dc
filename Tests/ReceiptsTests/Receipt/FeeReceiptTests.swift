// Receipts of purchases of which the coordinator has its share.

import Evidence
import PaymentModel
import Receipts
import Testing

@Suite("Receipts with a coordinator's fee")
struct FeeReceiptTests {
  let world: World
  let log: TransparencyLog

  init() throws {
    world = try World()
    log = world.log()
  }

  private func report(
    _ fee: Purchase.Fee, abort: AbortReason? = nil, without left: Set<String> = [],
    _ change: (inout Purchase.Changes) -> Void = { _ in }
  ) async throws -> ReceiptReport {
    var changes = Purchase.Changes()
    changes.fee = fee
    change(&changes)
    let purchase = try Purchase(in: world, seed: abort == nil ? 7 : 8, abort: abort, changes)
    return ReceiptVerification(world.trust).verify(
      try await purchase.receipt(from: log, without: left).bytes)
  }

  private func results(_ report: ReceiptReport, _ check: Finding.Check) -> [Finding.Result] {
    report.findings.filter { $0.check == check }.map(\.result)
  }

  @Test("a fee that the coordinator's terms ask for is proven, with its transfer")
  func proven() async throws {
    let report = try await report(Purchase.Fee())
    #expect(report.findings.filter { $0.result != .proven }.isEmpty)
    #expect(results(report, .fee) == [.proven])
    #expect(results(report, .transfer) == [.proven, .proven, .proven])
    let unpaid = try await self.report(Purchase.Fee(), without: ["transfer 2"])
    #expect(results(unpaid, .transfer) == [.proven, .proven, .pending])
    #expect(unpaid.answer == .proven)
    let aborted = try await self.report(Purchase.Fee(), abort: .timeout)
    #expect(aborted.answer == .proven && results(aborted, .fee) == [.proven])
  }

  @Test("without the terms nobody can say whether they ask for it")
  func missing() async throws {
    let report = try await report(Purchase.Fee(), without: ["terms"])
    #expect(results(report, .fee) == [.missing] && report.answer == .cannotBeChecked)
  }

  @Test("terms that do not ask for it refute the receipt")
  func refuted() async throws {
    let other = Purchase.Fee(signer: { $0.secondCoordinator })
    let dearer = Purchase.Fee(terms: { terms in
      Terms(
        charges: terms.charges.map {
          let amount = (try? $0.amount.multiplied(by: 2)) ?? $0.amount
          return Charge(amount: amount, payees: $0.payees, accepts: $0.accepts)
        }, validFrom: terms.validFrom, validUntil: terms.validUntil)
    })
    let elsewhere = Purchase.Fee(parts: { part in
      guard let account = AccountName("thief") else { return [part] }
      return [
        FeePart(
          terms: part.terms, amount: part.amount,
          payee: Payee(bank: part.payee.bank, account: account))
      ]
    })
    let byCard = Purchase.Fee(terms: { terms in
      Terms(
        charges: terms.charges.map { charge in
          Charge(
            amount: charge.amount, payees: charge.payees,
            accepts: charge.accepts.map { AcceptedPayment(bank: $0.bank, method: .card) })
        }, validFrom: terms.validFrom, validUntil: terms.validUntil)
    })
    for fee in [other, dearer, elsewhere, byCard] {
      let report = try await report(fee)
      #expect(results(report, .fee) == [.refuted] && report.answer == .refuted)
    }
    let twice = try await report(Purchase.Fee(parts: { [$0, $0] }))
    #expect(results(twice, .fee).contains(.refuted) && twice.answer == .refuted)
  }

  @Test("payments that are not the offers' prices and the fee refute the receipt")
  func sums() async throws {
    let unasked = try await report(Purchase.Fee(parts: { _ in [] }))
    #expect(results(unasked, .payments) == [.refuted])
    let unpaid = try await report(Purchase.Fee(payouts: { _ in [] }))
    #expect(results(unpaid, .payments) == [.refuted])
    let more = try await report(
      Purchase.Fee(payouts: { payout in
        let amount = (try? payout.amount.multiplied(by: 2)) ?? payout.amount
        return [Payout(payee: payout.payee, amount: amount)]
      }))
    #expect(results(more, .payments) == [.refuted])
    for report in [unasked, unpaid, more] { #expect(report.answer == .refuted) }
  }
}
