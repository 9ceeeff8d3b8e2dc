// Stock: what is left, held and sold adds up, and nothing is sold twice.

import PaymentModel

extension Books {
  func stock(_ world: World) -> Finding? {
    for shop in world.shops {
      let books = shop.desk.books
      for stock in books.stocks {
        let used = books.holds.filter {
          $0.stock == stock.name && ($0.state == .held || $0.state == .sold)
        }
        let sum = used.reduce(stock.level) { $0 + $1.quantity }
        if sum != stock.capacity || stock.level < 0 {
          return finding(
            .stock, used.last?.process,
            "\(shop.name) has \(stock.level) of \(stock.name) left and \(sum - stock.level) held or "
              + "sold, of \(stock.capacity)")
        }
      }
      for (place, hold) in books.holds.enumerated() where hold.state == .held || hold.state == .sold
      {
        let others = books.holds[..<place].filter {
          $0.process == hold.process && $0.offer == hold.offer
            && ($0.state == .held || $0.state == .sold)
        }
        if !others.isEmpty {
          return finding(.stock, hold.process, "\(shop.name) holds one order's good twice")
        }
      }
      for good in shop.goods where good.offer.claim.mode == .individual {
        let sold = books.holds.filter { $0.offer == good.offer.id && $0.state == .sold }
        if sold.count > 1 {
          return finding(.stock, sold.last?.process, "\(shop.name) sold a single piece twice")
        }
      }
    }
    return nil
  }
}
