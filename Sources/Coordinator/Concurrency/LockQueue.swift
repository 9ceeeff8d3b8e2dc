// Who stands for one resource, by arrival, and whose turn it is.
//
// Each operation costs the logarithm of how many stand there, spread over all of them: a crowd for one last
// piece is no dearer for each of those in it than a few are. So nothing walks along the queue. Three heaps
// know who of those that wait, that met scarcity, or that keep others back has come first; a place that has
// left is struck out, and the list is cleared when half of it is.

package import PaymentModel

/// How a process stands for a resource.
package enum LockStanding: Hashable, Sendable {
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

/// A place in a queue, as it can be seen from outside.
package struct LockPlace: Hashable, Sendable {
  package let process: ProcessID
  package let standing: LockStanding
  /// Takes all of the resource.
  package let isExclusive: Bool
  /// Somebody has left since its last turn, and nobody has heard since that there is not enough.
  package let isOvertaken: Bool
}

/// Who stands for one resource.
struct LockQueue: Sendable {
  typealias Turn = (process: ProcessID, activity: Int)

  private struct Place: Hashable, Sendable {
    /// Grows from place to place.
    let arrival: Int
    /// What it is written down under.
    var number: Int
    let process: ProcessID
    var activity = 0
    var isExclusive = false
    var standing = LockStanding.absent
    /// How many had left at its last turn.
    var departures = 0
    var hasLeft = false

    /// Whether it may have asked, and not got anything yet.
    var isUnderWay: Bool {
      switch standing {
      case .granted, .contended, .asking: true
      case .absent, .waiting, .holding: false
      }
    }

    /// Whether those behind have to wait for it.
    var keepsOthersBack: Bool {
      switch standing {
      case .absent, .contended, .asking: true
      case .waiting, .granted, .holding: isExclusive
      }
    }
  }

  /// By arrival, with some that have left.
  private var line: [Place] = []
  /// Where the first one stands that has not left, or before it.
  private var front = 0
  /// Looked up by process.
  private var arrivals: [ProcessID: Int] = [:]
  private var nextArrival = 1
  private var departures = 0
  /// How many had left when somebody last had heard of scarcity to a question that came after.
  private var scarceAfter: Int?
  /// How many ask again.
  private var askingCount = 0
  // Arrivals. One that is no more meant stays until it comes up: whoever takes it looks whether it still is.
  private var waiting = BinaryHeap<Int>()
  private var contended = BinaryHeap<Int>()
  private var keepingBack = BinaryHeap<Int>()

  var isEmpty: Bool { arrivals.isEmpty }

  /// By arrival.
  var places: [LockPlace] {
    line.lazy.filter { !$0.hasLeft }.map {
      LockPlace(
        process: $0.process, standing: $0.standing, isExclusive: $0.isExclusive,
        isOvertaken: $0.isUnderWay && $0.departures != departures && scarceAfter != departures)
    }
  }

  mutating func restore(_ row: LockRow) {
    guard arrivals[row.process] == nil else { return }
    append(Place(arrival: nextArrival, number: row.number, process: row.process))
  }

  func isAbsent(_ process: ProcessID) -> Bool {
    index(of: process).map { line[$0].standing == .absent } ?? false
  }

  func number(of process: ProcessID, orAbsent: Bool) -> Int? {
    guard let index = index(of: process), orAbsent || line[index].standing != .absent else {
      return nil
    }
    return line[index].number
  }

  /// Makes sure that the process has a place; `true` when it is a new one, the last.
  mutating func enter(
    _ process: ProcessID, activity: Int, number: Int, isExclusive: Bool
  ) -> Bool {
    guard let index = index(of: process) else {
      append(
        Place(
          arrival: nextArrival, number: number, process: process, activity: activity,
          isExclusive: isExclusive, standing: .waiting))
      return true
    }
    change(index) { place in
      place.activity = activity
      place.isExclusive = isExclusive
      if place.standing == .absent { place.standing = .waiting }
    }
    return false
  }

  mutating func acquire(_ process: ProcessID) -> [Turn] {
    guard let index = index(of: process) else { return [] }
    switch line[index].standing {
    case .granted, .asking, .holding: return [(process, line[index].activity)]
    case .absent, .waiting, .contended: return advance()
    }
  }

  /// - Parameter asksAgain: whether who was overtaken does.
  mutating func meetScarcity(_ process: ProcessID, asksAgain: Bool) -> [Turn] {
    guard let index = index(of: process) else { return [] }
    change(index) { $0.standing = .contended }
    if line[index].departures == departures { scarceAfter = departures }
    // What somebody gave back may have come after the answer.
    return asksAgain && scarceAfter != departures ? wakeContended() : []
  }

  mutating func hold(_ process: ProcessID) -> [Turn] {
    guard let index = index(of: process) else { return [] }
    let hadMetScarcity =
      line[index].standing == .asking || line[index].standing == .contended
    change(index) { $0.standing = .holding }
    return (hadMetScarcity ? wakeContended() : []) + advance()
  }

  mutating func leave(_ process: ProcessID) -> [Turn] {
    guard let index = index(of: process) else { return [] }
    if line[index].standing == .asking { askingCount -= 1 }
    line[index].hasLeft = true
    arrivals[process] = nil
    departures += 1
    clearLine()
    return wakeContended() + advance()
  }

  /// Forgets numbers on which nothing depends but what is written down.
  mutating func forgetNumbers() {
    var later = LockQueue()
    for (place, seen) in zip(line.filter { !$0.hasLeft }, places) {
      later.append(
        Place(
          arrival: later.nextArrival, number: 0, process: place.process,
          activity: place.activity, isExclusive: place.isExclusive, standing: place.standing,
          departures: seen.isOvertaken ? -1 : 0))
    }
    self = later
  }

  // MARK: - Turns

  /// The first who met scarcity asks again, unless somebody does already.
  private mutating func wakeContended() -> [Turn] {
    guard askingCount == 0,
      let index = Self.first(in: &contended, of: line, where: { $0.standing == .contended })
    else { return [] }
    return [giveTurn(index, as: .asking)]
  }

  /// Grants turns from the front until somebody has to wait.
  private mutating func advance() -> [Turn] {
    var granted: [Turn] = []
    while let next = Self.first(in: &waiting, of: line, where: { $0.standing == .waiting }) {
      // Who is kept back by nobody but himself takes all, and waits until nobody else has any.
      if let stop = Self.first(in: &keepingBack, of: line, where: \.keepsOthersBack) {
        guard stop >= next, stop > next || next == firstIndex() else { break }
      }
      granted.append(giveTurn(next, as: .granted))
    }
    return granted
  }

  private mutating func giveTurn(_ index: Int, as standing: LockStanding) -> Turn {
    let seen = departures
    change(index) { place in
      place.standing = standing
      place.departures = seen
    }
    return (line[index].process, line[index].activity)
  }

  // MARK: - Places

  private mutating func append(_ place: Place) {
    arrivals[place.process] = place.arrival
    nextArrival = place.arrival + 1
    line.append(place)
    note(line.count - 1, was: nil)
  }

  private mutating func change(_ index: Int, _ body: (inout Place) -> Void) {
    let before = line[index]
    body(&line[index])
    note(index, was: before)
  }

  /// Enters a place that has changed where it can be found.
  private mutating func note(_ index: Int, was before: Place?) {
    let place = line[index]
    if place.standing != before?.standing {
      if before?.standing == .asking { askingCount -= 1 }
      switch place.standing {
      case .waiting: Self.insert(place, into: &waiting, of: line) { $0.standing == .waiting }
      case .contended: Self.insert(place, into: &contended, of: line) { $0.standing == .contended }
      case .asking: askingCount += 1
      case .absent, .granted, .holding: break
      }
    }
    if place.keepsOthersBack, before?.keepsOthersBack != true {
      Self.insert(place, into: &keepingBack, of: line) { $0.keepsOthersBack }
    }
  }

  /// What is no more meant takes no more room than all places do.
  private static func insert(
    _ place: Place, into heap: inout BinaryHeap<Int>, of line: [Place],
    where isMeant: (Place) -> Bool
  ) {
    if heap.count > 2 * line.count + 16 {
      heap.replaceAll(
        by: line.filter { !$0.hasLeft && $0.arrival != place.arrival && isMeant($0) }
          .map(\.arrival))
    }
    heap.insert(place.arrival)
  }

  /// Where the first of those stands.
  private static func first(
    in heap: inout BinaryHeap<Int>, of line: [Place], where isMeant: (Place) -> Bool
  ) -> Int? {
    while let arrival = heap.least {
      if let index = index(ofArrival: arrival, in: line), isMeant(line[index]) { return index }
      heap.removeLeast()
    }
    return nil
  }

  /// Where the first of all stands.
  private mutating func firstIndex() -> Int? {
    while front < line.count, line[front].hasLeft { front += 1 }
    return front < line.count ? front : nil
  }

  private func index(of process: ProcessID) -> Int? {
    arrivals[process].flatMap { Self.index(ofArrival: $0, in: line) }
  }

  /// Halves the line until it is found.
  private static func index(ofArrival arrival: Int, in line: [Place]) -> Int? {
    var low = 0
    var high = line.count
    while low < high {
      let middle = (low + high) / 2
      if line[middle].arrival < arrival { low = middle + 1 } else { high = middle }
    }
    return low < line.count && line[low].arrival == arrival && !line[low].hasLeft ? low : nil
  }

  private mutating func clearLine() {
    guard line.count > 2 * arrivals.count + 16 else { return }
    line.removeAll { $0.hasLeft }
    front = 0
  }
}

extension LockQueue: Hashable {
  /// Queues in which the same stand in the same way, whatever has left.
  static func == (left: Self, right: Self) -> Bool {
    left.arrivals.count == right.arrivals.count && left.departures == right.departures
      && left.scarceAfter == right.scarceAfter
      && left.line.lazy.filter { !$0.hasLeft }.elementsEqual(
        right.line.lazy.filter { !$0.hasLeft })
  }

  func hash(into hasher: inout Hasher) {
    for place in line where !place.hasLeft {
      hasher.combine(place.process)
      hasher.combine(place.standing)
    }
  }
}
