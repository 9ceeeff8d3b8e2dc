// Who holds what may run out, and who waits for it: first come, first served.
//
// A good that is sold once is held by one process at a time; the next one asks its merchant when the
// first has ended. Pieces of a stock commute as long as there are enough of them, so everybody asks at
// once. When the merchant says `held` the stock is scarce: from then on newcomers queue up behind the
// process that met it. When somebody leaves, the first who met scarcity asks again, and the next one after
// it has got its piece. Who hears `held` to a question that he asked before somebody left asks again, too:
// the answer may be older than what was given back.
//
//   absent ──▶ waiting ──▶ granted ──▶ holding
//                             ▲│
//                   asking ◀──┘▼ (held)
//                      └──▶ contended
//
// Processes take resources in one total order, so those that wait for each other never stand in a circle;
// each waits no longer than to its own `decideBy`. A process past its verdict never stands here to take
// anything.
//
// The table only spares questions and keeps the order of arrival. Who gets a good is up to its merchant,
// whom other coordinators ask, too.

import PaymentModel

/// It is a process's turn to take a resource.
struct LockTurn: Hashable, Sendable {
  let process: ProcessID
  let activity: Int
  let resource: Resource
}

/// What is to be written down about the table.
enum LockChange: Hashable, Sendable {
  case add(LockRow)
  case remove(LockRow)
}

/// The coordinator's view of scarce goods.
struct LockTable: Hashable, Sendable {
  /// Looked up by resource.
  private var queues: [Resource: LockQueue] = [:]
  private var nextNumber = 1
  /// What processes of an earlier run stand for, until they come back.
  private var absent: [ProcessID: [Resource]] = [:]
  /// Those processes, by arrival, with some that have come back.
  private var absentees: [ProcessID] = []
  /// Changes since they were taken last.
  private var changes: [LockChange] = []
  private let rules: ProtocolRules

  init(rules: ProtocolRules = .standard) {
    self.rules = rules
  }

  /// A row with another number is no place that a table has given.
  private static let numbers = 1...Int.max / 2

  /// The table as an earlier run left it. Whose row has an impossible number has lost his place.
  init(restoring rows: [LockRow], rules: ProtocolRules = .standard) {
    self.init(rules: rules)
    for row in rows where Self.numbers.contains(row.number) {
      queues[row.resource, default: LockQueue()].restore(row)
      if absent[row.process] == nil { absentees.append(row.process) }
      absent[row.process, default: []].append(row.resource)
      nextNumber = max(nextNumber, row.number + 1)
    }
  }

  /// Asks for a turn. Whoever has one already gets it again.
  mutating func acquire(
    _ use: ResourceUse, for process: ProcessID, activity: Int
  ) -> [LockTurn] {
    enter(use, process, activity)
    let next = queues[use.resource]?.acquire(process) ?? []
    return turns(next, use.resource)
  }

  /// Whether an earlier run has left places of the process, which it has not taken again yet.
  func isAbsent(_ process: ProcessID) -> Bool { absent[process] != nil }

  func hasPlace(on resource: Resource, _ process: ProcessID) -> Bool {
    queues[resource]?.number(of: process, orAbsent: true) != nil
  }

  /// The merchant said to wait: whoever comes now waits behind this process. If somebody has left since it
  /// got its turn, there is a turn at once.
  mutating func meetScarcity(_ resource: Resource, for process: ProcessID) -> [LockTurn] {
    let next =
      queues[resource]?.meetScarcity(process, asksAgain: rules.asksAgainAfterDepartures) ?? []
    return turns(next, resource)
  }

  /// The process has the good. Others may go ahead now.
  mutating func hold(
    _ use: ResourceUse, for process: ProcessID, activity: Int
  ) -> [LockTurn] {
    enter(use, process, activity)
    let next = queues[use.resource]?.hold(process) ?? []
    return turns(next, use.resource)
  }

  /// The process needs the good no longer, or has it for ever. Others may go ahead now.
  ///
  /// - Parameter keepingAbsent: a place that an earlier run left stays.
  mutating func leave(
    _ resource: Resource, for process: ProcessID, keepingAbsent: Bool = false
  ) -> [LockTurn] {
    guard let number = queues[resource]?.number(of: process, orAbsent: !keepingAbsent) else {
      return []
    }
    changes.append(
      .remove(LockRow(resource: resource, number: number, process: process)))
    let next = queues[resource]?.leave(process) ?? []
    if queues[resource]?.isEmpty == true { queues[resource] = nil }
    return turns(next, resource)
  }

  /// The process came back, or never will: places that it did not take again are given up.
  mutating func settle(_ process: ProcessID) -> [LockTurn] {
    guard let resources = absent.removeValue(forKey: process) else { return [] }
    return resources.flatMap { resource -> [LockTurn] in
      queues[resource]?.isAbsent(process) == true ? leave(resource, for: process) : []
    }
  }

  /// All processes of an earlier run that will come back have come back.
  mutating func settleAll() -> [LockTurn] {
    defer { absentees = [] }
    return absentees.flatMap { settle($0) }
  }

  /// Who stands for a resource, by arrival.
  func places(on resource: Resource) -> [LockPlace] {
    queues[resource]?.places ?? []
  }

  /// Forgets the numbers of a queue's places, on which their order does not depend, and what is to be
  /// written down about all places.
  mutating func forgetNumbers(on resource: Resource) {
    nextNumber = 1
    changes = []
    queues[resource]?.forgetNumbers()
  }

  mutating func takeChanges() -> [LockChange] {
    defer { changes = [] }
    return changes
  }

  private mutating func enter(_ use: ResourceUse, _ process: ProcessID, _ activity: Int) {
    let isNew = queues[use.resource, default: LockQueue()].enter(
      process, activity: activity, number: nextNumber, isExclusive: use.mode == .exclusive)
    guard isNew else { return }
    changes.append(
      .add(LockRow(resource: use.resource, number: nextNumber, process: process)))
    nextNumber += 1
  }

  /// Called with what a change has brought: a call around the change itself would hold a second reference to all
  /// queues, and the change would copy one.
  private func turns(
    _ turns: [LockQueue.Turn], _ resource: Resource
  ) -> [LockTurn] {
    turns.map { LockTurn(process: $0.process, activity: $0.activity, resource: resource) }
  }
}
