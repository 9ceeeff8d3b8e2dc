// What must be true whenever a merchant has answered, and not only at the end: who holds, and who waits.

package import PaymentModel

extension Books {
  /// Checks a merchant's holds after it was asked.
  package func checkDeposits(at number: Int, in world: World) -> Finding? {
    let shop = world.shops[number]
    guard shop.cheat == nil else { return nil }
    return paidHolds(of: shop, in: world) ?? cycle(in: world)
  }

  /// No good is held for a process whose money never was.
  private func paidHolds(of shop: ModelShop, in world: World) -> Finding? {
    guard let hold = shop.desk.books.holds.last, hold.state == .held,
      hold.coordinator == world.setting.coordinatorKey,
      let purchase = world.purchase(hold.process)
    else { return nil }
    for bank in world.banks where bank.cheat == nil {
      let isPayer = purchase.lines.contains { $0.good.offer.claim.payee.bank == bank.name }
      if isPayer, !bank.desk.books.holds.contains(where: { $0.process == hold.process }) {
        return Finding(
          property: .holds, process: hold.process,
          message: "\(shop.name) holds a good, and \(bank.name) has not reserved its price")
      }
    }
    return nil
  }

  /// Processes that wait for each other's goods never stand in a circle.
  private func cycle(in world: World) -> Finding? {
    var edges: [(from: ProcessID, to: ProcessID)] = []
    for shop in world.shops {
      for waiting in shop.waiting where world.stage.node.isUndecided(waiting.process) {
        let stock = shop.goods.first { $0.offer.id == waiting.offer }?.offer.claim.stock
        for hold in shop.desk.books.holds
        where hold.state == .held && hold.process != waiting.process
          && world.stage.node.isUndecided(hold.process)
          && (hold.offer == waiting.offer || (stock != nil && hold.stock == stock))
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
