// One resource in the course of a history: what may still be undone, what remains, what is to come.

import PaymentModel

/// The book of one resource.
///
/// *Open* is what was done, is not undone, and whose process has not committed: if the history ended
/// now, it would be undone, the last one first. *Remaining* is what no reduction removes.
struct ResourceBook {
  /// A use by an event.
  struct Entry {
    let process: Int
    /// The number of the event.
    let event: Int
    let mode: ResourceUse.Mode
  }

  /// A use by a step that a committed process has not done yet.
  struct Coming {
    let process: Int
    let path: StepPath
    let mode: ResourceUse.Mode
  }

  /// Open uses, by event. Two lists, because only the exclusive ones conflict with counted ones.
  private var openExclusive: [Entry] = []
  private var openCounted: [Entry] = []
  /// The last exclusive use that remains. Everything before it is before it in every serial order.
  private(set) var lastExclusive: Entry?
  /// Takes that remain, after `lastExclusive`.
  private(set) var takes: [Entry] = []
  /// How many of them `takesNode` stands behind.
  private(set) var takesCollected = 0
  /// A node of the serial order that comes after those takes, so that many refusals after many takes
  /// need not an arc for each pair.
  private(set) var takesNode: Int?
  /// Refusals after `lastExclusive`.
  private(set) var refusals: [Entry] = []
  private(set) var coming: [Coming] = []

  // MARK: What may still be undone

  mutating func open(_ entry: Entry) {
    if entry.mode == .exclusive { openExclusive.append(entry) } else { openCounted.append(entry) }
  }

  /// The use is open no more: it is undone, or it remains.
  mutating func close(event: Int, mode: ResourceUse.Mode) {
    if mode == .exclusive {
      Self.remove(event, from: &openExclusive)
    } else {
      Self.remove(event, from: &openCounted)
    }
  }

  /// The first open use before an event that conflicts with a use in that mode.
  func firstOpen(conflictingWith mode: ResourceUse.Mode, before event: Int) -> Entry? {
    let exclusive = openExclusive.first.flatMap { $0.event < event ? $0 : nil }
    guard mode == .exclusive else { return exclusive }
    let counted = openCounted.first.flatMap { $0.event < event ? $0 : nil }
    guard let exclusive, let counted else { return exclusive ?? counted }
    return exclusive.event < counted.event ? exclusive : counted
  }

  /// The last open use after an event that conflicts with a use in that mode.
  func lastOpen(conflictingWith mode: ResourceUse.Mode, after event: Int) -> Entry? {
    let exclusive = openExclusive.last.flatMap { $0.event > event ? $0 : nil }
    guard mode == .exclusive else { return exclusive }
    let counted = openCounted.last.flatMap { $0.event > event ? $0 : nil }
    guard let exclusive, let counted else { return exclusive ?? counted }
    return exclusive.event > counted.event ? exclusive : counted
  }

  /// What a refusal to a process rests on.
  struct Grounds {
    /// The open uses of others without which it would have been none: an exclusive one, or takes that
    /// together are as much as was lacking.
    var open: [Entry] = []
    /// Whether takes that remain are part of what was lacking.
    var needsTakes = true
  }

  /// What a refusal rests on. The process's own uses do not count: it needs them together with what it
  /// was refused.
  func grounds(ofRefusalTo process: Int, mode: ResourceUse.Mode, left: Int?) -> Grounds {
    if let other = openExclusive.first(where: { $0.process != process }) {
      return Grounds(open: [other])
    }
    guard case .counted(let wanted) = mode else {
      return Grounds(open: openCounted.first { $0.process != process }.map { [$0] } ?? [])
    }
    var lacking = left.map { max(1, wanted - max(0, $0)) } ?? 1
    let open = Self.covering(&lacking, in: openCounted, of: process)
    if lacking <= 0 { return Grounds(open: open) }
    _ = Self.covering(&lacking, in: takes, of: process)
    return Grounds(needsTakes: lacking <= 0)
  }

  /// The first takes of others that together are as much as is lacking, and what is lacking then.
  private static func covering(
    _ lacking: inout Int, in entries: [Entry], of process: Int
  ) -> [Entry] {
    var found: [Entry] = []
    for entry in entries where entry.process != process {
      guard lacking > 0 else { break }
      if case .counted(let quantity) = entry.mode {
        lacking -= max(0, quantity)
        found.append(entry)
      }
    }
    return found
  }

  // MARK: What remains

  /// What of the remaining must be before a new use that remains, takes in any case one by one.
  func predecessors(of mode: ResourceUse.Mode) -> [Entry] {
    var found = lastExclusive.map { [$0] } ?? []
    if mode == .exclusive { found += takes }
    // Takes after a refusal leave it a refusal.
    found += refusals.filter { $0.mode.conflicts(with: mode) }
    return found
  }

  /// Notes a use that remains.
  mutating func remain(_ entry: Entry) {
    if entry.mode == .exclusive {
      lastExclusive = entry
      takes = []
      takesCollected = 0
      takesNode = nil
      refusals = []
    } else {
      takes.append(entry)
    }
  }

  mutating func refuse(_ entry: Entry) {
    refusals.append(entry)
  }

  /// A new node stands behind all takes so far.
  mutating func collectTakes(in node: Int) {
    takesNode = node
    takesCollected = takes.count
  }

  // MARK: What is to come

  mutating func expect(_ step: Coming) {
    coming.append(step)
  }

  mutating func fulfil(_ path: StepPath, of process: Int) {
    coming.removeAll { $0.process == process && $0.path == path }
  }

  private static func remove(_ event: Int, from entries: inout [Entry]) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].event < event { low = middle + 1 } else { high = middle }
    }
    if low < entries.count, entries[low].event == event { entries.remove(at: low) }
  }
}
