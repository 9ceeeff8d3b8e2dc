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
  var stage: Stage
  let setting: Setting
  let market: RealMarket
  let flaw: Flaw?
  /// What the coordinator charges; `nil` for nothing.
  let charging: RealCharging?
  let banks: [RealBank]
  let shops: [Shop]
  let shopStores: [MemoryStore<any ShopRows>]
  let shopPolicies: [ShopPolicy]
  let log: TransparencyLog
  var buyers: [RealBuyer]
  var customerEntropy: SimulationEntropy

  // How banks and merchants behave
  var bankConducts: [RealConduct<BankCheat>]
  var shopConducts: [RealConduct<ShopCheat>]
  let bankLies: [RealLies]
  let shopLies: [RealLies]

  // Money between banks
  /// By merchant.
  var presentations: [[RealPresentation]]
  var settlements: [RealSettlement] = []
  /// When each bank pays the others.
  var settlesAt: [[Timestamp]]
  /// When each bank has a new tariff.
  private var tariffsAt: [Timestamp]

  /// The verdicts that the coordinator was seen to sign, by process: looked up, and never gone through.
  private(set) var verdicts: [ProcessID: [Signed<Verdict>]] = [:]
  /// What the coordinator's clock showed.
  var times = RealTimes()
  private(set) var tally = Tally()
  /// What honest merchants did, and how processes were decided.
  var history = RealHistory()
  /// The first thing that was found wrong in an answer.
  private(set) var finding: Books.Finding?
  /// Signed refusals that were seen already: looked up, and never gone through.
  private var refusals: Set<Bytes> = []
  private var down: [Party] = []
  private let clocks: [(party: Party, clock: RunClock)]

  /// - Parameter flaw: of those that the real world takes.
  init(market: RealMarket, flaw: Flaw?, entropy: inout SimulationEntropy) async throws {
    self.market = market
    self.flaw = flaw
    let trust = market.trust
    let charging = try RealCharging(trust: trust, beside: entropy)
    self.charging = charging
    let cheatsPerMille = entropy.pick([0, 0, 100, 250])
    var clocks: [(party: Party, clock: RunClock)] = []
    func clock(_ party: Party) -> RunClock {
      let clock = RunClock(Stage.start)
      clocks.append((party, clock))
      return clock
    }
    func cheat<Cheat: CaseIterable>(_ kind: Cheat.Type) -> Cheat? where Cheat.AllCases == [Cheat] {
      entropy.happens(perMille: cheatsPerMille) ? entropy.pick(Cheat.allCases) : nil
    }
    banks = try market.banks.enumerated().map { number, founded in
      try RealBank(
        founded.name, store: MemoryStore(founded.store.snapshot()),
        denominationSigner: founded.denominationSigner, trust: trust, clock: clock(.bank(number)),
        seed: entropy.next())
    }
    bankConducts = banks.map { _ in
      RealConduct(cheat(BankCheat.self), entropy: entropy.fork())
    }
    bankLies = try RealMarket.bankNames.map { try RealLies(of: $0) }
    let narrow = ShopPolicy(
      templates: [CoordinatorHost.template], mostUndecidedHolds: HoldLimits.narrow.holds,
      mostFreeHolds: HoldLimits.narrow.freeHolds, mostFreePieces: HoldLimits.narrow.freePieces)
    let wide = ShopPolicy(templates: [CoordinatorHost.template])
    let stores = market.shopStores.map { MemoryStore($0.snapshot()) }
    let policies = stores.map { _ in entropy.pick([narrow, wide, wide]) }
    shopStores = stores
    shopPolicies = policies
    shops = try RealMarket.shopNames.enumerated().map { number, name in
      try RealMarket.shop(
        name, stores[number], trust: trust, clock: clock(.shop(number)), policy: policies[number],
        seed: entropy.next())
    }
    shopConducts = stores.map { _ in RealConduct(cheat(ShopCheat.self), entropy: entropy.fork()) }
    shopLies = try RealMarket.shopNames.map { try RealLies(of: $0) }
    presentations = stores.map { _ in [] }
    settlesAt = banks.map { _ in
      (1...6).map {
        Stage.start.adding(milliseconds: $0 * 45_000 + entropy.number(in: -20_000...20_000))
      }
    }
    tariffsAt = banks.map { _ in
      Stage.start.adding(milliseconds: entropy.number(in: 10_000...200_000))
    }
    log = TransparencyLog(
      signer: try RealMarket.noteSigner(RealMarket.logName, .note),
      store: MemoryStore<any LogRows>(MemoryLogRows()),
      embedded: EmbeddedWitness(
        signer: try RealMarket.noteSigner(RealMarket.witnessName, .cosignature)),
      quorum: 1, trust: trust, clock: clock(.log))
    buyers = []
    for number in 0..<RealMarket.customerCount {
      buyers.append(
        try await Self.buyer(
          number, in: market, clock: clock(.customer(number)), cheatsPerMille: cheatsPerMille,
          entropy: &entropy))
    }
    customerEntropy = entropy.fork()
    self.clocks = clocks
    // With that flaw it does not know what it charges.
    let terms = flaw == .takesOrdersWithoutFee ? nil : charging?.terms.stated
    setting = try Self.setting(trust, flaw, terms: terms, entropy: &entropy)
    stage = Stage(node: CoordinatorNode(entropy: entropy.fork(), conduct: setting.conduct))
  }

  private static func buyer(
    _ number: Int, in market: RealMarket, clock: RunClock, cheatsPerMille: Int,
    entropy: inout SimulationEntropy
  ) async throws -> RealBuyer {
    var cheat: CustomerCheat?
    if entropy.happens(perMille: cheatsPerMille) {
      cheat =
        entropy.happens(perMille: 350) ? .doubleSpend : entropy.pick(CustomerCheat.allCases)
    }
    let verdicts = VerdictVerifier(market.trust)
    var wallets: [Customer] = []
    var stores: [MemoryStore<any WalletRows>] = []
    for _ in 0..<(cheat == .doubleSpend ? 2 : 1) {
      let source = SharedEntropy(entropy.next())
      let store = MemoryStore(market.walletStores[number].snapshot())
      stores.append(store)
      let wallet = try await Wallet(
        store: store,
        atRest: try RealMarket.atRest(), trust: market.trust, verdicts: verdicts, clock: clock,
        rules: .standard, makeEntropy: { source.fork() })
      wallets.append(
        Customer(
          wallet: wallet, trust: market.trust, verdicts: verdicts, clock: clock,
          makeEntropy: { source.fork() }))
    }
    return RealBuyer(
      number: number, cheat: cheat, wallets: wallets, stores: stores,
      wishes: RealWish.draw(offers: market.offers, cheat: cheat, from: &entropy))
  }

  private static func setting(
    _ trust: TrustStore, _ flaw: Flaw?, terms: Stated<Terms>?, entropy: inout SimulationEntropy
  ) throws -> Setting {
    let coordinator = try RealMarket.signer(Setting.coordinatorName)
    let escrowEntropy = SharedEntropy(entropy.next())
    return Setting(
      conduct: Conduct(
        coordinator: Setting.coordinatorName,
        notary: EvidenceNotary(
          trust: trust, signer: coordinator, terms: PublishedTerms(terms.map { [$0] } ?? [])),
        examiner: EscrowAgent(
          identity: try RealMarket.identity(Setting.coordinatorName.text),
          makeEntropy: { escrowEntropy.fork() }),
        rules: flaw?.rules ?? .standard, readOrder: { try? trust.verifyOrder($0).stated }),
      banks: RealMarket.bankNames, shops: RealMarket.shopNames,
      coordinatorKey: coordinator.issuer.key)
  }

  func note(_ occurrence: Occurrence) { tally.note(occurrence) }

  // MARK: - Playground

  var parties: [Party] {
    [.coordinator, .log] + banks.indices.map { .bank($0) } + shops.indices.map { .shop($0) }
      + buyers.indices.map { .customer($0) }
  }

  var processes: [ProcessID] { buyers.flatMap { $0.purchases.map(\.process) } }

  /// Customers first, then merchants, then banks.
  var actorCount: Int { buyers.count + shops.count + banks.count }

  private func actor(_ number: Int) -> Party {
    if number < buyers.count { return .customer(number) }
    let rest = number - buyers.count
    return rest < shops.count ? .shop(rest) : .bank(rest - shops.count)
  }

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

  /// When somebody does something next.
  private func nextAt(of party: Party) -> Timestamp? {
    switch party {
    case .customer(let number):
      let buyer = buyers[number]
      let asks = buyer.purchases.filter { !$0.isEnded }.map(\.asksAt)
      let wish = buyer.nextWish < buyer.wishes.count ? [buyer.wishes[buyer.nextWish].at] : []
      return (asks + wish).min()
    case .shop(let number): return nextAt(ofShop: number)
    case .bank(let number): return nextAt(ofBank: number)
    case .coordinator, .log, .rogue: return nil
    }
  }

  func isDue(_ number: Int) -> Bool {
    let party = actor(number)
    return isUp(party) && nextAt(of: party).map { $0 <= stage.clock(of: party) } == true
  }

  var nextTimer: Timestamp? {
    var next = stage.nextArrival
    func add(_ time: Timestamp?, _ party: Party) {
      guard isUp(party), let moment = time.map({ stage.moment(of: $0, at: party) }) else { return }
      next = min(next ?? moment, moment)
    }
    add(stage.node.wakeAt, .coordinator)
    for number in 0..<actorCount { add(nextAt(of: actor(number)), actor(number)) }
    return next
  }

  var hasRogueMoves: Bool { false }
  var rogueMoves: [RogueMove] { [] }

  var isOver: Bool {
    stage.network.messages.isEmpty && stage.node.isUp && !stage.node.isRecovering
      && !stage.node.isWriting && !stage.node.hasEffects
      && presentations.allSatisfy { $0.allSatisfy(\.isTaken) }
      && buyers.allSatisfy { $0.nextWish == $0.wishes.count && $0.purchases.allSatisfy(\.isEnded) }
      && stage.node.openCount == excusedCount
  }

  // MARK: - Applying

  func apply(_ choice: Choice) async {
    let time = stage.clock(of: .coordinator)
    let conduct = setting.conduct
    times.next()
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
      if let process = stage.node.endingProcess { history.ended(process) }
      let outgoing = stage.node.carryOut(at: time, conduct)
      for one in outgoing { note(said: one.content) }
      stage.sendFromCoordinator(outgoing, setting)
    case .resume: if stage.node.isReady { stage.node.resume(at: time, conduct) }
    case .tick: if stage.node.isTickDue(at: time) { stage.node.tick(at: time, conduct) }
    case .retry(let process):
      guard stage.node.isReady else { break }
      if stage.node.isPausing(process) { tally.note(.askedEarly) }
      stage.node.retry(process, at: time, conduct)
    case .act(let number): await act(number)
    case .advance(let milliseconds): stage.advance(milliseconds: milliseconds)
    case .setClock(let party, let milliseconds):
      stage.setClock(of: party, by: milliseconds)
      times.setClock(from: time, to: stage.clock(of: .coordinator))
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
    stage.network.dropReplies(from: party)
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
    times.decided(process, at: stage.clock(of: .coordinator))
  }

  func setClock(of party: Party) {
    clocks.first { $0.party == party }?.clock.set(stage.clock(of: party))
  }

  private func deliver(_ message: Message) async {
    setClock(of: message.to)
    if case .bank(let number) = message.to { await renewTariff(of: number) }
    switch (message.content, message.to) {
    case (_, .coordinator):
      times.told(message.content, run: stage.node.run, at: stage.clock(of: .coordinator))
      stage.deliverToCoordinator(message, setting)
    case (.answer(let process, .decided(let verdict)), .customer(let number)):
      await conclude(process, with: verdict, by: number)
    case (.present(let transfer), .bank(let number)):
      await take(transfer, at: number, from: message.from)
    case (.credited(let transfer), .shop(let number)): credited(transfer, to: number)
    case (.request(let request, let tag), let party):
      let answer = await answer(request, at: party)
      guard let reply = answer.reply else { return }
      let notBefore: Timestamp? =
        switch answer.lateness {
        case nil: nil
        case .at(let time): stage.moment(of: time, at: .coordinator)
        case .after(let milliseconds): stage.now.adding(milliseconds: milliseconds)
        }
      stage.network.send(
        Outgoing(to: message.from, content: .reply(reply, tag), notBefore: notBefore), from: party)
    default: break
    }
  }

  /// A bank's tariff changes when its time has come.
  private func renewTariff(of number: Int) async {
    guard tariffsAt[number] <= stage.clock(of: .bank(number)),
      banks[number].rows.latestKeyset()?.period == 1, market.banks[number].keysets.count > 1,
      (try? await banks[number].bank.publish(market.banks[number].keysets[1].statement)) != nil
    else { return }
    note(.tariffChanged)
  }

  /// Looks into the answer of somebody honest.
  func examine(
    _ reply: ParticipantReply, to request: ParticipantRequest, by party: Party
  ) async {
    guard finding == nil, !reply.isDone else { return }
    // The same refusal again was looked into when it was made.
    if let signed = reply.refusal, !refusals.insert(signed.bytes).inserted { return }
    finding = await RealBooks(of: self).falseAnswer(
      reply, to: request, by: party, at: stage.clock(of: party))
  }

  // MARK: - Customers

  func purchase(_ process: ProcessID, of number: Int) -> RealPurchase? {
    buyers[number].purchases.first { $0.process == process }
  }

  func end(_ process: ProcessID, of number: Int) {
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
    let party = actor(number)
    setClock(of: party)
    switch party {
    case .customer(let number): await customerActs(number)
    case .shop(let number): present(by: number)
    case .bank(let number): await settle(by: number)
    case .coordinator, .log, .rogue: break
    }
  }

  private func customerActs(_ number: Int) async {
    let now = stage.clock(of: .customer(number))
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

  private func ask(about purchase: RealPurchase, by number: Int) {
    stage.network.send(
      Outgoing(
        to: .coordinator, content: .question(purchase.submission.order, purchase.order.oneTimeKey)),
      from: .customer(number))
  }

  private func fulfil(_ action: RealWish.Action, _ number: Int) async {
    let buyer = buyers[number]
    switch action {
    case .order(let wish):
      let place = buyer.purchases.count % buyer.wallets.count
      guard let purchase = try? await order(wish, from: place, by: number) else { return }
      if buyer.isTwice(purchase, from: place) { note(.doubleSpend) }
      if stage.note(customer: number, of: purchase.process) { history.began(purchase.process) }
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

  private func handIn(_ purchase: RealPurchase, by number: Int) {
    stage.network.send(
      Outgoing(to: .coordinator, content: .submit(purchase.submission)), from: .customer(number))
  }

  private func cancel(_ purchase: RealPurchase, by number: Int) async {
    // After a verdict she has nothing to withdraw.
    guard let cancellation = try? await purchase.wallet.cancellation(of: purchase.process) else {
      return
    }
    stage.network.send(
      Outgoing(to: .coordinator, content: .cancel(purchase.process, cancellation)),
      from: .customer(number))
  }
}
