// A customer without cryptography: she locks coins before she orders, asks for delivery when all keys are
// there, and takes a logged verdict for the end of it.

import Coordinator
import PaymentCrypto
package import PaymentModel

/// How a customer cheats.
package enum CustomerCheat: CaseIterable, Hashable, Sendable {
  /// Pays twice with the same coins.
  case doubleSpend
  /// Hands in an instrument that was made for another order.
  case replay
  /// Has goods held, and never asks for delivery.
  case griefing
  /// Signs for another process than the one that she is asked about.
  case falseClaim
}

/// Something that a customer will do.
package struct Wish: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case order(OrderWish)
    /// Hands her order of that number in again.
    case resubmit(Int)
    case cancel(Int)
    /// Asks what became of it.
    case question(Int)
  }

  package let at: Timestamp
  package let action: Action
}

package struct OrderWish: Hashable, Sendable {
  package struct Line: Hashable, Sendable {
    package let good: Good
    package let quantity: Int
  }

  package let lines: [Line]
  package let decideSeconds: Int64
  /// Takes coins whether they are locked or not.
  package let takesLockedCoins: Bool
  /// Hands in the instruments of that earlier order.
  package let replays: Int?
  /// Orders at the rogue.
  package let isForRogue: Bool
}

package struct CustomerBooks: Hashable, Sendable {
  package enum CoinState: Hashable, Sendable {
    case free
    case locked(ProcessID)
    case spent(ProcessID)
  }

  package struct Coin: Hashable, Sendable {
    package let id: CoinID
    package let bank: PartyName
    package let value: UInt64
    package var state = CoinState.free
  }

  package enum PurchaseState: Hashable, Sendable {
    case undecided
    case committed
    case aborted
  }

  package struct Purchase: Hashable, Sendable {
    package let process: ProcessID
    package let order: Order
    package let submission: PurchaseSubmission
    package let lines: [OrderWish.Line]
    package let coins: [CoinID]
    package let isForRogue: Bool
    package var state = PurchaseState.undecided
    package var deliveryRequest: Signed<DeliveryRequest>?
    package var verdict: LoggedVerdict?
    package var verdictID: StatementID?
    /// The goods' identities, in the order of the offers.
    package var keys: [Bytes]?
    var asksAt: Timestamp
  }

  package var coins: [Coin] = []
  package var purchases: [Purchase] = []
  var nextWish = 0
}

package struct ModelCustomer: Hashable, Sendable {
  /// How long after `decideBy` she begins to ask, and how long she waits before she asks again.
  private static let askSeconds: Int64 = 8
  private static let askAgainSeconds: Int64 = 20

  package let number: Int
  package let cheat: CustomerCheat?
  private let wishes: [Wish]
  package var desk: Desk<CustomerBooks>
  private var entropy: SimulationEntropy

  init(
    number: Int, cheat: CustomerCheat?, wishes: [Wish], books: CustomerBooks,
    entropy: SimulationEntropy
  ) {
    self.number = number
    self.cheat = cheat
    self.wishes = wishes
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

  /// Chooses coins, locks them, and signs the order; `nil` when she has not enough.
  private mutating func order(
    _ wish: OrderWish, at now: Timestamp, _ setting: Setting
  ) -> Outgoing? {
    var payments: [PaymentPart] = []
    var coins: [[CoinID]] = []
    for bank in setting.bankNames {
      let lines = wish.lines.filter { $0.good.offer.claim.payee.bank == bank }
      guard let currency = lines.first?.good.offer.claim.price.gross.currency else { continue }
      let payouts = payouts(for: lines)
      guard let total = try? Amount.sum(payouts.map(\.amount), in: currency),
        let chosen = choose(total.minor, at: bank, now, wish, setting)
      else { return nil }
      payments.append(
        PaymentPart(bank: bank, method: .ecash, total: total, payouts: payouts))
      coins.append(chosen)
    }
    let parts =
      wish.lines.map { OrderPart.item(ItemPart(offer: $0.good.offer.id, quantity: $0.quantity)) }
      + payments.map { OrderPart.payment($0) }
    let (root, committed) = SymbolicEvidence.commit(parts, entropy: &entropy)
    let order = Order(
      oneTimeKey: entropy.identifier(), recipient: entropy.identifier(), root: root,
      entryCount: 64, coordinator: wish.isForRogue ? setting.rogueKey : setting.coordinatorKey,
      template: setting.template, decideBy: now.adding(seconds: wish.decideSeconds),
      mask: entropy.identifier())
    let signed = SymbolicSigner(oneTimeKey: order.oneTimeKey)
      .sign(order, nonce: Nonce(from: &entropy))
    let process: ProcessID = SymbolicEvidence.id(of: signed).renamed()
    var instruments = payments.indices.map { place in
      SymbolicInstrument(
        process: process, part: SHA256.digest(committed[wish.lines.count + place].part),
        total: payments[place].total.minor, coins: coins[place]
      ).sealed
    }
    if let replayed = wish.replays, desk.books.purchases.indices.contains(replayed) {
      let stolen = desk.books.purchases[replayed].submission.instruments
      for place in instruments.indices where stolen.indices.contains(place) {
        instruments[place] = stolen[place]
      }
    }
    let purchase = CustomerBooks.Purchase(
      process: process, order: order,
      submission: PurchaseSubmission(
        order: signed, parts: committed, offers: wish.lines.map(\.good.signed),
        instruments: instruments),
      lines: wish.lines, coins: coins.flatMap { $0 }, isForRogue: wish.isForRogue,
      asksAt: order.decideBy.adding(seconds: Self.askSeconds))
    desk.books.purchases.append(purchase)
    setCoins(purchase.coins, to: .locked(process))
    return handIn(purchase)
  }

  /// What each payee is to get, in their order.
  private func payouts(for lines: [OrderWish.Line]) -> [Payout] {
    var payouts: [Payout] = []
    for line in lines {
      let offer = line.good.offer.claim
      guard let price = try? offer.price.gross.multiplied(by: UInt64(line.quantity)) else {
        continue
      }
      if let place = payouts.firstIndex(where: { $0.payee == offer.payee }) {
        guard let sum = try? payouts[place].amount.adding(price) else { continue }
        payouts[place] = Payout(payee: offer.payee, amount: sum)
      } else {
        payouts.append(Payout(payee: offer.payee, amount: price))
      }
    }
    return payouts.sorted { $0.payee < $1.payee }
  }

  private func choose(
    _ minor: UInt64, at bank: PartyName, _ now: Timestamp, _ wish: OrderWish, _ setting: Setting
  ) -> [CoinID]? {
    var chosen: [CoinID] = []
    var rest = minor
    for coin in desk.books.coins where coin.bank == bank && coin.value <= rest {
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
      if rest == 0 { return chosen }
    }
    return nil
  }

  private func isOverdue(_ process: ProcessID, at now: Timestamp) -> Bool {
    purchase(process).map { desk.books.purchases[$0].order.decideBy <= now } ?? false
  }

  private mutating func setCoins(_ coins: [CoinID], to state: CustomerBooks.CoinState) {
    for place in desk.books.coins.indices where coins.contains(desk.books.coins[place].id) {
      desk.books.coins[place].state = state
    }
  }

  // MARK: - What she is asked and told

  mutating func answer(
    _ request: ParticipantRequest, at now: Timestamp, in setting: Setting
  ) -> ParticipantReply? {
    switch request {
    case .requestDelivery(let query):
      if cheat == .griefing { return nil }
      return .requested(requestDelivery(query, at: now, setting))
    case .notify(let notice):
      return .notified(
        conclude(notice.id.process, with: notice.verdict, setting)
          ? .done(Notified()) : .unknown("the verdict does not verify"))
    default: return .unreachable
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
    desk.books.purchases[place].deliveryRequest = signed
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
    guard case .answer(let process, .decided(let verdict)) = content else { return }
    _ = conclude(process, with: verdict, setting)
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
    setOwnCoins(of: purchase, to: isCommit ? .spent(process) : .free)
    desk.touch()
    return true
  }

  /// Coins that another order of hers has locked meanwhile stay locked.
  private mutating func setOwnCoins(
    of purchase: CustomerBooks.Purchase, to state: CustomerBooks.CoinState
  ) {
    for place in desk.books.coins.indices
    where purchase.coins.contains(desk.books.coins[place].id)
      && desk.books.coins[place].state == .locked(purchase.process)
    {
      desk.books.coins[place].state = state
    }
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
