// How a customer of the real world orders: which bank pays whom, out of what, and for which part of the price.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties

extension RealWorld {
  /// Plans, signs and pays an order; what is handed in may be something else, where she cheats.
  ///
  /// - Parameter place: the wallet's number.
  /// - Throws: when she cannot pay it, or nobody takes it so.
  func order(_ wish: RealOrder, from place: Int, by number: Int) async throws -> RealPurchase {
    let wallet = buyers[number].wallets[place]
    let selections = try wish.lines.map {
      Selection(try wallet.inspect($0.offer.signed), quantity: $0.quantity)
    }
    let charging = paidCharging(by: number)
    let plan = try await wallet.plan(
      selections, coordinator: setting.coordinatorKey, template: setting.template,
      decideWithinSeconds: wish.decideSeconds, paying: await methods(for: wish, number),
      under: banks.indices.map { keyset(of: $0) }, charged: charging?.terms)
    var payments: [RealPurchase.Payment] = []
    var means: [PartyName: any PaymentMeans] = [:]
    for content in try plan.contents() {
      guard case .payment(let part) = content,
        let bank = RealMarket.bankNames.firstIndex(of: part.bank)
      else { continue }
      let (payment, chosen) = try payment(part, at: bank, wish, of: number, wallet)
      payments.append(payment)
      means[part.bank] = chosen
    }
    let process = try await wallet.place(plan, with: means)
    let coins = buyers[number].stores[place].snapshot().coins(lockedBy: process)
    for place in payments.indices {
      payments[place].keys = coins.filter { $0.bank == payments[place].part.bank }.map(\.key)
    }
    if self.charging != nil, charging == nil, !payments.isEmpty { note(.feeCheat) }
    var submission = try await wallet.submission(of: process)
    let stolen = wish.replays ? stolenInstruments(by: number) : []
    let isReplay = !stolen.isEmpty && !submission.instruments.isEmpty
    if isReplay {
      submission = PurchaseSubmission(
        order: submission.order, parts: submission.parts, offers: submission.offers,
        instruments: zip(
          submission.instruments.indices, submission.instruments
        ).map { stolen.indices.contains($0) ? stolen[$0] : $1 }, terms: submission.terms)
      note(.replay)
    }
    return RealPurchase(
      process: process, buyer: number, order: plan.order, submission: submission, wallet: wallet,
      lines: wish.lines, payments: payments, isReplay: isReplay,
      asksAt: plan.order.decideBy.adding(seconds: RealPurchase.askSeconds))
  }

  /// The instruments of her last order that has some.
  private func stolenInstruments(by number: Int) -> [Sealed<SealedContent.Instrument>] {
    buyers[number].purchases.last { !$0.submission.instruments.isEmpty }?.submission.instruments
      ?? []
  }

  /// The keyset that a bank has published last.
  func keyset(of bank: Int) -> AcceptedKeyset {
    let period = banks[bank].rows.latestKeyset()?.period ?? 1
    return market.banks[bank].keysets[period - 1]
  }

  /// What the coordinator charges, for a customer who pays it.
  private func paidCharging(by number: Int) -> RealCharging? {
    charging?.omits[number] == false ? charging : nil
  }

  // MARK: - Who pays

  /// The bank that pays into accounts at another.
  private func payer(for bank: Int, _ wish: RealOrder) -> Int {
    guard let route = wish.route, RealMarket.doClear(route, bank) else { return bank }
    return route
  }

  /// By which method each bank pays that has to. Who is honest orders nothing that her account or card does not
  /// hold; then she pays with coins.
  private func methods(
    for wish: RealOrder, _ number: Int
  ) async -> [PartyName: PaymentMethod] {
    var totals: [UInt64?] = banks.map { _ in nil }
    for line in wish.lines where !line.offer.isFree {
      guard let bank = RealMarket.bankNames.firstIndex(of: line.offer.claim.payee.bank) else {
        continue
      }
      totals[payer(for: bank, wish), default: 0] +=
        line.offer.claim.price.gross.minor * UInt64(line.quantity)
    }
    // The coordinator's fee goes with the first payment.
    if let charging = paidCharging(by: number), let first = totals.firstIndex(where: { $0 != nil })
    {
      totals[first, default: 0] += charging.minor(in: RealMarket.currencies[first])
    }
    var methods: [PartyName: PaymentMethod] = [:]
    for (bank, total) in totals.enumerated() {
      guard let total else { continue }
      var method = wish.methods[bank]
      if method == .coinsAndCard, total < 2 { method = .card }
      let wanted = split(total, by: method, at: bank, wish, of: number)
      let isCovered = await isCovered(wanted, at: bank, of: number)
      if !isCovered, buyers[number].cheat != .doubleSpend { method = .ecash }
      if !isCovered, buyers[number].cheat == .doubleSpend, total != wanted.coins {
        note(.overdraft)
      }
      methods[RealMarket.bankNames[bank]] = method
    }
    return methods
  }

  /// Whether account and card hold as much beside what she has promised already.
  private func isCovered(_ wanted: Split, at bank: Int, of number: Int) async -> Bool {
    var account = wanted.account
    var credit = wanted.credit
    for purchase in buyers[number].purchases {
      let row = try? await purchase.wallet.purchase(purchase.process)
      guard row?.state != .aborted else { continue }
      for payment in purchase.payments where payment.bank == bank {
        account += payment.account
        credit += payment.credit
      }
    }
    return account <= RealMarket.savings && credit <= RealMarket.credit
  }

  // MARK: - Out of what

  private struct Split {
    var coins: UInt64 = 0
    var account: UInt64 = 0
    var credit: UInt64 = 0
  }

  private func split(
    _ total: UInt64, by method: PaymentMethod, at bank: Int, _ wish: RealOrder, of number: Int
  ) -> Split {
    let inCoins =
      method == .coinsAndCard ? min(max(total * wish.coinsPerMille / 1000, 1), total - 1) : 0
    switch method {
    case .ecash: return Split(coins: total)
    case .transfer: return Split(account: total)
    default:
      return market.banks[bank].cards[number].isCredit
        ? Split(coins: inCoins, credit: total - inCoins)
        : Split(coins: inCoins, account: total - inCoins)
    }
  }

  private func payment(
    _ part: PaymentPart, at bank: Int, _ wish: RealOrder, of number: Int, _ wallet: Customer
  ) throws -> (RealPurchase.Payment, (any PaymentMeans)?) {
    let split = split(part.total.minor, by: part.method, at: bank, wish, of: number)
    let payment = RealPurchase.Payment(
      part: part, bank: bank, coins: split.coins, account: split.account, credit: split.credit)
    let card = market.banks[bank].cards[number].details
    switch part.method {
    case .ecash: return (payment, nil)
    case .transfer:
      let account = RealMarket.customerAccount(number)
      return (payment, try wallet.wallet.accountMeans(account, at: part.bank))
    case .coinsAndCard:
      let coins = try Amount(minor: split.coins, currency: part.total.currency)
      return (payment, CoinsAndCard(coins: coins, card: card))
    default: return (payment, card)
    }
  }
}

extension [UInt64?] {
  fileprivate subscript(place: Int, default value: UInt64) -> UInt64 {
    get { self[place] ?? value }
    set { self[place] = newValue }
  }
}
