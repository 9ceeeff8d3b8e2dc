// `foil open`: the goods of a committed purchase, opened with the keys that were transferred.

import ArgumentParser
import ECash
import Goods
import PaymentModel
import PaymentParties
import Receipts

struct OpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Open everything that a purchase has bought.",
    discussion: """
      An unfinished purchase is carried on first. Each key is kept as an age identity file in the \
      home's 'keys' folder; the goods go into 'opened' and never overwrite anything.

      Exit status: 0 opened; 1 aborted, or a good does not open; 75 still undecided.
      """)

  @Argument(help: ArgumentHelp("The first digits of a purchase.", valueName: "purchase"))
  var purchase: String

  @OptionGroup var home: HomeOptions

  @Option(
    help: ArgumentHelp(
      "Where containers are, besides the home's 'locked' folder. May be given again.",
      valueName: "dir"),
    completion: .directory)
  var goods: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      var row = try await market.purchase(matching: purchase)
      await home.recover(market)
      if await !market.isFinished(row) {
        row = try await concluded(row.process, in: market)
      }
      guard row.state == .committed else {
        let standing = try await market.standing(of: row, at: SystemWallClock().now())
        throw Failure(
          .no,
          "purchase \(row.process.short) is \(standing.wordWithReason): nothing was paid, "
            + "and nothing opens")
      }
      let opened = try await opened(row.process, in: market)
      try report(opened, of: row.process)
      guard opened.allSatisfy({ $0.good != nil }) else { throw ExitCode(.no) }
    }
  }

  /// Carries an unfinished purchase on. After an abort the command ends with it.
  private func concluded(
    _ process: ProcessID, in market: Market
  ) async throws -> PurchaseRow {
    let conclusion = try await Conclusion.reach(of: process, in: market, home: home)
    if !json {
      conclusion.lines.forEach { Terminal.print($0) }
    } else if !conclusion.isCommitted {
      try JSONOutput.print(conclusion.value)
    }
    guard conclusion.isCommitted else { throw ExitCode(.no) }
    return try await market.customer.purchase(process)
  }

  private func opened(
    _ process: ProcessID, in market: Market
  ) async throws -> [BoughtGood] {
    guard let bundle = try await market.keyBundle(of: process) else {
      throw Failure(.notChecked, "the log has no keys of this purchase")
    }
    return try await market.customer.open(
      process, with: bundle,
      goods: (goods + [market.home.locked]).flatMap { LockedGood.all(in: $0) },
      into: market.home)
  }

  private func report(_ opened: [BoughtGood], of process: ProcessID) throws {
    if json {
      return try JSONOutput.print(
        Opened(process: process.hex, goods: opened.map(Opened.Good.init)))
    }
    for bought in opened {
      if let good = bought.good {
        Terminal.print(
          "opened \(Terminal.line(good.path ?? "-")) (\(good.byteCount) bytes), "
            + "from \(bought.merchant)")
      } else {
        Terminal.print(
          "NOT opened, from \(bought.merchant): \(Terminal.line(bought.problem ?? ""))")
      }
      Terminal.print("  its key: \(Terminal.line(bought.keyPath))")
    }
  }

  /// For `--json`.
  private struct Opened: Encodable {
    struct Good: Encodable {
      let offer: String
      let merchant: String
      let file: String?
      let bytes: UInt64?
      let problem: String?
      let key: String

      init(_ bought: BoughtGood) {
        offer = bought.offer.hex
        merchant = bought.merchant.text
        file = bought.good?.path
        bytes = bought.good?.byteCount
        problem = bought.problem
        key = bought.keyPath
      }
    }

    let process: String
    let goods: [Good]
  }
}
