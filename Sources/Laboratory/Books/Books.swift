// The independent books: what must be true of a world, computed from what the parties have on disk, what
// they signed, and what an onlooker saw the coordinator be told and say.
//
// Nothing that the coordinator decides is computed with its code: its journal is read by a reader of the books' own
// (`JournalReading`), its verdicts are judged by what it was told. Three things are its own, and a test keeps them so
// few: when it says to be at rest, which must agree with the ends in its journal (`ProgressBooks`); who stands for a
// good in its table of turns (`WaitBooks`); and the checker of histories, which the target `Coordinator` offers to
// everybody (`HistoryBooks`).
//
// What everybody has on record is looked at, also what cheats have: they say something else, and do what
// honest parties do. What a cheat can do to the others, and only be convicted of afterwards, is left out by
// name, and only with the evidence that convicts him: payees of a bank that breaks its promise, or keeps
// more than they allow. So are processes of the rogue.

import PaymentCrypto
package import PaymentModel

/// Checks a world.
package struct Books: Sendable {
  /// What is wrong.
  package struct Finding: Hashable, Sendable {
    package let property: Property
    package let process: ProcessID?
    package let message: String
  }

  /// What each bank owed when the world began, currency by currency.
  private let initialMoney: [[Balance]]

  package init(of world: World) {
    initialMoney = world.banks.map { Balance.all(of: $0.desk.books) }
  }

  /// The first thing that is wrong at the end of a run, when faults have stopped long enough ago.
  package func check(_ world: World) -> Finding? {
    moneyAndStock(world) ?? answers(world) ?? refusals(world) ?? atomicity(world)
      ?? evidence(world) ?? progress(world) ?? isolation(world)
  }

  private func moneyAndStock(_ world: World) -> Finding? {
    verdicts(world) ?? coordinator(world) ?? money(world) ?? fees(world) ?? stock(world)
  }

  func finding(_ property: Property, _ process: ProcessID?, _ message: String) -> Finding {
    Finding(property: property, process: process, message: message)
  }

  // MARK: - Verdicts

  /// Everybody who acted on a verdict acted on the one in the log.
  private func verdicts(_ world: World) -> Finding? {
    let log = world.log.desk.books
    func logged(_ process: ProcessID, _ coordinator: Thumbprint) -> StatementID? {
      log.entry(of: process, by: coordinator).map { SymbolicEvidence.id(of: $0.verdict) }
    }
    for bank in world.banks {
      for hold in bank.desk.books.holds {
        guard let verdict = hold.verdictID else { continue }
        if verdict != logged(hold.process, hold.coordinator) {
          return finding(
            .verdict, hold.process,
            "\(bank.name) acted on a verdict that the log does not have for the order's coordinator"
          )
        }
      }
    }
    for shop in world.shops {
      for verdict in shop.desk.books.verdicts
      where verdict.verdict != logged(verdict.process, verdict.coordinator) {
        return finding(
          .verdict, verdict.process,
          "\(shop.name) acted on a verdict that the log does not have for the order's coordinator")
      }
    }
    for customer in world.customers {
      for purchase in customer.desk.books.purchases {
        guard let verdict = purchase.verdictID else { continue }
        if verdict != logged(purchase.process, purchase.order.coordinator) {
          return finding(
            .verdict, purchase.process,
            "customer \(customer.number) took a verdict for hers that "
              + "the log does not have for the order's coordinator")
        }
      }
    }
    return late(world)
  }

  /// A commit is decided before `decideBy`.
  private func late(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        guard
          let entry = world.log.desk.books.entry(
            of: purchase.process, by: world.setting.coordinatorKey),
          entry.decision.isCommit, entry.decidedAt >= purchase.order.decideBy
        else { continue }
        return finding(.verdict, purchase.process, "committed after decideBy")
      }
    }
    return nil
  }

  // MARK: - Money

  /// What left the customers is on the accounts, and on those of the payees what was posted for them, less the
  /// fee that was reserved.
  private func money(_ world: World) -> Finding? {
    for (number, bank) in world.banks.enumerated() {
      let books = bank.desk.books
      let now = Balance.all(of: books)
      for (first, last) in zip(initialMoney[number], now) where first != last {
        return finding(
          .money, nil,
          "\(bank.name) owes \(last.minor) \(last.currency), and owed \(first.minor) at first"
        )
      }
      let posted = books.holds.filter { $0.state == .posted }
      for account in books.accounts {
        var due: UInt64 = 0
        for hold in posted {
          for (payout, fee) in zip(hold.payouts, hold.fees)
          where payout.amount.currency == account.currency {
            if account.name == ModelBank.feeAccount { due += fee }
            if account.name == payout.payee.account { due += payout.amount.minor - fee }
          }
        }
        if due != account.minor {
          return finding(
            .money, nil, "\(account.name) at \(bank.name) has \(account.minor), posted was \(due)")
        }
      }
      if let found = setAside(at: bank) { return found }
    }
    return nil
  }

  /// What is set aside on an account or card is what undecided processes hold of it.
  private func setAside(at bank: ModelBank) -> Finding? {
    for purse in bank.desk.books.purses {
      let holds = bank.desk.books.holds.filter {
        $0.method != .ecash && $0.numbers == [purse.id] && $0.state == .reserved
      }
      let held = holds.reduce(0) { $0 + $1.total.minor }
      if held != purse.reserved || purse.spent + purse.reserved > purse.limit {
        return finding(
          .money, holds.last?.process,
          "\(bank.name) has \(purse.reserved) set aside of \(purse.limit), and \(held) is held")
      }
    }
    return nil
  }
}

/// What a bank owes in one currency: what is on accounts and in coins, less what card holders owe.
struct Balance: Hashable, Sendable {
  let currency: Currency
  var minor: Int64

  /// One for each currency of the accounts and the customers' money, in the order in which they stand there.
  static func all(of books: BankBooks) -> [Balance] {
    var balances: [Balance] = []
    func add(_ minor: Int64, _ currency: Currency) {
      if let place = balances.firstIndex(where: { $0.currency == currency }) {
        balances[place].minor += minor
      } else {
        balances.append(Balance(currency: currency, minor: minor))
      }
    }
    for account in books.accounts { add(Int64(account.minor), account.currency) }
    for coin in books.coins {
      if case .spent = coin.state {
        add(0, coin.currency)
      } else {
        add(Int64(coin.value), coin.currency)
      }
    }
    for purse in books.purses {
      add(
        purse.method == .card ? -Int64(purse.spent) : Int64(purse.limit - purse.spent),
        purse.currency)
    }
    return balances
  }
}
