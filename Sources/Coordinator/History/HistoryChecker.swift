// Is every prefix of a history equivalent to one process after another? Decided event by event.
//
// A prefix is completed: of every process that has not committed, what was done is undone, the last one
// first; then every committed one does what it has still to do. The completed prefix is *reducible* when
// swapping neighbours that commute and removing neighbours of which the second undoes the first leads to
// one process after another, with nothing left that is undone (H. Schuldt, G. Alonso, C. Beeri,
// H.-J. Schek, "Atomicity and Isolation for Transactional Processes", ACM TODS 27 (2002), P-RED).
//
// A compensation conflicts with whatever the undone activity conflicts with. So a pair can be removed
// just when nothing that remains and conflicts with it stands inside, and no other pair that conflicts
// with it crosses it. Undoing the last one first crosses nothing. Hence there are four events to look at:
//
//   done, may be undone      opens a pair
//   done for good, refused   must not stand inside an open pair that conflicts with it
//   undone                   must not cross an open pair that conflicts with it
//   commit                   what was open remains, and must not stand inside another open pair
//
// What remains never vanishes again, nor does an arc between two processes of which something remains.
// So one graph grows with the history, and the first arc that closes a cycle ends the shortest prefix.

import PaymentModel

extension History {
  /// Whether every prefix of the history is reducible, and if not, the shortest one that is not, and why.
  ///
  /// Never answers "reducible" wrongly. A refusal is taken to be after all takes that remain, even
  /// where some of them would be reason enough. That cannot be told from the truth unless something
  /// else of the refused process remains, or the stock is used exclusively, too; then the answer may be
  /// "violated" though another order would explain the history.
  public func checkPrefixReducibility() -> HistoryAnswer {
    var checker = HistoryChecker(self)
    do throws(HistoryViolation) {
      for number in events.indices { try checker.take(number) }
    } catch {
      return .violated(error)
    }
    return .reducible(serialOrder: checker.serialOrder)
  }
}

/// The state of the check after some events of a history.
struct HistoryChecker {
  /// One process.
  private struct Part {
    var verdict: HistoryVerdict?
    var hasEnded = false
    /// What was done and may be undone, by event.
    var open: [(event: Int, step: HistoryStep)] = []
    /// What was done for good.
    var done: [StepPath] = []
    /// What is done after a commit and was not done yet.
    var forward: [HistoryStep] = []
    /// The process in the serial order, once something of it remains.
    var node: Int?
  }

  private let events: [HistoryEvent]
  private let numbers: HistoryNumbers
  private var parts: [Part]
  private var books: [ResourceBook]
  private var order = SerialOrder()
  /// For each node its process, if it is one.
  private var processOfNode: [Int?] = []

  init(_ history: History) {
    events = history.events
    numbers = HistoryNumbers(history)
    parts = numbers.processes.map { _ in Part() }
    books = numbers.resources.map { _ in ResourceBook() }
  }

  /// The processes of which something remains, in an order that explains all that remains.
  var serialOrder: [ProcessID] {
    order.nodes.compactMap { processOfNode[$0] }.map { numbers.processes[$0] }
  }

  /// Takes the next event. The events before it must have been taken.
  mutating func take(_ number: Int) throws(HistoryViolation) {
    let process = numbers.number(of: events[number].process)
    if parts[process].hasEnded { throw violation(.endIsLast, number) }
    switch events[number].kind {
    case .began(let forward):
      parts[process].forward = forward
      if parts[process].verdict == .commit { try expect(forward, of: process, number) }
    case .done(let step, let guarantee):
      try done(step, guarantee, by: process, number)
    case .refused(_, let use, let left):
      if let use { try refused(use, left: left, to: process, number) }
    case .undone(let path):
      try undone(path, by: process, number)
    case .decided(let verdict):
      try decided(verdict, process, number)
    case .ended:
      let part = parts[process]
      let isComplete = part.verdict == .commit ? part.forward.isEmpty : part.open.isEmpty
      guard part.verdict != nil, isComplete else { throw violation(.endComplete, number) }
      parts[process].hasEnded = true
    }
  }

  // MARK: Events

  private mutating func done(
    _ step: HistoryStep, _ guarantee: ActivityGuarantee, by process: Int, _ number: Int
  ) throws(HistoryViolation) {
    let part = parts[process]
    guard !part.done.contains(step.path), !part.open.contains(where: { $0.step.path == step.path })
    else { throw violation(.stepOnce, number) }
    if guarantee == .compensatable, part.verdict != .commit {
      parts[process].open.append((event: number, step: step))
      for use in step.uses { books[numbers.number(of: use.resource)].open(entry(use, number)) }
      return
    }
    for expected in part.forward where expected.path == step.path {
      for use in expected.uses {
        books[numbers.number(of: use.resource)].fulfil(step.path, of: process)
      }
    }
    parts[process].forward.removeAll { $0.path == step.path }
    parts[process].done.append(step.path)
    for use in step.uses { try remain(use, of: process, event: number, at: number) }
  }

  private mutating func refused(
    _ use: ResourceUse, left: Int?, to process: Int, _ number: Int
  ) throws(HistoryViolation) {
    let resource = numbers.number(of: use.resource)
    let refusal = entry(use, number)
    let grounds = books[resource].grounds(ofRefusalTo: process, mode: use.mode, left: left)
    guard grounds.open.isEmpty else {
      throw violation(
        .reducible, number, grounds.open.flatMap { inside($0, number: number, use.resource) })
    }
    for before in books[resource].predecessors(of: use.mode) {
      // Refusals commute with each other.
      if case .refused = events[before.event].kind { continue }
      try arc(before, refusal, resource, at: number)
    }
    if use.mode != .exclusive, grounds.needsTakes {
      try putAfterTakes(refusal, resource, at: number)
    }
    _ = node(of: process)
    books[resource].refuse(refusal)
    try putBeforeComing(refusal, resource, at: number)
  }

  private mutating func undone(
    _ path: StepPath, by process: Int, _ number: Int
  ) throws(HistoryViolation) {
    guard let place = parts[process].open.firstIndex(where: { $0.step.path == path }) else {
      if parts[process].done.contains(path) { throw violation(.commitStands, number) }
      return
    }
    let (event, step) = parts[process].open.remove(at: place)
    for use in step.uses {
      books[numbers.number(of: use.resource)].close(event: event, mode: use.mode)
    }
    for use in step.uses {
      let book = books[numbers.number(of: use.resource)]
      guard let crossing = book.lastOpen(conflictingWith: use.mode, after: event) else { continue }
      let middle = point(crossing.event)
      throw violation(
        .reducible, number,
        [
          HistoryArc(from: point(event), to: middle, resource: use.resource),
          HistoryArc(from: middle, to: point(number), resource: use.resource),
        ])
    }
  }

  private mutating func decided(
    _ verdict: HistoryVerdict, _ process: Int, _ number: Int
  ) throws(HistoryViolation) {
    if let earlier = parts[process].verdict {
      if earlier != verdict { throw violation(.oneVerdict, number) }
      return
    }
    parts[process].verdict = verdict
    guard verdict == .commit else { return }
    let open = parts[process].open
    parts[process].open = []
    for (event, step) in open {
      parts[process].done.append(step.path)
      for use in step.uses {
        books[numbers.number(of: use.resource)].close(event: event, mode: use.mode)
      }
    }
    for (event, step) in open {
      for use in step.uses { try remain(use, of: process, event: event, at: number) }
    }
    let done = parts[process].done
    parts[process].forward.removeAll { done.contains($0.path) }
    try expect(parts[process].forward, of: process, number)
  }

  // MARK: What remains

  /// A use that remains from now on, event `number`; it was made by `event`, which may be earlier.
  private mutating func remain(
    _ use: ResourceUse, of process: Int, event: Int, at number: Int
  ) throws(HistoryViolation) {
    let resource = numbers.number(of: use.resource)
    let entry = ResourceBook.Entry(process: process, event: event, mode: use.mode)
    if let outer = books[resource].firstOpen(conflictingWith: use.mode, before: event) {
      throw violation(.reducible, number, inside(outer, number: event, use.resource))
    }
    // Nothing that remains and conflicts is later than the event: it would stand inside an open pair.
    for before in books[resource].predecessors(of: use.mode) {
      try arc(before, entry, resource, at: number)
    }
    _ = node(of: process)
    books[resource].remain(entry)
    try putBeforeComing(entry, resource, at: number)
  }

  /// Steps that the process will do for sure come after all that remains so far.
  private mutating func expect(
    _ steps: [HistoryStep], of process: Int, _ number: Int
  ) throws(HistoryViolation) {
    for step in steps {
      for use in step.uses {
        let resource = numbers.number(of: use.resource)
        for before in books[resource].predecessors(of: use.mode) {
          try arc(
            before.process, point(before.event), process, coming(step.path, of: process), resource,
            at: number)
        }
        books[resource].expect(
          ResourceBook.Coming(process: process, path: step.path, mode: use.mode))
      }
    }
  }

  private mutating func putBeforeComing(
    _ entry: ResourceBook.Entry, _ resource: Int, at number: Int
  ) throws(HistoryViolation) {
    for step in books[resource].coming where step.mode.conflicts(with: entry.mode) {
      try arc(
        entry.process, point(entry.event), step.process, coming(step.path, of: step.process),
        resource, at: number)
    }
  }

  /// A refusal for want of pieces comes after the takes that remain.
  private mutating func putAfterTakes(
    _ refusal: ResourceBook.Entry, _ resource: Int, at number: Int
  ) throws(HistoryViolation) {
    let takes = books[resource].takes
    if takes.contains(where: { $0.process == refusal.process }) {
      // The node would stand behind the process and before it.
      for take in takes { try arc(take, refusal, resource, at: number) }
      return
    }
    guard !takes.isEmpty else { return }
    let collected = books[resource].takesCollected
    if collected < takes.count {
      let earlier = books[resource].takesNode
      let collecting = order.addNode()
      processOfNode.append(nil)
      books[resource].collectTakes(in: collecting)
      if let earlier {
        try add(
          SerialOrder.Arc(
            from: earlier, to: collecting, source: nil, target: nil, resource: resource), number)
      }
      for take in takes.suffix(from: collected) {
        let from = node(of: take.process)
        try add(
          SerialOrder.Arc(
            from: from, to: collecting, source: point(take.event), target: nil,
            resource: resource), number)
      }
    }
    guard let takesNode = books[resource].takesNode else { return }
    let to = node(of: refusal.process)
    try add(
      SerialOrder.Arc(
        from: takesNode, to: to, source: nil, target: point(refusal.event), resource: resource),
      number)
  }

  // MARK: The graph

  private mutating func arc(
    _ from: ResourceBook.Entry, _ to: ResourceBook.Entry, _ resource: Int, at number: Int
  ) throws(HistoryViolation) {
    try arc(
      from.process, point(from.event), to.process, point(to.event), resource, at: number)
  }

  private mutating func arc(
    _ from: Int, _ source: HistoryPoint, _ to: Int, _ target: HistoryPoint, _ resource: Int,
    at number: Int
  ) throws(HistoryViolation) {
    let (tail, head) = (node(of: from), node(of: to))
    try add(
      SerialOrder.Arc(from: tail, to: head, source: source, target: target, resource: resource),
      number)
  }

  private mutating func add(
    _ arc: SerialOrder.Arc, _ number: Int
  ) throws(HistoryViolation) {
    guard var cycle = order.add(arc) else { return }
    // Begin at a process, then join the arcs through nodes that are none.
    while let first = cycle.first, first.source == nil {
      cycle.append(cycle.removeFirst())
    }
    var arcs: [HistoryArc] = []
    var source: HistoryPoint?
    for arc in cycle {
      source = arc.source ?? source
      if let source, let target = arc.target {
        arcs.append(
          HistoryArc(from: source, to: target, resource: numbers.resources[arc.resource]))
      }
    }
    throw violation(.reducible, number, arcs)
  }

  private mutating func node(of process: Int) -> Int {
    if let node = parts[process].node { return node }
    let node = order.addNode()
    processOfNode.append(process)
    parts[process].node = node
    return node
  }

  // MARK: Words for the answer

  private func entry(_ use: ResourceUse, _ number: Int) -> ResourceBook.Entry {
    ResourceBook.Entry(
      process: numbers.number(of: events[number].process), event: number, mode: use.mode)
  }

  private func point(_ number: Int) -> HistoryPoint {
    HistoryPoint(
      process: events[number].process, step: events[number].step, moment: .event(number))
  }

  private func coming(_ path: StepPath, of process: Int) -> HistoryPoint {
    HistoryPoint(process: numbers.processes[process], step: path, moment: .stepToCome)
  }

  /// The arcs that say: the event stands between an open use and what will undo it.
  private func inside(
    _ outer: ResourceBook.Entry, number: Int, _ resource: Resource
  ) -> [HistoryArc] {
    let undo = HistoryPoint(
      process: events[outer.event].process, step: events[outer.event].step, moment: .undoToCome)
    return [
      HistoryArc(from: point(outer.event), to: point(number), resource: resource),
      HistoryArc(from: point(number), to: undo, resource: resource),
    ]
  }

  private func violation(
    _ rule: HistoryRule, _ number: Int, _ cycle: [HistoryArc] = []
  ) -> HistoryViolation {
    HistoryViolation(rule: rule, prefix: number + 1, cycle: cycle)
  }
}
