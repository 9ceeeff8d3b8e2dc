// `foil card list` and `foil card unblock`: what a bank's operator sees of cards, and does about them.

import ArgumentParser
import ECash
import PaymentModel
import PaymentParties

struct CardListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List a bank's cards, and how often somebody did not know their code.",
    discussion: """
      A card is blocked after \(CardIssuer.largestFailedTries) wrong codes in a row, and after \
      \(CardIssuer.largestAllFailedTries) in all: a payment of its holder does not hide those before it. \
      Numbers are not kept; a card is known by its identifier.
      """)

  @OptionGroup var home: HomeOptions

  @OptionGroup var options: BankOptions

  @Flag(help: "Print one JSON object for each card.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let cards = try await options.cards(in: market).cards()
      if json {
        for card in cards { try JSONOutput.print(Line(card), pretty: false) }
      } else if cards.isEmpty {
        Terminal.print("no cards")
      } else {
        var table = TextTable()
        table.add("CARD", "PAYS WITH", "IN A ROW", "IN ALL", "")
        for card in cards {
          table.add(
            card.id.short, Self.words(card.funds), String(card.failedTries),
            String(card.allFailedTries), card.isBlocked ? "BLOCKED" : "")
        }
        table.lines(indent: 0).forEach { Terminal.print($0) }
      }
    }
  }

  private static func words(_ funds: CardRow.Funds) -> String {
    switch funds {
    case .credit(let limit): "credit up to \(limit)"
    case .account(let name): "account \(name)"
    }
  }

  private struct Line: Encodable {
    let card: String
    var limit: UInt64?
    var account: String?
    let failedTries: Int
    let allFailedTries: Int
    let isBlocked: Bool

    init(_ standing: CardIssuer.Standing) {
      card = standing.id.hex
      switch standing.funds {
      case .credit(let most): limit = most
      case .account(let name): account = name.text
      }
      failedTries = standing.failedTries
      allFailedTries = standing.allFailedTries
      isBlocked = standing.isBlocked
    }
  }
}

struct CardUnblockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unblock",
    abstract: "Let a blocked card pay again, and begin to count anew.",
    discussion: """
      Whoever knows a card's number can block it by naming wrong codes. The bank's operator lifts that once it \
      is sure that the code is not known to somebody else; otherwise it issues another card.
      """)

  @Argument(help: ArgumentHelp("The first digits of the card's identifier.", valueName: "card"))
  var card: String

  @OptionGroup var home: HomeOptions

  @OptionGroup var options: BankOptions

  func run() async throws {
    try await home.withMarket { market in
      let issuer = try options.cards(in: market)
      let id = try CardID.matching(
        card, among: await issuer.cards().map(\.id), what: "card", hint: "see 'foil card list'")
      do {
        try await issuer.unblock(id)
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      Terminal.print("card \(id.short) can pay again")
    }
  }
}

extension BankOptions {
  /// Who issues the cards of the bank that was named.
  func cards(in market: Market) throws -> CardIssuer {
    let bank = try bank(in: market)
    return market.cards(of: bank.name) ?? market.cards
  }
}
