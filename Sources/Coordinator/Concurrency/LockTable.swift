// Who holds what may run out, and who waits for it: first come, first served.
//
// A good that is sold once is held by one process at a time; the next one asks its merchant when the
// first has ended. Pieces of a stock commute as long as there are enough of them, so everybody asks at
// once. When the merchant says `held` the stock is scarce: from then on newcomers queue up behind the
// process that met it, which asks again whenever a piece comes free.
//
// Processes take resources in one total order (`Resource.<`), so those that wait for each other never
// stand in a circle; each waits no longer than to its own `decideBy`. A process past its verdict never
// stands here to take anything.
//
// The table only spares questions and keeps the order of arrival. Who gets a good is up to its merchant,
// whom other coordinators ask, too.

import PaymentModel

/// How a process uses a resource.
enum LockMode: Hashable, Sendable {
  /// By one at a time.
  case exclusive
  /// By as many as there are pieces for.
  case counted
}

/// What is to be written down about the table.
enum LockChange: Hashable, Sendable {
  case add(LockRow)
  case remove(number: Int)
}

/// The coordinator's view of scarce goods.
struct LockTable: Hashable, Sendable {
  private struct Place: Hashable, Sendable {
    var number: Int
    let process: ProcessID
    var mode: LockMode
    var activity: Int
    var state: PlaceState
  }

  private enum PlaceState: Hashable, Sendable {
    /// Left by an earlier run: keeps the place until the process comes back.
    case absent
    case waiting
    /// May ask, or has asked, its merchant.
    case granted
    /// Was told to wait by its merchant.
    case contended
    case holding
  }

  /// By arrival. Looked up by resource, never walked over as a whole.
  private var queues: [Resource: [Place]] = [:]
  private var nextNumber = 1
  /// What processes of an earlier run stand for, until they come back.
  private var absent: [ProcessID: [Resource]] = [:]
  /// Changes since they were taken last.
  private var changes: [LockChange] = []

  init() {}

  /// The table as an earlier run left it.
  init(restoring rows: [LockRow]) {
    for row in rows {
      queues[row.resource, default: []].append(
        Place(
          number: row.number, process: row.process, mode: .exclusive, activity: 0, state: .absent))
      absent[row.process, default: []].append(row.resource)
      nextNumber = max(nextNumber, row.number + 1)
    }
  }

  /// Asks for a turn. `true` when the process may go ahead at once.
  mutating func acquire(
    _ resource: Resource, _ mode: LockMode, for process: ProcessID, activity: Int
  ) -> Bool {
    var queue = queues[resource] ?? []
    if let place = queue.firstIndex(where: { $0.process == process }) {
      queue[place].mode = mode
      queue[place].activity = activity
      queue[place].state = .waiting
    } else {
      queue.append(
        Place(
          number: nextNumber, process: process, mode: mode, activity: activity, state: .waiting))
      changes.append(
        .add(LockRow(resource: resource, number: nextNumber, process: process)))
      nextNumber += 1
    }
    queues[resource] = queue
    return advance(resource).contains { $0.process == process }
  }

  /// The merchant said to wait: whoever comes now waits behind this process.
  mutating func meetScarcity(_ resource: Resource, for process: ProcessID) {
    change(resource, of: process) { $0.state = .contended }
  }

  /// The process has the good. Others may go ahead now.
  mutating func hold(
    _ resource: Resource, for process: ProcessID
  ) -> [(process: ProcessID, activity: Int)] {
    change(resource, of: process) { $0.state = .holding }
    return advance(resource)
  }

  /// The process needs the good no longer, or has it for ever. Others may go ahead now.
  mutating func leave(
    _ resource: Resource, for process: ProcessID
  ) -> [(process: ProcessID, activity: Int)] {
    guard var queue = queues[resource],
      let place = queue.firstIndex(where: { $0.process == process })
    else { return [] }
    changes.append(.remove(number: queue[place].number))
    queue.remove(at: place)
    // What was held may be free: whoever met the scarcity asks again.
    for index in queue.indices where queue[index].state == .contended {
      queue[index].state = .waiting
    }
    queues[resource] = queue.isEmpty ? nil : queue
    return advance(resource)
  }

  /// The process came back, or never will: places that it did not take again are given up.
  mutating func settle(_ process: ProcessID) -> [(process: ProcessID, activity: Int)] {
    var granted: [(process: ProcessID, activity: Int)] = []
    for resource in absent.removeValue(forKey: process) ?? [] {
      let isAbsent = queues[resource]?.contains { $0.process == process && $0.state == .absent }
      if isAbsent == true { granted += leave(resource, for: process) }
    }
    return granted
  }

  /// Who stands before a process, for people.
  func processes(on resource: Resource) -> [ProcessID] {
    (queues[resource] ?? []).map(\.process)
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
    guard var queue = queues[resource] else { return }
    for index in queue.indices { queue[index].number = 0 }
    queues[resource] = queue
  }

  mutating func takeChanges() -> [LockChange] {
    defer { changes = [] }
    return changes
  }

  private mutating func change(
    _ resource: Resource, of process: ProcessID, _ body: (inout Place) -> Void
  ) {
    guard var queue = queues[resource],
      let place = queue.firstIndex(where: { $0.process == process })
    else { return }
    body(&queue[place])
    queues[resource] = queue
  }

  /// Grants turns from the front until somebody has to wait.
  private mutating func advance(
    _ resource: Resource
  ) -> [(process: ProcessID, activity: Int)] {
    guard var queue = queues[resource] else { return [] }
    var granted: [(process: ProcessID, activity: Int)] = []
    var isOccupied = false
    for index in queue.indices {
      let place = queue[index]
      switch place.state {
      case .holding, .granted:
        if place.mode == .exclusive { isOccupied = true }
      case .absent, .contended:
        isOccupied = true
      case .waiting:
        guard !isOccupied, place.mode == .counted || index == 0 else {
          isOccupied = true
          break
        }
        queue[index].state = .granted
        granted.append((place.process, place.activity))
        if place.mode == .exclusive { isOccupied = true }
      }
      if isOccupied { break }
    }
    queues[resource] = queue
    return granted
  }
}
