// `foil card`: the test issuer of the home's bank.

import ArgumentParser
import ECash
import PaymentModel
import PaymentParties

struct CardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Cards of the home's bank, for trying out.",
    subcommands: [CardIssueCommand.self])
}

struct CardIssueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue",
    abstract: "Have the bank issue a card, with credit or for an account.",
    discussion: """
      Writes number, last month and code to a file that only its owner can read: one to a line, as \
      'foil buy --card' takes it. The bank does not keep the number, so the file cannot be had again.
      """)

  @OptionGroup var home: HomeOptions

  @Option(help: ArgumentHelp("The credit, in smallest units.", valueName: "minor"))
  var limit: UInt64?

  @Option(help: ArgumentHelp("The account that it pays from.", valueName: "name"))
  var account: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write it.", valueName: "file"),
    completion: .file())
  var output: String

  func validate() throws { _ = try funds() }

  private func funds() throws -> CardRow.Funds {
    switch (limit, account) {
    case (let limit?, nil): return .credit(limit: limit)
    case (nil, let text?):
      guard let name = AccountName(text) else {
        throw ValidationError("--account is no account name")
      }
      return .account(name)
    default: throw ValidationError("a card has either --limit or --account")
    }
  }

  func run() async throws {
    try await home.withMarket { market in
      let card: CardDetails
      do {
        card = try await market.cards.issue(try funds())
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      try PrivateFile.write(
        card.withText { span in span.indices.map { span[$0] } }, to: output, overwriting: false)
      Terminal.print("card of \(market.bank.name) in \(Terminal.line(output))")
    }
  }
}
