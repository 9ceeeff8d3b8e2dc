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

  /// Whether a process need not end: a bank has refused to do what the verdict orders, and that is proven.
  private func isExcused(_ purchase: CustomerBooks.Purchase, _ world: World) -> Bool {
    purchase.state == .committed
      && purchase.payments.contains { isBroken($0.content, of: purchase.process, world) }
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
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        if purchase.state == .undecided {
          return finding(.progress, purchase.process, "a customer was never told how it ended")
        }
        if !hasEnded(purchase.process, world), !isExcused(purchase, world) {
          return finding(.progress, purchase.process, "a process has no end on file")
        }
      }
    }
    guard !isOver(world) else { return nil }
    return finding(
      .progress, nil,
      "not at its end: \(node.openCount) processes open, "
        + "\(world.stage.network.messages.count) messages under way")
  }

  /// Whether the journal has the end of it.
  private func hasEnded(_ process: ProcessID, _ world: World) -> Bool {
    world.stage.node.journal.rows(of: process).contains { $0.kinds.contains(.end) }
  }
}
