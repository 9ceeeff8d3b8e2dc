// Who holds what may run out, and who waits for it: first come, first served.
//
// A good that is sold once is held by one process at a time; the next one asks its merchant when the
// first has ended. Pieces of a stock commute as long as there are enough of them, so everybody asks at
// once. When the merchant says `held` the stock is scarce: from then on newcomers queue up behind the
// process that met it. When somebody in front leaves, the first who met scarcity asks again, and the next
// one after it has got its piece.
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
  /// Those processes, by arrival.
  private var absentees: [ProcessID] = []
  /// Changes since they were taken last.
  private var changes: [LockChange] = []

  init() {}

  /// The table as an earlier run left it.
  init(restoring rows: [LockRow]) {
    for row in rows {
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
    return turns(queues[use.resource, default: LockQueue()].acquire(process), use.resource)
  }

  func hasPlace(on resource: Resource, _ process: ProcessID) -> Bool {
    queues[resource]?.number(of: process, orAbsent: true) != nil
  }

  /// The merchant said to wait: whoever comes now waits behind this process.
  mutating func meetScarcity(_ resource: Resource, for process: ProcessID) {
    queues[resource]?.meetScarcity(process)
  }

  /// The process has the good. Others may go ahead now.
  mutating func hold(
    _ use: ResourceUse, for process: ProcessID, activity: Int
  ) -> [LockTurn] {
    enter(use, process, activity)
    return turns(queues[use.resource, default: LockQueue()].hold(process), use.resource)
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
    absentees.removeAll { $0 == process }
    return resources.flatMap { resource -> [LockTurn] in
      queues[resource]?.isAbsent(process) == true ? leave(resource, for: process) : []
    }
  }

  /// All processes of an earlier run that will come back have come back.
  mutating func settleAll() -> [LockTurn] {
    absentees.flatMap { settle($0) }
  }

  /// Hashes who stands at a resource, and how.
  func hash(_ resource: Resource, into hasher: inout Hasher) {
    hasher.combine(queues[resource])
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

  private func turns(
    _ places: [(process: ProcessID, activity: Int)], _ resource: Resource
  ) -> [LockTurn] {
    places.map { LockTurn(process: $0.process, activity: $0.activity, resource: resource) }
  }
}

/// Who stands for one resource, by arrival.
struct LockQueue: Hashable, Sendable {
  private enum Standing: Hashable, Sendable {
    /// Left by an earlier run: keeps the place until the process comes back.
    case absent
    case waiting
    /// May ask its merchant, or has asked.
    case granted
    /// Was told to wait by its merchant.
    case contended
    /// Was told to wait, and asks again because somebody left.
    case asking
    case holding
  }

  private struct Place: Hashable, Sendable {
    var number: Int
    let process: ProcessID
    var activity = 0
    var isExclusive = false
    var standing = Standing.absent
  }

  private var places: [Place] = []

  var isEmpty: Bool { places.isEmpty }

  mutating func restore(_ row: LockRow) {
    places.append(Place(number: row.number, process: row.process))
  }

  func isAbsent(_ process: ProcessID) -> Bool {
    places.contains { $0.process == process && $0.standing == .absent }
  }

  func number(of process: ProcessID, orAbsent: Bool) -> Int? {
    places.first { $0.process == process && (orAbsent || $0.standing != .absent) }?.number
  }

  /// Makes sure that the process has a place; `true` when it is a new one, the last.
  mutating func enter(
    _ process: ProcessID, activity: Int, number: Int, isExclusive: Bool
  ) -> Bool {
    if let place = index(of: process) {
      places[place].activity = activity
      places[place].isExclusive = isExclusive
      if places[place].standing == .absent { places[place].standing = .waiting }
      return false
    }
    places.append(
      Place(
        number: number, process: process, activity: activity, isExclusive: isExclusive,
        standing: .waiting))
    return true
  }

  mutating func acquire(_ process: ProcessID) -> [(process: ProcessID, activity: Int)] {
    guard let place = index(of: process) else { return [] }
    switch places[place].standing {
    case .granted, .asking, .holding: return [(process, places[place].activity)]
    case .absent, .waiting, .contended: return advance()
    }
  }

  mutating func meetScarcity(_ process: ProcessID) {
    guard let place = index(of: process) else { return }
    places[place].standing = .contended
  }

  mutating func hold(_ process: ProcessID) -> [(process: ProcessID, activity: Int)] {
    guard let place = index(of: process) else { return [] }
    let hadMetScarcity =
      places[place].standing == .asking || places[place].standing == .contended
    places[place].standing = .holding
    return (hadMetScarcity ? wakeContended() : []) + advance()
  }

  mutating func leave(_ process: ProcessID) -> [(process: ProcessID, activity: Int)] {
    guard let place = index(of: process) else { return [] }
    places.remove(at: place)
    return wakeContended() + advance()
  }

  mutating func forgetNumbers() {
    for index in places.indices { places[index].number = 0 }
  }

  private func index(of process: ProcessID) -> Int? {
    places.firstIndex { $0.process == process }
  }

  /// The first who met scarcity asks again, unless somebody does already.
  private mutating func wakeContended() -> [(process: ProcessID, activity: Int)] {
    guard !places.contains(where: { $0.standing == .asking }),
      let place = places.firstIndex(where: { $0.standing == .contended })
    else { return [] }
    places[place].standing = .asking
    return [(places[place].process, places[place].activity)]
  }

  /// Grants turns from the front until somebody has to wait.
  private mutating func advance() -> [(process: ProcessID, activity: Int)] {
    var granted: [(process: ProcessID, activity: Int)] = []
    for index in places.indices {
      switch places[index].standing {
      case .absent, .contended, .asking: return granted
      case .holding, .granted: break
      case .waiting:
        // Who takes all of it waits until nobody else has any.
        guard !places[index].isExclusive || index == places.startIndex else { return granted }
        places[index].standing = .granted
        granted.append((places[index].process, places[index].activity))
      }
      if places[index].isExclusive { return granted }
    }
    return granted
  }
}
