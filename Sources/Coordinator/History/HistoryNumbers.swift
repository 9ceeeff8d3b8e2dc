// The processes and resources of a history by number, so that the checker's tables are arrays.

import PaymentModel

/// Numbers for what a history names, in ascending order of the names.
struct HistoryNumbers {
  let processes: [ProcessID]
  let resources: [Resource]

  init(_ history: History) {
    processes = Self.distinct(history.events.map(\.process))
    resources = Self.distinct(history.events.flatMap { $0.uses.map(\.resource) })
  }

  /// The number of a process of the history.
  func number(of process: ProcessID) -> Int {
    Self.place(of: process, in: processes)
  }

  /// The number of a resource of the history.
  func number(of resource: Resource) -> Int {
    Self.place(of: resource, in: resources)
  }

  private static func distinct<Name: Comparable>(_ names: [Name]) -> [Name] {
    var distinct: [Name] = []
    for name in names.sorted() where distinct.last != name { distinct.append(name) }
    return distinct
  }

  /// The first place in a sorted list whose name is not less.
  private static func place<Name: Comparable>(of name: Name, in sorted: [Name]) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
