// The same stage with real parties on it: real coins, keys and proofs, stores in memory. One call is awaited
// at a time, so the choices alone decide what happens.
//
// A store in memory loses nothing: of the participants a crash takes the time, and the answers that were
// under way. The coordinator's journal can lose what was not synced, as in the model world.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

final class RealWorld: Playground {
  /// A customer, and what she will do.
  struct Buyer {
    /// Two of them over copies of one purse pay twice with the same coins.
    let wallets: [Customer]
    /// Has goods held, and never asks for delivery.
    let isGriefing: Bool
    let wishes: [RealWish]
    var nextWish = 0
    var purchases: [Purchase] = []
  }

  struct Purchase {
    let process: ProcessID
    let submission: PurchaseSubmission
    let key: SigningKeyValue
    let wallet: Customer
    let decideBy: Timestamp
    var isEnded = false
    var asksAt: Timestamp
  }

  var stage: Stage
  let setting: Setting
  let market: RealMarket
  let bank: Bank
  let bankStore: MemoryStore<any BankRows>
  let shops: [Shop]
  let shopStores: [MemoryStore<any ShopRows>]
  let log: TransparencyLog
  var buyers: [Buyer]
  /// The verdicts that the coordinator was seen to sign, by process: looked up, and never gone through.
  private(set) var verdicts: [ProcessID: [Signed<Verdict>]] = [:]
  private(set) var tally = Tally()
  private var down: [Party] = []
  private let clocks: [(party: Party, clock: RunClock)]

  /// - Parameter flaw: of the coordinator; another one changes nothing here.
  init(market: RealMarket, flaw: Flaw?, entropy: inout SimulationEntropy) async throws {
    self.market = market
    let trust = market.trust
    let verdicts = VerdictVerifier(trust)
    var clocks: [(party: Party, clock: RunClock)] = []
    func clock(_ party: Party) -> RunClock {
      let clock = RunClock(Stage.start)
      clocks.append((party, clock))
      return clock
    }
    let bankEntropy = SharedEntropy(entropy.next())
    bankStore = MemoryStore(market.bankStore.snapshot())
    bank = Bank(
      store: bankStore, signer: try RealMarket.signer(RealMarket.bankName),
      denominationSigner: market.denominationSigner,
      identity: try RealMarket.identity(RealMarket.bankName.text), trust: trust,
      verdicts: verdicts, clock: clock(.bank(0)), rules: .standard,
      makeEntropy: { bankEntropy.fork() })
    shopStores = market.shopStores.map { MemoryStore($0.snapshot()) }
    var shops: [Shop] = []
    for (number, name) in RealMarket.shopNames.enumerated() {
      shops.append(
        try RealMarket.shop(
          name, shopStores[number], trust: trust, clock: clock(.shop(number)),
          seed: entropy.next()))
    }
    self.shops = shops
    log = TransparencyLog(
      signer: try RealMarket.noteSigner(RealMarket.logName, .note),
      store: MemoryStore<any LogRows>(MemoryLogRows()),
      embedded: EmbeddedWitness(
        signer: try RealMarket.noteSigner(RealMarket.witnessName, .cosignature)),
      quorum: 1, trust: trust, clock: clock(.log))
    buyers = []
    for number in 0..<RealMarket.customerCount {
      let isDouble = entropy.happens(perMille: 150)
      var wallets: [Customer] = []
      let time = clock(.customer(number))
      for _ in 0..<(isDouble ? 2 : 1) {
        let source = SharedEntropy(entropy.next())
        let wallet = try await Wallet(
          store: MemoryStore(market.walletStores[number].snapshot()),
          atRest: try RealMarket.atRest(),
          trust: trust, verdicts: verdicts, clock: time, rules: .standard,
          makeEntropy: { source.fork() })
        wallets.append(
          Customer(
            wallet: wallet, trust: trust, verdicts: verdicts, clock: time,
            makeEntropy: { source.fork() }))
      }
      buyers.append(
        Buyer(
          wallets: wallets, isGriefing: entropy.happens(perMille: 100),
          wishes: RealWish.draw(offers: market.offers, from: &entropy)))
    }
    self.clocks = clocks
    let coordinator = try RealMarket.signer(Setting.coordinatorName)
    let escrowEntropy = SharedEntropy(entropy.next())
    setting = Setting(
      conduct: Conduct(
        coordinator: Setting.coordinatorName,
        notary: EvidenceNotary(trust: trust, signer: coordinator),
        examiner: EscrowAgent(
          identity: try RealMarket.identity(Setting.coordinatorName.text),
          makeEntropy: { escrowEntropy.fork() }),
        rules: flaw?.rules ?? .standard, readOrder: { try? trust.verifyOrder($0).stated }),
      banks: [RealMarket.bankName], shops: RealMarket.shopNames,
      coordinatorKey: coordinator.issuer.key)
    stage = Stage(node: CoordinatorNode(entropy: entropy.fork(), conduct: setting.conduct))
  }

  // MARK: - Playground

  var parties: [Party] {
    [.coordinator, .log, .bank(0)] + shops.indices.map { .shop($0) }
      + buyers.indices.map { .customer($0) }
  }

  var customerCount: Int { buyers.count }

  func isUp(_ party: Party) -> Bool {
    party == .coordinator ? stage.node.isUp : !down.contains(party)
  }

  func canRestart(_ party: Party) -> Bool {
    !isUp(party) && (party != .coordinator || isUp(.log))
  }

  func isDirty(_ party: Party) -> Bool {
    party == .coordinator && stage.node.isReady && stage.node.isWriting
  }

  func canTake(_ message: Message) -> Bool {
    stage.mayArrive(message)
      && (message.to == .coordinator ? stage.node.isReady : isUp(message.to))
  }

  private func nextAt(of buyer: Buyer) -> Timestamp? {
    let asks = buyer.purchases.filter { !$0.isEnded }.map(\.asksAt)
    let wish = buyer.nextWish < buyer.wishes.count ? [buyer.wishes[buyer.nextWish].at] : []
    return (asks + wish).min()
  }

  func isDue(_ customer: Int) -> Bool {
    isUp(.customer(customer))
      && nextAt(of: buyers[customer]).map { $0 <= stage.clock(of: .customer(customer)) } == true
  }

  var nextTimer: Timestamp? {
    var times: [Timestamp] = []
    if stage.node.isUp, let wake = stage.node.wakeAt {
      times.append(stage.moment(of: wake, at: .coordinator))
    }
    for (number, buyer) in buyers.enumerated() where isUp(.customer(number)) {
      if let time = nextAt(of: buyer) {
        times.append(stage.moment(of: time, at: .customer(number)))
      }
    }
    return times.min()
  }

  var hasRogueMoves: Bool { false }
  var rogueMoves: [RogueMove] { [] }

  var isOver: Bool {
    stage.network.messages.isEmpty && stage.node.isUp && stage.node.openCount == 0
      && !stage.node.isRecovering && !stage.node.isWriting && !stage.node.hasEffects
      && buyers.allSatisfy { $0.nextWish == $0.wishes.count && $0.purchases.allSatisfy(\.isEnded) }
  }

  // MARK: - Applying

  func apply(_ choice: Choice) async {
    let time = stage.clock(of: .coordinator)
    let conduct = setting.conduct
    switch choice {
    case .deliver(let number):
      guard let message = stage.network.message(number), canTake(message) else { return }
      if stage.network.isOvertaking(number) { tally.note(.overtook) }
      _ = stage.network.take(number)
      await deliver(message)
    case .drop(let number): if stage.network.take(number) != nil { tally.note(.lost) }
    case .duplicate(let number):
      stage.network.duplicate(number)
      tally.note(.doubled)
    case .sync: if isDirty(.coordinator) { stage.node.sync(at: time, conduct) }
    case .crash(.coordinator, let keepsWrites):
      tally.note(stage.node.isRecovering ? .recoveryCrash : .coordinatorCrash)
      if stage.node.isWriting { tally.note(keepsWrites ? .writesKept : .writesLost) }
      stage.node.crash(keepsWrites: keepsWrites)
      stage.network.dropReplies(to: .coordinator)
    case .crash(let party, _): crash(party)
    case .restart(.coordinator):
      guard canRestart(.coordinator),
        case .done(let latest) = await log.latestVerdicts(by: conduct.notary.key, atMost: 16)
      else { return }
      stage.node.restart(at: time, latest: latest, conduct)
    case .restart(let party): down.removeAll { $0 == party }
    case .carryOut:
      let outgoing = stage.node.carryOut(at: time, conduct)
      for one in outgoing { note(said: one.content) }
      stage.sendFromCoordinator(outgoing, setting)
    case .resume: if stage.node.isReady { stage.node.resume(at: time, conduct) }
    case .tick: if stage.node.isTickDue(at: time) { stage.node.tick(at: time, conduct) }
    case .retry(let process):
      if stage.node.isReady { stage.node.retry(process, at: time, conduct) }
    case .act(let number): await act(number)
    case .advance(let milliseconds): stage.advance(milliseconds: milliseconds)
    case .setClock(let party, let milliseconds):
      stage.setClock(of: party, by: milliseconds)
      tally.note(.clockSet)
    case .setRate(let party, let rate):
      stage.setRate(of: party, toPerMillion: rate)
      tally.note(.clockDrift)
    case .rogue: break
    }
  }

  private func crash(_ party: Party) {
    guard isUp(party) else { return }
    down.append(party)
    switch party {
    case .bank: tally.note(.bankCrash)
    case .shop: tally.note(.merchantCrash)
    case .customer: tally.note(.customerCrash)
    case .log: tally.note(.logCrash)
    case .coordinator, .rogue: break
    }
  }

  private func note(said content: MessageContent) {
    guard case .request(.publish(let verdict, let process, _), _) = content,
      verdicts[process]?.contains(verdict) != true
    else { return }
    verdicts[process, default: []].append(verdict)
  }

  private func setClock(of party: Party) {
    clocks.first { $0.party == party }?.clock.set(stage.clock(of: party))
  }

  private func deliver(_ message: Message) async {
    setClock(of: message.to)
    if message.to == .coordinator { return stage.deliverToCoordinator(message, setting) }
    if case .customer(let number) = message.to,
      case .answer(let process, .decided(let verdict)) = message.content
    {
      return await conclude(process, with: verdict, by: number)
    }
    guard case .request(let request, let tag) = message.content,
      let reply = await answer(request, at: message.to)
    else { return }
    stage.network.send(
      Outgoing(to: message.from, content: .reply(reply, tag)), from: message.to)
  }

  private func answer(_ request: ParticipantRequest, at party: Party) async -> ParticipantReply? {
    switch (request, party) {
    case (.reserve(let request, _), .bank): return .reserved(await bank.reserve(request))
    case (.post(let request, _), .bank): return .transferred(await bank.post(request))
    case (.void(let request, _), .bank): return .voided(await bank.void(request))
    case (.deposit(let request, _), .shop(let number)):
      return .deposited(await shops[number].deposit(request))
    case (.release(let request, _), .shop(let number)):
      return .released(await shops[number].release(request))
    case (.settle(let request, _), .shop(let number)):
      return .settled(await shops[number].settle(request))
    case (.publish(let verdict, let process, let bundle), .log):
      return .published(await log.publish(verdict, process: process, bundle: bundle))
    case (.requestDelivery(let query), .customer(let number)):
      guard !buyers[number].isGriefing else {
        tally.note(.griefing)
        return nil
      }
      guard let purchase = purchase(query.id.process, of: number) else { return nil }
      return .requested(await purchase.wallet.requestDelivery(query))
    case (.notify(let notice), .customer(let number)):
      guard let purchase = purchase(notice.id.process, of: number) else { return nil }
      let told = await purchase.wallet.notify(notice)
      if case .done = told { end(notice.id.process, of: number) }
      return .notified(told)
    default: return nil
    }
  }

  // MARK: - Customers

  private func purchase(_ process: ProcessID, of number: Int) -> Purchase? {
    buyers[number].purchases.first { $0.process == process }
  }

  private func end(_ process: ProcessID, of number: Int) {
    for place in buyers[number].purchases.indices
    where buyers[number].purchases[place].process == process {
      buyers[number].purchases[place].isEnded = true
    }
  }

  private func conclude(
    _ process: ProcessID, with verdict: LoggedVerdict, by number: Int
  ) async {
    guard let purchase = purchase(process, of: number),
      (try? await purchase.wallet.conclude(process, with: verdict)) != nil
    else { return }
    end(process, of: number)
  }

  private func act(_ number: Int) async {
    guard isDue(number) else { return }
    let party = Party.customer(number)
    setClock(of: party)
    let now = stage.clock(of: party)
    let buyer = buyers[number]
    if buyer.nextWish < buyer.wishes.count, buyer.wishes[buyer.nextWish].at <= now {
      buyers[number].nextWish += 1
      return await fulfil(buyer.wishes[buyer.nextWish].action, number)
    }
    guard let place = buyer.purchases.firstIndex(where: { !$0.isEnded && $0.asksAt <= now }) else {
      return
    }
    buyers[number].purchases[place].asksAt = now.adding(seconds: 20)
    ask(about: buyer.purchases[place], by: number)
  }

  private func ask(about purchase: Purchase, by number: Int) {
    stage.network.send(
      Outgoing(to: .coordinator, content: .question(purchase.submission.order, purchase.key)),
      from: .customer(number))
  }

  private func fulfil(_ action: RealWish.Action, _ number: Int) async {
    let buyer = buyers[number]
    switch action {
    case .order(let offers, let decideSeconds):
      let wallet = buyer.wallets[buyer.purchases.count % buyer.wallets.count]
      guard let purchase = try? await order(offers, decideSeconds, from: wallet) else { return }
      stage.note(customer: number, of: purchase.process)
      buyers[number].purchases.append(purchase)
      handIn(purchase, by: number)
    case .resubmit(let place):
      guard buyer.purchases.indices.contains(place) else { return }
      handIn(buyer.purchases[place], by: number)
    case .cancel(let place):
      guard buyer.purchases.indices.contains(place) else { return }
      await cancel(buyer.purchases[place], by: number)
    case .question(let place):
      guard buyer.purchases.indices.contains(place) else { return }
      ask(about: buyer.purchases[place], by: number)
    }
  }

  private func handIn(_ purchase: Purchase, by number: Int) {
    stage.network.send(
      Outgoing(to: .coordinator, content: .submit(purchase.submission)), from: .customer(number))
  }

  private func order(
    _ offers: [Signed<Offer>], _ decideSeconds: Int64, from wallet: Customer
  ) async throws -> Purchase {
    let selections = try offers.map { Selection(try wallet.inspect($0)) }
    let plan = try await wallet.plan(
      selections, coordinator: setting.coordinatorKey, template: setting.template,
      decideWithinSeconds: decideSeconds)
    let process = try await wallet.place(plan)
    return Purchase(
      process: process, submission: try await wallet.submission(of: process),
      key: plan.order.oneTimeKey, wallet: wallet, decideBy: plan.order.decideBy,
      asksAt: plan.order.decideBy.adding(seconds: 8))
  }

  private func cancel(_ purchase: Purchase, by number: Int) async {
    guard let row = try? await purchase.wallet.purchase(purchase.process),
      let signer = try? purchase.wallet.wallet.orderSigner(row.orderNumber),
      let nonce = Nonce(Bytes(SHA256.digest(purchase.process.bytes).bytes.prefix(16)))
    else { return }
    let cancellation = signer.sign(Cancellation(process: purchase.process), nonce: nonce)
    stage.network.send(
      Outgoing(to: .coordinator, content: .cancel(purchase.process, cancellation)),
      from: .customer(number))
  }
}

/// What a customer of the real world will do.
struct RealWish: Sendable {
  enum Action: Sendable {
    case order([Signed<Offer>], decideSeconds: Int64)
    /// Of the order with that number.
    case resubmit(Int)
    case cancel(Int)
    case question(Int)
  }

  let at: Timestamp
  let action: Action

  static func draw(
    offers: [[Signed<Offer>]], from entropy: inout SimulationEntropy
  ) -> [RealWish] {
    var wishes: [RealWish] = []
    for number in 0...entropy.below(3) {
      let at = Stage.start.adding(
        milliseconds: Int64(number) * 30_000 + entropy.number(in: 0...20_000))
      let decideSeconds = entropy.number(in: 15...entropy.pick([60, 300]))
      // Of each merchant one good, so no stock twice.
      let chosen = offers.filter { _ in entropy.happens(perMille: 600) }
      wishes.append(
        RealWish(
          at: at,
          action: .order(
            (chosen.isEmpty ? [offers[0]] : chosen).map { entropy.pick($0) },
            decideSeconds: decideSeconds)))
      func later() -> Timestamp {
        at.adding(milliseconds: entropy.number(in: 1...(decideSeconds * 1000)))
      }
      if entropy.happens(perMille: 150) {
        wishes.append(RealWish(at: later(), action: .resubmit(number)))
      }
      if entropy.happens(perMille: 80) {
        wishes.append(RealWish(at: later(), action: .question(number)))
      }
      if entropy.happens(perMille: 120) {
        let isLast = entropy.happens(perMille: 500)
        wishes.append(
          RealWish(
            at: isLast ? at.adding(seconds: decideSeconds) : later(), action: .cancel(number)))
      }
    }
    let sorted = wishes.enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }
    return sorted.map(\.element)
  }
}
