// The end of a purchase: its verdict, its receipt, and the words for both.

import Coordinator
import ECash
import Goods
import PaymentModel
import PaymentParties
import Receipts

/// A purchase that has come to its verdict.
struct Conclusion {
  let purchase: ConcludedPurchase
  /// How it stands now.
  let standing: PurchaseStanding
  /// Where the receipt was written.
  let receiptPath: String

  /// Brings a purchase on record to its verdict, and writes its receipt into the home.
  ///
  /// - Throws: `Failure` with `pending` when there is no verdict yet.
  static func reach(
    of process: ProcessID, in market: Market, home: HomeOptions
  ) async throws -> Conclusion {
    let purchase: ConcludedPurchase
    do throws(PartyError) {
      purchase = try await market.conclude(process)
    } catch {
      guard [.undecided, .submission, .cancellation].contains(error.code) else { throw error }
      let decideBy = try await market.customer.purchase(process).decideBy
      throw Failure(
        .pending, "purchase \(process.short) is undecided: \(error.message)",
        hint: "run '\(home.command("open \(process.short)"))' again; "
          + (SystemWallClock().now() < decideBy
            ? "it must be decided by \(decideBy.forPeople)"
            : "its time has passed, and in a few seconds it can be aborted"))
    }
    return try await Conclusion(purchase, in: market)
  }

  /// Writes the receipt of a concluded purchase into the home.
  init(_ purchase: ConcludedPurchase, in market: Market) async throws {
    self.purchase = purchase
    standing = try await market.standing(
      of: try await market.customer.purchase(purchase.process), at: SystemWallClock().now())
    receiptPath = "\(market.home.path)/purchase-\(purchase.process.short).receipt"
    try PrivateFile.write(purchase.receipt.bytes, to: receiptPath)
  }

  var isCommitted: Bool { purchase.decision.isCommit }

  /// The reason of an abort.
  var reason: AbortReason? {
    if case .abort(let reason) = purchase.decision { reason } else { nil }
  }

  var lines: [String] {
    var lines: [String] = []
    if let reason {
      lines.append(
        "aborted (\(reason.rawValue)): purchase \(purchase.process.short); nothing was paid, and "
          + "nothing opens"
      )
      lines += standing.objections.map {
        "refused by \($0.participant.label): \(Terminal.line($0.reason.rawValue))"
      }
      if purchase.doubleSpend != nil {
        lines.append("the bank has proven that a coin of this payment had been spent before")
      }
      for party in purchase.report.atFault {
        lines.append("the receipt shows \(party) to have broken the rules")
      }
    } else {
      lines.append("committed: purchase \(purchase.process.short)")
    }
    return lines + closingLines
  }

  /// Whether all of it is done, and where the receipt is.
  var closingLines: [String] {
    (purchase.isSettled
      ? [] : ["not everybody has carried that out yet; the receipt shows what is pending"])
      + ["receipt: \(Terminal.line(receiptPath)) (\(purchase.report.answer.rawValue))"]
  }

  /// For `--json`.
  var value: Value {
    Value(
      process: purchase.process.hex, verdict: isCommitted ? "commit" : "abort",
      reason: reason?.rawValue, receipt: receiptPath,
      receiptAnswer: purchase.report.answer.rawValue,
      refusals: standing.objections.map(RefusalValue.init),
      atFault: purchase.report.atFault.map(\.text),
      doubleSpendProven: purchase.doubleSpend != nil)
  }

  struct Value: Encodable {
    let process: String
    let verdict: String
    let reason: String?
    let receipt: String
    let receiptAnswer: String
    let refusals: [RefusalValue]
    let atFault: [String]
    let doubleSpendProven: Bool
  }
}

/// Who would not take part, for `--json`.
struct RefusalValue: Encodable {
  let role: String
  let party: String?
  let reason: String

  init(_ objection: PurchaseStanding.Objection) {
    role = objection.participant.role
    party = objection.participant.name?.text
    reason = objection.reason.rawValue
  }
}
