// `foil audit report`: a receipt as a page that people read and print.

import ArgumentParser
import PaymentModel
import Receipts

struct AuditReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a report on a receipt: one HTML page, made to be read and printed.",
    discussion: """
      The page has the finding on its first sheet, then time line, parties, exhibits and the rule of \
      each step. It embeds the receipt and the trust list, because the page itself proves nothing. From \
      the same receipt, trust list and version it is the same to the byte.

      Exit status as with 'foil receipt verify': 0 proven; 1 refuted, or the output exists; 2 it cannot be \
      checked. The page is written in each of the three cases.
      """)

  @Argument(help: "The receipt; - is standard input.", completion: .file(extensions: ["receipt"]))
  var file: String

  @Option(
    help: ArgumentHelp("The signed list of trusted keys.", valueName: "file"), completion: .file())
  var trust: String

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("The page; - is standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Overwrite the output.")
  var force = false

  func validate() throws {
    guard file != "-" || trust != "-" else {
      throw ValidationError("standard input is read once")
    }
  }

  func run() async throws {
    let store = try TrustFile.read(trust)
    let bytes = try InputFile.read(file, largestByteCount: Receipt.largestByteCount)
    let report = ReceiptVerification(store).verify(bytes)
    let page = ReceiptPage(
      of: bytes, report: report, trust: store, toolVersion: Foil.configuration.version)
    if output == "-" {
      Terminal.print(String(decoding: page.bytes, as: UTF8.self), terminator: "")
    } else {
      try await Failure.mapping {
        try PrivateFile.write(page.bytes, to: output, overwriting: force)
      }
      Terminal.print("\(report.answer.rawValue): \(Terminal.line(output))")
    }
    switch report.answer {
    case .proven: break
    case .refuted: throw ExitCode(.no)
    case .cannotBeChecked: throw ExitCode(.notChecked)
    }
  }
}
