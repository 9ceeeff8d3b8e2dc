// A whole market as one value: the real coordinator among model participants. What happens next is chosen
// from outside; the same choices make the same world.

package import Coordinator
package import PaymentModel

package struct World: Sendable {
  package let setting: Setting
  package var stage: Stage
  package internal(set) var banks: [ModelBank]
  package internal(set) var shops: [ModelShop]
  package internal(set) var customers: [ModelCustomer]
  package internal(set) var log = ModelLog()
  package internal(set) var rogue: Rogue?
  /// What was done, for the books. It is no part of the state: nobody reads it in the course of a run.
  var record = Record()

  init(
    setting: Setting, banks: [ModelBank], shops: [ModelShop], customers: [ModelCustomer],
    rogue: Rogue?, entropy: SimulationEntropy
  ) {
    self.setting = setting
    stage = Stage(node: CoordinatorNode(entropy: entropy, conduct: setting.conduct))
    self.banks = banks
    self.shops = shops
    self.customers = customers
    self.rogue = rogue
  }

  /// What honest merchants did for the coordinator's processes, and how those were decided, in the order
  /// in which it became durable.
  package var history: History { record.history }

  /// How often what happened so far.
  package var tally: Tally { record.tally }

  package var parties: [Party] {
    [.coordinator, .log] + banks.indices.map { .bank($0) } + shops.indices.map { .shop($0) }
      + customers.indices.map { .customer($0) }
  }

  package func isUp(_ party: Party) -> Bool {
    switch party {
    case .coordinator: stage.node.isUp
    case .bank(let number): banks[number].desk.isUp
    case .shop(let number): shops[number].desk.isUp
    case .customer(let number): customers[number].desk.isUp
    case .log: log.desk.isUp
    case .rogue: true
    }
  }

  /// Whether something of the party waits for a sync.
  package func isDirty(_ party: Party) -> Bool {
    switch party {
    case .coordinator: stage.node.isReady && stage.node.isWriting
    case .bank(let number): banks[number].desk.isDirty
    case .shop(let number): shops[number].desk.isDirty
    case .customer(let number): customers[number].desk.isDirty
    case .log: log.desk.isDirty
    case .rogue: false
    }
  }

  /// Whether a party can take a message now.
  package func canTake(_ message: Message) -> Bool {
    stage.mayArrive(message)
      && (message.to == .coordinator ? stage.node.isReady : isUp(message.to))
  }

  package func isDue(_ customer: Int) -> Bool {
    customers[customer].desk.isUp
      && customers[customer].nextAt.map { $0 <= stage.clock(of: .customer(customer)) } == true
  }

  /// When the next thing is due for which time must pass; `nil` when nobody waits for time.
  package var nextTimer: Timestamp? {
    var next = stage.nextArrival
    if stage.node.isUp, let wake = stage.node.wakeAt {
      let moment = stage.moment(of: wake, at: .coordinator)
      next = min(next ?? moment, moment)
    }
    for (number, customer) in customers.enumerated() where customer.desk.isUp {
      guard let time = customer.nextAt else { continue }
      let moment = stage.moment(of: time, at: .customer(number))
      next = min(next ?? moment, moment)
    }
    return next
  }

  // MARK: - Choices

  /// Everything that can happen next, but that a clock is set or runs at another rate.
  package func choices() -> [Choice] {
    var choices: [Choice] = []
    for message in stage.network.messages {
      if canTake(message) { choices.append(.deliver(message.number)) }
      choices += [.drop(message.number), .duplicate(message.number)]
    }
    for party in parties {
      guard isUp(party) else {
        if canRestart(party) { choices.append(.restart(party)) }
        continue
      }
      if isDirty(party) { choices.append(.sync(party)) }
      choices += [
        .crash(party, keepsWrites: false), .crash(party, keepsWrites: true),
      ]
    }
    if stage.node.hasEffects { choices.append(.carryOut) }
    if stage.node.isReady, stage.node.isRecovering { choices.append(.resume) }
    if stage.node.isTickDue(at: stage.clock(of: .coordinator)) { choices.append(.tick) }
    for process in processes where stage.node.isPausing(process) { choices.append(.retry(process)) }
    for number in customers.indices where isDue(number) { choices.append(.act(number)) }
    choices += rogueMoves.map { .rogue($0) }
    if let next = nextTimer, next > stage.now {
      choices.append(.advance(milliseconds: next.milliseconds(since: stage.now)))
    }
    return choices
  }

  package func canRestart(_ party: Party) -> Bool {
    !isUp(party) && (party != .coordinator || log.desk.isUp)
  }

  package var rogueMoves: [RogueMove] {
    guard let rogue else { return [] }
    return rogue.moves(foreign: foreign, in: setting)
  }

  /// The coordinator's processes for which somebody holds something.
  private var foreign: [Rogue.Foreign] {
    customers.flatMap { customer in
      customer.desk.books.purchases.filter { !$0.isForRogue }.compactMap { purchase in
        let holders = banks.indices.filter { bank in
          banks[bank].desk.books.holds.contains { $0.process == purchase.process }
        }
        let goods = shops.indices.flatMap { shop in
          shops[shop].desk.books.holds.filter { $0.process == purchase.process }
            .map { (shop: shop, offer: $0.offer) }
        }
        guard !holders.isEmpty || !goods.isEmpty else { return nil }
        return Rogue.Foreign(
          process: purchase.process, banks: holders, goods: goods, customer: customer.number)
      }
    }
  }
}

extension World {
  /// All orders' processes, by customer.
  package var processes: [ProcessID] {
    customers.flatMap { $0.desk.books.purchases.map(\.process) }
  }

  /// Forgets what does not tell how a world without crashes goes on: messages, which are compared on their
  /// own, numbers, and the order of what is only looked up.
  mutating func forgetPast() {
    stage.network = Network()
    stage.node.forgetPast(of: processes)
    for number in banks.indices { banks[number].desk.rearrange { $0.forgetOrder() } }
    for number in shops.indices { shops[number].forgetOrder() }
    log.desk.rearrange { $0.entries.sort { $0.process < $1.process } }
    record = Record()
  }
}

extension World: Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    left.stage == right.stage && left.banks == right.banks && left.shops == right.shops
      && left.customers == right.customers && left.log == right.log && left.rogue == right.rogue
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(stage)
    hasher.combine(banks)
    hasher.combine(shops)
    hasher.combine(customers)
    hasher.combine(log)
    hasher.combine(rogue)
  }
}
