// Turns by their meaning: the rules of a queue for one resource, walked through from the front each time.

import Coordinator
import PaymentModel

/// Written for clarity, and in time that grows with the square of a crowd.
struct PlainLockQueue {
  private struct Place {
    let process: ProcessID
    let isExclusive: Bool
    var standing = LockStanding.waiting
    var hasNews = false
  }

  private var places: [Place] = []
  private(set) var wasEverScarce = false

  private func place(of process: ProcessID) -> Int? {
    places.firstIndex { $0.process == process }
  }

  mutating func acquire(_ process: ProcessID, isExclusive: Bool) -> [ProcessID] {
    if let place = place(of: process) {
      switch places[place].standing {
      case .granted, .asking, .holding: return [process]
      case .waiting, .contended, .absent: return grant()
      }
    }
    places.append(Place(process: process, isExclusive: isExclusive))
    return grant()
  }

  mutating func hold(_ process: ProcessID) -> [ProcessID] {
    guard let place = place(of: process) else { return [] }
    let wasScarce = [.asking, .contended].contains(places[place].standing)
    places[place].standing = .holding
    return (wasScarce ? askAgain() : []) + grant()
  }

  /// What he was told may be older than what was given back: that counts unless somebody knows better.
  mutating func meetScarcity(_ process: ProcessID) -> [ProcessID] {
    guard let place = place(of: process) else { return [] }
    wasEverScarce = true
    places[place].standing = .contended
    if !places[place].hasNews {
      for other in places.indices { places[other].hasNews = false }
      return []
    }
    return askAgain()
  }

  mutating func leave(_ process: ProcessID) -> [ProcessID] {
    guard let place = place(of: process) else { return [] }
    places.remove(at: place)
    for other in places.indices { places[other].hasNews = true }
    return askAgain() + grant()
  }

  /// One of those who were told to wait at a time, the first.
  private mutating func askAgain() -> [ProcessID] {
    guard !places.contains(where: { $0.standing == .asking }),
      let place = places.firstIndex(where: { $0.standing == .contended })
    else { return [] }
    places[place].standing = .asking
    places[place].hasNews = false
    return [places[place].process]
  }

  private mutating func grant() -> [ProcessID] {
    var granted: [ProcessID] = []
    for place in places.indices {
      switch places[place].standing {
      case .contended, .asking, .absent: return granted
      case .granted, .holding: break
      case .waiting:
        if places[place].isExclusive, place > 0 { return granted }
        places[place].standing = .granted
        places[place].hasNews = false
        granted.append(places[place].process)
      }
      if places[place].isExclusive { return granted }
    }
    return granted
  }
}
