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
        let handedIn = world.record.coordinatorCase(purchase.process)?.told.submissions ?? []
        if let found = paid(purchase, under: charging, handedIn.map(\.time), &due) {
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

  /// So long after their end the coordinator still takes an order under its terms.
  private static let graceSeconds: Int64 = 300

  /// A committed order that pays anybody pays the coordinator exactly what its fee part says, which terms
  /// that held when it was handed in ask for, and one that pays nobody pays it nothing.
  private func paid(
    _ purchase: CustomerBooks.Purchase, under charging: Charging, _ handedIn: [Timestamp],
    _ due: inout [Due]
  ) -> String? {
    var fees: [Payout] = []
    for part in purchase.payments.map(\.content) {
      for payout in part.payouts where payout.payee.account == Charging.account {
        guard payout.payee.bank == part.bank else {
          return "committed, and the coordinator's fee goes through another bank than its own"
        }
        fees.append(payout)
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
    guard parts.count == 1, fees == parts.map({ Payout(payee: $0.payee, amount: $0.amount) })
    else {
      return "committed, and the coordinator's fee is \(fees.map(\.amount.minor))"
    }
    let terms = charging.published.all.first { $0.id == parts[0].terms }?.claim
    guard let terms, parts[0].payee.account == Charging.account,
      terms.charges.contains(where: {
        $0.amount == parts[0].amount && $0.payees.contains(parts[0].payee)
      }),
      handedIn.contains(where: {
        terms.validFrom <= $0 && $0 < terms.validUntil.adding(seconds: Self.graceSeconds)
      })
    else { return "committed, and the order's fee is of no terms of the coordinator" }
    return nil
  }

  private func accounts(_ world: World, hold due: [Due]) -> Finding? {
    // Who does not post pays nobody, and who keeps more pays less.
    for bank in world.banks where bank.cheat != .breaksPromises && bank.cheat != .keepsMore {
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
