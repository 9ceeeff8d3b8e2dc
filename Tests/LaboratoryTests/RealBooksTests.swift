// The books of the real world see what is wrong: rows of real parties are falsified in one place at the end of a run, and
// a finding names what that breaks.

import Coordinator
import ECash
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@testable import Laboratory

@Suite("Books of the real world", .onOneThread)
struct RealBooksTests {
  /// The end of a run in which nobody cheats, money went to an account at another bank, and goods of a stock were sold
  /// and released.
  private static func ended() async throws -> RealWorld {
    let seed = try await usable.value
    return try await RealSimulation.ended(seed: seed).world
  }

  /// The first such seed, searched for once. What comes before it is no such run.
  private static let usable = Task {
    for seed in 11...400 as ClosedRange<UInt64> {
      let (report, world) = try await RealSimulation.ended(seed: seed)
      if report.violation == nil, isUsable(world) { return seed }
    }
    throw NoRun()
  }

  private static func isUsable(_ world: RealWorld) -> Bool {
    let goods = goods(RealBooks(of: world))
    return world.bankConducts.allSatisfy { $0.cheat == nil }
      && world.shopConducts.allSatisfy { $0.cheat == nil }
      && world.buyers.allSatisfy { $0.cheat == nil }
      && world.presentations.contains { !$0.isEmpty } && !world.settlements.isEmpty
      && goods.contains { $0.hold.state == .released && $0.hold.stock == nil }
      && goods.contains { $0.hold.state == .sold && isSingle($0.hold, in: world) }
  }

  /// All that merchants held.
  private static func goods(_ books: RealBooks) -> [(shop: Int, hold: ShopHoldRow)] {
    books.shops.indices.flatMap { shop in
      books.purchases.flatMap { books.holds(of: $0.process, at: shop) }.map { (shop, $0) }
    }
  }

  private static func isSingle(_ hold: ShopHoldRow, in world: RealWorld) -> Bool {
    world.market.offers.contains { $0.contains { $0.id == hold.key.offer && $0.isSingle } }
  }

  private struct NoRun: Error {}

  /// What the books find when a bank's rows are changed so. They are put back.
  private func finding(
    at bank: Int, in world: RealWorld, _ change: @escaping @Sendable (inout any BankRows) -> Void
  ) async -> Property? {
    let store = world.banks[bank].store
    nonisolated(unsafe) let rows = store.snapshot()
    await store.transact(change)
    let found = await RealBooks(of: world).check()
    await store.transact { $0 = rows }
    return found?.property
  }

  /// The same for a merchant's.
  private func finding(
    atShop shop: Int, in world: RealWorld,
    _ change: @escaping @Sendable (inout any ShopRows) -> Void
  ) async -> Property? {
    let store = world.shopStores[shop]
    nonisolated(unsafe) let rows = store.snapshot()
    await store.transact(change)
    let found = await RealBooks(of: world).check()
    await store.transact { $0 = rows }
    return found?.property
  }

  private static func post(_ lines: [(LedgerAccount, Int64)], in rows: inout any BankRows) {
    try? Ledger.post(
      .funding, reference: SHA256.digest([7]), at: Stage.start,
      lines: lines.map { LedgerBalance(account: $0.0, minor: $0.1) }, in: &rows)
  }

  @Test("money that appears, or stands on another account than it should")
  func money() async throws {
    let world = try await Self.ended()
    #expect(await RealBooks(of: world).check() == nil)
    let shop = LedgerAccount.holder(RealMarket.account(RealMarket.shopNames[0]))
    let customers = (0..<2).map { LedgerAccount.holder(RealMarket.customerAccount($0)) }
    let other = LedgerAccount.correspondent(RealMarket.bankNames[1])
    // Nothing was posted.
    #expect(
      await finding(at: 0, in: world) { rows in
        rows.setBalance(rows.balance(of: shop) + 1, of: shop)
        rows.setBalance(rows.balance(of: .clearing) - 1, of: .clearing)
      } == .money)
    // Posted in order, and from the wrong account.
    for (one, another) in [
      (customers[0], customers[1]), (customers[0], shop), (customers[0], .fees),
      (customers[0], other), (customers[0], .clearing),
      (.card(world.market.banks[0].cards[0].id), shop),
    ] {
      #expect(
        await finding(at: 0, in: world) { Self.post([(one, -1), (another, 1)], in: &$0) }
          == .money, "\(one) to \(another)")
    }
    #expect(
      await finding(at: 0, in: world) { rows in
        guard var denomination = rows.denominations().first else { return }
        denomination.reserved += 1
        rows.put(denomination)
      } == .money)
    #expect(
      await finding(at: 0, in: world) { rows in
        guard var other = rows.correspondents().first else { return }
        other.promised += 1
        rows.put(other)
      } == .money)
  }

  @Test("a transfer that was not credited at the payee's bank")
  func clearing() async throws {
    let world = try await Self.ended()
    let shop = try #require(world.presentations.firstIndex { !$0.isEmpty })
    world.presentations[shop][0].isTaken = false
    #expect(await RealBooks(of: world).check()?.property == .money)
    world.presentations[shop][0].isTaken = true
    #expect(await RealBooks(of: world).check() == nil)
  }

  @Test("transfers that no line covers, that draw twice, and credits that nobody signed")
  func draws() async throws {
    let world = try await Self.ended()
    let shop = try #require(world.presentations.firstIndex { !$0.isEmpty })
    let presentation = world.presentations[shop][0]
    let draw = try #require(presentation.claim.draw)
    let collected = try #require(
      RealBooks(of: world).banks[presentation.bank].collected(
        from: presentation.from, above: draw.total - 1, upTo: draw.total
      ).first)
    let line = try #require(RealBooks(of: world).banks[presentation.bank].creditLine(draw.line))
    func changed(limit: UInt64, debtor: PartyName) -> CreditLineRow {
      CreditLineRow(
        id: line.id, creditor: line.creditor, debtor: debtor, limit: limit,
        validFrom: line.validFrom, validUntil: line.validUntil, statement: line.statement)
    }
    for row in [
      changed(limit: draw.total - 1, debtor: line.debtor),
      changed(limit: line.limit, debtor: line.creditor),
    ] {
      #expect(await finding(at: presentation.bank, in: world) { $0.put(row) } == .money)
    }
    #expect(
      await finding(at: presentation.bank, in: world) { rows in
        rows.put(
          CollectedRow(
            transfer: collected.transfer, bank: collected.bank, payment: collected.payment,
            net: collected.net, total: collected.total, statement: collected.statement, proof: collected.proof,
            credit: Signed(Bytes("none".utf8))))
      } == .evidence)
    // Another payment that has drawn the same.

    let twice = RealPresentation(
      transfer: presentation.transfer,
      claim: Transfer(
        process: SHA256.digest([9]).renamed(), verdict: presentation.claim.verdict,
        payee: presentation.claim.payee, amount: presentation.claim.amount,
        fee: presentation.claim.fee, draw: draw), from: presentation.from,
      bank: presentation.bank, presentsAt: presentation.presentsAt)
    world.presentations[shop].append(twice)
    #expect(RealBooks(of: world).draws()?.property == .money)
    world.presentations[shop].removeLast()
    #expect(RealBooks(of: world).draws() == nil)
  }

  @Test("holds that did not end as was decided, and verdicts that nobody has")
  func holds() async throws {
    let world = try await Self.ended()
    let books = RealBooks(of: world)
    let coordinator = world.setting.coordinatorKey
    let ended = books.purchases.compactMap { purchase in
      purchase.payments.first.flatMap { payment in
        books.hold(of: payment, purchase.process).map { (payment.bank, $0) }
      }
    }
    let (bank, posted) = try #require(ended.first { $0.1.state == .posted })
    #expect(
      await finding(at: bank, in: world) { rows in
        var hold = posted
        hold.state = .voided
        rows.put(hold)
      } == .atomicity)
    #expect(
      await finding(at: bank, in: world) { rows in
        var hold = posted
        hold.verdict = nil
        rows.put(hold)
      } == .evidence)
    #expect(
      await finding(at: bank, in: world) { rows in
        var hold = posted
        hold.reply = nil
        rows.put(hold)
      } == .evidence)
    let other: StatementID = SHA256.digest([9]).renamed()
    #expect(
      await finding(at: bank, in: world) { rows in
        var hold = posted
        hold.verdictID = other
        rows.put(hold)
      } == .verdict)
    let goods = Self.goods(books)
    let (shop, released) = try #require(
      goods.first { $0.hold.state == .released && $0.hold.stock == nil })
    #expect(
      await finding(atShop: shop, in: world) { rows in
        var hold = released
        hold.state = .held
        rows.put(hold)
      } == .atomicity)
    let (seller, sold) = try #require(goods.first { $0.hold.state == .sold })
    #expect(
      await finding(atShop: seller, in: world) { rows in
        rows.put(
          ShopVerdictRow(
            coordinator: coordinator, process: sold.key.process, verdict: other, isCommit: true))
      } == .verdict)
  }

  @Test("stock that is lost, and single pieces that were sold twice")
  func stock() async throws {
    let world = try await Self.ended()
    #expect(
      await finding(atShop: 0, in: world) { rows in
        rows.setStockLevel((rows.stockLevel(of: "stock") ?? 0) + 1, of: "stock")
      } == .stock)
    let books = RealBooks(of: world)
    let (shop, sold) = try #require(
      Self.goods(books).first { $0.hold.state == .sold && Self.isSingle($0.hold, in: world) })
    let another = try #require(
      books.purchases.first { $0.process != sold.key.process })
    #expect(
      await finding(atShop: shop, in: world) { rows in
        rows.put(
          ShopHoldRow(
            key: ShopHoldKey(
              coordinator: sold.key.coordinator, process: another.process,
              offer: sold.key.offer),
            step: sold.step, stock: nil, quantity: 1, amount: sold.amount, payee: sold.payee,
            decideBy: sold.decideBy, state: .sold))
      } == .stock)
  }

  @Test("refusals of honest parties for which there is no ground, each by itself")
  func refusals() async throws {
    let world = try await Self.ended()
    let books = RealBooks(of: world)
    let decided = try await books.purchases.asyncFilter { purchase in
      let logged = try await world.log.verdict(of: purchase.process)
      return logged.flatMap { books.read($0, of: purchase.process) }?.claim.decision.isCommit
        == true
    }
    // Under today's tariff, and into accounts of its own.
    let (purchase, payment) = try #require(
      decided.lazy.flatMap { purchase in purchase.payments.map { (purchase, $0) } }
        .first { _, payment in
          payment.part.transferFee == world.keyset(of: payment.bank).keyset.fees.perTransfer
            && payment.part.payouts.allSatisfy { $0.payee.bank == payment.part.bank }
        })
    let bank = payment.part.bank
    let reserve = ParticipantRequest.reserve(
      ReserveRequest(
        id: RequestID(
          process: purchase.process,
          step: try #require(StepPath(rawValue: "reserve/\(bank)"))),
        order: purchase.submission.order, part: purchase.submission.parts[0],
        instrument: purchase.submission.instruments[0]), bank: bank)
    func found(
      _ reply: ParticipantReply, to request: ParticipantRequest, by party: Party
    ) async -> Property? {
      await books.falseAnswer(reply, to: request, by: party, at: Stage.start)?.property
    }
    for reason in FalseRefusal.reasonsOfBanks {
      #expect(
        await found(.reserved(.refused(reason, nil)), to: reserve, by: .bank(payment.bank))
          == .refusals, "\(reason.rawValue)")
    }
    #expect(
      await found(.reserved(.held(until: Stage.start)), to: reserve, by: .bank(payment.bank))
        == .refusals)
    #expect(
      await found(.reserved(.unknown("")), to: reserve, by: .bank(payment.bank)) == .answers)
    // What is true is no finding.
    #expect(
      await books.falseAnswer(
        .reserved(.refused(.tooLate, nil)), to: reserve, by: .bank(payment.bank),
        at: purchase.order.decideBy) == nil)

    let line = purchase.lines[0]
    let shop = try #require(
      RealMarket.shopNames.firstIndex {
        RealMarket.account($0) == line.offer.claim.payee.account
      })
    let name = RealMarket.shopNames[shop]
    let deposit = ParticipantRequest.deposit(
      DepositRequest(
        id: RequestID(
          process: purchase.process,
          step: try #require(StepPath(rawValue: "deposit/\(line.offer.id)"))),
        order: purchase.submission.order, part: purchase.submission.parts[0]), merchant: name)
    // Too late it would be, after the commit.
    for reason in FalseRefusal.reasonsOfMerchants where reason != .tooLate {
      #expect(
        await found(.deposited(.refused(reason, nil)), to: deposit, by: .shop(shop)) == .refusals,
        "\(reason.rawValue)")
    }
    #expect(
      await found(.deposited(.held(until: Stage.start)), to: deposit, by: .shop(shop))
        == .refusals)
    let verdict = try #require(try await world.log.verdict(of: purchase.process))
    let notice = VerdictRequest(
      id: RequestID(
        process: purchase.process, step: try #require(StepPath(rawValue: "post/\(bank)"))),
      verdict: verdict)
    #expect(
      await found(
        .transferred(.refused(.conflict, nil)), to: .post(notice, bank: bank),
        by: .bank(payment.bank)) == .refusals)
    #expect(
      await found(
        .settled(.refused(.amountMismatch, nil)),
        to: .settle(
          SettleRequest(id: notice.id, verdict: verdict, transfers: []), merchant: name),
        by: .shop(shop)) == .refusals)
  }
}

extension Array {
  fileprivate func asyncFilter(
    _ isIncluded: (Element) async throws -> Bool
  ) async rethrows -> [Element] {
    var kept: [Element] = []
    for element in self where try await isIncluded(element) { kept.append(element) }
    return kept
  }
}
