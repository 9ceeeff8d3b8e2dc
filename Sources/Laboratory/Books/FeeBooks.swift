// The coordinator has of each commit its fee, once, and of an abort nothing.

import PaymentModel

extension Books {
  func fees(_ world: World) -> Finding? {
    let charging = world.setting.charging
    guard !charging.isNone else { return nil }
    var due: [Due] = []
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        let entry = world.log.desk.books.entry(
          of: purchase.process, by: world.setting.coordinatorKey)
        guard entry?.decision.isCommit == true else { continue }
        if let found = paid(purchase, under: charging, &due) {
          return finding(.money, purchase.process, found)
        }
      }
    }
    return accounts(world, hold: due)
  }

  /// What one bank owes the coordinator in one currency.
  private struct Due {
    let bank: PartyName
    let currency: Currency
    var minor: UInt64
  }

  /// A committed order that pays anybody pays the coordinator exactly what its fee part says, which the terms ask that
  /// the part names, and one that pays nobody pays it nothing.
  private func paid(
    _ purchase: CustomerBooks.Purchase, under charging: Charging, _ due: inout [Due]
  ) -> String? {
    var fees: [Amount] = []
    for part in purchase.payments.map(\.content) {
      for payout in part.payouts where payout.payee.account == Charging.account {
        fees.append(payout.amount)
        let kept = min(part.transferFee, payout.amount.minor)
        due.append(
          Due(
            bank: part.bank, currency: payout.amount.currency, minor: payout.amount.minor - kept))
      }
    }
    if purchase.payments.isEmpty { return nil }
    let parts = purchase.submission.parts.compactMap { part -> FeePart? in
      guard case .fee(let fee) = try? SymbolicEvidence.read(part, of: purchase.order) else {
        return nil
      }
      return fee
    }
    guard parts.count == 1, fees == parts.map(\.amount) else {
      return "committed, and the coordinator's fee is \(fees.map(\.minor))"
    }
    let terms = charging.published.all.first { $0.id == parts[0].terms }
    let currencies = purchase.payments.map(\.content.total.currency)
    guard let terms, parts[0].charge(of: terms.claim, in: currencies) != nil else {
      return "committed, and the order's fee is of no terms of the coordinator"
    }
    return nil
  }

  private func accounts(_ world: World, hold due: [Due]) -> Finding? {
    for bank in world.banks where bank.cheat == nil {
      for account in bank.desk.books.accounts where account.name == Charging.account {
        let owed = due.filter { $0.bank == bank.name && $0.currency == account.currency }
          .reduce(0) { $0 + $1.minor }
        guard owed == account.minor else {
          return finding(
            .money, nil,
            "the coordinator has \(account.minor) at \(bank.name), and is due \(owed) of commits")
        }
      }
    }
    return nil
  }
}
