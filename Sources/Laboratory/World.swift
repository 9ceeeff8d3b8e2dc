// A whole market as one value: the real coordinator among model participants. What happens next is chosen
// from outside; the same choices make the same world.

package import Coordinator
package import PaymentModel

package struct World: Sendable {
  package let setting: Setting
  package var stage: Stage
  package private(set) var banks: [ModelBank]
  package private(set) var shops: [ModelShop]
  package private(set) var customers: [ModelCustomer]
  package private(set) var log = ModelLog()
  package private(set) var rogue: Rogue?
  /// What was done, for the books. It is no part of the state: nobody reads it in the course of a run.
  private var record = Record()

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
    message.to == .coordinator ? stage.node.isReady : isUp(message.to)
  }

  package func isDue(_ customer: Int) -> Bool {
    customers[customer].desk.isUp
      && customers[customer].nextAt.map { $0 <= stage.clock(of: .customer(customer)) } == true
  }

  /// When the next thing is due for which time must pass; `nil` when nobody waits for time.
  package var nextTimer: Timestamp? {
    var next: Timestamp?
    if stage.node.isUp, let wake = stage.node.wakeAt {
      next = stage.moment(of: wake, at: .coordinator)
    }
    for (number, customer) in customers.enumerated() where customer.desk.isUp {
      guard let time = customer.nextAt else { continue }
      let moment = stage.moment(of: time, at: .customer(number))
      next = min(next ?? moment, moment)
    }
    return next
  }

  // MARK: - Choices

  /// Everything that can happen next.
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
    let foreign = banks.flatMap { bank in
      bank.desk.books.holds.filter { $0.coordinator == setting.coordinatorKey }.map(\.process)
    }
    return rogue.moves(foreign: foreign, in: setting)
  }

  // MARK: - Applying

  /// Lets it happen. A choice that is not among `choices()` changes nothing.
  package mutating func apply(_ choice: Choice) {
    switch choice {
    case .deliver(let number):
      guard let message = stage.network.message(number), canTake(message) else { return }
      _ = stage.network.take(number)
      deliver(message)
    case .drop(let number): _ = stage.network.take(number)
    case .duplicate(let number): stage.network.duplicate(number)
    case .sync(let party): sync(party)
    case .crash(let party, let keepsWrites): crash(party, keepsWrites)
    case .restart(let party): restart(party)
    case .carryOut:
      let time = stage.clock(of: .coordinator)
      if let process = stage.node.endingProcess { record.ended(process) }
      stage.sendFromCoordinator(stage.node.carryOut(at: time, setting.conduct), setting)
    case .resume:
      guard stage.node.isReady else { return }
      stage.node.resume(at: stage.clock(of: .coordinator), setting.conduct)
    case .tick:
      let time = stage.clock(of: .coordinator)
      if stage.node.isTickDue(at: time) { stage.node.tick(at: time, setting.conduct) }
    case .retry(let process):
      guard stage.node.isReady else { return }
      stage.node.retry(process, at: stage.clock(of: .coordinator), setting.conduct)
    case .act(let number): act(number)
    case .advance(let milliseconds): stage.advance(milliseconds: milliseconds)
    case .setClock(let party, let milliseconds): stage.setClock(of: party, by: milliseconds)
    case .rogue(let move):
      let time = stage.clock(of: .rogue)
      for outgoing in rogue?.perform(move, at: time, in: setting) ?? [] {
        stage.network.send(outgoing, from: .rogue)
      }
    }
  }

  private mutating func act(_ number: Int) {
    guard isDue(number) else { return }
    let party = Party.customer(number)
    let outgoing = customers[number].act(
      at: stage.clock(of: party), log: log.desk.isUp ? log.desk.durable : nil, in: setting)
    for one in outgoing {
      if case .submit(let submission) = one.content {
        let process: ProcessID = SymbolicEvidence.id(of: submission.order).renamed()
        if stage.note(customer: number, of: process) { record.began(process) }
      }
    }
    send(customers[number].desk.send(outgoing), from: party)
  }

  private mutating func deliver(_ message: Message) {
    switch message.to {
    case .coordinator: stage.deliverToCoordinator(message, setting)
    case .rogue: rogue?.hear(message, at: stage.now)
    case .customer(let number):
      guard case .request(let request, let tag) = message.content else {
        customers[number].hear(message.content, in: setting)
        return
      }
      let reply = customers[number].answer(request, at: stage.clock(of: message.to), in: setting)
      send(customers[number].desk.send(outgoing(reply, tag, to: message)), from: message.to)
    case .bank(let number):
      guard case .request(let request, let tag) = message.content else { return }
      let reply = banks[number].answer(request, at: stage.clock(of: message.to), in: setting)
      let atOnce = setting.flaw == .bankAnswersBeforeSync
      send(
        banks[number].desk.send(outgoing(reply, tag, to: message), atOnce: atOnce),
        from: message.to)
    case .shop(let number):
      guard case .request(let request, let tag) = message.content else { return }
      let reply = shops[number].answer(request, at: stage.clock(of: message.to), in: setting)
      send(shops[number].desk.send(outgoing(reply, tag, to: message)), from: message.to)
    case .log:
      guard case .request(let request, let tag) = message.content else { return }
      let reply = log.answer(request, in: setting)
      send(log.desk.send(outgoing(reply, tag, to: message)), from: .log)
    }
  }

  private func outgoing(
    _ reply: ParticipantReply?, _ tag: RequestTag, to message: Message
  ) -> [Outgoing] {
    reply.map { [Outgoing(to: message.from, content: .reply($0, tag))] } ?? []
  }

  private mutating func send(_ outgoing: [Outgoing], from party: Party) {
    for one in outgoing { stage.network.send(one, from: party) }
  }

  private mutating func sync(_ party: Party) {
    guard isDirty(party) else { return }
    switch party {
    case .coordinator: stage.node.sync(at: stage.clock(of: .coordinator), setting.conduct)
    case .bank(let number): send(banks[number].desk.sync(), from: party)
    case .shop(let number):
      send(shops[number].desk.sync(), from: party)
      recordDone(at: number)
    case .customer(let number): send(customers[number].desk.sync(), from: party)
    case .log:
      send(log.desk.sync(), from: party)
      record.take(log.desk.durable, of: setting)
    case .rogue: break
    }
  }

  private mutating func crash(_ party: Party, _ keepsWrites: Bool) {
    guard isUp(party) else { return }
    switch party {
    case .coordinator:
      stage.node.crash(keepsWrites: keepsWrites)
      stage.network.dropReplies(to: .coordinator)
    case .bank(let number): banks[number].desk.crash(keepsWrites: keepsWrites)
    case .shop(let number):
      shops[number].crash(keepsWrites: keepsWrites)
      recordDone(at: number)
    case .customer(let number): customers[number].desk.crash(keepsWrites: keepsWrites)
    case .log:
      log.desk.crash(keepsWrites: keepsWrites)
      record.take(log.desk.durable, of: setting)
    case .rogue: break
    }
  }

  private mutating func restart(_ party: Party) {
    guard canRestart(party) else { return }
    switch party {
    case .coordinator:
      stage.node.restart(
        at: stage.clock(of: .coordinator), latest: log.latestVerdicts(atMost: 16),
        setting.conduct)
    case .bank(let number): banks[number].desk.restart()
    case .shop(let number): shops[number].desk.restart()
    case .customer(let number): customers[number].desk.restart()
    case .log: log.desk.restart()
    case .rogue: break
    }
  }
}

extension World {
  /// All orders' processes, by customer.
  package var processes: [ProcessID] {
    customers.flatMap { $0.desk.books.purchases.map(\.process) }
  }

  private mutating func recordDone(at number: Int) {
    let done = shops[number].takeDone()
    if shops[number].cheat == nil { record.take(done, of: setting) }
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
