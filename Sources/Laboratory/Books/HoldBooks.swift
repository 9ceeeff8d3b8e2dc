// What must be true at every moment, and not only at the end: who holds for whom, and who waits.

import Coordinator
package import PaymentModel

extension Books {
  /// Checks a merchant's holds and queues.
  package func checkDeposits(at number: Int, in world: World) -> Finding? {
    let shop = world.shops[number]
    guard shop.cheat == nil else { return nil }
    return paidHolds(of: shop, in: world) ?? cycle(in: world)
  }

  /// Checks all merchants' holds, after somebody's books changed.
  func checkHolds(in world: World) -> Finding? {
    for shop in world.shops where shop.cheat == nil {
      if let found = paidHolds(of: shop, in: world) { return found }
    }
    return nil
  }

  /// An honest customer promises her money to one undecided order at a time.
  func checkPurse(of number: Int, in world: World) -> Finding? {
    let customer = world.customers[number]
    guard customer.cheat == nil else { return nil }
    let open = customer.desk.books.purchases.filter { $0.state == .undecided }
    for (place, purchase) in open.enumerated() {
      for payment in purchase.payments where payment.content.method == .ecash {
        let isTwice = open[..<place].contains { other in
          other.payments.contains {
            $0.content.method == .ecash && $0.numbers.contains(where: payment.numbers.contains)
          }
        }
        if isTwice {
          return finding(
            .money, purchase.process, "customer \(number) promised coins to two orders")
        }
      }
    }
    for purse in customer.desk.books.purses
    where purse.uses.reduce(0, { $0 + $1.minor }) > purse.limit {
      return finding(
        .money, purse.uses.last?.process, "customer \(number) promised more than she has")
    }
    return nil
  }

  /// What an undecided order holds at a merchant is covered: by as much money of exactly that order, set aside for
  /// this merchant; free goods by what the merchant allows itself.
  private func paidHolds(of shop: ModelShop, in world: World) -> Finding? {
    let held = shop.desk.books.holds.filter { $0.state == .held }
    guard !held.isEmpty else { return nil }
    guard isWithinLimits(held, of: shop) else {
      return finding(.holds, held.last?.process, "\(shop.name) holds more than it allows itself")
    }
    for (place, hold) in held.enumerated() where hold.coordinator == world.setting.coordinatorKey {
      guard !held[..<place].contains(where: { $0.process == hold.process }),
        isUndecided(hold.process, in: world), let purchase = world.purchase(hold.process)
      else { continue }
      let all = held.filter {
        $0.process == hold.process && $0.coordinator == hold.coordinator
      }
      for payee in all.map(\.payee) {
        let worth = all.filter { $0.payee == payee }.reduce(0) { $0 + $1.amount.minor }
        if worth > reserved(for: payee, of: purchase, in: world) {
          return finding(
            .holds, hold.process,
            "\(shop.name) holds goods for \(worth), and not as much is reserved for \(payee.account)"
          )
        }
      }
    }
    return nil
  }

  private func isWithinLimits(_ held: [ShopBooks.Hold], of shop: ModelShop) -> Bool {
    let free = held.filter(\.amount.isZero)
    guard held.count <= shop.limits.holds, free.count <= shop.limits.freeHolds else { return false }
    return shop.desk.books.stocks.allSatisfy { stock in
      let pieces = free.filter { $0.stock == stock.name }
      return pieces.count <= 1
        || pieces.reduce(0) { $0 + $1.quantity } <= shop.limits.freePieces
    }
  }

  /// What the banks have set aside for a payee in that order; what a bank that cheats has signed that it has.
  private func reserved(
    for payee: Payee, of purchase: CustomerBooks.Purchase, in world: World
  ) -> UInt64 {
    var sum: UInt64 = 0
    for payment in purchase.payments {
      guard let payout = payment.content.payouts.first(where: { $0.payee == payee }),
        let bank = world.banks.first(where: { $0.name == payment.content.bank })
      else { continue }
      let isReserved =
        bank.cheat == nil
        ? bank.desk.durable.holds.contains {
          $0.process == purchase.process && $0.state == .reserved
            && $0.payouts == payment.content.payouts
        } : hasSigned(payment.content, bank, purchase)
      if isReserved { sum += payout.amount.minor }
    }
    return sum
  }

  private func hasSigned(
    _ part: PaymentPart, _ bank: ModelBank, _ purchase: CustomerBooks.Purchase
  ) -> Bool {
    bank.desk.books.replies.contains { stored in
      guard stored.key.process == purchase.process,
        case .reserved(.done(let signed)) = stored.reply,
        let claim = try? SymbolicEvidence.read(signed, by: .party(bank.name)).claim
      else { return false }
      return claim.process == purchase.process && claim.total == part.total
    }
  }

  /// Whether the coordinator has a process, and nobody has heard of a verdict.
  private func isUndecided(_ process: ProcessID, in world: World) -> Bool {
    world.record.coordinatorCase(process)?.isDecided == false
      && world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey) == nil
  }

  /// Processes that wait for each other's goods never stand in a circle.
  private func cycle(in world: World) -> Finding? {
    var edges: [(from: ProcessID, to: ProcessID)] = []
    for shop in world.shops {
      for waiting in shop.waiting where isUndecided(waiting.process, in: world) {
        let stock = shop.goods.first { $0.offer.id == waiting.offer }?.offer.claim.stock
        for hold in shop.desk.books.holds
        where hold.state == .held && hold.process != waiting.process
          && (hold.offer == waiting.offer || (stock != nil && hold.stock == stock))
          && isUndecided(hold.process, in: world)
        {
          edges.append((waiting.process, hold.process))
        }
      }
    }
    guard edges.count > 1 else { return nil }
    for edge in edges {
      var reached = [edge.to]
      var place = 0
      while place < reached.count {
        if reached[place] == edge.from {
          return Finding(
            property: .cycles, process: edge.from, message: "processes wait for each other's goods")
        }
        for next in edges where next.from == reached[place] && !reached.contains(next.to) {
          reached.append(next.to)
        }
        place += 1
      }
    }
    return nil
  }
}

extension World {
  /// The purchase behind a process, as its customer has it.
  package func purchase(_ process: ProcessID) -> CustomerBooks.Purchase? {
    for customer in customers {
      if let place = customer.purchase(process) { return customer.desk.books.purchases[place] }
    }
    return nil
  }
}
