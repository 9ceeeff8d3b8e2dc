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
}
