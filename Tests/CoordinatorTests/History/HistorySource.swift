// Random histories: processes at random, over participants that count their stock.

import Conformance
import Coordinator
import PaymentModel
import Testing

/// Draws histories from a seed.
struct HistorySource {
  static let processes = ["a", "b", "c", "d", "e", "f", "0", "1", "2", "3"].compactMap {
    ProcessID(hex: String(repeating: $0, count: 64))
  }

  /// A step's path.
  static func path(_ name: String) -> StepPath {
    guard let path = StepPath(rawValue: name) else { preconditionFailure("no path") }
    return path
  }

  static func resource(_ name: String) throws -> Resource {
    Resource(owner: try #require(PartyName("shop")), name: name)
  }

  var entropy: ModelEntropy
  let resources: [Resource]
  /// How many pieces there are of each resource at the start.
  var stock: [Resource: Int] = [:]
  let processCount: Int
  /// A refused process does nothing more that remains, and has done nothing that remains. A resource
  /// is used in one way.
  let refusedAbort: Bool

  private var left: [Resource: Int] = [:]
  private(set) var history = History()
  private var parts: [Part] = []
  private var isCounted: [Bool] = []

  private struct Part {
    var open: [HistoryStep] = []
    var verdict: HistoryVerdict?
    var wasRefused = false
    var remains = false
    var forward: [HistoryStep] = []
    var steps = 0
  }

  init(seed: UInt64, processes: Int, resources names: [String], refusedAbort: Bool) throws {
    entropy = ModelEntropy(seed: seed)
    resources = try names.map { try Self.resource($0) }
    processCount = processes
    self.refusedAbort = refusedAbort
    for resource in resources {
      stock[resource] = 1 + entropy.below(3)
      // Mostly counted, as goods are.
      isCounted.append(entropy.below(3) > 0)
    }
    left = stock
    parts = (0..<processes).map { _ in Part() }
    for process in 0..<processes where entropy.below(4) == 0 {
      if refusedAbort, isCounted[0] { continue }
      let step = HistoryStep(Self.path("forward"), uses: [ResourceUse(resources[0], .exclusive)])
      parts[process].forward = [step]
      history.began(Self.processes[process], forward: [step])
    }
  }

  /// Draws events until the history has that many, or as long as that many can be found.
  mutating func draw(_ count: Int) {
    for _ in 0..<20 * count where history.events.count < count {
      let process = entropy.below(processCount)
      switch entropy.below(10) {
      case 0..<5: take(process)
      case 5: undo(process)
      case 6: decide(process, .commit)
      case 7: decide(process, .abort)
      case 8: forward(process)
      default: if entropy.below(4) == 0 { refuse(process) } else { take(process) }
      }
    }
  }

  private mutating func take(_ process: Int) {
    let part = parts[process]
    if refusedAbort, part.wasRefused { return }
    var uses = [use(entropy.below(resources.count))]
    if entropy.below(6) == 0 {
      let second = use(entropy.below(resources.count))
      if second.resource != uses[0].resource { uses.append(second) }
    }
    let path = Self.path("s\(part.steps)")
    parts[process].steps += 1
    for use in uses {
      guard case .counted(let wanted) = use.mode, wanted > left[use.resource, default: 0] else {
        continue
      }
      if refusedAbort, part.remains || part.verdict == .commit { return }
      parts[process].wasRefused = true
      history.refused(Self.processes[process], path, use, left: left[use.resource])
      return
    }
    let isForGood = entropy.below(8) == 0
    count(uses, -1)
    let step = HistoryStep(path, uses: uses)
    if isForGood || part.verdict == .commit {
      parts[process].remains = true
    } else {
      parts[process].open.append(step)
    }
    history.append(
      HistoryEvent(
        process: Self.processes[process],
        kind: .done(step, isForGood ? .retriable : .compensatable)))
  }

  /// A use of that resource as it mostly is, now and then the other way, unless a process ends with a
  /// refusal.
  private mutating func use(_ number: Int) -> ResourceUse {
    let asUsual = entropy.below(6) > 0 || refusedAbort
    return ResourceUse(
      resources[number],
      isCounted[number] == asUsual ? .counted(1 + entropy.below(2)) : .exclusive)
  }

  private mutating func refuse(_ process: Int) {
    let part = parts[process]
    let resource = entropy.below(resources.count)
    if refusedAbort, isCounted[resource] { return }
    if refusedAbort, part.remains || part.verdict == .commit || part.wasRefused { return }
    parts[process].wasRefused = true
    parts[process].steps += 1
    history.refused(
      Self.processes[process], Self.path("s\(part.steps)"),
      ResourceUse(resources[resource], .exclusive))
  }

  private mutating func undo(_ process: Int) {
    guard !parts[process].open.isEmpty else { return }
    let step = parts[process].open.remove(at: entropy.below(parts[process].open.count))
    count(step.uses, 1)
    history.undid(Self.processes[process], step.path)
  }

  private mutating func decide(_ process: Int, _ verdict: HistoryVerdict) {
    guard parts[process].verdict == nil else { return }
    if verdict == .commit {
      if refusedAbort, parts[process].wasRefused { return }
      parts[process].remains = parts[process].remains || !parts[process].open.isEmpty
      parts[process].open = []
    }
    parts[process].verdict = verdict
    history.decided(Self.processes[process], verdict)
  }

  private mutating func forward(_ process: Int) {
    guard parts[process].verdict == .commit, let step = parts[process].forward.first else { return }
    parts[process].forward = []
    history.append(
      HistoryEvent(process: Self.processes[process], kind: .done(step, .retriable)))
  }

  private mutating func count(_ uses: [ResourceUse], _ sign: Int) {
    for use in uses {
      if case .counted(let quantity) = use.mode {
        left[use.resource, default: 0] += sign * quantity
      }
    }
  }
}

extension History {
  /// The events in a few letters each.
  var brief: String {
    func brief(_ uses: [ResourceUse]) -> String {
      uses.map { use in
        if case .counted(let quantity) = use.mode {
          "\(use.resource.name)\(quantity)"
        } else {
          use.resource.name
        }
      }.joined(separator: ",")
    }
    return events.map { event in
      let process = event.process.hex.prefix(1)
      return switch event.kind {
      case .began: "\(process).began"
      case .done(let step, let guarantee):
        "\(process).\(step.path)\(guarantee == .compensatable ? "" : "!")(\(brief(step.uses)))"
      case .refused(let path, let use, let left):
        "\(process).\(path)?(\(brief(use.map { [$0] } ?? [])) of \(left ?? 1))"
      case .undone(let path): "\(process).\(path)^-1"
      case .decided(let verdict): "\(process).\(verdict)"
      case .ended: "\(process).end"
      }
    }.joined(separator: " ")
  }
}
