// The books see what is wrong: the end of an honest run is falsified in one place, and a finding names what that
// breaks.

import Coordinator
import PaymentModel
import Testing

@testable import Laboratory

@Suite("Books", .onOneThread)
struct BooksTests {
  /// A run in which purchases were committed and aborted, and nobody cheats.
  private static let ended: (world: World, books: Books) = {
    for seed in 1...200 as ClosedRange<UInt64> {
      var books: Books?
      var last: (World, Choice)?
      let report = Simulation.run(
        seed: seed, size: PopulationSize(customers: 4, merchants: 2, banks: 1)
      ) { world, choice in
        if books == nil { books = Books(of: world) }
        last = (world, choice)
      }
      guard report.violation == nil, var (world, choice) = last, let books else { continue }
      world.apply(choice)
      let isUsable =
        world.banks.allSatisfy { $0.cheat == nil } && world.shops.allSatisfy { $0.cheat == nil }
        && world.customers.allSatisfy { $0.cheat == nil } && world.rogue == nil
        && world.shops[0].desk.books.holds.contains { $0.state == .sold && !$0.amount.isZero }
        && world.shops[0].desk.books.holds.contains { $0.state == .released }
        && !world.shops[0].desk.books.stocks.isEmpty
        && world.shops[0].goods.contains { $0.offer.claim.mode == .catalogue }
        && world.banks[0].desk.books.holds.contains { $0.state == .posted }
        && world.banks[0].desk.books.holds.contains { $0.state == .voided }
      if isUsable { return (world, books) }
    }
    fatalError("no run that serves")
  }()

  /// What the books find when that is changed.
  private func finding(_ change: (inout World) -> Void) -> Property? {
    var (world, books) = Self.ended
    change(&world)
    return books.check(world)?.property
  }

  private func change(
    _ world: inout World, bankHold state: BankBooks.HoldState,
    _ body: (inout BankBooks.Hold) -> Void
  ) {
    guard let place = world.banks[0].desk.books.holds.firstIndex(where: { $0.state == state })
    else { return }
    body(&world.banks[0].desk.books.holds[place])
  }

  private func change(
    _ world: inout World, shopHold state: ShopBooks.HoldState,
    _ body: (inout ShopBooks.Hold) -> Void
  ) {
    let place = world.shops[0].desk.books.holds.firstIndex {
      $0.state == state && !$0.amount.isZero
    }
    guard let place else { return }
    body(&world.shops[0].desk.books.holds[place])
  }

  private func change(
    _ world: inout World, purchase state: CustomerBooks.PurchaseState,
    _ body: (inout CustomerBooks.Purchase) -> Void
  ) {
    for number in world.customers.indices {
      let place = world.customers[number].desk.books.purchases.firstIndex { $0.state == state }
      guard let place else { continue }
      return body(&world.customers[number].desk.books.purchases[place])
    }
  }

  @Test("nothing is wrong with what nobody falsified")
  func untouched() {
    #expect(finding { _ in } == nil)
  }

  @Test("money that appears, disappears, or is at somebody else's")
  func money() {
    #expect(finding { $0.banks[0].desk.books.accounts[0].minor += 1 } == .money)
    #expect(finding { $0.banks[0].desk.books.coins.removeLast() } == .money)
    #expect(finding { $0.banks[0].desk.books.purses[0].spent += 1 } == .money)
    #expect(finding { $0.banks[0].desk.books.purses[0].reserved += 1 } == .money)
    #expect(
      finding { world in
        world.banks[0].desk.books.accounts[0].minor += 1
        world.banks[0].desk.books.purses[0].spent += 1
      } == .money)
    #expect(
      finding { change(&$0, bankHold: .posted) { $0.fees = $0.fees.map { $0 + 1 } } } == .money)
  }

  @Test("stock that is lost, or held twice")
  func stock() {
    #expect(finding { $0.shops[0].desk.books.stocks[0].level -= 1 } == .stock)
    #expect(
      finding { world in
        guard let hold = world.shops[0].desk.books.holds.first(where: { $0.state == .sold }) else {
          return
        }
        world.shops[0].desk.books.holds.append(hold)
      } == .stock)
  }

  @Test("purchases that ended in halves")
  func atomicity() {
    #expect(
      finding { world in
        // Who was refused it would come first.
        world.shops[0].desk.books.soldOut = []
        change(&world, shopHold: .sold) { $0.state = .held }
      } == .atomicity)
    #expect(finding { change(&$0, purchase: .committed) { $0.keys = [[1]] } } == .atomicity)
    #expect(finding { change(&$0, purchase: .committed) { $0.state = .aborted } } == .atomicity)
    #expect(finding { change(&$0, purchase: .aborted) { $0.state = .committed } } == .atomicity)
  }

  @Test("verdicts of which there are two, or that nobody logged")
  func verdict() {
    #expect(
      finding { change(&$0, bankHold: .posted) { $0.verdictID = $0.process.renamed() } } == .verdict
    )
    #expect(
      finding { world in
        world.log.desk.rearrange { $0.entries.removeLast() }
      } == .verdict)
    #expect(
      finding { world in
        let first = world.customers.flatMap(\.desk.books.purchases).first { $0.state == .aborted }
        guard let purchase = first else { return }
        let other = SymbolicSigner(Setting.coordinatorName).sign(
          Verdict(
            process: purchase.process, decision: .abort(.cancelled), decidedAt: Stage.start,
            evidence: purchase.process.renamed()),
          nonce: Nonce(from: &world.anyEntropy))
        world.record.said(
          .request(
            .publish(other, purchase.process, bundle: nil), RequestTag(run: 0, attempt: nil)),
          at: Stage.start)
      } == .verdict)
  }

  @Test("evidence that is gone")
  func evidence() {
    #expect(finding { change(&$0, bankHold: .voided) { $0.verdict = nil } } == .evidence)
    #expect(finding { $0.shops[0].desk.books.verdicts = [] } == .evidence)
    #expect(finding { $0.shops[0].desk.books.sales = [] } == .evidence)
    #expect(finding { change(&$0, purchase: .committed) { $0.acceptances = [] } } == .evidence)
    #expect(finding { change(&$0, purchase: .committed) { $0.verdict = nil } } == .evidence)
    #expect(
      finding { change(&$0, purchase: .committed) { $0.deliveryRequest = nil } } == .evidence)
    #expect(finding { $0.stage.node.forgetPast(of: []) } == .evidence)
  }

  @Test("a transfer that is shown twice, or in another currency, pays nothing")
  func transfers() throws {
    let (world, _) = Self.ended
    let shop = world.shops[0].desk.books
    let hold = try #require(shop.holds.first { $0.state == .sold && !$0.amount.isZero })
    let sale = try #require(shop.sales.firstIndex { $0.process == hold.process })
    let transfers = shop.sales[sale].transfers
    #expect(transfers.count == 1)
    let process = hold.process
    func with(_ transfers: [Signed<Transfer>]) -> Property? {
      finding {
        $0.shops[0].desk.books.sales[sale] = ShopBooks.Sale(process: process, transfers: transfers)
      }
    }
    #expect(with(transfers) == nil)
    // Twice half of it is not all of it, and as much of something else is none.
    let claim: Transfer = try #require(SymbolicEvidence.claim(of: transfers[0]))
    func signed(_ amount: Amount) -> Signed<Transfer> {
      var entropy = SimulationEntropy(seed: 3)
      return SymbolicSigner(claim.payee.bank).sign(
        Transfer(
          process: claim.process, verdict: claim.verdict, payee: claim.payee, amount: amount,
          fee: nil), nonce: Nonce(from: &entropy))
    }
    let half = signed(
      try Amount(minor: claim.amount.minor / 2, currency: claim.amount.currency))
    #expect(with([half, half]) == .evidence)
    let other = ["EUR", "SEK"].compactMap { Currency($0) }.first { $0 != claim.amount.currency }
    let foreign = signed(
      try Amount(minor: claim.amount.minor, currency: try #require(other)))
    #expect(with([foreign]) == .evidence)
    #expect(with([signed(claim.amount)]) == nil)
  }

  @Test("an end that takes longer than anybody has to wait")
  func duration() {
    var (world, books) = Self.ended
    #expect(books.checkDuration(of: world, since: world.stage.now) == nil)
    world.stage.advance(milliseconds: 3_600_000)
    #expect(books.checkDuration(of: world, since: Stage.start)?.property == .progress)
    #expect(books.checkDuration(of: world, since: world.stage.now) == nil)
  }

  @Test("answers that contradict each other, and refusals that are not true")
  func answers() {
    #expect(
      finding { world in
        let statements = world.shops[0].desk.books.statements
        guard let deposit = statements.first(where: { $0.kind == .deposit }) else { return }
        world.shops[0].desk.books.statements.append(deposit)
      } == .answers)
    #expect(
      finding { world in
        let good = world.shops[0].goods.first { $0.offer.claim.mode == .catalogue }
        guard let good, let process = world.processes.first else { return }
        world.shops[0].desk.books.soldOut.append(
          ShopBooks.SoldOut(process: process, offer: good.offer.id, stock: nil, quantity: 1))
      } == .refusals)
    #expect(
      finding { world in
        guard let process = world.processes.first else { return }
        world.banks[0].desk.books.declined.append(
          BankBooks.Declined(
            process: process, purse: world.banks[0].desk.books.purses[0].id, total: 0))
      } == .refusals)
  }

  @Test("customers who were told nothing, and money promised twice")
  func customers() throws {
    #expect(finding { change(&$0, purchase: .aborted) { $0.state = .undecided } } == .progress)
    var (world, books) = Self.ended
    let number = try #require(
      world.customers.indices.first { !world.customers[$0].desk.books.purses.isEmpty })
    #expect(books.checkPurse(of: number, in: world) == nil)
    let purse = world.customers[number].desk.books.purses[0]
    world.customers[number].desk.books.purses[0].uses.append(
      CustomerBooks.Purse.Use(
        process: try #require(world.processes.first), minor: purse.limit + 1))
    #expect(books.checkPurse(of: number, in: world)?.property == .money)
  }

  @Test("goods that are held for less money than they cost, in the middle of a run")
  func holds() throws {
    let first = Self.ended.books
    var held: World?
    for seed in 1...20 as ClosedRange<UInt64> where held == nil {
      _ = Simulation.run(
        seed: seed, size: PopulationSize(customers: 4, merchants: 1, banks: 1)
      ) { world, _ in
        let isHeld = world.shops[0].desk.books.holds.contains { hold in
          hold.state == .held && !hold.amount.isZero
            && hold.coordinator == world.setting.coordinatorKey
            && world.record.coordinatorCase(hold.process)?.isDecided == false
        }
        if held == nil, isHeld, world.banks[0].cheat == nil, world.shops[0].cheat == nil {
          held = world
        }
      }
    }
    var world = try #require(held)
    #expect(first.checkHolds(in: world) == nil)
    world.banks[0].desk.rearrange { books in
      for place in books.holds.indices { books.holds[place].state = .voided }
    }
    #expect(first.checkHolds(in: world)?.property == .holds)
  }
}

extension World {
  /// Some randomness.
  fileprivate var anyEntropy: SimulationEntropy {
    get { SimulationEntropy(seed: 8) }
    set {}
  }
}
