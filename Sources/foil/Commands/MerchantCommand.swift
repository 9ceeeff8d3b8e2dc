// `foil merchant`: what the home's merchants hold for orders that should have been decided.

import ArgumentParser
import Evidence
import Goods
import PaymentModel
import PaymentParties

struct MerchantCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merchant", abstract: "Look after what the home's merchants hold.",
    discussion: """
      A merchant that deposits a key holds the good until the order has its verdict. An order whose \
      time has passed, and which brought none, is overdue: 'overdue' lists them, and 'ask' asks what \
      became of them. 'foil buy', 'foil open' and 'foil complain' ask, too, when they begin, and leave \
      alone for a while what had no answer.
      """,
    subcommands: [MerchantOverdueCommand.self, MerchantAskCommand.self])
}

struct MerchantOverdueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overdue",
    abstract: "List the orders that should have been decided and for which goods are held.")

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object for each order, on a line.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      var table = TextTable()
      table.add("MERCHANT", "PROCESS", "DECIDE BY", "GOODS", "COORDINATOR")
      var isEmpty = true
      for shop in market.shops {
        var last: ShopOrderPlace?
        repeat {
          let page = await shop.overdue(
            after: last, atMost: Self.page, includingPostponed: true)
          last = page.last?.place
          for order in page {
            isEmpty = false
            let row = OverdueRow(order, of: shop.name, in: market)
            if json { try JSONOutput.print(row, pretty: false) } else { table.add(row.cells) }
          }
        } while last != nil
      }
      guard !json else { return }
      if isEmpty { return Terminal.print("nothing is held for orders that are overdue") }
      table.lines(indent: 0).forEach { Terminal.print($0) }
    }
  }

  private static let page = 1000
}

struct MerchantAskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Ask what became of overdue orders, and give free what was aborted.",
    discussion: """
      The log is asked first, and then the home's coordinator, which aborts an order that nobody has \
      handed in. What was committed stays held until the coordinator brings the transfers. Nobody is \
      asked about orders of other coordinators: they are listed.

      Exit status: 0 when nothing is overdue any more; 75 when something is still held, and then it \
      says why, or when there was no time to ask about all.
      """)

  @OptionGroup var home: HomeOptions

  @Option(help: ArgumentHelp("How long to wait for answers.", valueName: "seconds"))
  var wait: Int64 = 60

  @Flag(help: "Print one JSON object for each order, on a line.")
  var json = false

  func validate() throws {
    guard (1...3600).contains(wait) else {
      throw ValidationError("--wait takes 1 to 3600 seconds")
    }
  }

  func run() async throws {
    let isDone = try await home.withMarket { market in
      let (findings, isComplete) = await ask(in: market)
      if !isComplete { Terminal.report("there was no time to ask about all", hint: "run it again") }
      if json {
        for finding in findings {
          try JSONOutput.print(OverdueRow(finding, in: market), pretty: false)
        }
      } else {
        show(findings, in: market)
      }
      try await market.logStatements()
      return isComplete
        && findings.allSatisfy { finding in
          if case .released = finding.finding { true } else { false }
        }
    }
    if !isDone { throw ExitCode(.pending) }
  }

  /// Asks about all orders, each once, while there is time.
  ///
  /// - Returns: what came of that, and whether all were asked about.
  private func ask(in market: Market) async -> ([OverdueFinding], isComplete: Bool) {
    let end = ContinuousClock.now + .seconds(wait)
    var found: [OverdueFinding] = []
    var last: [PartyName: ShopOrderPlace] = [:]
    while ContinuousClock.now < end {
      let left = ContinuousClock.now.duration(to: end).components.seconds
      let report = await market.askAboutOverdue(
        after: last, withinSeconds: max(left, 1), includingPostponed: true)
      found += report.findings
      guard report.hasMore else { return (found, true) }
      for finding in report.findings { last[finding.shop] = finding.order.place }
    }
    return (found, false)
  }

  private func show(_ findings: [OverdueFinding], in market: Market) {
    if findings.isEmpty { return Terminal.print("nothing is held for orders that are overdue") }
    var table = TextTable()
    table.add("MERCHANT", "PROCESS", "DECIDE BY", "GOODS", "COORDINATOR", "BECAME")
    for finding in findings {
      let row = OverdueRow(finding, in: market)
      table.add(row.cells + [row.words])
    }
    table.lines(indent: 0).forEach { Terminal.print($0) }
  }
}

/// An overdue order, and what became of it when somebody has asked.
private struct OverdueRow: Encodable {
  let merchant: String
  let process: String
  let decideBy: String
  /// How many goods are held for it, or were.
  let goods: Int
  /// The party that decides about it; its key's digest where the trust list does not name it.
  let coordinator: String
  /// Whether it is the home's own coordinator, under its present key.
  let isOwn: Bool
  var finding: String?
  var reason: String?
  private let decideByTime: Timestamp
  /// For people.
  private(set) var words = ""

  private enum CodingKeys: String, CodingKey {
    case merchant, process, decideBy, goods, coordinator, isOwn, finding, reason
  }

  init(_ order: OverdueOrder, of shop: PartyName, in market: Market) {
    merchant = shop.text
    process = order.process.hex
    decideBy = order.decideBy.description
    decideByTime = order.decideBy
    goods = order.offers.count
    coordinator = market.trust.key(order.coordinator)?.party.text ?? order.coordinator.hex
    isOwn = order.coordinator == market.coordinator.key
  }

  init(_ found: OverdueFinding, in market: Market) {
    self.init(found.order, of: found.shop, in: market)
    switch found.finding {
    case .released: (finding, words) = ("released", "aborted, and free again")
    case .committed:
      (finding, words) = ("committed", "committed; the coordinator brings the transfers")
    case .undecided: (finding, words) = ("undecided", "not decided yet")
    case .elsewhere:
      (finding, words) = ("elsewhere", "another coordinator decides, and was not asked")
    case .refused(let why):
      (finding, reason) = ("refused", why.rawValue)
      words = "the shop does not take the verdict: \(why.rawValue)"
    case .unanswered(let why):
      (finding, reason) = ("unanswered", why)
      words = "no answer: \(why)"
    }
  }

  var cells: [String] {
    [merchant, String(process.prefix(8)), decideByTime.forPeople, "\(goods)", coordinator]
  }
}
