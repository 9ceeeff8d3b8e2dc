// Which choices the explorer branches on, and why the others may be taken at once.
//
// Explored are worlds without faults: every message arrives once, nobody crashes (but for the coordinator, once,
// where that is asked for), nobody cheats but by not asking for delivery. What is left to chance is the order of things. Two orders differ in their outcome only
// where something is read that another process writes. That is so in two places: a merchant's stock, and the
// coordinator's queues for it. So these branch:
//
//   - a deposit, release or settlement reaches a merchant,
//   - its answer reaches the coordinator,
//   - a delivery request reaches the coordinator, which commits,
//   - a customer orders, or cancels,
//   - a pause ends, where pauses do,
//   - time passes until a delivery request is overdue, or until an order is to be decided,
//   - the coordinator crashes, where it may: what it has not written is lost, and it recovers at once.
//
// Everything else is *eager*: it is applied as soon as it can be, in a fixed order. That is messages to and
// from bank, log and customer, syncs, the coordinator's effects, ticks that are due, and the fetching of keys.
// No order of things is lost thereby, because an eager step
//
//   1. stays possible until it is taken, and is taken in every run that comes to its end;
//   2. reads and writes what is its own process's alone: its coins, its verdict in the log, its customer, its
//      entry with the coordinator; so it commutes with every step of another process;
//   3. is followed, within its own process, by a step that branches, or by nothing: what a run gains by
//      holding the eager step back it gains as well by holding back the step that branches. Reserve and
//      its answer come before the first deposit, the query before the delivery request, publication and
//      posting before the settlement, the record of an abort before the release.
//
// The end of a process is written when the last of its answers has come. If that is an eager one, the
// merchants' answers have come before, and each could have come as late.
//
// Cancellation and delivery request of one process race where they reach the coordinator, so a cancellation
// arrives when it is sent: it is sent whenever it could have arrived.
//
// A step that branches by its kind need not branch in every position. Where nothing that anybody can still do
// touches what it touches, it is a persistent set by itself (Godefroid, "Partial-Order Methods for the
// Verification of Concurrent Systems", 1996): every run from there takes it, and it commutes with all that
// comes before. Such a step is eager, too. `isIndependent` names them.

import Coordinator
import PaymentModel

/// How much the explorer branches.
package enum Reduction: Hashable, Sendable {
  /// On everything that can happen without a fault.
  case none
  /// On every message; syncs and the coordinator's effects come at once.
  case messages
  /// On the kinds of steps that do not commute with the rest.
  case commuting
  /// On those of them that may touch what another process can still touch.
  case persistent
}

/// What the explorer goes through: a market, and how much it branches.
struct Branching: Sendable {
  let market: ScarceMarket
  let reduction: Reduction
  /// Whether a pause may end at any time. If not, whoever waits for one waits for ever.
  let pausesEnd: Bool
  /// Whether the coordinator may crash once, between what it does at once.
  var mayCrash = false

  /// Takes all eager steps.
  func settle(_ world: inout World) {
    while let choice = eagerChoice(in: world) { world.apply(choice) }
  }

  /// The choices between which the explorer branches.
  func choices(in world: World) -> [Choice] {
    var choices: [Choice] = []
    for message in world.stage.network.messages where world.canTake(message) {
      choices.append(.deliver(message.number))
    }
    if reduction == .none {
      choices += world.parties.filter { world.isDirty($0) }.map { .sync($0) }
      if world.stage.node.hasEffects { choices.append(.carryOut) }
      if isTickDue(in: world) { choices.append(.tick) }
    }
    choices += world.customers.indices.filter { world.isDue($0) }.map { .act($0) }
    guard world.stage.node.isReady else { return choices }
    if let time = nextTime(in: world) {
      choices.append(.advance(milliseconds: time.milliseconds(since: world.stage.now)))
    }
    return choices
  }

  /// What may come at any time, and need not come at all: nobody may have to wait for it.
  func chances(in world: World) -> [Choice] {
    guard world.stage.node.isReady else { return [] }
    var chances: [Choice] = []
    if pausesEnd {
      chances += world.processes.filter { world.stage.node.isPausing($0) }.map { .retry($0) }
    }
    if isCrashPossible(in: world) { chances.append(Self.crash) }
    return chances
  }

  private static let crash = Choice.crash(.coordinator, keepsWrites: false)

  private func isCrashPossible(in world: World) -> Bool {
    mayCrash && world.stage.node.run == 0
  }

  /// The world after a crash of the coordinator and its recovery, where one may come.
  func restarted(_ world: World) -> World? {
    guard isCrashPossible(in: world) else { return nil }
    var after = world
    after.apply(Self.crash)
    settle(&after)
    return after
  }

  /// The first eager step that is possible.
  private func eagerChoice(in world: World) -> Choice? {
    if !world.stage.node.isUp { return .restart(.coordinator) }
    if world.stage.node.isReady, world.stage.node.isRecovering { return .resume }
    if reduction == .none { return nil }
    if world.stage.node.hasEffects { return .carryOut }
    if let dirty = world.parties.first(where: { world.isDirty($0) }) { return .sync(dirty) }
    if isTickDue(in: world) { return .tick }
    if reduction == .messages { return nil }
    let message = world.stage.network.messages.first {
      (!$0.branches || (reduction == .persistent && isIndependent($0, in: world)))
        && world.canTake($0)
    }
    if let message { return .deliver(message.number) }
    return world.customers.indices
      .first { world.isDue($0) && !world.customers[$0].isWishDue(at: world.stage.now) }
      .map { .act($0) }
  }

  private func isTickDue(in world: World) -> Bool {
    world.stage.node.isTickDue(at: world.stage.clock(of: .coordinator))
  }

  /// When time may have passed that somebody lets pass. Nobody else is waited for: what is under way for
  /// others has days to arrive.
  private func nextTime(in world: World) -> Timestamp? {
    var next: Timestamp?
    for (order, customer) in zip(market.orders, world.customers) {
      guard let purchase = customer.desk.books.purchases.first else { continue }
      var time: Timestamp?
      switch order.temper {
      case .declines: time = world.stage.node.answerBy(of: purchase.process)
      case .timesOut:
        if world.stage.node.isUndecided(purchase.process) { time = purchase.order.decideBy }
      case .wants, .cancels, .cannotPay: break
      }
      if let time, time > world.stage.now { next = min(next ?? time, time) }
    }
    return next
  }
}

// MARK: - What is independent

extension Branching {
  /// Whether nothing that can still happen, but in consequence of it, touches what the message's arrival
  /// touches.
  private func isIndependent(_ message: Message, in world: World) -> Bool {
    // A crash touches all that the coordinator has.
    guard !isCrashPossible(in: world), let process = message.process,
      let order = market.order(of: process, in: world)
    else { return false }
    if case .reply(_, let tag) = message.content, tag.run != world.stage.node.run { return true }
    switch (message.content, message.to, message.from) {
    case (.request(.settle, _), .shop(let good), _), (.request(.release, _), .shop(let good), _):
      // It changes what a deposit there is answered, and nothing else of other processes.
      return !mayDeposit(at: good, in: world)
    case (.reply(.requested, _), _, _):
      // The commit touches nobody else. It races with what may abort the process, and with nothing else.
      return isDecided(process, in: world) || !isThreatened(order, in: world)
    case (.reply(.deposited, _), _, _):
      // After the verdict nobody waits for it.
      return isDecided(process, in: world)
    case (.reply(.settled, _), _, _):
      // The last answer ends the process, which leaves its places.
      return !isLastAnswer(of: process, in: world)
        || !mayQueue(besides: order, for: market.orders[order].goods, in: world)
    case (.reply(.released, _), _, .shop(let good)):
      // It gives a place up, and the last one all of them.
      let goods = isLastAnswer(of: process, in: world) ? market.orders[order].goods : [good]
      return !mayQueue(besides: order, for: goods, in: world)
    default: return false
    }
  }

  /// Whether somebody may still ask for a good, or has asked and was not heard yet.
  private func mayDeposit(at good: Int, in world: World) -> Bool {
    let isUnderWay = world.stage.network.messages.contains {
      guard $0.to == .shop(good), case .request(.deposit, _) = $0.content else { return false }
      return true
    }
    return isUnderWay
      || market.orders.indices.contains {
        market.orders[$0].goods.contains(good) && mayAsk($0, for: good, in: world)
      }
  }

  private func mayAsk(_ order: Int, for good: Int, in world: World) -> Bool {
    guard let process = market.process(of: order, in: world) else { return true }
    if isDecided(process, in: world) { return false }
    let holds = world.shops[good].desk.books.holds
    // Who holds it asks no more: the answer is final.
    return !holds.contains { $0.process == process }
  }

  /// Whether an undecided order besides that one wants one of the goods.
  private func mayQueue(besides order: Int, for goods: [Int], in world: World) -> Bool {
    market.orders.indices.contains { other in
      other != order && market.orders[other].goods.contains { goods.contains($0) }
        && market.process(of: other, in: world).map { !isDecided($0, in: world) } ?? true
    }
  }

  /// Whether the order may still be cancelled, or run out of time.
  private func isThreatened(_ order: Int, in world: World) -> Bool {
    switch market.orders[order].temper {
    case .timesOut, .declines: return true
    case .cancels where world.isDue(order): return true
    case .wants, .cancels, .cannotPay: return market.has(.declines)
    }
  }

  private func isDecided(_ process: ProcessID, in world: World) -> Bool {
    world.log.desk.durable.entry(of: process, by: world.setting.coordinatorKey) != nil
  }

  /// Whether nothing else of the process is asked for.
  private func isLastAnswer(of process: ProcessID, in world: World) -> Bool {
    let steps = world.stage.node.outline(of: process)?.steps ?? []
    return steps.count { $0.isAsked } <= 1
  }
}

extension Message {
  /// Whether the order of its arrival may matter to another process.
  fileprivate var branches: Bool {
    switch content {
    case .request(let request, _):
      switch request {
      case .deposit, .release, .settle: true
      case .reserve, .post, .void, .publish, .requestDelivery, .notify: false
      }
    case .reply(let reply, _):
      switch reply {
      case .deposited, .released, .settled, .requested: true
      case .reserved, .transferred, .voided, .published, .notified, .unreachable: false
      }
    case .submit, .cancel, .question, .accepted, .notAccepted, .answer, .present, .credited:
      false
    }
  }
}
