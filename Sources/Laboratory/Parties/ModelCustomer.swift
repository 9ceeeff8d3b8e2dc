// A customer without cryptography: she locks coins before she orders, asks for delivery when all keys are
// there, and takes a logged verdict for the end of it.

import Coordinator
import PaymentCrypto
import PaymentModel

/// How a customer cheats.
package enum CustomerCheat: CaseIterable, Hashable, Sendable {
  /// Pays twice with the same coins, or out of an account that is empty.
  case doubleSpend
  /// Hands in an instrument that was made for another order.
  case replay
  /// Has goods held, and never asks for delivery.
  case griefing
  /// Signs for another process than the one that she is asked about.
  case falseClaim
  /// Asks for delivery when the time is out.
  case late
}

package struct ModelCustomer: Hashable, Sendable {
  /// How long after `decideBy` she begins to ask, and how long she waits before she asks again.
  private static let askSeconds: Int64 = 8
  private static let askAgainSeconds: Int64 = 20
  /// How long she waits for the coordinator to take an order before she hands it in again.
  private static let handInAgainSeconds: Int64 = 12

  package let number: Int
  package let cheat: CustomerCheat?
  let feeCheat: FeeCheat?
  private let wishes: [Wish]
  /// Whether she hands an order in again that nobody has said to have taken.
  private let handsInAgain: Bool
  package var desk: Desk<CustomerBooks>
  private var entropy: SimulationEntropy
  /// What she did since somebody asked last.
  private var occurrences: [Occurrence] = []

  init(
    number: Int, cheat: CustomerCheat?, wishes: [Wish], books: CustomerBooks,
    entropy: SimulationEntropy, handsInAgain: Bool = false, feeCheat: FeeCheat? = nil
  ) {
    self.number = number
    self.cheat = cheat
    self.feeCheat = feeCheat
    self.wishes = wishes
    self.handsInAgain = handsInAgain
    desk = Desk(books)
    self.entropy = entropy
  }

  /// When she does something next; `nil` when she has nothing to do.
  var nextAt: Timestamp? {
    var next = desk.books.nextWish < wishes.count ? wishes[desk.books.nextWish].at : nil
    for purchase in desk.books.purchases {
      let at: Timestamp? =
        switch purchase.state {
        case .undecided: purchase.asksAt
        case .committed: purchase.keys == nil ? purchase.asksAt : nil
        case .aborted: nil
        }
      if let at { next = min(next ?? at, at) }
    }
    return next
  }

  /// When she does the last thing that she has wished for.
  var lastWish: Timestamp? { wishes.map(\.at).max() }

  /// Whether what she does next is something that she has wished for.
  func isWishDue(at now: Timestamp) -> Bool {
    desk.books.nextWish < wishes.count && wishes[desk.books.nextWish].at <= now
  }

  var hasEnded: Bool {
    desk.books.nextWish >= wishes.count
      && desk.books.purchases.allSatisfy {
        $0.state == .aborted || ($0.state == .committed && $0.keys != nil) || $0.isForRogue
      }
  }

  func purchase(_ process: ProcessID) -> Int? {
    desk.books.purchases.firstIndex { $0.process == process }
  }

  mutating func takeOccurrences() -> [Occurrence] {
    guard !occurrences.isEmpty else { return [] }
    defer { occurrences = [] }
    return occurrences
  }

  // MARK: - What she does

  /// Does what is due.
  mutating func act(
    at now: Timestamp, log: LogBooks?, in setting: Setting
  ) -> [Outgoing] {
    if desk.books.nextWish < wishes.count, wishes[desk.books.nextWish].at <= now {
      let wish = wishes[desk.books.nextWish]
      desk.books.nextWish += 1
      desk.touch()
      return fulfil(wish.action, at: now, setting)
    }
    for place in desk.books.purchases.indices {
      let purchase = desk.books.purchases[place]
      guard purchase.asksAt <= now else { continue }
      switch purchase.state {
      case .undecided where isWaiting(purchase, at: now):
        desk.books.purchases[place].asksAt = asksAt(of: purchase.order, isAnswered: false, now)
        desk.touch()
        return [handIn(purchase)]
      case .undecided:
        desk.books.purchases[place].asksAt = now.adding(seconds: Self.askAgainSeconds)
        desk.touch()
        return [question(about: purchase)]
      case .committed where purchase.keys == nil:
        desk.books.purchases[place].asksAt = now.adding(seconds: Self.askAgainSeconds)
        desk.touch()
        if let log { fetchKeys(place, from: log) }
        return []
      case .committed, .aborted: continue
      }
    }
    return []
  }

  /// Whether nobody has said yet that the order was taken, and there is time.
  private func isWaiting(_ purchase: CustomerBooks.Purchase, at now: Timestamp) -> Bool {
    handsInAgain && !purchase.isAnswered && now < purchase.order.decideBy
  }

  /// When she asks about an order: some time after its end, or before if nobody has taken it.
  private func asksAt(
    of order: Order, isAnswered: Bool, _ now: Timestamp
  ) -> Timestamp {
    let end = order.decideBy.adding(seconds: Self.askSeconds)
    guard handsInAgain, !isAnswered else { return end }
    return min(end, now.adding(seconds: Self.handInAgainSeconds))
  }

  private mutating func fulfil(
    _ action: Wish.Action, at now: Timestamp, _ setting: Setting
  ) -> [Outgoing] {
    switch action {
    case .order(let wish): return order(wish, at: now, setting).map { [$0] } ?? []
    case .resubmit(let number):
      guard desk.books.purchases.indices.contains(number) else { return [] }
      return [handIn(desk.books.purchases[number])]
    case .cancel(let number):
      guard desk.books.purchases.indices.contains(number) else { return [] }
      let purchase = desk.books.purchases[number]
      let signer = SymbolicSigner(oneTimeKey: purchase.order.oneTimeKey)
      let cancellation = signer.sign(
        Cancellation(process: purchase.process), nonce: Nonce(from: &entropy))
      return [
        Outgoing(to: coordinator(of: purchase), content: .cancel(purchase.process, cancellation))
      ]
    case .question(let number):
      guard desk.books.purchases.indices.contains(number) else { return [] }
      return [question(about: desk.books.purchases[number])]
    }
  }

  private func coordinator(of purchase: CustomerBooks.Purchase) -> Party {
    purchase.isForRogue ? .rogue : .coordinator
  }

  private func handIn(_ purchase: CustomerBooks.Purchase) -> Outgoing {
    Outgoing(to: coordinator(of: purchase), content: .submit(purchase.submission))
  }

  private func question(about purchase: CustomerBooks.Purchase) -> Outgoing {
    Outgoing(
      to: coordinator(of: purchase),
      content: .question(purchase.submission.order, purchase.order.oneTimeKey))
  }

  // MARK: - Ordering

  /// Chooses money, locks it, and signs the order; `nil` when she has not enough.
  private mutating func order(
    _ wish: OrderWish, at now: Timestamp, _ setting: Setting
  ) -> Outgoing? {
    var contents: [PaymentPart] = []
    for bank in setting.bankNames {
      let payouts = payouts(for: wish.lines.filter { $0.good.offer.claim.payee.bank == bank })
      guard let currency = payouts.first?.amount.currency else { continue }
      guard let total = try? Amount.sum(payouts.map(\.amount), in: currency) else { return nil }
      contents.append(payment(of: total, payouts, at: bank, now, wish, setting))
    }
    // The rogue charges nothing.
    let charged = ChargedPayments(
      contents, by: wish.isForRogue ? .none : setting.charging, at: now, cheat: feeCheat, &entropy)
    var payments: [CustomerBooks.Payment] = []
    for content in charged.contents {
      guard let numbers = choose(for: content, now, wish, setting) else { return nil }
      payments.append(CustomerBooks.Payment(content: content, numbers: numbers))
    }
    if feeCheat != nil, !wish.isForRogue, !contents.isEmpty { occurrences.append(.feeCheat) }
    let parts =
      wish.lines.map { OrderPart.item(ItemPart(offer: $0.good.offer.id, quantity: $0.quantity)) }
      + payments.map { OrderPart.payment($0.content) }
      + (charged.fee.map { [OrderPart.fee($0)] } ?? [])
    let (root, committed) = SymbolicEvidence.commit(parts, entropy: &entropy)
    let order = Order(
      oneTimeKey: entropy.identifier(), recipient: entropy.identifier(), root: root,
      entryCount: 64, coordinator: wish.isForRogue ? setting.rogueKey : setting.coordinatorKey,
      template: setting.template, decideBy: now.adding(seconds: wish.decideSeconds),
      mask: entropy.identifier())
    let signed = SymbolicSigner(oneTimeKey: order.oneTimeKey)
      .sign(order, nonce: Nonce(from: &entropy))
    let process: ProcessID = SymbolicEvidence.id(of: signed).renamed()
    let purchase = CustomerBooks.Purchase(
      process: process, order: order,
      submission: PurchaseSubmission(
        order: signed, parts: committed, offers: wish.lines.map(\.good.signed),
        instruments: instruments(
          for: payments, in: process, parts: Array(committed.dropFirst(wish.lines.count)), wish),
        terms: charged.terms),
      lines: wish.lines, payments: payments, isForRogue: wish.isForRogue,
      asksAt: asksAt(of: order, isAnswered: false, now))
    desk.books.purchases.append(purchase)
    desk.books.lock(payments, for: process)
    return handIn(purchase)
  }

  /// A payment under the bank's tariff; as she wishes, if everybody whom it pays takes that.
  private func payment(
    of total: Amount, _ payouts: [Payout], at bank: PartyName, _ now: Timestamp, _ wish: OrderWish,
    _ setting: Setting
  ) -> PaymentPart {
    func part(_ method: PaymentMethod) -> PaymentPart {
      PaymentPart(
        bank: bank, method: method, total: total, payouts: payouts,
        transferFee: setting.transferFee(of: bank, at: now))
    }
    let wanted = part(wish.method(at: bank))
    let isTaken = wish.lines.allSatisfy {
      let offer = $0.good.offer.claim
      return offer.payee.bank != bank || offer.accepts(wanted)
    }
    return isTaken ? wanted : part(.ecash)
  }

  private mutating func instruments(
    for payments: [CustomerBooks.Payment], in process: ProcessID, parts: [CommittedPart],
    _ wish: OrderWish
  ) -> [Sealed<SealedContent.Instrument>] {
    var instruments = zip(payments, parts).map { payment, part in
      SymbolicInstrument(
        process: process, part: SHA256.digest(part.part), total: payment.content.total.minor,
        method: payment.content.method, numbers: payment.numbers
      ).sealed
    }
    if let replayed = wish.replays, desk.books.purchases.indices.contains(replayed) {
      let stolen = desk.books.purchases[replayed].submission.instruments
      for place in instruments.indices where stolen.indices.contains(place) {
        instruments[place] = stolen[place]
        occurrences.append(.replay)
      }
    }
    return instruments
  }

  /// What each payee is to get, in their order.
  private func payouts(for lines: [OrderWish.Line]) -> [Payout] {
    var payouts: [Payout] = []
    for line in lines {
      let offer = line.good.offer.claim
      guard let price = try? offer.price.gross.multiplied(by: UInt64(line.quantity)) else {
        continue
      }
      guard !price.isZero else { continue }
      if let place = payouts.firstIndex(where: { $0.payee == offer.payee }) {
        guard let sum = try? payouts[place].amount.adding(price) else { continue }
        payouts[place] = Payout(payee: offer.payee, amount: sum)
      } else {
        payouts.append(Payout(payee: offer.payee, amount: price))
      }
    }
    return payouts.sorted { $0.payee < $1.payee }
  }

  private mutating func choose(
    for payment: PaymentPart, _ now: Timestamp, _ wish: OrderWish, _ setting: Setting
  ) -> [CoinID]? {
    guard payment.method == .ecash else { return purse(for: payment, now, wish, setting) }
    var chosen: [CoinID] = []
    var rest = payment.total.minor
    for coin in desk.books.coins
    where coin.bank == payment.bank && coin.currency == payment.total.currency
      && coin.value <= rest
    {
      let isFree =
        switch coin.state {
        case .free: !wish.takesLockedCoins
        case .locked(let process):
          wish.takesLockedCoins
            || (setting.flaw == .reusesCoinsAfterTimeout && isOverdue(process, at: now))
        case .spent: wish.takesLockedCoins
        }
      guard isFree else { continue }
      chosen.append(coin.id)
      rest -= coin.value
      if rest == 0 {
        guard wish.takesLockedCoins else { return chosen }
        occurrences.append(.doubleSpend)
        // Within one payment, too, and not only one right after the other.
        if chosen.count > 1, entropy.happens(perMille: 250) { chosen[chosen.count - 1] = chosen[0] }
        return chosen
      }
    }
    return nil
  }

  /// The account or card that she pays with, if she believes that it has enough.
  private mutating func purse(
    for payment: PaymentPart, _ now: Timestamp, _ wish: OrderWish, _ setting: Setting
  ) -> [CoinID]? {
    let purse = desk.books.purses.first {
      $0.bank == payment.bank && $0.method == payment.method
        && $0.currency == payment.total.currency
    }
    guard let purse else { return nil }
    let used = purse.uses.filter {
      $0.isSpent || setting.flaw != .reusesCoinsAfterTimeout || !isOverdue($0.process, at: now)
    }.reduce(0) { $0 + $1.minor }
    guard used + payment.total.minor > purse.limit else { return [purse.id] }
    guard wish.takesLockedCoins else { return nil }
    occurrences.append(.overdraft)
    return [purse.id]
  }

  private func isOverdue(_ process: ProcessID, at now: Timestamp) -> Bool {
    purchase(process).map { desk.books.purchases[$0].order.decideBy <= now } ?? false
  }

  // MARK: - What she is asked and told

  mutating func reply(
    to request: ParticipantRequest, at now: Timestamp, in setting: Setting
  ) -> PartyAnswer {
    switch request {
    case .requestDelivery(let query):
      if cheat == .griefing {
        occurrences.append(.griefing)
        return PartyAnswer(nil)
      }
      let reply = ParticipantReply.requested(requestDelivery(query, at: now, setting))
      guard cheat == .late, let lateness = Lateness.draw(for: request, reply, from: &entropy)
      else { return PartyAnswer(reply) }
      occurrences.append(.customerLateness)
      return PartyAnswer(reply, lateness: lateness)
    case .notify(let notice):
      return PartyAnswer(
        .notified(
          conclude(notice.id.process, with: notice.verdict, setting)
            ? .done(Notified()) : .unknown("the verdict does not verify")))
    default: return PartyAnswer(.unreachable)
    }
  }

  private mutating func requestDelivery(
    _ query: DeliveryQuery, at now: Timestamp, _ setting: Setting
  ) -> Outcome<Signed<DeliveryRequest>> {
    guard let place = purchase(query.id.process) else { return .refused(.invalid, nil) }
    let purchase = desk.books.purchases[place]
    if let kept = purchase.deliveryRequest { return .done(kept) }
    guard purchase.state == .undecided, now < query.answerBy else {
      return .refused(.tooLate, nil)
    }
    guard let acceptances = acceptances(query, of: purchase, setting) else {
      return .refused(.invalid, nil)
    }
    let process: ProcessID = cheat == .falseClaim ? entropy.identifier() : purchase.process
    let signed = SymbolicSigner(oneTimeKey: purchase.order.oneTimeKey).sign(
      DeliveryRequest(process: process, acceptances: acceptances),
      nonce: Nonce(from: &entropy))
    if cheat == .falseClaim { occurrences.append(.customerFalseClaim) }
    desk.books.purchases[place].deliveryRequest = signed
    desk.books.purchases[place].acceptances = query.acceptances
    desk.touch()
    return .done(signed)
  }

  /// The identifiers of the acceptances, sorted, if there is a good one for each offer.
  private func acceptances(
    _ query: DeliveryQuery, of purchase: CustomerBooks.Purchase, _ setting: Setting
  ) -> [StatementID]? {
    var ids: [StatementID] = []
    var accepted: [StatementID] = []
    for acceptance in query.acceptances {
      guard let coordinator = SymbolicEvidence.party(of: purchase.order.coordinator),
        let stated = try? SymbolicEvidence.read(acceptance, by: .party(coordinator)),
        stated.claim.process == purchase.process, !accepted.contains(stated.claim.offer)
      else { return nil }
      accepted.append(stated.claim.offer)
      ids.append(stated.id)
    }
    guard setting.flaw != .signsForMissingKeys else { return ids.sorted() }
    return accepted.sorted() == purchase.lines.map(\.good.offer.id).sorted() ? ids.sorted() : nil
  }

  /// Hears from a coordinator.
  mutating func hear(_ content: MessageContent, in setting: Setting) {
    switch content {
    case .answer(let process, .decided(let verdict)): _ = conclude(process, with: verdict, setting)
    // For want of room: later there may be some.
    case .notAccepted(_, .busy): return
    case .accepted(let process), .notAccepted(let process, _):
      guard handsInAgain, let place = purchase(process), !desk.books.purchases[place].isAnswered
      else { return }
      let purchase = desk.books.purchases[place]
      desk.books.purchases[place].isAnswered = true
      if purchase.state == .undecided {
        desk.books.purchases[place].asksAt = asksAt(
          of: purchase.order, isAnswered: true, purchase.order.decideBy)
      }
      desk.touch()
    default: return
    }
  }

  /// Ends a purchase by its logged verdict. `false` when that is none, or another one ended it.
  private mutating func conclude(
    _ process: ProcessID, with logged: LoggedVerdict, _ setting: Setting
  ) -> Bool {
    guard let place = purchase(process),
      let verdict = SymbolicEvidence.read(logged, of: process, flaw: setting.flaw),
      verdict.issuer.key == desk.books.purchases[place].order.coordinator
        || setting.flaw == .believesAnyCoordinator
    else { return false }
    let purchase = desk.books.purchases[place]
    guard purchase.state == .undecided else { return purchase.verdictID == verdict.id }
    let isCommit = verdict.claim.decision.isCommit
    desk.books.purchases[place].verdict = logged
    desk.books.purchases[place].verdictID = verdict.id
    desk.books.purchases[place].state = isCommit ? .committed : .aborted
    // The keys are there already.
    desk.books.purchases[place].asksAt = Timestamp(milliseconds: 0)
    desk.books.unlock(purchase, isSpent: isCommit)
    desk.touch()
    return true
  }

  /// The log serves the keys to anybody; only she can open them.
  private mutating func fetchKeys(_ place: Int, from log: LogBooks) {
    let purchase = desk.books.purchases[place]
    guard let entry = log.entry(of: purchase.process, by: purchase.order.coordinator),
      let bundle = entry.bundle,
      let keys = SymbolicKey.open(bundle, for: purchase.order.recipient)
    else { return }
    desk.books.purchases[place].keys = keys
    desk.touch()
  }
}
