// `foil purchase cancel`: withdraws a purchase while it is undecided.

import ArgumentParser
import ECash
import PaymentModel
import PaymentParties

struct PurchaseCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Withdraw a purchase that has no verdict yet.",
    discussion: """
      Signs with the order's one-time key that you withdraw it, and keeps that before anybody gets it: \
      from then on nobody gets a request for delivery from you, and without one there is no commit. Then \
      the coordinator aborts the purchase, also one that it has never seen, unless it has decided \
      already. After the abort the coins can be spent again. If it is interrupted, run it again.

      Exit status: 0 nothing was or will be paid: it was withdrawn, or aborted before that; 1 too late, \
      it is committed; 2 there is no such purchase; 75 the coordinator has not taken it yet.
      """)

  @Argument(help: ArgumentHelp("The first digits of a purchase.", valueName: "id"))
  var id: String

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let process = try await market.purchase(matching: id).process
      let conclusion = try await withdrawn(process, in: market)
      let outcome = Outcome(conclusion)
      if json {
        try JSONOutput.print(Result(outcome, conclusion))
      } else {
        Terminal.print(outcome.words(for: process))
        conclusion.closingLines.forEach { Terminal.print($0) }
        if outcome == .tooLate {
          Terminal.print("open the goods: \(Terminal.line(home.command("open \(process.short)")))")
        }
      }
      guard outcome != .tooLate else { throw ExitCode(.no) }
    }
  }

  private func withdrawn(_ process: ProcessID, in market: Market) async throws -> Conclusion {
    let purchase: ConcludedPurchase
    do throws(PartyError) {
      purchase = try await market.cancel(process)
    } catch {
      guard error.code == .undecided || error.code == .cancellation else { throw error }
      throw Failure(
        .pending, "purchase \(process.short) is not withdrawn yet: \(error.message)",
        hint: "run '\(home.command("purchase cancel \(process.short)"))' again; "
          + "until then nobody gets a request for delivery")
    }
    return try await Conclusion(purchase, in: market)
  }

  /// What came of it.
  private enum Outcome: String {
    case withdrawn
    /// Aborted for another reason, before.
    case aborted
    case tooLate = "too-late"

    init(_ conclusion: Conclusion) {
      self =
        switch conclusion.purchase.decision {
        case .commit: .tooLate
        case .abort(.cancelled): .withdrawn
        case .abort: .aborted
        }
    }

    func words(for process: ProcessID) -> String {
      switch self {
      case .withdrawn: "withdrawn: purchase \(process.short); nothing was paid, and nothing opens"
      case .aborted:
        "aborted before it could be withdrawn: purchase \(process.short); nothing was paid, and "
          + "nothing opens"
      case .tooLate: "too late: purchase \(process.short) is committed, and paid"
      }
    }
  }

  /// For `--json`.
  private struct Result: Encodable {
    let process: String
    let answer: String
    let verdict: String
    let reason: String?
    let receipt: String
    let receiptAnswer: String
    let isSettled: Bool

    init(_ outcome: Outcome, _ conclusion: Conclusion) {
      let value = conclusion.value
      process = value.process
      answer = outcome.rawValue
      verdict = value.verdict
      reason = value.reason
      receipt = value.receipt
      receiptAnswer = value.receiptAnswer
      isSettled = conclusion.purchase.isSettled
    }
  }
}
