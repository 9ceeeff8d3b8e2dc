// Whether there is enough left of a good.

import PaymentModel

enum StockRule {
  enum Availability: Equatable {
    case available
    /// Others hold what is needed, and may give it free.
    case held(ShopHoldSummary)
    case gone
  }

  /// An individual offer is for one sale. A stock lasts until it is sold out. The shop as a whole, and for
  /// nothing, holds no more than its policy says.
  static func availability(
    of offer: Offer, id: StatementID, quantity: Int, desk: ShopDesk, rows: any ShopRows
  ) -> Availability {
    if offer.mode == .individual {
      guard !rows.isSold(id) else { return .gone }
      let holder = rows.undecided(.offer(id))
      guard holder.count == 0 else { return .held(holder) }
    }
    if let stock = offer.stock {
      let level = rows.stockLevel(of: stock) ?? 0
      let others = rows.undecided(.stock(stock))
      guard level + others.pieces >= quantity else { return .gone }
      guard level >= quantity else { return .held(others) }
    }
    if offer.price.gross.isZero, let others = free(of: offer, quantity, desk.policy, rows) {
      return .held(others)
    }
    let all = rows.undecided(.all)
    return all.count < desk.policy.mostUndecidedHolds ? .available : .held(all)
  }

  /// What is held for nothing, where no more may be.
  private static func free(
    of offer: Offer, _ quantity: Int, _ policy: ShopPolicy, _ rows: any ShopRows
  ) -> ShopHoldSummary? {
    if let stock = offer.stock {
      let others = rows.undecided(.free(ofStock: stock))
      if others.count > 0, others.pieces + quantity > policy.mostFreePieces { return others }
    }
    let all = rows.undecided(.free(ofStock: nil))
    return all.count < policy.mostFreeHolds ? nil : all
  }
}
