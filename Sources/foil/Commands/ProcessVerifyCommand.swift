// `foil process verify`: whether an exported process is whole.

import ArgumentParser
import Coordinator
import PaymentModel
import PaymentParties

struct ProcessVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a file that 'foil process export' wrote.",
    discussion: """
      Checks that the definition is the one that the journal begins with, that the journal is a \
      whole chain and could have been written by the process machine, and that what the file says about each record is what the record's bytes say. \
      Signatures are not looked at: a receipt proves those.

      Exit status: 0 yes; 1 no, what is in it does not hold; 2 it cannot be checked: there is no such \
      file, or it is no exported process.
      """)

  @Argument(
    help: ArgumentHelp("The file; '-' is standard input.", valueName: "file"),
    completion: .file())
  var file: String

  @Flag(help: "Draw what happened when, too.")
  var timeline = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard !(json && timeline) else {
      throw ValidationError("--json and --timeline exclude each other")
    }
  }

  func run() async throws {
    let bytes = try InputFile.read(file, largestByteCount: ProcessExport.largestByteCount + 1)
    let export: ProcessExport
    do throws(PartyError) {
      export = try ProcessExport(file: bytes)
    } catch {
      throw Failure(error)
    }
    let result = VerifiedExport(export)
    if json { return try JSONOutput.print(result) }
    Terminal.print("process \(result.process)")
    Terminal.print(
      "definition and journal fit: \(result.records) records in \(result.rows) rows, chain "
        + result.chain)
    Terminal.print("\(result.verdict ?? "no verdict"), \(result.hasEnded ? "ended" : "open")")
    guard timeline else { return }
    Terminal.print()
    Terminal.print(
      ProcessTimeline(export.definition, entries: export.entries).text(), terminator: "")
  }
}

/// What an exported process says, in short.
private struct VerifiedExport: Encodable {
  let process: String
  let records: Int
  let rows: Int
  let chain: String
  var verdict: String?
  let hasEnded: Bool

  init(_ export: ProcessExport) {
    process = export.process.hex
    records = export.entries.count
    rows = export.rows.count
    chain = export.rows.last?.chain.hex ?? ""
    hasEnded = export.state.hasEnded
    for case .verdict(let record) in export.entries.map(\.record) {
      if case .abort(let reason) = record.decision {
        verdict = "abort (\(reason.rawValue))"
      } else {
        verdict = "commit"
      }
    }
  }
}
