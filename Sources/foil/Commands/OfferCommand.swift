// `foil offer`: what is on offer.

import ArgumentParser
import Evidence
import PaymentModel
import PaymentParties

struct OfferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offer", abstract: "Look at offers.", subcommands: [OfferListCommand.self])
}

struct OfferListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the offers in the home, each checked.",
    discussion: """
      Every offer's signature and terms are verified, and its container is compared with it to the \
      byte. Whether a good is still to be had, only its merchant knows, when the order comes.

      Exit status 1 when an offer or a container is not what it should be.
      """)

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object for each offer.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let shelf = OfferShelf(market.home)
      let lines = shelf.entries.map { Line($0, in: market) }
      if json {
        for line in lines { try JSONOutput.print(line, pretty: false) }
      } else if lines.isEmpty {
        Terminal.print("no offers in \(Terminal.line(shelf.folder))")
      } else {
        await show(lines, in: market)
      }
      guard lines.allSatisfy({ $0.problem == nil }) else { throw ExitCode(.no) }
    }
  }

  private func show(_ lines: [Line], in market: Market) async {
    let money = await MoneyFormat(of: market)
    var table = TextTable()
    table.add("OFFER", "PRICE", "SELLER", "TITLE", "NAME", "CHECK")
    for line in lines {
      table.add(
        line.offer.map { String($0.prefix(8)) } ?? "?", line.amount.map(money.text) ?? "?",
        line.seller ?? "?", line.title ?? "?", line.name,
        line.problem.map { "WRONG: \($0)" }
          ?? (line.hasGood ? "container is what was signed" : "a payment without a good"))
    }
    table.lines(indent: 0).forEach { Terminal.print($0) }
  }

  /// One offer with what the checks found.
  private struct Line: Encodable {
    let name: String
    let path: String
    var offer: String?
    var seller: String?
    var title: String?
    var fileName: String?
    var price: AmountValue?
    var expiresAt: String?
    var problem: String?
    /// Whether there is a container.
    var hasGood = true
    var amount: Amount?

    init(_ entry: OfferShelf.Entry, in market: Market) {
      path = entry.path
      name = String(
        (entry.path.split(separator: "/").last ?? "").dropLast(".offer".utf8.count))
      do throws(PartyError) {
        let good = try entry.good.get()
        offer = good.id.hex
        // What a verified offer says is shown even when its container is wrong.
        let verified = try market.customer.inspect(good.offer)
        seller = verified.issuer.party.text
        title = verified.claim.title
        fileName = verified.claim.fileName
        hasGood = verified.claim.container != nil
        amount = verified.claim.price.gross
        price = amount.map(AmountValue.init)
        expiresAt = verified.claim.expiresAt.description
        _ = try market.inspect(good)
      } catch {
        problem = error.message
      }
    }

    private enum CodingKeys: String, CodingKey {
      case name, path, offer, seller, title, fileName, price, expiresAt, problem, hasGood
    }
  }
}
