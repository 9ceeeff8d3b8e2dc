// `foil buy`: several offers of several merchants in one order, all or nothing.

import ArgumentParser
import ECash
import Evidence
import Foundation
import Goods
import PaymentModel
import PaymentParties

struct BuyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "buy",
    abstract: "Buy all of these offers, or none of them.",
    discussion: """
      Verifies offers and containers, shows the order from the very bytes that will be signed, and \
      asks. Then it orders, pays, and waits for the verdict. If it is interrupted, run it again: \
      an unfinished order over the same offers is carried on, not repeated.

      Exit status: 0 committed; 1 aborted or refused, and nothing was paid; 75 undecided.
      """)

  @Argument(
    help: ArgumentHelp(
      "A .offer file, its name in the home's 'locked' folder, or the first digits of an offer.",
      valueName: "offer"),
    completion: .file(extensions: ["offer"]))
  var offers: [String]

  @OptionGroup var home: HomeOptions

  @OptionGroup var payment: PaymentOptions

  @Option(help: ArgumentHelp("How many of each offer.", valueName: "count"))
  var quantity = 1

  @Option(
    help: ArgumentHelp(
      "The most that the coordinator may charge, in smallest units.", valueName: "minor"))
  var largestFee: UInt64?

  @Flag(
    name: .shortAndLong,
    help: "Order without asking; what the coordinator charges needs --largest-fee then.")
  var yes = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard quantity > 0 else { throw ValidationError("--quantity is at least 1") }
  }

  func run() async throws {
    try await home.withMarket { market in
      let shelf = OfferShelf(market.home)
      let goods = try offers.map(shelf.good)
      var selections: [Selection] = []
      for good in goods {
        selections.append(Selection(try market.inspect(good), quantity: quantity))
      }
      await home.recover(market)
      let money = await MoneyFormat(of: market)
      let process: ProcessID
      if let unfinished = try await unfinished(selections, in: market) {
        Terminal.note("going on with the unfinished order \(unfinished.short) over these offers")
        process = unfinished
      } else {
        process = try await place(selections, in: market, money: money)
      }
      let hasGoods = selections.contains { $0.offer.claim.container != nil }
      try await conclude(process, goods: goods, hasGoods: hasGoods, in: market)
    }
  }

  // MARK: - Ordering

  /// An unfinished order over exactly these offers.
  ///
  /// - Throws: when one was withdrawn and may be a purchase all the same: nobody buys twice by that.
  private func unfinished(
    _ selections: [Selection], in market: Market
  ) async throws -> ProcessID? {
    let wanted = Set(selections.map { "\($0.quantity) \($0.offer.id)" })
    let rows = await market.customer.wallet.purchases(atMost: Market.listedPurchases)
    for row in rows where row.cancellation == nil || row.state == .undecided {
      guard await !market.isFinished(row) else { continue }
      let standing = try await market.standing(of: row, at: SystemWallClock().now())
      if Set(standing.items.map({ "\($0.quantity) \($0.offer)" })) == wanted {
        guard row.cancellation == nil else {
          throw Failure(
            .pending,
            "purchase \(row.process.short) over these offers was withdrawn, and is undecided",
            hint: "run '\(home.command("purchase cancel \(row.process.short)"))'")
        }
        return row.process
      }
    }
    return nil
  }

  private func place(
    _ selections: [Selection], in market: Market, money: MoneyFormat
  ) async throws -> ProcessID {
    let means = try payment.means(
      in: market, currency: try await market.keyset().currency)
    let plan = try await market.plan(
      selections, paying: payment.methods(), feeAtMost: largestFee)
    let rendering = try OrderRendering(
      plan, in: market, money: money, now: SystemWallClock().now())
    if yes, let fee = rendering.fee, largestFee == nil {
      throw Failure(
        .no, "the coordinator charges \(money.text(fee.amount)), and nothing was ordered",
        hint: "say how much it may be with --largest-fee, or leave out --yes")
    }
    if !json {
      rendering.lines.forEach { Terminal.print($0) }
    } else if !yes {
      rendering.lines.forEach { Terminal.note($0) }
    }
    if !yes {
      guard Terminal.isInteractive else {
        throw Failure(
          .usage, "there is no terminal to ask on, and nothing was ordered",
          hint: "--yes orders without asking")
      }
      guard Terminal.confirm("Sign this order and pay \(rendering.total)?") else {
        throw Failure(.no, "nothing was ordered")
      }
    }
    return try await market.customer.place(plan, with: means)
  }

  // MARK: - The verdict

  private func conclude(
    _ process: ProcessID, goods: [LockedGood], hasGoods: Bool, in market: Market
  ) async throws {
    let conclusion = try await Conclusion.reach(of: process, in: market, home: home)
    // Containers from elsewhere are not found in the home.
    let elsewhere = goods.filter { $0.stem != "\(market.home.locked)/\($0.name)" }
    let folders = Set(
      elsewhere.map { URL(filePath: $0.stem).deletingLastPathComponent().path })
    let next = home.command(
      "open \(process.short)"
        + folders.sorted().map { " --goods \(HomeOptions.argument($0))" }.joined())
    if json {
      try JSONOutput.print(conclusion.value)
    } else {
      conclusion.lines.forEach { Terminal.print($0) }
      if conclusion.isCommitted, hasGoods {
        Terminal.print("open the goods: \(Terminal.line(next))")
      }
    }
    guard conclusion.isCommitted else { throw ExitCode(.no) }
  }
}
