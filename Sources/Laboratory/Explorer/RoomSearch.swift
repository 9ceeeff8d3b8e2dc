// Whether processes that need room at each other's banks can come to a standstill: every order in which their
// definitions let those banks be asked.

package import Coordinator
import PaymentModel

/// Goes through all states of some processes that ask banks which have room for one of them.
///
/// What a process has reserved no other gets before that process has all of its reserves: then it goes on, and ends.
package struct RoomSearch {
  private let processes: [PaymentProcess]
  /// Of each process, what it asks for.
  private let wanted: [[StepPath]]

  private init(_ processes: [PaymentProcess]) {
    self.processes = processes
    wanted = processes.map { process in
      process.activities.filter { $0.verb == .reserve }.map(\.path)
    }
  }

  /// In how many states some process still waits, and none can go on.
  package static func standstills(of processes: [PaymentProcess]) -> Int {
    RoomSearch(processes).standstills
  }

  private var standstills: Int {
    var seen: Set<[[StepPath]]> = []
    var open: [[[StepPath]]] = [processes.map { _ in [] }]
    var count = 0
    while let state = open.popLast() {
      guard seen.insert(state).inserted else { continue }
      let waiting = processes.indices.filter { state[$0].count < wanted[$0].count }
      let moves = waiting.flatMap { number in
        nextSteps(of: number, in: state, waiting).map { (number, $0) }
      }
      if moves.isEmpty && !waiting.isEmpty { count += 1 }
      for (number, path) in moves {
        var next = state
        next[number] = (next[number] + [path]).sorted()
        open.append(next)
      }
    }
    return count
  }

  /// What a process may reserve next.
  private func nextSteps(
    of number: Int, in state: [[StepPath]], _ waiting: [Int]
  ) -> [StepPath] {
    wanted[number].filter { path in
      let before = processes[number].root.precedence.filter { $0.after == path }.map(\.before)
      return !state[number].contains(path)
        && before.filter(wanted[number].contains).allSatisfy(state[number].contains)
        && waiting.allSatisfy { !state[$0].contains(path) }
    }
  }
}
