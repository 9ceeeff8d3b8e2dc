// Progress: once faults have stopped, everything comes to its end.

import Coordinator
import PaymentModel

extension Books {
  /// Whether nothing is left to do, but for what a bank that breaks its promise keeps from its end: without
  /// its transfers a merchant does not confirm, and the coordinator goes on asking.
  package func isOver(_ world: World) -> Bool {
    let node = world.stage.node
    guard world.stage.network.messages.isEmpty, !node.isRecovering, !node.isBehindLog, node.isUp,
      !node.isWriting, !node.hasEffects, world.customers.allSatisfy(\.hasEnded)
    else { return false }
    guard node.openCount > 0 else { return true }
    var excused = 0
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where node.isOpen(purchase.process) {
        guard isExcused(purchase, world) else { return false }
        excused += 1
      }
    }
    return excused == node.openCount
  }

  /// Whether a process need not end: a merchant need not settle.
  private func isExcused(_ purchase: CustomerBooks.Purchase, _ world: World) -> Bool {
    purchase.state == .committed
      && world.shops.contains { needNotSettle($0, purchase, world) }
  }

  func progress(_ world: World) -> Finding? {
    let node = world.stage.node
    if node.isBehindLog {
      return finding(
        .progress, nil, "the coordinator's journal is behind the log: it serves nobody")
    }
    if let failed = node.failed.first {
      return finding(.progress, failed, "the process cannot go on from its journal")
    }
    if let code = node.unexpected.first {
      return finding(.progress, nil, "the machine refused an event: \(code.rawValue)")
    }
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        if purchase.state == .undecided {
          return finding(.progress, purchase.process, "a customer was never told how it ended")
        }
        let file = JournalReading(node.journal.rows(of: purchase.process))
        guard !file.hasEnded || file.isMalformed else { continue }
        guard isExcused(purchase, world) else {
          return finding(.progress, purchase.process, "a process has no end on file")
        }
        guard !file.calls.isEmpty, !file.isMalformed else {
          return finding(
            .progress, purchase.process, "a process stays open, and nobody was called")
        }
      }
    }
    guard !isOver(world) else { return nil }
    return finding(
      .progress, nil,
      "not at its end: \(node.openCount) processes open, "
        + "\(world.stage.network.messages.count) messages under way")
  }

  /// So long after everything that anybody waits for a run may last: a few of the longest pauses.
  private static let restSeconds: Int64 = 240

  /// Whether everything was over soon: after the faults had stopped, everybody had done what she wished,
  /// and the last order's time was out on everybody's clock. What stays open for a reason goes on being
  /// asked for.
  func checkDuration(of world: World, since calm: Timestamp) -> Finding? {
    // Nor is the rogue waited for, whose customers are asked with as much time as it likes.
    guard world.stage.node.openCount == 0, world.rogue == nil else { return nil }
    var last = calm
    for customer in world.customers {
      let own = Party.customer(customer.number)
      if let wish = customer.lastWish { last = max(last, world.stage.moment(of: wish, at: own)) }
      for purchase in customer.desk.books.purchases {
        for party in [Party.coordinator, own] {
          last = max(last, world.stage.moment(of: purchase.order.decideBy, at: party))
        }
      }
    }
    let rest = world.stage.now.milliseconds(since: last) / 1000
    guard rest > Self.restSeconds else { return nil }
    return finding(
      .progress, nil, "everything could be over, and it took \(rest) seconds more")
  }
}
