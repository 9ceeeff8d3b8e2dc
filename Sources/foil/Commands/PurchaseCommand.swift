// `foil purchase`: how purchases stand, and who must act.

import ArgumentParser
import Coordinator
import ECash
import PaymentModel
import PaymentParties
import Receipts

struct PurchaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purchase", abstract: "See how purchases stand, or withdraw one.",
    discussion: """
      A purchase is waiting, done (committed), cancelled (aborted, nothing was paid), in doubt \
      (its time has passed without a known verdict), or disputed (its receipt is refuted).
      """,
    subcommands: [
      PurchaseListCommand.self, PurchaseShowCommand.self, PurchaseCancelCommand.self,
    ])
}

struct PurchaseListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the wallet's purchases, newest first.")

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object for each purchase.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let rows = await market.customer.wallet.purchases(atMost: Market.listedPurchases)
      let now = SystemWallClock().now()
      if json {
        for row in rows {
          try JSONOutput.print(
            PurchaseValue(try await market.standing(of: row, at: now)), pretty: false)
        }
        return
      }
      guard !rows.isEmpty else {
        Terminal.print("no purchases in \(Terminal.line(market.home.path))")
        return
      }
      let money = await MoneyFormat(of: market)
      var table = TextTable()
      table.add("PURCHASE", "STATE", "PAYS", "MADE", "GOODS")
      for row in rows {
        let standing = try await market.standing(of: row, at: now)
        table.add(
          row.process.short, standing.wordWithReason, standing.total(in: money),
          row.madeAt.forPeople, standing.items.map(\.title).joined(separator: ", "))
      }
      table.lines(indent: 0).forEach { Terminal.print($0) }
    }
  }
}

struct PurchaseShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one purchase: what was ordered, and who must act until when.")

  @Argument(help: ArgumentHelp("The first digits of a purchase.", valueName: "id"))
  var id: String

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let row = try await market.purchase(matching: id)
      let now = SystemWallClock().now()
      let standing = try await market.standing(of: row, at: now)
      if json {
        try JSONOutput.print(PurchaseValue(standing))
      } else {
        show(standing, money: await MoneyFormat(of: market), now: now)
      }
    }
  }

  private func show(_ standing: PurchaseStanding, money: MoneyFormat, now: Timestamp) {
    Terminal.print("purchase \(standing.process)")
    Terminal.print(
      "\(standing.wordWithReason); \(standing.total(in: money)); made \(standing.madeAt.forPeople)")
    var goods = TextTable()
    for item in standing.items {
      goods.add(
        "\(item.quantity) x", item.title, money.text(item.price), "from \(item.merchant)",
        "offer \(item.offer.short)")
    }
    goods.lines().forEach { Terminal.print($0) }
    if let fee = standing.fee {
      Terminal.print("with the coordinator's fee of \(money.text(fee.amount))")
    }
    for objection in standing.objections {
      Terminal.print(
        "refused by \(objection.participant.label): \(Terminal.line(objection.reason.rawValue))")
    }
    if standing.isDecided, standing.decision == nil {
      Terminal.print("the coordinator has decided, and the wallet has not taken note of it")
    } else if standing.decision == nil {
      Terminal.print("to be decided by \(standing.decideBy.forPeople(from: now))")
    }
    if !standing.due.isEmpty { Terminal.print("who must act:") }
    var due = TextTable()
    for step in standing.due {
      due.add(
        step.participant.label, step.verb.duty,
        step.until.map { "until \($0.forPeople(from: now))" } ?? "repeated until it is done")
    }
    due.lines().forEach { Terminal.print($0) }
    if let report = standing.report {
      Terminal.print("receipt: \(report.answer.rawValue)")
    }
    if standing.decision == nil || standing.decision?.isCommit == true {
      let verb = standing.awaitsAbort ? "purchase cancel" : "open"
      let next = home.command("\(verb) \(standing.process.short)")
      Terminal.print("next: \(Terminal.line(next))")
    }
  }
}

extension PurchaseStanding {
  /// `cancelled (timeout)`.
  var wordWithReason: String {
    if case .abort(let reason) = decision {
      "\(word.rawValue) (\(reason.rawValue))"
    } else if awaitsAbort {
      "\(word.rawValue) (withdrawn)"
    } else {
      word.rawValue
    }
  }

  /// Whether it is withdrawn, and the coordinator may not know that yet.
  var awaitsAbort: Bool { isWithdrawn && !isDecided }

  /// What is paid, or would have been.
  func total(in money: MoneyFormat) -> String {
    payments.map { money.text($0.total) }.joined(separator: " + ")
  }
}

extension Participant {
  /// The name, or the role of one that has none.
  var label: String {
    switch self {
    case .customer: "you"
    default: name?.text ?? role
    }
  }
}

extension Verb {
  /// What somebody has to do.
  fileprivate var duty: String {
    switch self {
    case .receivePayment: "hand in the order"
    case .reserve: "reserve the money"
    case .deposit: "hand a key into escrow"
    case .prepare: "check that everything stands"
    case .decide: "ask for delivery"
    case .publish: "publish the verdict and the sealed keys"
    case .post: "move the money"
    case .confirm: "confirm the sale"
    case .recordAbort: "abort it, and publish that"
    case .void: "give the money free"
    case .release: "give a good free"
    case .notify: "take note of the verdict"
    }
  }
}

/// A purchase for `--json`.
private struct PurchaseValue: Encodable {
  struct Item: Encodable {
    let offer: String
    let title: String
    let merchant: String
    let quantity: Int
    let price: AmountValue
  }

  struct Payment: Encodable {
    let bank: String
    let method: String
    let total: AmountValue
  }

  struct Due: Encodable {
    let role: String
    let party: String?
    let verb: String
    let until: String?
  }

  let process: String
  let state: String
  let verdict: String?
  let reason: String?
  let isWithdrawn: Bool
  let madeAt: String
  let decideBy: String
  let items: [Item]
  let payments: [Payment]
  /// What the coordinator is paid out of them.
  let fee: AmountValue?
  let due: [Due]
  let refusals: [RefusalValue]
  let receiptAnswer: String?

  init(_ standing: PurchaseStanding) {
    process = standing.process.hex
    state = standing.word.rawValue
    verdict = standing.decision.map { $0.isCommit ? "commit" : "abort" }
    if case .abort(let why) = standing.decision { reason = why.rawValue } else { reason = nil }
    isWithdrawn = standing.isWithdrawn
    madeAt = standing.madeAt.description
    decideBy = standing.decideBy.description
    items = standing.items.map {
      Item(
        offer: $0.offer.hex, title: $0.title, merchant: $0.merchant.text, quantity: $0.quantity,
        price: AmountValue($0.price))
    }
    payments = standing.payments.map {
      Payment(bank: $0.bank.text, method: $0.method.rawValue, total: AmountValue($0.total))
    }
    fee = standing.fee.map { AmountValue($0.amount) }
    due = standing.due.map {
      Due(
        role: $0.participant.role, party: $0.participant.name?.text, verb: $0.verb.rawValue,
        until: $0.until?.description)
    }
    refusals = standing.objections.map(RefusalValue.init)
    receiptAnswer = standing.report?.answer.rawValue
  }
}
