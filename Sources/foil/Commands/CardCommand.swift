// `foil card`: the test issuer of the home's bank.

import ArgumentParser
import ECash
import PaymentCrypto
import PaymentModel
import PaymentParties

struct CardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Cards of the home's bank, for trying out.",
    subcommands: [CardIssueCommand.self, CardListCommand.self, CardUnblockCommand.self])
}

struct CardIssueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue",
    abstract: "Have the bank issue a card, with credit or for an account.",
    discussion: """
      For an account the wallet signs with the account's key, so it must be the wallet's own. \
      Writes number, last month and code to a file that only its owner can read: one to a line, as \
      'foil buy --card' takes it. The bank does not keep the number, so the file cannot be had again.
      """)

  @OptionGroup var home: HomeOptions

  @Option(help: ArgumentHelp("The credit, in smallest units.", valueName: "minor"))
  var limit: UInt64?

  @Option(help: ArgumentHelp("The wallet's account that it pays from.", valueName: "name"))
  var account: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write it.", valueName: "file"),
    completion: .file())
  var output: String

  func validate() throws {
    guard (limit == nil) != (account == nil) else {
      throw ValidationError("a card has either --limit or --account")
    }
    guard account.map({ AccountName($0) != nil }) ?? true else {
      throw ValidationError("--account is no account name")
    }
  }

  /// How long the account's request is good.
  private static let requestSeconds: Int64 = 300

  private func grounds(in market: Market) throws -> CardGrounds {
    guard let name = account.flatMap({ AccountName($0) }) else {
      return .credit(limit: limit ?? 0)
    }
    var entropy = SystemEntropy()
    let means = try market.customer.wallet.accountMeans(name, at: market.bank.name)
    let validUntil = SystemWallClock().now().adding(seconds: Self.requestSeconds)
    return .account(
      means.cardRequest(at: market.bank.name, validUntil: validUntil, from: &entropy))
  }

  func run() async throws {
    try await home.withMarket { market in
      let card: CardDetails
      do {
        card = try await market.cards.issue(try grounds(in: market))
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      try PrivateFile.write(
        card.withText { span in span.indices.map { span[$0] } }, to: output, overwriting: false)
      Terminal.print("card of \(market.bank.name) in \(Terminal.line(output))")
    }
  }
}
