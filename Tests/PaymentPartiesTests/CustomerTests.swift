// The customer's own rules: what she orders, what she asks for, and whom she believes.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Synchronization
import Testing

@Suite struct CustomerTests {
  // MARK: - Offers and plans

  @Test func aContainerThatIsNotWhatTheOfferSays() async throws {
    let market = try await Fair.open()
    let good = try #require(LockedGood.all(in: market.home.locked).first)
    _ = try market.inspect(good)
    for path in [good.container, good.chunkList, good.offerPath] {
      let honest = Bytes(try Data(contentsOf: URL(filePath: path)))
      var changed = honest
      changed[changed.count - 10] ^= 1
      for bytes in [changed, honest.dropLast(), []] {
        try Data(bytes).write(to: URL(filePath: path))
        #expect {
          _ = try market.inspect(LockedGood(offerPath: good.offerPath))
        } throws: {
          code(of: $0) == .offer
        }
      }
      try Data(honest).write(to: URL(filePath: path))
    }
    _ = try market.inspect(good)
  }

  @Test func ordersThatCannotBe() async throws {
    let market = try await Fair.open()
    let selections = try LockedGood.all(in: market.home.locked).map {
      Selection(try market.inspect($0))
    }
    func expect(
      _ expected: PartyError.Code, sourceLocation: SourceLocation = #_sourceLocation,
      _ selections: [Selection], coordinator: Thumbprint? = nil
    ) async {
      await #expect(sourceLocation: sourceLocation) {
        _ = try await market.customer.plan(
          selections, coordinator: coordinator ?? market.coordinator.key,
          template: market.coordinator.template)
      } throws: {
        code(of: $0) == expected
      }
    }
    await expect(.order, [])
    await expect(.order, [selections[0], selections[1], selections[0]])
    await expect(.order, [Selection(selections[0].offer, quantity: 0)])
    await expect(.order, [Selection(selections[0].offer, quantity: 2)])
    await expect(.order, selections, coordinator: SHA256.digest([1]).renamed())

    // Two goods of one stock: two customers could each hold one of the last two pieces.
    for merchant in [Fair.red, Fair.blue] {
      try await #require(market.shop(merchant)).addStock(2, of: "chairs")
    }
    let chairs = [
      try await market.sell(Fair.contract, as: "one", by: Fair.red, for: 3, stock: "chairs"),
      try await market.sell(Fair.contract, as: "two", by: Fair.red, for: 3, stock: "chairs"),
      try await market.sell(Fair.contract, as: "three", by: Fair.blue, for: 3, stock: "chairs"),
    ]
    let chair = try chairs.map { Selection(try market.inspect($0)) }
    await expect(.order, [chair[0], chair[1]])
    _ = try await market.plan([chair[0], chair[2]])

    // More than the wallet holds: nothing is locked.
    let dear = try await market.sell(Fair.contract, as: "dear", by: Fair.red, for: 61)
    await #expect { try await market.order([dear]) } throws: { code(of: $0) == .payment }
    try await market.expectMoneyConserved(earned: 0)
  }

  /// What she reads before she signs is what is signed.
  @Test func aPlanShowsWhatIsSigned() async throws {
    let market = try await Fair.open()
    let plan = try await market.plan(
      LockedGood.all(in: market.home.locked).map { Selection(try market.inspect($0)) })
    let process = try await market.customer.place(plan)
    let submission = try await market.customer.submission(of: process)
    let order = try market.trust.verifyOrder(submission.order)
    #expect(order.claim == plan.order && order.id.renamed() == process)
    #expect(submission.parts == plan.parts)
    #expect(submission.offers == plan.selections.map(\.offer.signed))
    // Placed again, it is the same purchase, and locks nothing more.
    let locked = try await Books(market).wallet
    #expect(try await market.customer.place(plan) == process)
    #expect(try await Books(market).wallet == locked)
    #expect(locked == Fair.withdrawn - Fair.redPrice - Fair.bluePrice)
  }

  /// A mask that she commits to stands in the order; without one it is another random one each time.
  @Test func aMaskIsTheCustomersOrRandom() async throws {
    let market = try await Fair.open()
    let selections = try LockedGood.all(in: market.home.locked).map {
      Selection(try market.inspect($0))
    }
    let usual = try await market.plan(selections)
    let mask = SHA256.digest(Bytes("a commitment".utf8))
    let plan = try await market.customer.plan(
      selections, coordinator: usual.order.coordinator, template: usual.order.template, mask: mask)
    #expect(plan.order.mask == mask)
    #expect(try await market.plan(selections).order.mask != usual.order.mask)
  }

  // MARK: - Answers to the coordinator

  @Test func aDeliveryRequestNeedsAnAcceptanceForEachGood() async throws {
    let market = try await Fair.open()
    let other = try await market.order([
      try await market.sell(Fair.contract, as: "other", by: Fair.red, for: 1)
    ])
    let wary = WaryCustomer(customer: market.customer, other: other)
    market.directory.register(customer: wary)
    let process = try await market.order([
      try await market.sell(Fair.contract, as: "a", by: Fair.red, for: 2),
      try await market.sell(Fair.picture, as: "b", by: Fair.blue, for: 3),
    ])
    #expect(try await market.conclude(process).decision.isCommit)
    let answers = wary.answers.withLock { $0 }
    #expect(answers.refused == WaryCustomer.badQueries.count)
    #expect(answers.requests.count == 2 && Set(answers.requests).count == 1)

    // After the verdict the same bytes come again; nobody gets new ones.
    let query = try #require(answers.query)
    guard case .done(let again) = await market.customer.requestDelivery(query) else {
      Issue.record("the request on record is not given again")
      return
    }
    #expect(again == answers.requests.first)
  }

  @Test func onlyThePurchasesOwnVerdictEndsIt() async throws {
    let market = try await Fair.open()
    let first = try await market.order()
    let verdict = try await #require(
      market.customer.purchase(try await committed(first, in: market)).verdict)
    let second = try await market.order([
      try await market.sell(Fair.contract, as: "other", by: Fair.red, for: 1)
    ])
    let id = RequestID(process: second, step: try #require(StepPath(rawValue: "notify/customer")))
    let notice = VerdictRequest(id: id, verdict: verdict)
    guard case .unknown = await market.customer.notify(notice) else {
      Issue.record("a verdict on another process was believed")
      return
    }
    #expect(try await market.customer.purchase(second).state == .undecided)

    // A commit that nobody logged.
    let press = try VerdictPress(market)
    let logged = try await press.verdict(.commit(keyBundle: SHA256.digest([])), of: second)
    let unlogged = LoggedVerdict(verdict: logged.verdict, proof: verdict.proof)
    await #expect {
      try await market.customer.conclude(second, with: unlogged)
    } throws: {
      code(of: $0) == .purchase
    }
    #expect(try await market.customer.purchase(second).state == .undecided)
  }

  @Test func onlyTheVerdictsBundleIsOpened() async throws {
    let market = try await Fair.open()
    let process = try await committed(try await market.order(), in: market)
    let bundle = try #require(try await market.log.bundle(of: process))
    let goods = LockedGood.all(in: market.home.locked)
    var changed = bundle.bytes
    changed[changed.count / 2] ^= 1
    for bytes in [changed, [], Bytes(bundle.bytes.dropLast())] {
      await #expect {
        _ = try await market.customer.open(
          process, with: Sealed(bytes, digest: bundle.digest), goods: goods, into: market.home)
      } throws: {
        code(of: $0) == .purchase
      }
    }
    // A container that is not there keeps nothing else back.
    let bought = try await market.customer.open(
      process, with: bundle, goods: Array(goods.prefix(1)), into: market.home)
    #expect(bought.filter { $0.good != nil }.map(\.offer) == [goods[0].id])
    #expect(bought.filter { $0.problem != nil }.count == 1)
  }

  private func committed(_ process: ProcessID, in market: Market) async throws -> ProcessID {
    #expect(try await market.conclude(process).decision.isCommit)
    return process
  }
}

/// Tries, before she answers, what a coordinator might ask wrongly.
private final class WaryCustomer: CustomerAgent {
  struct Answers {
    var refused = 0
    var requests: [Signed<DeliveryRequest>] = []
    var query: DeliveryQuery?
  }

  /// What is wrong with a query: acceptances missing, repeated, or of another purchase.
  static let badQueries: [@Sendable (DeliveryQuery, ProcessID) -> DeliveryQuery] = [
    { query, _ in changed(query, to: []) },
    { query, _ in changed(query, to: [query.acceptances[0]]) },
    { query, _ in changed(query, to: [query.acceptances[0], query.acceptances[0]]) },
    { query, _ in changed(query, to: query.acceptances + [query.acceptances[0]]) },
    { query, _ in changed(query, to: [query.acceptances[0], Signed([1, 2, 3])]) },
    { query, other in
      DeliveryQuery(
        id: RequestID(process: other, step: query.id.step), acceptances: query.acceptances,
        answerBy: query.answerBy)
    },
    { query, _ in
      DeliveryQuery(
        id: RequestID(process: SHA256.digest([1]).renamed(), step: query.id.step),
        acceptances: query.acceptances, answerBy: query.answerBy)
    },
    { query, _ in
      DeliveryQuery(
        id: query.id, acceptances: query.acceptances, answerBy: Timestamp(milliseconds: 1))
    },
  ]

  let answers = Mutex(Answers())
  private let customer: Customer
  private let other: ProcessID

  init(customer: Customer, other: ProcessID) {
    self.customer = customer
    self.other = other
  }

  private static func changed(
    _ query: DeliveryQuery, to acceptances: [Signed<Acceptance>]
  ) -> DeliveryQuery {
    DeliveryQuery(id: query.id, acceptances: acceptances, answerBy: query.answerBy)
  }

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    for bad in Self.badQueries {
      if case .refused(_, nil) = await customer.requestDelivery(bad(query, other)) {
        answers.withLock { $0.refused += 1 }
      }
    }
    var last: Outcome<Signed<DeliveryRequest>> = .unknown("not asked")
    for _ in 0..<2 {
      last = await customer.requestDelivery(query)
      if case .done(let request) = last {
        answers.withLock { $0.requests.append(request) }
      }
    }
    answers.withLock { $0.query = query }
    return last
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    await customer.notify(notice)
  }
}
