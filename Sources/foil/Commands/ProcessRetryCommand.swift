// `foil process retry`: asks again now, instead of after the pause.

import ArgumentParser
import Coordinator
import PaymentModel
import PaymentParties

struct ProcessRetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Ask now for everything of a process that waits for its next attempt.",
    discussion: """
      The requests are those that were sent before, so that asking once more does nothing twice. \
      The command goes on with the process until it has ended, or until the time to wait is over; \
      other processes are left alone.

      Exit status: 0 when the process has ended; 75 when something is still missing, and then it \
      says what.
      """)

  @Argument(help: ArgumentHelp("The first digits of a process.", valueName: "id"))
  var id: String

  @OptionGroup var home: HomeOptions

  @Option(help: ArgumentHelp("How long to wait for its end.", valueName: "seconds"))
  var wait = 10

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (0...3600).contains(wait) else {
      throw ValidationError("--wait takes 0 to 3600 seconds")
    }
  }

  func run() async throws {
    try await home.withMarket { market in
      let process = try await market.process(matching: id)
      let engine = market.coordinator.engine
      try await engine.retry(process)
      let clock = ContinuousClock()
      let deadline = clock.now + .seconds(wait)
      var status = try await engine.status(of: process)
      while !status.state.hasEnded, clock.now < deadline {
        try await Task.sleep(for: .milliseconds(20))
        status = try await engine.status(of: process)
      }
      if json { try JSONOutput.print(RetryResult(status)) } else { show(status) }
      if !status.state.hasEnded { throw ExitCode(.pending) }
    }
  }

  private func show(_ status: ProcessStatus) {
    Terminal.print("process \(status.definition.process)")
    Terminal.print(status.state.phase.words)
    guard !status.state.hasEnded else { return }
    Terminal.print("still waits for:")
    var table = TextTable()
    for step in RetryResult(status).waiting {
      table.add(
        step.path, step.party ?? step.role,
        step.attempts == 1 ? "asked once now" : "asked \(step.attempts) times now",
        step.needsOperator ? "needs somebody to look after it" : "")
    }
    table.lines().forEach { Terminal.print($0) }
  }
}

/// What became of a retry.
private struct RetryResult: Encodable {
  struct Step: Encodable {
    let path: String
    let role: String
    let party: String?
    let attempts: Int
    let needsOperator: Bool
  }

  let process: String
  let phase: String
  let waiting: [Step]

  init(_ status: ProcessStatus) {
    process = status.definition.process.hex
    phase = status.state.phase.name
    let activities = status.definition.activities
    // After the verdict only what carries it out is waited for.
    waiting = activities.indices
      .filter { number in
        status.state.activities[number] == .asked
          && (status.state.isCommitted == nil || activities[number].guarantee == .retriable)
      }
      .map { number in
        Step(
          path: activities[number].path.rawValue, role: activities[number].participant.role,
          party: activities[number].participant.name?.text,
          attempts: status.attempts?[number] ?? 0,
          needsOperator: status.needsOperator.contains(activities[number].path))
      }
  }
}
