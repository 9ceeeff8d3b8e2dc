// Refusals while they are made: an honest bank or merchant does what it is asked for, unless there is a ground
// that the books can see. Who is told to wait waits for somebody.

import Coordinator
import PaymentModel

extension Books {
  /// What is wrong with the answer that an honest party has just given.
  func falseAnswer(in world: World) -> Finding? {
    guard let seen = world.record.answered, let id = seen.request.id,
      let purchase = world.purchase(id.process)
    else { return nil }
    let hasGround: Bool
    switch (seen.request, seen.reply, seen.party) {
    case (.reserve(let asked, _), .reserved(let outcome), .bank(let number)):
      hasGround = mayAnswer(outcome, asked, of: purchase, by: world.banks[number], seen, world)
    case (.deposit(let asked, _), .deposited(let outcome), .shop(let number)):
      hasGround = mayAnswer(outcome, asked, of: purchase, by: world.shops[number], seen, world)
    case (.post(let asked, _), _, _), (.void(let asked, _), _, _), (.release(let asked, _), _, _):
      hasGround = !isLogged(asked.verdict, of: purchase, world)
    case (.settle(let asked, _), _, .shop(let number)):
      hasGround =
        !isLogged(asked.verdict, of: purchase, world)
        || !areDue(
          asked.transfers, to: world.shops[number],
          under: SymbolicEvidence.id(of: asked.verdict.verdict), of: purchase)
    default: hasGround = true
    }
    guard !hasGround else { return nil }
    return finding(
      .refusals, id.process, "\(seen.party) had no ground: \(id.step), \(seen.reply.word)")
  }

  private func isLogged(
    _ shown: LoggedVerdict, of purchase: CustomerBooks.Purchase, _ world: World
  ) -> Bool {
    world.log.desk.books.entry(of: purchase.process, by: purchase.order.coordinator)?.verdict
      == shown.verdict
  }

  private func isDecided(
    _ purchase: CustomerBooks.Purchase, isCommit: Bool, _ world: World
  ) -> Bool {
    world.log.desk.books.entry(of: purchase.process, by: purchase.order.coordinator)?
      .decision.isCommit == isCommit
  }

  // MARK: - Banks

  private func mayAnswer(
    _ outcome: Outcome<Signed<Reservation>>, _ asked: ReserveRequest,
    of purchase: CustomerBooks.Purchase, by bank: ModelBank, _ seen: SeenAnswer, _ world: World
  ) -> Bool {
    guard let payment = purchase.payments.first(where: { $0.content.bank == bank.name }) else {
      return false
    }
    let books = bank.desk.books
    let coins = books.coins.filter { payment.numbers.contains($0.id) }
    let purse = books.purses.first { payment.numbers == [$0.id] }
    let total = payment.content.total.minor
    switch outcome {
    case .done: return true
    case .unknown: return false
    case .held:
      if let purse { return total > purse.limit - purse.spent - purse.reserved }
      return coins.contains { if case .reserved = $0.state { true } else { false } }
    case .refused(let reason, _):
      switch reason {
      case .invalid:
        // Made for another order, or with one coin in it twice.
        guard let instrument = SymbolicInstrument(asked.instrument) else { return true }
        return instrument.process != purchase.process
          || Set(instrument.numbers).count < instrument.numbers.count
      case .voided: return isDecided(purchase, isCommit: false, world)
      case .conflict:
        return books.holds.contains { $0.process == purchase.process }
          && !books.replies.contains {
            $0.key.process == purchase.process && $0.key.step == asked.id.step
          }
      case .tooLate: return purchase.order.decideBy <= seen.at
      case .declined: return purse.map { total > $0.limit - $0.spent } ?? false
      case .doubleSpend:
        return coins.contains { if case .spent = $0.state { true } else { false } }
      case .feeMismatch:
        // The tariff is another one now.
        return payment.content.transferFee
          != world.setting.transferFee(of: bank.name, at: seen.at)
      default: return false
      }
    }
  }

  // MARK: - Merchants

  private func mayAnswer(
    _ outcome: Outcome<DepositedKey>, _ asked: DepositRequest,
    of purchase: CustomerBooks.Purchase, by shop: ModelShop, _ seen: SeenAnswer, _ world: World
  ) -> Bool {
    let line = purchase.lines.first {
      asked.id.step.rawValue.hasSuffix("/\($0.good.offer.id)")
    }
    guard let line else { return false }
    let books = shop.desk.books
    switch outcome {
    case .done: return true
    case .unknown: return false
    case .held: return isHeld(line, of: purchase, at: shop) || isFull(line, shop)
    case .refused(let reason, _):
      switch reason {
      case .voided: return isDecided(purchase, isCommit: false, world)
      case .tooLate:
        return purchase.order.decideBy <= seen.at || isDecided(purchase, isCommit: true, world)
      case .soldOut:
        return !isLeft(
          ShopBooks.SoldOut(
            process: purchase.process, offer: line.good.offer.id,
            stock: line.good.offer.claim.stock, quantity: line.quantity), at: shop)
      case .conflict:
        return books.holds.contains {
          $0.process == purchase.process && $0.offer == line.good.offer.id
        }
          && !books.replies.contains {
            $0.key.process == purchase.process && $0.key.step == asked.id.step
          }
      default: return false
      }
    }
  }

  /// Whether undecided processes hold the only piece, or so many that too few are left.
  private func isHeld(
    _ line: OrderWish.Line, of purchase: CustomerBooks.Purchase, at shop: ModelShop
  ) -> Bool {
    let offer = line.good.offer
    let held = shop.desk.books.holds.filter {
      $0.state == .held && $0.process != purchase.process
    }
    if offer.claim.mode == .individual, held.contains(where: { $0.offer == offer.id }) {
      return true
    }
    guard let stock = shop.desk.books.stocks.first(where: { $0.name == offer.claim.stock }) else {
      return false
    }
    return stock.level < line.quantity && held.contains { $0.stock == stock.name }
  }

  /// Whether the merchant holds as much as it allows itself.
  private func isFull(_ line: OrderWish.Line, _ shop: ModelShop) -> Bool {
    let held = shop.desk.books.holds.filter { $0.state == .held }
    if held.count >= shop.limits.holds { return true }
    guard line.good.offer.claim.price.gross.isZero else { return false }
    let free = held.filter(\.amount.isZero)
    if free.count >= shop.limits.freeHolds { return true }
    guard let stock = line.good.offer.claim.stock else { return false }
    let pieces = free.filter { $0.stock == stock }.reduce(0) { $0 + $1.quantity }
    return pieces > 0 && pieces + line.quantity > shop.limits.freePieces
  }

  /// Whether transfers pay a merchant all that it sells there, and no more was kept of any than each of its offers
  /// allows. Those that nobody has signed are none.
  private func areDue(
    _ transfers: [Signed<Transfer>], to shop: ModelShop, under verdict: StatementID,
    of purchase: CustomerBooks.Purchase
  ) -> Bool {
    var owed: [Payee: [Currency: UInt64]] = [:]
    var largest: [Payee: UInt64] = [:]
    for line in purchase.lines where line.good.offer.issuer.party == shop.name {
      let offer = line.good.offer.claim
      let price = offer.price.gross
      guard !price.isZero else { continue }
      owed[offer.payee, default: [:]][price.currency, default: 0] +=
        price.minor * UInt64(line.quantity)
      let limit =
        offer.accepts.filter { $0.bank == offer.payee.bank }.map(\.largestFee).max() ?? 0
      largest[offer.payee] = min(largest[offer.payee] ?? limit, limit)
    }
    var paid: [Payee: [Currency: UInt64]] = [:]
    var seen: Set<StatementID> = []
    for signed in transfers {
      guard let claim = SymbolicEvidence.claim(of: signed),
        let stated = try? SymbolicEvidence.read(signed, by: .party(claim.payee.bank)),
        claim.process == purchase.process, claim.verdict == verdict,
        seen.insert(stated.id).inserted, claim.fee?.minor ?? 0 <= largest[claim.payee] ?? 0
      else { return false }
      paid[claim.payee, default: [:]][claim.amount.currency, default: 0] += claim.amount.minor
    }
    return paid == owed
  }
}
