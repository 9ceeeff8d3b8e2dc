// `foil process export`: all that is on file for one process, for somebody else to look at.

import ArgumentParser
import Coordinator
import Goods
import PaymentModel
import PaymentParties

struct ProcessExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all that is on file for one process, as JSON.",
    discussion: """
      The definition, and every record of the journal: its bytes, what they say, and the statements \
      in it with what they claim. What is sealed to a bank, to the escrow agent or to the customer \
      stands in it as its digest only. The journal's chain can be checked without what was left out.

      The file says who sold what to this order, at which price, and holds the salts of the order's \
      parts and of the verdict's evidence; when a merchant deposited a wrong key, also the key that \
      was revealed to prove it. Give it to those who may know. On a terminal foreign text is escaped: \
      'verify' takes what was written to a file or a pipe.
      """)

  @Argument(help: ArgumentHelp("The first digits of a process.", valueName: "id"))
  var id: String

  @OptionGroup var home: HomeOptions

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The file to write; '-' is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  func run() async throws {
    try await home.withMarket { market in
      let process = try await market.process(matching: id)
      // An unknown process is told as such.
      _ = try await market.coordinator.engine.status(of: process)
      let bytes = try await market.coordinator.export(of: process).json + [UInt8(ascii: "\n")]
      if output == "-" {
        Terminal.printDocument(String(decoding: bytes, as: UTF8.self))
      } else {
        try PrivateFile.write(bytes, to: output, overwriting: false)
        Terminal.note("wrote \(Terminal.line(output))")
      }
    }
  }
}
