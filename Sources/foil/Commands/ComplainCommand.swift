// `foil complain`: the customer's complaint with its evidence, for an auditor.

import ArgumentParser
import ECash
import Evidence
import PaymentModel
import PaymentParties
import Receipts

struct ComplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complain",
    abstract: "File a complaint about a purchase, with its evidence.",
    discussion: """
      The complaint is signed with the order's one-time key and logged. The file holds the whole \
      purchase: give it to an auditor only. For goods-wrong it also gives away the key of that \
      good, for key-missing the keys of the whole purchase. Filing once more logs another \
      complaint.

      Exit status: 0 filed; 1 there is nothing to complain about; 75 still undecided.
      """)

  @Argument(help: ArgumentHelp("The first digits of a purchase.", valueName: "purchase"))
  var purchase: String

  @Option(
    help: ArgumentHelp(
      "One of goods-wrong, key-missing, not-dispatched, not-refunded, two-verdicts, late-verdict.",
      valueName: "grievance"))
  var about: GrievanceArgument

  @Option(
    help: ArgumentHelp("The good, for goods-wrong: a name or identifier.", valueName: "offer"))
  var offer: String?

  @Option(
    help: ArgumentHelp(
      "The other verdict, for two-verdicts: a statement that the log does not have.",
      valueName: "file"),
    completion: .file())
  var verdict: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the complaint goes.", valueName: "file"), completion: .file())
  var output: String

  func validate() throws {
    guard offer == nil || about.grievance == .goodsWrong else {
      throw ValidationError("--offer is for goods-wrong")
    }
    guard (verdict != nil) == (about.grievance == .twoVerdicts) else {
      throw ValidationError("--verdict is for two-verdicts, which needs it")
    }
  }

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let row = try await market.purchase(matching: purchase)
      await home.recover(market)
      var good: StatementID?
      if let offer {
        good =
          LockedGood.all(in: market.home.locked)
          .first { $0.name == offer || $0.id.hex.hasPrefix(offer) }?.id
        guard good != nil else { throw Failure(.notChecked, "there is no offer \(offer)") }
      }
      let other = try verdict.map {
        try InputFile.read($0, largestByteCount: UnverifiedStatement.largestByteCount)
      }
      let file = try await market.complain(
        about.grievance, of: row.process, offer: good, unlogged: other)
      try PrivateFile.write(file.bytes, to: output)
      guard !json else {
        return try JSONOutput.print(
          Filed(process: row.process.hex, grievance: about.grievance.rawValue, file: output))
      }
      Terminal.print(
        "complaint of \(about.grievance.rawValue) about purchase \(row.process.short) in "
          + Terminal.line(output))
      Terminal.print("an auditor decides it: foil audit dispute FILE --trust FILE")
    }
  }

  private struct Filed: Encodable {
    let process: String
    let grievance: String
    let file: String
  }
}

/// A grievance by its name.
struct GrievanceArgument: ExpressibleByArgument {
  let grievance: Grievance

  init?(argument: String) {
    guard let grievance = Grievance(rawValue: argument) else { return nil }
    self.grievance = grievance
  }

  static var allValueStrings: [String] { Grievance.allCases.map(\.rawValue) }
}
