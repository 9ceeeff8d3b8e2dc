// Shops ask by themselves what became of orders for which they hold something: made-up ones hold nothing for long,
// and nobody else's purchase is touched.

import Coordinator
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct ShopQuestionTests {
  private static let price: UInt64 = 5
  private static let decideSeconds: Int64 = 600
  private static let marginSeconds: Int64 = 5

  private let clock = SteppedClock()

  /// Chairs of red, of which there are so many.
  private func chairs(_ count: Int, in market: Market) async throws -> LockedGood {
    try await red(in: market).addStock(count, of: "chairs")
    return try await market.sell(
      Fair.contract, as: "chair.txt", by: Fair.red, for: Self.price, stock: "chairs")
  }

  /// Further offers of one chair each: each is for one sale.
  private func offers(
    _ count: Int, in market: Market, coordinators: [Thumbprint] = []
  ) async throws -> [StatementID] {
    let draft = OfferDraft(
      title: "A chair", fileName: "chair", container: nil, stock: "chairs",
      price: try Price(net: Fair.amount(Self.price), tax: Fair.amount(0)),
      payee: Fair.payee(of: Fair.red),
      accepts: [AcceptedPayment(bank: Fair.bank, method: .ecash)],
      coordinators: [market.coordinator.key] + coordinators,
      expiresAt: clock.now().adding(seconds: 3600),
      retainedUntil: clock.now().adding(seconds: 7200))
    let red = try red(in: market)
    return try await withThrowingTaskGroup(of: StatementID.self) { group in
      for _ in 0..<count {
        group.addTask { try UnverifiedStatement(try await red.publish(draft).bytes).id }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Has red hold so many chairs for as many made-up orders, which have to be decided one after another.
  private func hold(_ count: Int, in market: Market) async throws {
    let red = try red(in: market)
    try await red.addStock(count, of: "chairs")
    let orders = try await offers(count, in: market).enumerated().map { number, offer in
      try MadeUpOrder(
        over: [offer], in: market, decideBy: decideBy().adding(milliseconds: Int64(number)))
    }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for order in orders { group.addTask { try await order.isHeld(at: red) } }
      for try await isHeld in group { #expect(isHeld) }
    }
    #expect(try await level(in: market) == 0)
  }

  private func red(in market: Market) throws -> Shop { try #require(market.shop(Fair.red)) }

  private func level(in market: Market) async throws -> Int? {
    await (try red(in: market)).stockLevel(of: "chairs")
  }

  private func decideBy() -> Timestamp { clock.now().adding(seconds: Self.decideSeconds) }

  private func passTime() { clock.step(seconds: Self.decideSeconds + Self.marginSeconds + 1) }

  private func ask(
    _ market: Market, includingPostponed: Bool = false
  ) async -> [OverdueFinding.Finding] {
    await market.askAboutOverdue(withinSeconds: 60, includingPostponed: includingPostponed)
      .findings.map(\.finding)
  }

  // MARK: - Made-up orders

  @Test func aMadeUpOrderHoldsNothingForLong() async throws {
    // Somebody shows red an order of her own making over its only chair, and has no money.
    let market = try await Fair.open(clock: clock)
    let chair = try await chairs(1, in: market)
    let other = try await market.sell(
      Fair.picture, as: "other.txt", by: Fair.red, for: Self.price)
    let red = try red(in: market)
    let order = try MadeUpOrder(over: [chair, other], in: market, decideBy: decideBy())
    #expect(try await order.isHeld(at: red))
    #expect(try await level(in: market) == 0)

    // Until its time has passed, nobody asks.
    for seconds in [0, Self.decideSeconds / 2] {
      clock.step(seconds: seconds)
      #expect(await ask(market).isEmpty)
    }
    let engine = market.coordinator.engine
    await #expect {
      try await engine.state(of: order.process)
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }
    #expect(try await level(in: market) == 0)

    // Then the coordinator aborts it in public, and the chair is free.
    clock.step(seconds: Self.decideSeconds / 2 + Self.marginSeconds + 1)
    #expect(await ask(market) == [.released(1)])
    #expect(try await level(in: market) == 1)
    let logged = try #require(try await market.log.verdict(of: order.process))
    let verdict = try VerdictVerifier(market.trust).read(
      logged, of: order.process, by: market.coordinator.key)
    #expect(verdict.claim.decision == .abort(.timeout))
    #expect(await ask(market, includingPostponed: true).isEmpty)

    // Nothing is held for it any more, however it is shown again.
    _ = try await order.deposit(at: red)
    _ = try await order.deposit(at: red, step: "again")
    #expect(try await level(in: market) == 1)
    guard case .refused(.voided, .some) = try await order.deposit(1, at: red) else {
      Issue.record("its other good is not refused for good")
      return
    }

    // A customer buys the chair.
    let process = try await market.order([chair])
    #expect(try await market.conclude(process).decision.isCommit)
    try await market.expectMoneyConserved(earned: Self.price)
    #expect(await red.unlogged(atMost: 10).isEmpty, "the release is logged, too")
    try await market.close()
  }

  /// The program ends after each step of a merchant, and at every record of the coordinator's journal.
  @Test func aCrashAnywhereLeavesNothingHeld() async throws {
    let home = try await Fair.copy()
    var market = try await Market(at: home, passphraseFile: nil, clock: clock)
    let chair = try await chairs(1, in: market)
    try await market.close()

    market = try await Market(at: home, passphraseFile: nil, clock: clock)
    let order = try MadeUpOrder(over: [chair], in: market, decideBy: decideBy())
    #expect(try await order.isHeld(at: red(in: market)))
    try await market.close()

    market = try await Market(at: home, passphraseFile: nil, clock: clock)
    #expect(await ask(market).isEmpty)
    #expect(try await level(in: market) == 0)
    try await market.close()
    passTime()

    let crashes = Crashes(of: home)
    market = try await Market(
      at: home, passphraseFile: nil, clock: clock, policy: .quick, journalHook: crashes.hook)
    #expect(await ask(market) == [.released(1)])
    try await market.close()

    let images = try crashes.images()
    #expect(images.count > 2)
    for image in images {
      let comment: Comment = "\(image)"
      let again = try await Market(
        at: image.home, passphraseFile: nil, clock: clock, policy: .quick)
      #expect(try await level(in: again) == 0, comment)
      _ = await again.recover()
      #expect(await ask(again) == [.released(1)], comment)
      #expect(try await level(in: again) == 1, comment)
      let records = try await again.coordinator.engine.file(of: order.process).records
      #expect(records.filter { $0.kind == .verdict }.count == 1, comment)
      try await again.close()
    }

    market = try await Market(at: home, passphraseFile: nil, clock: clock)
    #expect(await ask(market, includingPostponed: true).isEmpty)
    #expect(try await level(in: market) == 1)
    try await market.close()
  }

  @Test func manyAreFreedInBoundedRounds() async throws {
    let market = try await Fair.open(clock: clock)
    try await hold(300, in: market)
    passTime()

    var rounds: [Int] = []
    while rounds.count < 10 {
      let report = await market.askAboutOverdue(atMost: 128, withinSeconds: 120)
      guard !report.findings.isEmpty else { break }
      #expect(report.findings.allSatisfy { $0.finding == .released(1) })
      rounds.append(report.findings.count)
      #expect(report.hasMore == (rounds.count < 3))
      #expect(try await level(in: market) == rounds.reduce(0, +))
    }
    #expect(rounds == [128, 128, 44], "who had to be decided first comes first")
    let red = try red(in: market)
    #expect(await red.overdue(atMost: 10, includingPostponed: true).isEmpty)
    try await market.close()
  }

  /// Whoever is not answered in time is found decided later.
  @Test func aRoundEndsInItsTime() async throws {
    let market = try await Fair.open(clock: clock)
    try await hold(40, in: market)
    passTime()
    let report = await market.askAboutOverdue(withinSeconds: 0)
    #expect(report.findings.count == 40)
    let released = report.findings.count { $0.finding == .released(1) }
    let unanswered = report.findings.count { found in
      if case .unanswered = found.finding { true } else { false }
    }
    // There is no time for 40 verdicts.
    #expect(unanswered > 0 && released + unanswered == 40)
    #expect(await ask(market).count == unanswered, "nobody is postponed")
    #expect(try await level(in: market) == 40)
    try await market.close()
  }

  @Test func twoWhoAskAtOnceFreeItOnce() async throws {
    let market = try await Fair.open(clock: clock)
    try await hold(2, in: market)
    passTime()
    async let one = ask(market)
    async let two = ask(market)
    let findings = await one + two
    #expect(findings.count >= 2 && findings.allSatisfy { $0 == .released(1) })
    #expect(try await level(in: market) == 2)
    #expect(
      try await market.coordinator.engine.processes(atMost: 10, onlyOpen: false).count == 2)
    // A second program does not get at the home meanwhile.
    await #expect {
      try await Market(at: market.home)
    } throws: { code(of: $0) == .inUse }
    try await market.close()
  }

  // MARK: - Purchases

  @Test func aPurchaseThatIsUnderWayIsNotDisturbed() async throws {
    let market = try await Fair.open(clock: clock)
    let gate = Gate()
    try market.replace(Fair.red) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await market.order()
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    try await eventually("blue has deposited") {
      try await engine.file(of: process).deposits.count == 1
    }
    #expect(await ask(market, includingPostponed: true).isEmpty)
    gate.open()
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    clock.step(seconds: 3600)
    #expect(await ask(market, includingPostponed: true).isEmpty, "what is sold is not asked about")
    try await market.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    try await market.close()
  }

  /// The goods are sold, and red has not been told: it learns that, and holds on to them.
  @Test func whatIsCommittedIsNotReleased() async throws {
    let market = try await Fair.open(clock: clock)
    let gate = Gate()
    try market.replace(Fair.red) { UntoldMerchant(shop: $0, gate: gate) }
    let process = try await market.order()
    let purchase = try await market.conclude(process, settlementSeconds: 0)
    #expect(purchase.decision.isCommit && !purchase.isSettled)
    clock.step(seconds: 3600)
    #expect(await ask(market) == [.committed])
    #expect(await ask(market).isEmpty, "it is left alone for a while")
    #expect(await ask(market, includingPostponed: true) == [.committed])

    // Its other orders are asked about meanwhile.
    let chair = try await chairs(1, in: market)
    let order = try MadeUpOrder(over: [chair], in: market, decideBy: decideBy())
    #expect(try await order.isHeld(at: red(in: market)))
    passTime()
    #expect(await ask(market) == [.released(1)])

    gate.open()
    try await eventually("red has settled") {
      try await market.coordinator.engine.state(of: process).hasEnded
    }
    #expect(await ask(market, includingPostponed: true).isEmpty)
    #expect(try await market.coordinator.engine.file(of: process).settlements.count == 2)
    try await market.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    try await market.close()
  }

  /// Red was not told of an abort: it finds that in the log, and no process is begun.
  @Test func anAbortThatIsInTheLogBeginsNothing() async throws {
    let market = try await Fair.open(clock: clock)
    let gate = Gate()
    try market.replace(Fair.red) { UntoldMerchant(shop: $0, gate: gate) }
    market.directory.register(customer: GoneCustomer())
    let chair = try await chairs(1, in: market)
    let process = try await market.order([chair])
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    try await eventually("the chair is held") { try await level(in: market) == 0 }
    let withdrawn = try await market.cancel(process, settlementSeconds: 0)
    #expect(withdrawn.decision == .abort(.cancelled) && !withdrawn.isSettled)
    #expect(try await level(in: market) == 0)

    clock.step(seconds: 3600)
    #expect(await ask(market) == [.released(1)])
    #expect(try await level(in: market) == 1)
    #expect(try await engine.processes(atMost: 10, onlyOpen: false) == [process])
    // The coordinator's own release gets the same answer.
    gate.open()
    try await eventually("red has answered") { try await engine.state(of: process).hasEnded }
    #expect(try await engine.file(of: process).releases.count == 1)
    #expect(try await level(in: market) == 1)
    try await market.expectMoneyConserved(earned: 0)
    try await market.close()
  }

  // MARK: - Hindrances

  @Test func aCoordinatorThatIsAwayIsAskedLater() async throws {
    let market = try await Fair.open(clock: clock)
    let home = market.home
    let chair = try await chairs(1, in: market)
    let order = try MadeUpOrder(over: [chair], in: market, decideBy: decideBy())
    #expect(try await order.isHeld(at: red(in: market)))
    passTime()
    await market.coordinator.engine.stop()
    for _ in 0..<2 {
      guard case .unanswered = try #require(await ask(market).first) else {
        Issue.record("it is answered by nobody")
        return
      }
    }
    #expect(try await level(in: market) == 0)
    try await market.close()

    let again = try await Market(at: home, passphraseFile: nil, clock: clock)
    #expect(await ask(again) == [.released(1)], "it was not the order's fault")
    #expect(try await level(in: again) == 1)
    try await again.close()
  }

  /// Another coordinator is in the trust list, and decides about some orders: it is not asked, but what it has
  /// logged counts.
  @Test func anotherCoordinatorsOrdersWaitForTheLog() async throws {
    let home = try await Fair.copy()
    let foreign = try Self.addCoordinator(to: home)
    let market = try await Market(at: home, passphraseFile: nil, clock: clock)
    let red = try red(in: market)
    try await red.addStock(2, of: "chairs")
    let offers = try await offers(2, in: market, coordinators: [foreign.issuer.key])
    let elsewhere = try MadeUpOrder(
      over: [offers[0]], in: market, decideBy: decideBy(), coordinator: foreign.issuer.key)
    #expect(try await elsewhere.isHeld(at: red))
    clock.step(seconds: 1)
    let own = try MadeUpOrder(over: [offers[1]], in: market, decideBy: decideBy())
    #expect(try await own.isHeld(at: red))
    passTime()

    let report = await market.askAboutOverdue(withinSeconds: 60)
    #expect(report.findings.map(\.finding) == [.elsewhere, .released(1)])
    #expect(report.findings.map(\.order.process) == [elsewhere.process, own.process])
    #expect(try await level(in: market) == 1)
    await #expect {
      try await market.coordinator.engine.state(of: elsewhere.process)
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }
    #expect(await ask(market).isEmpty, "it keeps none of the others back")

    var entropy = SystemEntropy()
    let verdict = foreign.sign(
      Verdict(
        process: elsewhere.process, decision: .abort(.timeout), decidedAt: clock.now(),
        evidence: SHA256.digest([])), entropy: &entropy)
    guard
      case .done = await market.log.publish(verdict, process: elsewhere.process, bundle: nil)
    else {
      Issue.record("the log does not take the other coordinator's verdict")
      return
    }
    clock.step(seconds: 3600)
    #expect(await ask(market) == [.released(1)])
    #expect(try await level(in: market) == 2)
    try await market.close()
  }

  /// Puts another coordinator into a home's trust list, beside its own.
  private static func addCoordinator(to home: HomeFolder) throws -> StatementSigner {
    var entropy = SystemEntropy()
    let signer = StatementSigner(
      party: Fair.party("other-coordinator.example"),
      key: Ed25519.PrivateKey.generate(from: &entropy))
    let url = URL(filePath: home.trust)
    let list: TrustList = try UnverifiedStatement(Bytes(Data(contentsOf: url)))
      .unverifiedClaim()
    let known = try #require(list.keys.first)
    let key = TrustedKey(
      party: signer.issuer.party, role: .coordinator,
      key: try #require(SigningKeyValue(signer.publicKey.bytes)), validFrom: known.validFrom,
      validUntil: known.validUntil)
    let identity = Age.Identity.generate(from: &entropy)
    let recipient = TrustedRecipient(
      party: signer.issuer.party, role: .coordinator,
      recipient: try #require(RecipientValue(identity.recipient.bytes)))
    let root = Fair.charter.root
    let signed = try TrustStore.sign(
      TrustList(
        madeAt: list.madeAt, keys: list.keys + [key], recipients: list.recipients + [recipient],
        witnessQuorum: list.witnessQuorum),
      with: StatementSigner(
        party: root, key: try home.keys(of: home.state(of: root)).signingKey("root")),
      entropy: &entropy)
    try Data(signed.bytes).write(to: url)
    return signer
  }
}

/// A merchant who hears of no verdict until the gate is open.
private struct UntoldMerchant: MerchantAgent {
  let shop: Shop
  let gate: Gate

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    await shop.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await gate.pass()
    return await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await gate.pass()
    return await shop.settle(request)
  }
}
