// `foil process`: payment processes as they were generated, with what happened.

import ArgumentParser
import Coordinator
import ECash
import PaymentModel
import PaymentParties

struct ProcessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "process", abstract: "Look at payment processes, and look after them.",
    discussion: """
      What an operator of a coordinator does when called: 'list' says which processes are open, \
      'show' what a process waits for, 'retry' asks again now, and 'export' writes all that is on \
      file for one process, for somebody else to look at. Whoever joins a process has 'check', and \
      'template' for what it is generated from.
      """,
    subcommands: [
      ProcessListCommand.self, ProcessShowCommand.self, ProcessRetryCommand.self,
      ProcessExportCommand.self, ProcessVerifyCommand.self, ProcessCheckCommand.self,
      ProcessTemplateCommand.self,
    ])
}

struct ProcessShowCommand: AsyncParsableCommand {
  /// How a process is drawn.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case mermaid
    case svg
    case json
    /// What happened when, as text.
    case timeline
    case timelineSVG = "timeline-svg"
  }

  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Draw a process, with what happened.",
    discussion: """
      Marks: ✓ done, … asked, · waiting, ✗ refused, ? could not be told, – not needed.

      'timeline' and 'timeline-svg' show when each activity was asked for, and when its final \
      answer came, in milliseconds since the process began.
      """)

  @Argument(
    help: ArgumentHelp(
      "The first digits of a process, which is its purchase's identifier, too.", valueName: "id"))
  var id: String

  @OptionGroup var home: HomeOptions

  @Option(help: "How it is drawn; text unless given.")
  var format: Format?

  @Flag(help: "Print one JSON object, as --format json does.")
  var json = false

  func validate() throws {
    guard !json || format == nil || format == .json else {
      throw ValidationError("--json and --format exclude each other")
    }
  }

  func run() async throws {
    try await home.withMarket { market in
      let process = try await market.process(matching: id)
      let status = try await market.coordinator.engine.status(of: process)
      switch json ? .json : format ?? .text {
      case .text: showText(status)
      case .mermaid:
        Terminal.print(status.definition.mermaid(showing: status.state), terminator: "")
      case .svg: Terminal.print(status.definition.svg(showing: status.state), terminator: "")
      case .json: try showJSON(status)
      case .timeline:
        Terminal.print("process \(process)")
        let timeline = timeline(of: status)
        Terminal.print("begun \(timeline.begin)\n")
        Terminal.print(timeline.text(), terminator: "")
      case .timelineSVG: Terminal.print(timeline(of: status).svg(), terminator: "")
      }
    }
  }

  private func timeline(of status: ProcessStatus) -> ProcessTimeline {
    ProcessTimeline(status.file, attempts: status.attempts, now: SystemWallClock().now())
  }

  private func showText(_ status: ProcessStatus) {
    Terminal.print("process \(status.definition.process)")
    Terminal.print(
      status.state.phase.words + (status.decidedAt.map { ", decided \($0.forPeople)" } ?? ""))
    if let obstacle = status.obstacle { Terminal.print("cannot go on: \(obstacle.message)") }
    for call in OperatorCallRow.all(of: status) {
      Terminal.print(
        "needs somebody to look after it: \(call.path), "
          + (call.attempts == 1 ? "asked once" : "asked \(call.attempts) times")
          + (call.at.map { " until \($0.forPeople)" } ?? ""))
    }
    Terminal.print()
    Terminal.print(status.definition.text(showing: status.state), terminator: "")
  }

  /// The definition as it is hashed, and what happened beside it.
  private func showJSON(_ status: ProcessStatus) throws {
    let happened = Happened(
      phase: status.state.phase.name, decidedAt: status.decidedAt?.description,
      activities: zip(status.definition.activities, status.state.activities).map {
        Happened.Step(path: $0.path.rawValue, state: $1.rawValue)
      }, needsOperator: OperatorCallRow.all(of: status))
    let definition = String(decoding: status.definition.json, as: UTF8.self)
    Terminal.printDocument(
      "{\"definition\":\(definition),\"happened\":\(try JSONOutput.text(happened, pretty: false))}\n"
    )
  }

  private struct Happened: Encodable {
    struct Step: Encodable {
      let path: String
      let state: String
    }

    let phase: String
    let decidedAt: String?
    let activities: [Step]
    let needsOperator: [OperatorCallRow]
  }
}

/// A call for an operator that stands.
struct OperatorCallRow: Encodable {
  let path: String
  /// How often it had been asked for then.
  let attempts: Int
  let calledAt: String?
  fileprivate let at: Timestamp?

  private enum CodingKeys: String, CodingKey { case path, attempts, calledAt }

  static func all(of status: ProcessStatus) -> [OperatorCallRow] {
    status.state.calls.map { call in
      let at = status.calledAt(call.activity)
      return OperatorCallRow(
        path: status.definition.activities[call.activity].path.rawValue, attempts: call.attempts,
        calledAt: at?.description, at: at)
    }
  }
}

extension ProcessPhase {
  /// A stable name.
  var name: String {
    switch self {
    case .idle: "idle"
    case .preparing: "preparing"
    case .prepared: "prepared"
    case .committed: "committed"
    case .aborted: "aborted"
    case .ended(let wasCommitted): wasCommitted ? "ended-committed" : "ended-aborted"
    }
  }

  /// For people.
  var words: String {
    switch self {
    case .idle: "not begun"
    case .preparing: "money is being reserved, and keys are collected"
    case .prepared(let answerBy):
      "prepared; the customer may ask for delivery until \(answerBy.forPeople)"
    case .committed: "committed, and being carried out"
    case .aborted(let reason): "aborted (\(reason.rawValue)), and being undone"
    case .ended(let wasCommitted):
      wasCommitted ? "committed, and carried out" : "aborted, and undone"
    }
  }
}
