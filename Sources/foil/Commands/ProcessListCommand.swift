// `foil process list`: which processes are open, since when, and which need somebody.

import ArgumentParser
import Coordinator
import ECash
import PaymentModel
import PaymentParties

struct ProcessListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the coordinator's processes.",
    discussion: """
      SINCE is when the process came to its phase. Without a verdict at DECIDE BY it is aborted. A \
      name under OPERATOR is an activity that goes on failing: the coordinator calls after 12 \
      attempts, or at once when a promise is broken. Calls stand in the journal until the activity \
      succeeds; those for a broken promise stay.

      Exit status: 0; 2 when the journal of a listed process cannot be read.
      """)

  @OptionGroup var home: HomeOptions

  @Flag(help: "List those that have ended, too.")
  var all = false

  @Flag(help: "List only those that need somebody, cannot go on, or cannot be read.")
  var needsOperator = false

  @Flag(help: "Print one JSON object for each process.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let engine = market.coordinator.engine
      let now = SystemWallClock().now()
      var table = TextTable()
      table.add("PROCESS", "PHASE", "SINCE", "DECIDE BY", "GOODS", "OPERATOR")
      var isEmpty = true
      var areAllReadable = true
      var last: ProcessID?
      while true {
        let page = try await engine.processes(
          after: last, atMost: Market.processPage, onlyOpen: !all)
        guard !page.isEmpty else { break }
        last = page.last
        for process in page {
          let row = await row(of: process, in: engine)
          if row.isUnreadable { areAllReadable = false }
          guard !needsOperator || row.problem != nil || !row.needsOperator.isEmpty else { continue }
          isEmpty = false
          if json {
            try JSONOutput.print(row, pretty: false)
          } else {
            table.add(row.cells(at: now))
          }
        }
      }
      if !json {
        if isEmpty {
          Terminal.print(
            "no \(all ? "" : "open ")processes\(needsOperator ? " that need an operator" : "")")
        } else {
          table.lines(indent: 0).forEach { Terminal.print($0) }
        }
      }
      if !areAllReadable { throw ExitCode(.notChecked) }
    }
  }

  private func row(of process: ProcessID, in engine: Engine) async -> ProcessRow {
    do throws(CoordinatorError) {
      return ProcessRow(try await engine.status(of: process))
    } catch {
      return ProcessRow(process, problem: error)
    }
  }
}

/// A process in the list.
private struct ProcessRow: Encodable {
  let process: String
  var phase = "unreadable"
  var reason: String?
  var begunAt: String?
  var since: String?
  var decideBy: String?
  var goods: Int?
  var needsOperator: [String] = []
  /// Why its journal cannot be read, or it cannot go on.
  var problem: String?
  var isUnreadable: Bool { begunAt == nil }

  private var sinceTime: Timestamp?
  private var decideByTime: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case process, phase, reason, begunAt, since, decideBy, goods, needsOperator, problem
  }

  init(_ process: ProcessID, problem: CoordinatorError) {
    self.process = process.hex
    self.problem = problem.description
  }

  init(_ status: ProcessStatus) {
    process = status.definition.process.hex
    phase = status.state.phase.name
    if case .abort(let why) = status.file.verdictRecord?.decision { reason = why.rawValue }
    begunAt = status.file.times.first?.description
    sinceTime = status.file.phaseSince
    since = sinceTime?.description
    decideByTime = status.decideBy
    decideBy = status.decideBy.description
    goods = status.definition.activities.count { $0.verb == .deposit }
    needsOperator = status.needsOperator.map(\.rawValue)
    problem = status.obstacle?.description
  }

  func cells(at now: Timestamp) -> [String] {
    if let problem { return [String(process.prefix(8)), phase, problem] }
    return [
      String(process.prefix(8)), reason.map { "\(phase) (\($0))" } ?? phase,
      sinceTime?.forPeople ?? "", hasVerdict ? "-" : decideByTime?.forPeople(from: now) ?? "",
      goods.map(String.init) ?? "",
      needsOperator.isEmpty ? "-" : needsOperator.joined(separator: " "),
    ]
  }

  private var hasVerdict: Bool { !["idle", "preparing", "prepared"].contains(phase) }
}

extension Market {
  /// How many processes are read from the journal at a time.
  static let processPage = 1000

  /// The coordinator's process that begins with these digits.
  ///
  /// - Throws: `Failure`; what the journal throws.
  func process(matching digits: String) async throws -> ProcessID {
    let hint = "see 'foil process list --all'"
    if let whole = ProcessID(hex: digits) { return whole }
    var candidates: [ProcessID] = []
    var last: ProcessID?
    repeat {
      let page = try await coordinator.engine.processes(
        after: last, atMost: Self.processPage, onlyOpen: false)
      candidates += page.filter { $0.hex.hasPrefix(digits.lowercased()) }
      last = page.last
    } while last != nil
    return try ProcessID.matching(digits, among: candidates, what: "process", hint: hint)
  }
}
