// Tells the stories: one order over all goods, and what became of it.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import StoreSQLite

/// Tells stories on one stage.
struct Storyteller {
  let stage: DemoStage
  /// How many goods, and how many statements of a receipt, are told of one by one.
  private static let shownGoods = 2
  private static let shownStatements = 8

  /// Called with each line of the story.
  let say: (String) -> Void

  /// Tells a story from sealing to receipt.
  func tell(_ scenario: Scenario, prefix: String = "") async throws -> StoryReport {
    switch scenario {
    case .doubleSpend: return try await tellDoubleSpend()
    case .lastItem: return try await tellLastItem()
    case .twoBanks: return try await tellTwoBanks()
    case .coordinatorFee: return try await tellCoordinatorFee()
    case .crash: return try await CrashStory(stage: stage, say: say).tell()
    default: break
    }
    let market = try await stage.openMarket()
    let goods = try await stage.seal(
      in: market, prefix: prefix, holdLimitSeconds: scenario == .timeout ? 1 : 300,
      deliveryLimitSeconds: scenario == .customerGone ? 1 : 60)
    if prefix.isEmpty { describe(goods) }
    try cast(scenario, in: market)
    let before = try await stage.balances(in: market)
    let process = try await order(
      goods, in: market, decideWithinSeconds: scenario == .silent ? 2 : nil)
    let concluded = try await market.conclude(process)
    let report = try await self.report(
      concluded, scenario, goods: goods, before: before, in: market)
    try await market.close()
    return report
  }

  // MARK: - Parts of a story

  func describe(_ goods: [StagedGood]) {
    say("Two merchants seal their goods and sign offers:")
    var table = TextTable()
    for (number, good) in goods.prefix(Self.shownGoods).enumerated() {
      let price = (try? DemoCast.price(of: number).gross.minor) ?? 0
      table.add(
        good.merchant.text, good.locked.name, DemoCast.euros(price),
        "locked/\(good.locked.name).age")
    }
    table.lines(indent: 4).forEach(say)
    if goods.count > Self.shownGoods { say("    … and \(goods.count - Self.shownGoods) more") }
  }

  /// Puts those in place who will not keep their word.
  private func cast(_ scenario: Scenario, in market: Market) throws {
    guard let shop = market.shop(DemoCast.unreliable) else { return }
    switch scenario {
    case .silent:
      market.directory.register(merchant: SilentMerchant(shop: shop), as: shop.name)
    case .timeout:
      market.directory.register(
        merchant: DelayedMerchant(shop: shop) { try? await Task.sleep(for: .seconds(2)) },
        as: shop.name)
    case .wrongKey:
      let keys = try stage.keys(of: shop.name)
      market.directory.register(
        merchant: CheatingMerchant(
          shop: shop,
          signer: StatementSigner(party: shop.name, key: try keys.signingKey("statements")),
          trust: market.trust, coordinator: market.coordinator.name),
        as: shop.name)
    case .customerGone:
      market.directory.register(customer: AbsentCustomer(customer: market.customer))
    case .commit, .doubleSpend, .lastItem, .twoBanks, .coordinatorFee, .crash: break
    }
  }

  func order(
    _ goods: [StagedGood], in market: Market, by customer: Customer? = nil,
    decideWithinSeconds: Int64? = nil
  ) async throws -> ProcessID {
    let selections = try goods.map { Selection(try market.inspect($0.locked)) }
    let customer = customer ?? market.customer
    let plan = try await customer.plan(
      selections, coordinator: market.coordinator.key, template: market.coordinator.template,
      decideWithinSeconds: decideWithinSeconds, under: try await market.keysets(),
      charged: try market.terms(), preferring: market.bank.name)
    return try await customer.place(plan)
  }

  func report(
    _ concluded: ConcludedPurchase, _ scenario: Scenario, goods: [StagedGood],
    before: [String: UInt64], in market: Market, of buyer: Customer? = nil,
    and bob: Customer? = nil
  ) async throws -> StoryReport {
    let receiptPath =
      concluded.decision.isCommit
      ? stage.home.receipt : "\(stage.home.path)/\(scenario.rawValue).receipt"
    try PrivateFile.write(concluded.receipt.bytes, to: receiptPath)
    let bought =
      concluded.decision.isCommit ? try await market.open(concluded.process, for: buyer) : []
    let after = try await stage.balances(in: market, and: bob)
    let reason: String? =
      if case .abort(let reason) = concluded.decision { reason.rawValue } else { nil }
    var report = StoryReport(
      process: concluded.process.hex, scenario: scenario,
      verdict: concluded.decision.isCommit ? "commit" : "abort", reason: reason,
      goods: try goods.map { try describe($0, bought: bought) },
      balances: StoryReport.Balances(before: before, after: after),
      currency: DemoCast.currency.code, receipts: receiptPath,
      receiptsVerified: concluded.report.answer == .proven,
      statements: concluded.receipt.statementCounts)
    report.atFault = concluded.report.atFault.map(\.text)
    tellEnd(of: concluded, report)
    return report
  }

  private func describe(
    _ good: StagedGood, bought: [BoughtGood]
  ) throws -> StoryReport.Good {
    let sealed = try Self.digest(of: good.source)
    let opened = bought.first { $0.offer == good.locked.id }?.good?.path
    let found = try opened.map { try Self.digest(of: URL(filePath: $0)) }
    return StoryReport.Good(
      offer: good.locked.id.hex, merchant: good.merchant.text, file: good.locked.name,
      sha256: (found ?? sealed).hex, opened: found != nil, identical: found == sealed)
  }

  private func tellEnd(of concluded: ConcludedPurchase, _ report: StoryReport) {
    say("One order over all of them, all or nothing: process \(report.process.prefix(12))…")
    var table = TextTable()
    for entry in concluded.receipt.entries {
      guard let statement = try? UnverifiedStatement(entry.statement),
        let words = Self.words(for: statement, about: report.goods)
      else { continue }
      table.add(statement.kind.rawValue, statement.issuer.party.text, words)
    }
    table.keepFirst(Self.shownStatements)
    for party in report.atFault { table.add("at fault", party, "by its own signature") }
    table.lines(indent: 4).forEach(say)
    let end =
      report.goods.allSatisfy { $0.opened }
      ? (report.goods.allSatisfy { $0.identical } ? "open, identical" : "open, DIFFERENT")
      : "stay locked"
    let names = report.goods.prefix(Self.shownGoods).map(\.file).joined(separator: ", ")
    let more = report.goods.count - Self.shownGoods
    say("    \(names)\(more > 0 ? " and \(more) more" : "") \(end)")
  }

  /// What a statement of the receipt says, in a few words; `nil` for those that everybody expects.
  private static func words(
    for statement: UnverifiedStatement, about goods: [StoryReport.Good]
  ) -> String? {
    switch statement.kind {
    case .reservation:
      (try? statement.unverifiedClaim(as: Reservation.self)).map { DemoCast.euros($0.total.minor) }
    case .terms:
      (try? statement.unverifiedClaim(as: Terms.self)).map { terms in
        terms.charges.map { "charges \(DemoCast.euros($0.amount.minor))" }.joined()
      }
    case .acceptance:
      (try? statement.unverifiedClaim(as: Acceptance.self)).map { acceptance in
        let good = goods.first { $0.offer == acceptance.offer.hex }
        return "the deposited key opens \(good?.file ?? "what was offered")"
      }
    case .deliveryRequest: "asks for the keys"
    case .refusal:
      (try? statement.unverifiedClaim(as: Refusal.self)).map(\.reason.rawValue)
    case .verdict:
      (try? statement.unverifiedClaim(as: Verdict.self)).map { verdict in
        switch verdict.decision {
        case .commit: "commit, with the sealed keys"
        case .abort(let reason): "abort: \(reason.rawValue)"
        }
      }
    case .transfer:
      (try? statement.unverifiedClaim(as: Transfer.self)).map {
        "\(DemoCast.euros($0.amount.minor)) to \($0.payee.account)"
      }
    case .void: "coins free again"
    case .release: "good free again"
    case .doubleSpend: "proof that the coins were spent before"
    default: nil
    }
  }

  static func digest(of file: URL) throws -> Digest {
    let handle = try FileHandle(forReadingFrom: file)
    var hasher = SHA256.Hasher()
    while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
      hasher.update(Bytes(part))
    }
    return hasher.finalize()
  }

  // MARK: - Double spending

  /// A copy of the wallet spends the same coins: it waits while the first order is undecided, and is
  /// refused with a proof once that is committed.
  private func tellDoubleSpend() async throws -> StoryReport {
    let copy = "\(stage.home.path)/state/copied-wallet"
    try FileManager.default.copyItem(atPath: stage.home.wallet, toPath: copy)
    let market = try await stage.openMarket()
    let first = try await stage.seal(in: market)
    let second = try await stage.seal(in: market, prefix: "again-")
    describe(first)
    let before = try await stage.balances(in: market)
    let folder = try PartyFolder(at: copy, passphraseFile: stage.passphraseFile)
    let thief = Customer(
      wallet: try await Wallet(
        store: try SQLiteStore.wallet(in: folder.state), atRest: try folder.atRestKey(),
        trust: market.trust, verdicts: VerdictVerifier(market.trust), clock: SystemWallClock()),
      trust: market.trust, verdicts: VerdictVerifier(market.trust), clock: SystemWallClock())

    let (asked, gate) = (Gate(), Gate())
    guard let shop = market.shop(DemoCast.unreliable) else {
      throw Failure(.notChecked, "the market has no \(DemoCast.unreliable)")
    }
    market.directory.register(
      merchant: DelayedMerchant(shop: shop) {
        await asked.open()
        await gate.wait()
      }, as: shop.name)
    let honest = try await order(first, in: market)
    async let concluded = market.conclude(honest)
    try await wait(for: asked)
    market.directory.register(merchant: shop, as: shop.name)

    // The copy does not know of the first order, except that its one-time keys were used.
    _ = await thief.wallet.nextOrderNumber()
    let stolen = try await order(second, in: market, by: thief)
    market.directory.register(customer: thief, of: stolen)
    async let refused = market.conclude(stolen, for: thief)
    try await Task.sleep(for: .seconds(1))
    let waited = try await market.coordinator.engine.status(of: stolen).state.isCommitted == nil
    await gate.open()

    let firstEnd = try await concluded
    let secondEnd = try await refused
    say("A copy of the wallet spends the same coins in a second order.")
    say(waited ? "    It waits: the first order is undecided." : "    It did not wait.")
    _ = try await report(firstEnd, .commit, goods: first, before: before, in: market)
    var report = try await report(
      secondEnd, .doubleSpend, goods: second, before: before, in: market)
    report.waited = waited
    report.doubleSpendProven = secondEnd.doubleSpend != nil
    say(
      "    The refusal comes with a proof that \(secondEnd.doubleSpend == nil ? "is missing" : "verifies")."
    )
    try await market.close()
    return report
  }

  /// The coins are held by then, because money comes before keys.
  private func wait(for asked: Gate) async throws {
    for _ in 0..<400 {
      if await asked.isOpen { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Failure(.no, "the merchant of the first order was not asked in time")
  }
}

extension Receipt {
  /// How many statements of each kind it holds.
  var statementCounts: [String: Int] {
    entries.reduce(into: [:]) { counts, entry in
      if let kind = try? UnverifiedStatement(entry.statement).kind {
        counts[kind.rawValue, default: 0] += 1
      }
    }
  }
}
