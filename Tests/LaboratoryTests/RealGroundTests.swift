// What honest parties of the real world may not refuse, and whom they may not let wait: an answer is made
// up at the end of a run, and the books say whether it had a ground.

import Coordinator
import ECash
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@testable import Laboratory

@Suite("Grounds of refusals in the real world", .onOneThread)
struct RealGroundTests {
  // MARK: - Answers

  private func found(
    _ reply: ParticipantReply, to request: ParticipantRequest, by party: Party,
    in world: RealWorld, at time: Timestamp = Stage.start
  ) async -> Property? {
    await RealBooks(of: world).falseAnswer(reply, to: request, by: party, at: time)?.property
  }

  private func reserve(
    _ purchase: RealPurchase, at bank: Int
  ) throws -> ParticipantRequest {
    let name = RealMarket.bankNames[bank]
    return .reserve(
      ReserveRequest(
        id: RequestID(
          process: purchase.process, step: try #require(StepPath(rawValue: "reserve/\(name)"))),
        order: purchase.submission.order, part: purchase.submission.parts[0],
        instrument: purchase.submission.instruments[0]), bank: name)
  }

  private func deposit(
    _ line: RealOrder.Line, of purchase: RealPurchase, at shop: Int
  ) throws -> ParticipantRequest {
    .deposit(
      DepositRequest(
        id: RequestID(
          process: purchase.process,
          step: try #require(StepPath(rawValue: "deposit/\(line.offer.id)"))),
        order: purchase.submission.order, part: purchase.submission.parts[0]),
      merchant: RealMarket.shopNames[shop])
  }

  /// How a bank answers an order that its customer might have made besides.
  private func held(
    _ payment: RealPurchase.Payment, like purchase: RealPurchase, in world: RealWorld
  ) async throws -> Property? {
    try await answered(.reserved(.held(until: Stage.start)), payment, like: purchase, in: world)
  }

  private func answered(
    _ reply: ParticipantReply, _ payment: RealPurchase.Payment, like purchase: RealPurchase,
    in world: RealWorld
  ) async throws -> Property? {
    let other = purchase.changed(process: Self.other, payments: [payment])
    world.buyers[purchase.buyer].purchases.append(other)
    defer { world.buyers[purchase.buyer].purchases.removeLast() }
    return await found(
      reply, to: try reserve(other, at: payment.bank), by: .bank(payment.bank), in: world)
  }

  private static let other: ProcessID = SHA256.digest([8]).renamed()

  private func refused(
    _ reason: RefusalReason, at bank: Int, in world: RealWorld
  ) throws -> ParticipantReply {
    let step = try #require(StepPath(rawValue: "reserve/\(RealMarket.bankNames[bank])"))
    return .reserved(
      .refused(
        reason,
        world.bankLies[bank].refusal(RequestID(process: Self.other, step: step), reason)))
  }

  /// What is found while a hold is undecided again.
  private func whileReserved(
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, in world: RealWorld,
    _ body: () async throws -> Property?
  ) async throws -> Property? {
    let store = world.banks[payment.bank].store
    nonisolated(unsafe) let rows = store.snapshot()
    let process = purchase.process
    await store.transact { rows in
      guard var hold = rows.hold(of: process) else { return }
      hold.state = .reserved
      rows.put(hold)
    }
    let found = try await body()
    await store.transact { $0 = rows }
    return found
  }

  /// A posted payment of which that is so.
  private func posted(
    in world: RealWorld, where isMeant: (RealPurchase.Payment) -> Bool
  ) async throws -> (RealPurchase, RealPurchase.Payment) {
    try #require(
      try await RealRuns.committed(RealBooks(of: world)).map(\.purchase).lazy
        .flatMap { purchase in purchase.payments.map { (purchase, $0) } }
        .first { isMeant($0.1) })
  }

  // MARK: - Reasons

  @Test("every reason that has a name is given for no reason")
  func reasons() throws {
    var root = URL(filePath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let source = try String(
      contentsOf: root.appending(path: "Sources/PaymentModel/Claims/MerchantClaims.swift"),
      encoding: .utf8)
    let named = source.matches(of: /= RefusalReason\("([a-z-]+)"\)/).compactMap {
      RefusalReason(rawValue: String($0.1))
    }
    #expect(named.count >= 16)
    #expect(Set(named) == Set(FalseRefusal.reasonsOfBanks + [.soldOut]))
    // Money is no merchant's business.
    #expect(
      Set(named)
        == Set(
          FalseRefusal.reasonsOfMerchants + [
            .doubleSpend, .feeMismatch, .payeeUnknown, .noClearing, .clearingLimit,
            .amountMismatch, .denominationRefused, .methodRefused, .declined,
          ]))
  }

  @Test("refusals of honest parties for which there is no ground, each by itself")
  func refusals() async throws {
    let world = try await RealRuns.honest()
    // Under today's tariff, and into accounts of its own.
    let (purchase, payment) = try await posted(in: world) { payment in
      payment.part.transferFee == world.keyset(of: payment.bank).keyset.fees.perTransfer
        && payment.part.payouts.allSatisfy { $0.payee.bank == payment.part.bank }
    }
    let bank = payment.bank
    let asked = try reserve(purchase, at: bank)
    let id = try #require(asked.id)
    for reason in FalseRefusal.reasonsOfBanks {
      for signed in [nil, world.bankLies[bank].refusal(id, reason)] {
        #expect(
          await found(
            .reserved(.refused(reason, signed)), to: asked, by: .bank(bank), in: world)
            == .refusals, "\(reason.rawValue)")
      }
    }
    #expect(
      await found(.reserved(.held(until: Stage.start)), to: asked, by: .bank(bank), in: world)
        == .refusals)
    #expect(
      await found(.reserved(.unknown("")), to: asked, by: .bank(bank), in: world) == .answers)

    let line = purchase.lines[0]
    let shop = try #require(
      RealMarket.shopNames.firstIndex {
        RealMarket.account($0) == line.offer.claim.payee.account
      })
    let deposit = try deposit(line, of: purchase, at: shop)
    let step = try #require(deposit.id)
    // Too late it would be, after the commit.
    for reason in FalseRefusal.reasonsOfMerchants where reason != .tooLate {
      for signed in [nil, world.shopLies[shop].refusal(step, reason)] {
        #expect(
          await found(
            .deposited(.refused(reason, signed)), to: deposit, by: .shop(shop), in: world)
            == .refusals, "\(reason.rawValue)")
      }
    }
    #expect(
      await found(.deposited(.held(until: Stage.start)), to: deposit, by: .shop(shop), in: world)
        == .refusals)
  }

  @Test("a refusal that has a ground is signed, by whom it was asked of, for what it was asked")
  func signatures() async throws {
    let world = try await RealRuns.honest()
    let (purchase, payment) = try await posted(in: world) { _ in true }
    let bank = payment.bank
    let asked = try reserve(purchase, at: bank)
    let id = try #require(asked.id)
    let late = purchase.order.decideBy
    let another = RequestID(process: Self.other, step: id.step)
    let lies = world.bankLies
    let wrong: [Signed<Refusal>?] = [
      nil, lies[bank].refusal(another, .tooLate), lies[bank].refusal(id, .voided),
      lies[(bank + 1) % lies.count].refusal(id, .tooLate),
    ]
    for signed in wrong {
      #expect(
        await found(
          .reserved(.refused(.tooLate, signed)), to: asked, by: .bank(bank), in: world, at: late)
          == .refusals)
    }
    #expect(
      await found(
        .reserved(.refused(.tooLate, lies[bank].refusal(id, .tooLate))), to: asked,
        by: .bank(bank), in: world, at: late) == nil)
  }

  // MARK: - Waiting

  @Test("nobody waits for goods that are sold")
  func stock() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let pieces = try #require(RealOffer.stocks.first { $0.name == "stock" }).pieces
    let goods = RealRuns.goods(books)
    let sold = world.shopStores.indices.map { shop in
      goods.filter { $0.shop == shop && $0.hold.stock == "stock" && $0.hold.state == .sold }
        .reduce(0) { $0 + $1.hold.quantity }
    }
    let shop = try #require(sold.firstIndex { $0 < pieces })
    let offer = try #require(world.market.offers[shop].first { $0.claim.stock == "stock" })
    let line = RealOrder.Line(offer: offer, quantity: 1)
    let holder = try #require(
      books.purchases.first { books.holds(of: $0.process, at: shop).isEmpty })
    let asking = holder.changed(process: Self.other, lines: [line])
    world.buyers[holder.buyer].purchases.append(asking)
    let deposit = try deposit(line, of: asking, at: shop)
    let soldOut = ParticipantReply.deposited(
      .refused(.soldOut, world.shopLies[shop].refusal(try #require(deposit.id), .soldOut)))
    let held = ParticipantReply.deposited(.held(until: Stage.start))
    let store = world.shopStores[shop]
    for (state, mayWait) in [(ShopHoldRow.State.sold, false), (.held, true)] {
      let row = ShopHoldRow(
        key: ShopHoldKey(
          coordinator: world.setting.coordinatorKey, process: holder.process, offer: offer.id),
        step: try #require(StepPath(rawValue: "deposit/\(offer.id)")), stock: "stock",
        quantity: pieces - sold[shop], amount: offer.claim.price.gross,
        payee: offer.claim.payee, decideBy: holder.order.decideBy, state: state)
      await store.transact { $0.put(row) }
      #expect(
        await found(held, to: deposit, by: .shop(shop), in: world) == (mayWait ? nil : .refusals))
      #expect(
        await found(soldOut, to: deposit, by: .shop(shop), in: world)
          == (mayWait ? .refusals : nil))
    }
  }

  @Test("nobody waits for money that is spent")
  func funds() async throws {
    let world = try await RealRuns.honest()
    let (purchase, payment) = try await posted(in: world) { $0.account > 0 }
    let books = RealBooks(of: world)
    let others = books.purchases.filter {
      $0.buyer == purchase.buyer && $0.process != purchase.process
    }.flatMap { other in
      other.payments.filter {
        $0.bank == payment.bank && books.hold(of: $0, other.process)?.state == .posted
      }
    }.reduce(0) { $0 + $1.account }
    // As much as there would be without that payment.
    let part = PaymentPart(
      bank: payment.part.bank, method: .transfer, total: payment.part.total, payouts: [])
    let rest = RealPurchase.Payment(
      part: part, bank: payment.bank, account: RealMarket.savings - others)
    #expect(try await held(rest, like: purchase, in: world) == .refusals)
    #expect(
      try await whileReserved(payment, of: purchase, in: world) {
        try await held(rest, like: purchase, in: world)
      } == nil)
  }

  @Test("nobody waits for coins that are spent, or that are not the same")
  func coins() async throws {
    let world = try await RealRuns.honest()
    let (purchase, payment) = try await posted(in: world) { $0.coins > 0 }
    #expect(!payment.keys.isEmpty)
    let part = PaymentPart(
      bank: payment.part.bank, method: .ecash, total: payment.part.total, payouts: [])
    let same = RealPurchase.Payment(
      part: part, bank: payment.bank, coins: payment.coins, keys: payment.keys)
    let different = RealPurchase.Payment(part: part, bank: payment.bank, coins: payment.coins)
    #expect(try await held(same, like: purchase, in: world) == .refusals)
    #expect(
      try await whileReserved(payment, of: purchase, in: world) {
        try await held(same, like: purchase, in: world)
      } == nil)
    #expect(
      try await whileReserved(payment, of: purchase, in: world) {
        try await held(different, like: purchase, in: world)
      } == .refusals)
  }

  @Test("nobody waits for room at another bank that is taken for good")
  func room() async throws {
    let world = try await RealRuns.honest()
    let (purchase, payment) = try await posted(in: world) { payment in
      payment.part.payouts.contains {
        $0.payee.bank != payment.part.bank && payment.net(of: $0) > 0
      }
    }
    let payee = try #require(
      payment.part.payouts.first { $0.payee.bank != payment.part.bank }?.payee)
    let limit = RealMarket.clearingLimit
    func asking(_ minor: UInt64) throws -> RealPurchase.Payment {
      let amount = try Amount(minor: minor, currency: payment.part.total.currency)
      return RealPurchase.Payment(
        part: PaymentPart(
          bank: payment.part.bank, method: .ecash, total: amount,
          payouts: [Payout(payee: payee, amount: amount)]), bank: payment.bank)
    }
    // More than is ever owed.
    let tooMuch = try asking(limit + 1)
    let refused = try refused(.clearingLimit, at: payment.bank, in: world)
    #expect(try await held(tooMuch, like: purchase, in: world) == .refusals)
    #expect(try await answered(refused, tooMuch, like: purchase, in: world) == nil)
    // As much as there would be without that payment.
    let books = RealBooks(of: world)
    let rows = books.banks[payment.bank]
    let owed = UInt64(max(0, rows.balance(of: .correspondent(payee.bank))))
    let line = try #require(
      rows.latestCreditLine(from: payee.bank, to: payment.part.bank)?.limit)
    let drawn = try #require(rows.correspondent(payee.bank)?.drawn)
    let rest = try asking(min(limit - owed, line - drawn + payment.paid(at: payee.bank)))
    #expect(rest.part.total.minor > 0)
    #expect(
      try await whileReserved(payment, of: purchase, in: world) {
        try await held(rest, like: purchase, in: world)
      } == nil)
    #expect(
      try await whileReserved(payment, of: purchase, in: world) {
        try await answered(refused, rest, like: purchase, in: world)
      } == .refusals)
  }

  // MARK: - After the verdict

  @Test("what a verdict obliges to is not refused, and goods that were paid for are sold")
  func obligations() async throws {
    let world = try await RealRuns.honest()
    let books = RealBooks(of: world)
    let decided = try #require(
      try await RealRuns.committed(books).first { decided in
        decided.purchase.lines.contains { !$0.offer.isFree }
      })
    let purchase = decided.purchase
    let bank = purchase.payments[0].bank
    let name = RealMarket.bankNames[bank]
    let notice = VerdictRequest(
      id: RequestID(
        process: purchase.process, step: try #require(StepPath(rawValue: "post/\(name)"))),
      verdict: decided.logged)
    #expect(
      await found(
        .transferred(.refused(.conflict, nil)), to: .post(notice, bank: name), by: .bank(bank),
        in: world) == .refusals)
    let payee = try #require(
      purchase.lines.first { !$0.offer.isFree }?.offer.claim.payee.account)
    let shop = try #require(
      RealMarket.shopNames.firstIndex { RealMarket.account($0) == payee })
    let transfers = purchase.payments.flatMap { payment -> [Signed<Transfer>] in
      guard let bytes = books.hold(of: payment, purchase.process)?.reply,
        case .done(let signed)? = FinalReply(bytes: bytes)
      else { return [] }
      return signed.map { Signed<Transfer>($0) }
    }
    func refusal(with transfers: [Signed<Transfer>]) async -> Property? {
      await found(
        .settled(.refused(.amountMismatch, nil)),
        to: .settle(
          SettleRequest(id: notice.id, verdict: decided.logged, transfers: transfers),
          merchant: RealMarket.shopNames[shop]), by: .shop(shop), in: world)
    }
    #expect(await refusal(with: transfers) == .refusals)
    #expect(await refusal(with: []) == nil)
    // Somebody else's word is no transfer.
    let forged = transfers.compactMap { signed in
      RealLies.claim(of: signed).map { world.shopLies[shop].sign($0, $0.process) }
    }
    #expect(forged.count == transfers.count)
    #expect(await refusal(with: forged) == nil)
  }
}
