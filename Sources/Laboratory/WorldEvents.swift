// What each choice does to a world.

import Coordinator
import PaymentModel

extension World {
  // MARK: - Applying

  /// Lets it happen. What cannot happen now changes nothing; any time may pass, and any clock be set.
  package mutating func apply(_ choice: Choice) {
    record.next()
    switch choice {
    case .deliver(let number):
      guard let message = stage.network.message(number), canTake(message) else { return }
      if stage.network.isOvertaking(number) { record.tally.note(.overtook) }
      _ = stage.network.take(number)
      deliver(message)
    case .drop(let number): if stage.network.take(number) != nil { record.tally.note(.lost) }
    case .duplicate(let number):
      stage.network.duplicate(number)
      record.tally.note(.doubled)
    case .sync(let party): sync(party)
    case .crash(let party, let keepsWrites): crash(party, keepsWrites)
    case .restart(let party): restart(party)
    case .carryOut:
      let time = stage.clock(of: .coordinator)
      if let process = stage.node.endingProcess { record.ended(process) }
      let outgoing = stage.node.carryOut(at: time, setting.conduct)
      for one in outgoing { record.said(one.content, at: time) }
      stage.sendFromCoordinator(outgoing, setting)
    case .resume:
      guard stage.node.isReady else { return }
      stage.node.resume(at: stage.clock(of: .coordinator), setting.conduct)
    case .tick:
      let time = stage.clock(of: .coordinator)
      if stage.node.isTickDue(at: time) { stage.node.tick(at: time, setting.conduct) }
    case .retry(let process):
      guard stage.node.isReady else { return }
      if stage.node.isPausing(process) { record.tally.note(.askedEarly) }
      stage.node.retry(process, at: stage.clock(of: .coordinator), setting.conduct)
    case .act(let number): act(number)
    case .advance(let milliseconds): stage.advance(milliseconds: milliseconds)
    case .setClock(let party, let milliseconds):
      let before = stage.clock(of: .coordinator)
      stage.setClock(of: party, by: milliseconds)
      if party == .coordinator {
        record.setClock(from: before, to: stage.clock(of: .coordinator))
      }
      record.tally.note(.clockSet)
    case .setRate(let party, let rate):
      stage.setRate(of: party, toPerMillion: rate)
      record.tally.note(.clockDrift)
    case .rogue(let move):
      guard rogue?.movesLeft ?? 0 > 0 else { return }
      record.tally.note(occurrence(of: move))
      let time = stage.clock(of: .rogue)
      for outgoing in rogue?.perform(move, at: time, in: setting) ?? [] {
        stage.network.send(outgoing, from: .rogue)
      }
    }
  }

  private func occurrence(of move: RogueMove) -> Occurrence {
    let own = rogue?.purchases.map(\.admitted.process) ?? []
    switch move {
    case .reserve, .deposit: return .rogueHold
    case .askForDelivery: return .rogueQuery
    case .publish(let process, _):
      return own.contains(process) ? .rogueVerdict : .rogueForeignVerdict
    case .present(let process, _, let isLogged, _, _):
      guard own.contains(process) else { return .rogueForeignPresented }
      return isLogged ? .roguePresented : .rogueUnlogged
    }
  }

  private mutating func act(_ number: Int) {
    guard isDue(number) else { return }
    let party = Party.customer(number)
    let outgoing = customers[number].act(
      at: stage.clock(of: party), log: log.desk.isUp ? log.desk.durable : nil, in: setting)
    record.tally.note(customers[number].takeOccurrences())
    for one in outgoing {
      if case .submit(let submission) = one.content {
        let process: ProcessID = SymbolicEvidence.id(of: submission.order).renamed()
        // The rogue's processes are no part of the history.
        if stage.note(customer: number, of: process), one.to == .coordinator {
          record.began(process)
        }
      }
    }
    send(customers[number].desk.send(outgoing), from: party)
  }

  private mutating func deliver(_ message: Message) {
    switch message.to {
    case .coordinator:
      record.told(
        message.content, run: stage.node.run, at: stage.clock(of: .coordinator))
      stage.deliverToCoordinator(message, setting)
      return
    case .rogue: rogue?.hear(message, at: stage.now)
    default: break
    }
    guard case .request(let request, let tag) = message.content else {
      if case .customer(let number) = message.to {
        if case .notAccepted(_, .busy) = message.content { record.tally.note(.coordinatorBusy) }
        customers[number].hear(message.content, in: setting)
      }
      return
    }
    let time = stage.clock(of: message.to)
    switch message.to {
    case .coordinator, .rogue: break
    case .customer(let number):
      let answer = customers[number].reply(to: request, at: time, in: setting)
      record.tally.note(customers[number].takeOccurrences())
      send(
        customers[number].desk.send(outgoing(answer, tag, to: message)), from: message.to)
    case .bank(let number):
      let answer = banks[number].reply(to: request, at: time, in: setting)
      note(answer, to: request, of: message, at: time, isHonest: banks[number].cheat == nil)
      record.tally.note(banks[number].takeOccurrences())
      let atOnce = setting.flaw == .bankAnswersBeforeSync
      send(
        banks[number].desk.send(outgoing(answer, tag, to: message), atOnce: atOnce),
        from: message.to)
    case .shop(let number):
      let answer = shops[number].reply(to: request, at: time, in: setting)
      note(answer, to: request, of: message, at: time, isHonest: shops[number].cheat == nil)
      record.tally.note(shops[number].takeOccurrences())
      send(shops[number].desk.send(outgoing(answer, tag, to: message)), from: message.to)
    case .log:
      let answer = PartyAnswer(log.answer(request, in: setting))
      send(log.desk.send(outgoing(answer, tag, to: message)), from: .log)
    }
  }

  private mutating func note(
    _ answer: PartyAnswer, to request: ParticipantRequest, of message: Message, at time: Timestamp,
    isHonest: Bool
  ) {
    guard isHonest, message.from == .coordinator, let reply = answer.reply else { return }
    record.answered(reply, to: request, by: message.to, at: time)
  }

  private func outgoing(
    _ answer: PartyAnswer, _ tag: RequestTag, to message: Message
  ) -> [Outgoing] {
    guard let reply = answer.reply else { return [] }
    let notBefore: Timestamp? =
      switch answer.lateness {
      case nil: nil
      case .at(let time): stage.moment(of: time, at: .coordinator)
      case .after(let milliseconds): stage.now.adding(milliseconds: milliseconds)
      }
    return [Outgoing(to: message.from, content: .reply(reply, tag), notBefore: notBefore)]
  }

  private mutating func send(_ outgoing: [Outgoing], from party: Party) {
    for one in outgoing {
      if !breaksPromises(party) { record.sent(one.content, by: party) }
      stage.network.send(one, from: party)
    }
  }

  private func breaksPromises(_ party: Party) -> Bool {
    guard case .bank(let number) = party else { return false }
    return banks[number].cheat == .breaksPromises
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
    note(crashOf: party, keepsWrites)
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
        at: stage.clock(of: .coordinator),
        latest: log.latestVerdicts(by: setting.coordinatorKey, atMost: 16),
        setting.conduct)
    case .bank(let number): banks[number].desk.restart()
    case .shop(let number): shops[number].desk.restart()
    case .customer(let number): customers[number].desk.restart()
    case .log: log.desk.restart()
    case .rogue: break
    }
  }

  private mutating func note(crashOf party: Party, _ keepsWrites: Bool) {
    switch party {
    case .coordinator:
      record.tally.note(stage.node.isRecovering ? .recoveryCrash : .coordinatorCrash)
    case .bank: record.tally.note(.bankCrash)
    case .shop: record.tally.note(.merchantCrash)
    case .customer: record.tally.note(.customerCrash)
    case .log: record.tally.note(.logCrash)
    case .rogue: break
    }
    if isDirty(party) || (party == .coordinator && stage.node.isWriting) {
      record.tally.note(keepsWrites ? .writesKept : .writesLost)
    }
  }

  private mutating func recordDone(at number: Int) {
    let done = shops[number].takeDone()
    if shops[number].cheat == nil { record.take(done, of: setting) }
  }
}
