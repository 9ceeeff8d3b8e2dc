// The books of the real world see what is wrong: rows of real parties are falsified in one place at the end
// of a run, and a finding names what that breaks.

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
    let world = try await RealRuns.honest()
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
    let world = try await RealRuns.honest()
    let shop = try #require(world.presentations.firstIndex { !$0.isEmpty })
    world.presentations[shop][0].isTaken = false
    #expect(await RealBooks(of: world).check()?.property == .money)
    world.presentations[shop][0].isTaken = true
    #expect(await RealBooks(of: world).check() == nil)
  }

  @Test("transfers that no line covers, that draw twice, and credits that nobody signed")
  func draws() async throws {
    let world = try await RealRuns.honest()
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
    // Signed by the bank that draws, and the same number in the row.
    let claim: CreditLine = try #require(RealLies.claim(of: line.statement))
    let own = try RealLies(of: line.debtor).sign(claim, presentation.claim.process)
    #expect(
      await finding(at: presentation.bank, in: world) { rows in
        rows.put(
          CreditLineRow(
            id: line.id, creditor: line.creditor, debtor: line.debtor, limit: line.limit,
            validFrom: line.validFrom, validUntil: line.validUntil, statement: own))
      } == .money)
    #expect(
      await finding(at: presentation.bank, in: world) { rows in
        rows.put(
          CollectedRow(
            transfer: collected.transfer, bank: collected.bank, payment: collected.payment,
            net: collected.net, total: collected.total, statement: collected.statement,
            proof: collected.proof,
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
    let world = try await RealRuns.honest()
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
    let goods = RealRuns.goods(books)
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
    let world = try await RealRuns.honest()
    #expect(
      await finding(atShop: 0, in: world) { rows in
        rows.setStockLevel((rows.stockLevel(of: "stock") ?? 0) + 1, of: "stock")
      } == .stock)
    let books = RealBooks(of: world)
    let (shop, sold) = try #require(
      RealRuns.goods(books).first {
        $0.hold.state == .sold && RealRuns.isSingle($0.hold, in: world)
      })
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

  @Test("orders that pay something else than their prices, or the coordinator unasked")
  func prices() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let purchase = try #require(
      try await RealRuns.committed(books).map(\.purchase).first { !$0.payments.isEmpty })
    #expect(books.prices(of: purchase) == nil && books.fee(of: purchase) == nil)
    let place = try #require(
      world.buyers[purchase.buyer].purchases.firstIndex { $0.process == purchase.process })
    world.buyers[purchase.buyer].purchases[place] = purchase.changed(
      lines: purchase.lines.map { RealOrder.Line(offer: $0.offer, quantity: $0.quantity + 1) })
    let found = await RealBooks(of: world).check()
    #expect(found?.property == .money && found?.message.contains("prices") == true)
    world.buyers[purchase.buyer].purchases[place] = purchase
    let payment = purchase.payments[0]
    let part = payment.part
    let payouts = [
      Payout(payee: Payee(bank: part.bank, account: RealCharging.account), amount: part.total)
    ]
    // Twice, so that no charge allows it.
    let unasked = RealPurchase.Payment(
      part: PaymentPart(
        bank: part.bank, method: part.method, total: part.total, payouts: payouts + payouts),
      bank: payment.bank)
    #expect(books.fee(of: purchase.changed(payments: [unasked]))?.property == .money)
    #expect(await RealBooks(of: world).check() == nil)
  }

  @Test("coins that nobody paid with and nobody has, and transfers that went nowhere")
  func coins() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let committed = try await RealRuns.committed(books).map(\.purchase)
    let (purchase, payment) = try #require(
      committed.lazy.flatMap { purchase in purchase.payments.map { (purchase, $0) } }
        .first { $0.1.coins > 0 })
    let buyer = world.buyers[purchase.buyer]
    #expect(books.coins(at: payment.bank, committed) == nil)
    #expect(books.coins(at: payment.bank, [])?.property == .money)
    #expect(await books.purse(of: buyer, committed) == nil)
    #expect(await books.purse(of: buyer, [])?.property == .money)
    #expect(
      await finding(at: payment.bank, in: world) { rows in
        guard var denomination = rows.denominations().first(where: { $0.redeemed > 0 }) else {
          return
        }
        denomination.redeemed -= 1
        rows.put(denomination)
      } == .money)
    let shop = try #require(world.presentations.firstIndex { !$0.isEmpty })
    let process = world.presentations[shop][0].claim.process
    let elsewhere = try #require(committed.first { $0.process == process })
    #expect(books.presented(elsewhere) == nil)
    world.presentations[shop][0].isTaken = false
    #expect(books.presented(elsewhere)?.property == .progress)
  }

  @Test("keys, delivery requests, settlements and states that a customer or a merchant has not")
  func proofs() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let committed = try await RealRuns.committed(books)
    let decided = try #require(
      committed.first { $0.purchase.lines.contains { $0.offer.claim.container != nil } })
    let other = try #require(committed.first { $0.process != decided.process })
    let row = try await decided.purchase.wallet.purchase(decided.process)
    let bundle = try #require(try await world.log.bundle(of: decided.process))
    let foreign = try #require(try await world.log.bundle(of: other.process))
    #expect(books.keys(decided, row, bundle) == nil)
    #expect(books.keys(decided, row, nil)?.property == .evidence)
    #expect(books.keys(decided, row, foreign)?.property == .atomicity)

    #expect(books.evidence(of: decided, row) == nil && books.verdicts(on: decided, row) == nil)
    var changed = row
    changed.deliveryRequest = nil
    #expect(books.evidence(of: decided, changed)?.property == .evidence)
    for state in [PurchaseRow.State.undecided, .aborted] {
      changed = row
      changed.state = state
      #expect(books.verdicts(on: decided, changed)?.property == .verdict)
    }
    changed = row
    changed.verdict = other.logged
    #expect(books.verdicts(on: decided, changed)?.property == .verdict)

    let (shop, sold) = try #require(RealRuns.goods(books).first { $0.hold.state == .sold })
    let key = RequestKey(
      coordinator: world.setting.coordinatorKey, process: sold.key.process,
      step: try #require(StepPath(rawValue: "confirm/\(RealMarket.shopNames[shop])")))
    let settled = try #require(books.shops[shop].reply(to: key))
    #expect(
      await finding(atShop: shop, in: world) { rows in
        rows.put(
          ReplyRow(
            request: key, body: settled.body,
            reply: FinalReply.refused(.conflict, nil).bytes))
      } == .evidence)
  }

  @Test("receipts of nothing, of another purchase, and that name somebody else than the cheat")
  func receipts() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let committed = try await RealRuns.committed(books)
    let receipt = try #require(await books.receipt(of: committed[0]))
    #expect(books.verify(receipt, of: committed[0]) == nil)
    #expect(books.verify(nil, of: committed[0])?.property == .evidence)
    #expect(books.verify(receipt, of: committed[1])?.property == .evidence)

    let (cheated, purchase) = try await RealRuns.broken(by: .keepsMore)
    let named = RealBooks(of: cheated)
    let decided = try #require(
      try await RealRuns.committed(named).first { $0.process == purchase.process })
    let proof = await named.receipt(of: decided)
    #expect(named.verify(proof, of: decided) == nil)
    for payment in purchase.payments {
      cheated.bankConducts[payment.bank] = RealConduct(nil, entropy: SimulationEntropy(seed: 1))
    }
    #expect(named.verify(proof, of: decided)?.property == .evidence)
  }

  @Test("a bank that does not post holds what it should have posted, and nothing else")
  func brokenPromise() async throws {
    let (world, purchase) = try await RealRuns.broken(by: .breaksPromises)
    let books = RealBooks(of: world)
    #expect(await books.check() == nil)
    let payment = try #require(
      purchase.payments.first { world.isBroken($0, of: purchase) })
    let hold = try #require(books.hold(of: payment, purchase.process))
    for state in [HoldRow.State.posted, .voided] {
      #expect(
        await finding(at: payment.bank, in: world) { rows in
          var changed = hold
          changed.state = state
          rows.put(changed)
        } == .atomicity)
    }
    let shop = LedgerAccount.holder(payment.part.payouts[0].payee.account)
    #expect(
      await finding(at: payment.bank, in: world) {
        Self.post([(.held(payment.part.method), -1), (shop, 1)], in: &$0)
      } == .money)
    #expect(
      await finding(at: payment.bank, in: world) { rows in
        guard var denomination = rows.denominations().first else { return }
        denomination.reserved += 1
        rows.put(denomination)
      } == .money)
    // Its merchant has not sold, and not given up either.
    let (number, held) = try #require(
      RealRuns.goods(books).first {
        $0.hold.key.process == purchase.process && $0.hold.state == .held
      })
    let found = await finding(atShop: number, in: world) { rows in
      var changed = held
      changed.state = .released
      rows.put(changed)
    }
    #expect(found == (held.stock == nil ? .atomicity : .stock))
  }
}
