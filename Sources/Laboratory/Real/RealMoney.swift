// Money at real banks: what stands on every account follows from the orders, the logged verdicts, and what
// merchants presented and banks settled; what an order pays follows from the prices. The rules of the banks
// are not asked.

import ECash
import PaymentModel
import PaymentParties

extension RealBooks {
  func money(_ all: [Decided]) async -> Books.Finding? {
    let committed = all.filter(\.isCommit)
    for number in banks.indices {
      if let found = postings(at: number) { return found }
      if let found = accounts(at: number, committed.map(\.purchase)) { return found }
      if let found = coins(at: number, committed.map(\.purchase)) { return found }
    }
    for decided in committed {
      if let found = prices(of: decided.purchase) { return found }
      if let found = fee(of: decided.purchase) { return found }
      if let found = presented(decided.purchase) { return found }
    }
    for buyer in world.buyers where buyer.cheat != .doubleSpend {
      if let found = await purse(of: buyer, committed.map(\.purchase)) { return found }
    }
    return nil
  }

  // MARK: - Prices

  private struct Due: Hashable {
    let payee: Payee
    let currency: Currency
  }

  /// Each payee is paid what the goods cost that the customer has ordered of it, to the unit. The
  /// coordinator's fee is looked at by itself.
  func prices(of purchase: RealPurchase) -> Books.Finding? {
    var due: [Due: UInt64] = [:]
    for line in purchase.lines where !line.offer.isFree {
      let (claim, gross) = (line.offer.claim, line.offer.claim.price.gross)
      due[Due(payee: claim.payee, currency: gross.currency), default: 0] +=
        gross.minor * UInt64(line.quantity)
    }
    var paid: [Due: UInt64] = [:]
    for payout in purchase.payments.flatMap(\.part.payouts)
    where payout.payee.account != RealCharging.account {
      paid[Due(payee: payout.payee, currency: payout.amount.currency), default: 0] +=
        payout.amount.minor
    }
    guard paid == due else {
      return finding(.money, purchase.process, "an order pays something else than its prices")
    }
    return nil
  }

  // MARK: - Accounts

  /// Every posting adds up to nothing, and every balance is the sum of its postings.
  private func postings(at number: Int) -> Books.Finding? {
    let rows = banks[number]
    var sums: [LedgerAccount: Int64] = [:]
    for posting in rows.postings(after: 0, atMost: .max) {
      guard posting.lines.reduce(0, { $0 + $1.minor }) == 0 else {
        return finding(.money, nil, "a posting of bank \(number) does not add up to nothing")
      }
      for line in posting.lines { sums[line.account, default: 0] += line.minor }
    }
    for balance in rows.balances() where balance.minor != sums[balance.account] ?? 0 {
      return finding(
        .money, nil,
        "\(balance.account) at bank \(number) has \(balance.minor), and \(sums[balance.account] ?? 0) "
          + "was posted")
    }
    return nil
  }

  /// What stands on each account but those of the coins is what must stand there.
  func accounts(at number: Int, _ committed: [RealPurchase]) -> Books.Finding? {
    let keeps = isBreaking(number)
    var due = DueBalances(world.market.banks[number].store.snapshot().balances())
    for purchase in committed {
      for payment in purchase.payments where payment.bank == number {
        if keeps {
          due.keep(payment, of: purchase, at: world.market.banks[number])
        } else {
          due.add(payment, of: purchase, at: world.market.banks[number])
        }
      }
    }
    for presentation in largestPresentations(at: number) {
      due.add(presentation.claim.net.minor, to: .holder(presentation.claim.payee.account))
      due.take(presentation.claim.net.minor, from: .correspondent(presentation.from))
    }
    for settlement in world.settlements {
      if settlement.from == number {
        due.take(settlement.minor, from: .correspondent(RealMarket.bankNames[settlement.to]))
        due.add(settlement.minor, to: .clearing)
      }
      if settlement.to == number {
        due.add(settlement.minor, to: .correspondent(RealMarket.bankNames[settlement.from]))
        due.take(settlement.minor, from: .clearing)
      }
    }
    let accounts = Set(due.balances.keys).union(banks[number].balances().map(\.account)).sorted()
    for account in accounts {
      if case .outstanding = account { continue }
      let has = banks[number].balance(of: account)
      let wanted = due.balances[account] ?? 0
      if has != wanted {
        return finding(
          .money, nil, "\(account) at bank \(number) has \(has), and \(wanted) is due")
      }
    }
    let kept = keeps ? committed.flatMap(\.payments).filter { $0.bank == number } : []
    for other in banks[number].correspondents()
    where other.promised != kept.reduce(0, { $0 + $1.paid(at: other.bank) }) {
      return finding(
        .money, nil, "bank \(number) still promises \(other.promised) to \(other.bank)")
    }
    return nil
  }

  /// The transfers of other banks that were taken: of several for one payment the one that pays most.
  private func largestPresentations(at number: Int) -> [RealPresentation] {
    var largest: [RealPresentation] = []
    for presentation in world.presentations.flatMap({ $0 })
    where presentation.bank == number && presentation.isTaken {
      let place = largest.firstIndex {
        $0.claim.process == presentation.claim.process && $0.from == presentation.from
          && $0.claim.payee == presentation.claim.payee
      }
      guard let place else {
        largest.append(presentation)
        continue
      }
      if largest[place].claim.net.minor < presentation.claim.net.minor {
        largest[place] = presentation
      }
    }
    return largest
  }

  // MARK: - Coins

  /// Coins that were not paid with are all out, none is held, and each is worth what its account says. A bank that
  /// does not post still holds those that it was paid with.
  func coins(at number: Int, _ committed: [RealPurchase]) -> Books.Finding? {
    let paid = committed.flatMap(\.payments).filter { $0.bank == number }
      .reduce(0) { $0 + $1.coins }
    let kept = isBreaking(number) ? paid : 0
    let left = UInt64(RealMarket.customerCount) * RealMarket.purse - paid + kept
    var (out, held) = (UInt64(0), UInt64(0))
    for denomination in banks[number].denominations() {
      let value = (denomination.issued - denomination.redeemed) * denomination.content.value
      held += denomination.reserved * denomination.content.value
      guard banks[number].balance(of: .outstanding(denomination.id)) == Int64(value) else {
        return finding(.money, nil, "coins of bank \(number) are worth something else")
      }
      out += value
    }
    guard held == kept else {
      return finding(.money, nil, "bank \(number) holds coins for \(held), and not \(kept)")
    }
    guard out == left else {
      return finding(.money, nil, "\(out) of bank \(number) is in coins, and \(left) is due")
    }
    return nil
  }

  /// A customer has all coins in her wallet that she has not paid with.
  func purse(of buyer: RealBuyer, _ committed: [RealPurchase]) async -> Books.Finding? {
    for (number, name) in RealMarket.bankNames.enumerated() {
      let paid = committed.filter { $0.buyer == buyer.number }.flatMap(\.payments)
        .filter { $0.bank == number }.reduce(0) { $0 + $1.coins }
      let free = try? await buyer.wallets[0].wallet.balance(
        at: name, in: RealMarket.currencies[number])
      guard paid <= RealMarket.purse, free?.minor == RealMarket.purse - paid else {
        return finding(
          .money, nil,
          "customer \(buyer.number) has \(free?.minor ?? 0) of \(RealMarket.purse) of bank \(number), "
            + "and paid \(paid)")
      }
    }
    return nil
  }

  // MARK: - Between banks

  /// What was paid into an account at another bank has arrived there.
  func presented(_ purchase: RealPurchase) -> Books.Finding? {
    for payment in purchase.payments {
      for payout in payment.part.payouts
      where payout.payee.bank != payment.part.bank && payment.net(of: payout) > 0 {
        // Who need not settle presents nothing, and of a transfer of which all was kept there is nothing to
        // present.
        let payee = world.shops.indices.first {
          RealMarket.account(RealMarket.shopNames[$0]) == payout.payee.account
        }
        if let payee, world.needNotSettle(payee, purchase) { continue }
        if world.hasKeptAll(of: payout, payment, of: purchase) { continue }
        let isThere = world.presentations.contains { presentations in
          presentations.contains {
            $0.isTaken && $0.claim.process == purchase.process && $0.from == payment.part.bank
              && $0.claim.payee == payout.payee && $0.claim.amount == payout.amount
          }
        }
        if !isThere {
          return finding(
            .progress, purchase.process,
            "\(payout.payee.account) was paid by \(payment.part.bank), and its own bank has nothing"
          )
        }
      }
    }
    return nil
  }
}

/// What must stand on the accounts of a bank.
private struct DueBalances {
  private(set) var balances: [LedgerAccount: Int64]

  init(_ balances: [LedgerBalance]) {
    self.balances = Dictionary(uniqueKeysWithValues: balances.map { ($0.account, $0.minor) })
  }

  mutating func add(_ minor: UInt64, to account: LedgerAccount) {
    balances[account, default: 0] += Int64(minor)
  }

  mutating func take(_ minor: UInt64, from account: LedgerAccount) {
    balances[account, default: 0] -= Int64(minor)
  }

  /// A committed payment that was not posted: out of what the customer chose, and held.
  mutating func keep(
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, at bank: FoundedBank
  ) {
    take(payment.account, from: .holder(RealMarket.customerAccount(purchase.buyer)))
    take(payment.credit, from: .card(bank.cards[purchase.buyer].id))
    add(payment.account + payment.credit, to: .held(payment.part.method))
  }

  /// A committed payment: out of what the customer chose, to the payees and the bank's fees.
  mutating func add(
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, at bank: FoundedBank
  ) {
    take(payment.account, from: .holder(RealMarket.customerAccount(purchase.buyer)))
    take(payment.credit, from: .card(bank.cards[purchase.buyer].id))
    for payout in payment.part.payouts {
      add(payment.fee(of: payout), to: .fees)
      let account: LedgerAccount =
        payout.payee.bank == bank.name
        ? .holder(payout.payee.account) : .correspondent(payout.payee.bank)
      add(payment.net(of: payout), to: account)
    }
  }
}
