// Evidence: every party can show why it did what it did, and what it is owed.

import PaymentModel

extension Books {
  func evidence(_ world: World) -> Finding? {
    for bank in world.banks {
      for hold in bank.desk.books.holds where hold.state != .reserved {
        guard shows(hold.verdict, of: hold.process, isCommit: hold.state == .posted) else {
          return finding(.evidence, hold.process, "\(bank.name) cannot show why it ended a hold")
        }
      }
    }
    for shop in world.shops {
      if let found = evidence(of: shop) { return found }
    }
    // Who signs for another process has nothing to show.
    for customer in world.customers where customer.cheat != .falseClaim {
      for purchase in customer.desk.books.purchases {
        if let found = evidence(of: purchase) { return finding(.evidence, purchase.process, found) }
      }
    }
    return nil
  }

  /// Whether a party has a logged verdict of that kind on that process.
  private func shows(_ logged: LoggedVerdict?, of process: ProcessID, isCommit: Bool) -> Bool {
    guard let logged, logged.proof == SymbolicEvidence.proof(of: logged.verdict),
      let claim = SymbolicEvidence.claim(of: logged.verdict)
    else { return false }
    return claim.process == process && claim.decision.isCommit == isCommit
  }

  /// What is no longer held was ended by a verdict, and what was sold was paid: by transfers that the payee's bank
  /// signed under that verdict.
  private func evidence(of shop: ModelShop) -> Finding? {
    let books = shop.desk.books
    for hold in books.holds where hold.state != .held {
      let verdict = books.verdicts.first {
        $0.process == hold.process && $0.coordinator == hold.coordinator
      }
      guard let verdict, shows(verdict.logged, of: hold.process, isCommit: hold.state == .sold)
      else {
        return finding(.evidence, hold.process, "\(shop.name) cannot show why it ended a hold")
      }
      guard hold.state == .sold else { continue }
      let owed = books.holds.filter {
        $0.process == hold.process && $0.payee == hold.payee && $0.state == .sold
      }
      guard pays(transfers(to: hold, under: verdict.verdict, at: shop), owed.map(\.amount)) else {
        return finding(
          .evidence, hold.process, "\(shop.name) sold without transfers that pay for it")
      }
    }
    return nil
  }

  /// Those for the payee of a sale, each once.
  private func transfers(
    to hold: ShopBooks.Hold, under verdict: StatementID, at shop: ModelShop
  ) -> [Amount] {
    var seen: Set<StatementID> = []
    return shop.desk.books.sales.filter { $0.process == hold.process }.flatMap(\.transfers)
      .compactMap { signed -> Amount? in
        guard let stated = try? SymbolicEvidence.read(signed, by: .party(hold.payee.bank)),
          stated.claim.process == hold.process, stated.claim.payee == hold.payee,
          stated.claim.verdict == verdict, isAllowed(stated.claim, for: hold, at: shop),
          seen.insert(stated.id).inserted
        else { return nil }
        return stated.claim.amount
      }
  }

  /// Whether both are as much, in one currency.
  private func pays(_ paid: [Amount], _ owed: [Amount]) -> Bool {
    let currency = owed.first?.currency
    return (paid + owed).allSatisfy { $0.currency == currency }
      && paid.reduce(0) { $0 + $1.minor } == owed.reduce(0) { $0 + $1.minor }
  }

  /// Whether the bank has kept no more than the offer allows.
  private func isAllowed(
    _ transfer: Transfer, for hold: ShopBooks.Hold, at shop: ModelShop
  ) -> Bool {
    let offer = shop.goods.first { $0.offer.id == hold.offer }?.offer.claim
    return offer?.accepts.contains {
      $0.bank == hold.payee.bank && transfer.fee?.minor ?? 0 <= $0.largestFee
    } == true
  }

  private func evidence(of purchase: CustomerBooks.Purchase) -> String? {
    if purchase.state != .undecided {
      let isCommit = purchase.state == .committed
      guard shows(purchase.verdict, of: purchase.process, isCommit: isCommit) else {
        return "a customer has no proof of her verdict"
      }
    }
    guard let signed = purchase.deliveryRequest else {
      return purchase.state == .committed && !purchase.isForRogue
        ? "committed without a delivery request" : nil
    }
    let signatory = Signatory.oneTime(purchase.order.oneTimeKey)
    guard let request = try? SymbolicEvidence.read(signed, by: signatory).claim,
      request.process == purchase.process,
      request.acceptances == purchase.acceptances.map({ SymbolicEvidence.id(of: $0) }).sorted()
    else { return "a customer asked for delivery on something that she cannot show" }
    guard accepted(purchase) == purchase.lines.map(\.good.offer.id).sorted() else {
      return "a customer asked for delivery without a key for each good"
    }
    return nil
  }

  /// The offers of which the order's coordinator signed to have the key, sorted.
  private func accepted(_ purchase: CustomerBooks.Purchase) -> [StatementID] {
    guard let coordinator = SymbolicEvidence.party(of: purchase.order.coordinator) else {
      return []
    }
    let claims = purchase.acceptances.compactMap {
      try? SymbolicEvidence.read($0, by: .party(coordinator)).claim
    }
    return claims.filter { $0.process == purchase.process }.map(\.offer).sorted()
  }
}
