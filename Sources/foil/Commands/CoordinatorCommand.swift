// `foil coordinator`: what the home's coordinator charges.

import ArgumentParser
import ECash
import Evidence
import Foundation
import PaymentModel
import PaymentParties

struct CoordinatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator", abstract: "What the home's coordinator charges.",
    subcommands: [CoordinatorChargeCommand.self, CoordinatorTermsCommand.self])
}

struct CoordinatorChargeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "charge",
    abstract: "Have the coordinator charge for each purchase that it commits.",
    discussion: """
      Signs terms, puts them into the log, and takes no order any more that does not pay by them, or by \
      earlier ones that have not ended. Customers see the fee before they sign; an abort costs nothing. \
      The account is opened if there is none of that name.
      """)

  @Argument(
    help: ArgumentHelp(
      "What a purchase costs, in smallest units; 0 ends what was charged.", valueName: "minor"))
  var minor: UInt64

  @Option(help: ArgumentHelp("The coordinator's account.", valueName: "name"))
  var account = "coordinator"

  @Option(
    help: ArgumentHelp(
      "At which bank it is; the customer's unless said otherwise.", valueName: "name"))
  var bank: String?

  @Option(
    help: ArgumentHelp(
      "The most that a bank may keep of it, in smallest units.", valueName: "minor"))
  var largestFee: UInt64 = 0

  @Option(help: ArgumentHelp("For how many days the terms hold.", valueName: "days"))
  var days: Int64 = 365

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard AccountName(account) != nil else {
      throw ValidationError("--account is no account name")
    }
    guard bank.map({ PartyName($0) != nil }) ?? true else {
      throw ValidationError("--bank is no name of a bank")
    }
    guard (1...3650).contains(days) else { throw ValidationError("--days is 1 to 3650") }
  }

  func run() async throws {
    guard let account = AccountName(account) else { return }
    try await home.withMarket { market in
      let terms = try await market.charge(
        Tariff(
          amount: Amount(minor: minor, currency: try await market.keyset().currency),
          account: account, at: bank.flatMap { PartyName($0) }, largestFee: largestFee,
          validUntil: SystemWallClock().now().adding(seconds: days * 86_400)))
      if json { return try JSONOutput.print(TermsValue(terms)) }
      let money = await MoneyFormat(of: market)
      Terminal.print("\(market.coordinator.name) \(words(for: terms.claim, money: money))")
    }
  }
}

struct CoordinatorTermsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terms", abstract: "Show what the coordinator charges and has charged.")

  @OptionGroup var home: HomeOptions

  @Flag(help: "Print one JSON object for each terms, on a line.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let now = SystemWallClock().now()
      let all = market.coordinator.terms
      if json { return try all.forEach { try JSONOutput.print(TermsValue($0), pretty: false) } }
      let money = await MoneyFormat(of: market)
      let current = try market.terms()
      var table = TextTable()
      for terms in all {
        let mark =
          terms.id == current?.id ? "in force" : terms.claim.isValid(at: now) ? "superseded" : ""
        table.add(terms.id.short, words(for: terms.claim, money: money), mark)
      }
      table.lines(indent: 0).forEach { Terminal.print($0) }
      if current == nil { Terminal.print("\(market.coordinator.name) charges nothing") }
    }
  }
}

private func words(for terms: Terms, money: MoneyFormat) -> String {
  let charges = terms.charges.map { charge in
    let accounts = charge.payees.map { "\($0.account) at \($0.bank)" }
    return "\(money.text(charge.amount)) to \(accounts.joined(separator: " or "))"
  }
  let what = charges.isEmpty ? "nothing" : charges.joined(separator: ", ")
  return "charges \(what), from \(terms.validFrom.forPeople) until \(terms.validUntil.forPeople)"
}

private struct TermsValue: Encodable {
  struct ChargeValue: Encodable {
    let amount: AmountValue
    let accounts: [String]
  }

  let terms: String
  let charges: [ChargeValue]
  let validFrom: String
  let validUntil: String

  init(_ terms: Verified<Terms>) {
    self.terms = terms.id.hex
    charges = terms.claim.charges.map {
      ChargeValue(
        amount: AmountValue($0.amount), accounts: $0.payees.map { "\($0.account) at \($0.bank)" })
    }
    validFrom = terms.claim.validFrom.description
    validUntil = terms.claim.validUntil.description
  }
}
