// Which choices the explorer branches on, and why the others may be taken at once.
//
// Explored are worlds without faults: every message arrives once, nobody crashes, nobody cheats but by not
// asking for delivery. What is left to chance is the order of things. Two orders differ in their outcome only
// where something is read that another process writes. That is so in two places: a merchant's stock, and the
// coordinator's queues for it. So these branch:
//
//   - a deposit, release or settlement reaches a merchant,
//   - its answer reaches the coordinator,
//   - a delivery request reaches the coordinator, which commits,
//   - a customer orders, or cancels,
//   - a process that was told to wait asks again,
//   - time passes until a delivery request is overdue.
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

import Coordinator
import PaymentModel

/// How much the explorer branches.
package enum Reduction: Hashable, Sendable {
  /// On everything that can happen without a fault.
  case none
  /// On every message; syncs and the coordinator's effects come at once.
  case messages
  /// On what does not commute with the rest.
  case commuting
}

extension World {
  /// Takes all eager steps.
  mutating func settle(_ reduction: Reduction) {
    while let choice = eagerChoice(reduction) { apply(choice) }
  }

  /// The first eager step that is possible.
  private func eagerChoice(_ reduction: Reduction) -> Choice? {
    if reduction == .none { return nil }
    if stage.node.hasEffects { return .carryOut }
    if let dirty = parties.first(where: { isDirty($0) }) { return .sync(dirty) }
    if stage.node.isTickDue(at: stage.clock(of: .coordinator)) { return .tick }
    if reduction == .messages { return nil }
    if let message = stage.network.messages.first(where: { !$0.branches && canTake($0) }) {
      return .deliver(message.number)
    }
    return customers.indices.first { isDue($0) && !customers[$0].isWishDue(at: stage.now) }.map {
      .act($0)
    }
  }

  /// The choices between which the explorer branches.
  func branches(_ reduction: Reduction) -> [Choice] {
    var choices: [Choice] = []
    for message in stage.network.messages where canTake(message) {
      choices.append(.deliver(message.number))
    }
    if reduction == .none {
      choices += parties.filter { isDirty($0) }.map { .sync($0) }
      if stage.node.hasEffects { choices.append(.carryOut) }
      if stage.node.isTickDue(at: stage.clock(of: .coordinator)) { choices.append(.tick) }
    }
    choices += customers.indices.filter { isDue($0) }.map { .act($0) }
    guard stage.node.isReady else { return choices }
    for process in processes where stage.node.isPausing(process) { choices.append(.retry(process)) }
    // Nobody else is waited for: what is under way for others has days to arrive.
    if let overdue = nextDeliveryLimit, overdue > stage.now {
      choices.append(.advance(milliseconds: overdue.milliseconds(since: stage.now)))
    }
    return choices
  }

  /// When the next of those runs out of time who do not ask for delivery.
  private var nextDeliveryLimit: Timestamp? {
    customers.filter { $0.cheat == .griefing }.flatMap(\.desk.books.purchases)
      .compactMap { stage.node.answerBy(of: $0.process) }.min()
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
    case .submit, .cancel, .question, .accepted, .notAccepted, .answer: false
    }
  }
}
