// `foil bank`: the books of the home's banks, and how they clear with each other.

import ArgumentParser
import ECash
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties

struct BankCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bank", abstract: "Books and clearing of the home's banks.",
    subcommands: [
      BankBooksCommand.self, BankClearCommand.self, BankCollectCommand.self,
      BankSettleCommand.self,
    ])
}

/// `--bank`.
struct BankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Which bank; the customer's unless said otherwise.", valueName: "name"))
  var bank: String?

  func bank(in market: Market) throws -> Bank {
    guard let bank else { return market.bank }
    return try BankOptions.bank(bank, in: market)
  }

  private static func bank(_ name: String, in market: Market) throws -> Bank {
    guard let bank = PartyName(name).flatMap(market.bank) else {
      throw Failure(
        .usage, "the home has no bank '\(name)'",
        hint: "its banks: \(market.banks.map(\.name.text).joined(separator: ", "))")
    }
    return bank
  }
}

struct BankBooksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "books",
    abstract: "Draw up a bank's books and check them.",
    discussion: """
      What the bank owes stands as a positive number. 'clearing/BANK' is what it owes to another bank, \
      below zero when the other owes it.

      Exit status 1 when the books contradict themselves.
      """)

  @OptionGroup var home: HomeOptions

  @OptionGroup var options: BankOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await home.withMarket { market in
      let bank = try options.bank(in: market)
      let books: TrialBalance
      do {
        books = try await bank.trialBalance()
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      let clearings = await bank.clearings()
      if json { return try JSONOutput.print(Value(bank.name, books, clearings)) }
      var table = TextTable()
      table.add("ACCOUNT", "BALANCE")
      for balance in books.balances where balance.minor != 0 {
        table.add(balance.account.text, String(balance.minor))
      }
      table.lines(indent: 0).forEach { Terminal.print($0) }
      for clearing in clearings {
        Terminal.print(
          "clears with \(clearing.bank): owes it \(clearing.owed) and has promised "
            + "\(clearing.promised), at most \(clearing.largestDebt); may be owed "
            + "\(clearing.largestClaim); has drawn \(clearing.drawn) of "
            + "\(clearing.mayDraw.map { String($0) } ?? "nothing that the other has signed")")
      }
      Terminal.print("the books of \(bank.name) balance, in smallest units")
    }
  }

  private struct Value: Encodable {
    struct Clearing: Encodable {
      let bank: String
      let owed: Int64
      let promised: UInt64
      let largestClaim: UInt64
      let largestDebt: UInt64
      let drawn: UInt64
      let mayDraw: UInt64?
      let mayDrawUntil: String?
    }

    let bank: String
    let balances: [String: Int64]
    let clearing: [Clearing]

    init(_ name: PartyName, _ books: TrialBalance, _ clearings: [Bank.Clearing]) {
      bank = name.text
      balances = Dictionary(
        books.balances.map { ($0.account.text, $0.minor) }, uniquingKeysWith: { one, _ in one })
      clearing = clearings.map {
        Clearing(
          bank: $0.bank.text, owed: $0.owed, promised: $0.promised,
          largestClaim: $0.largestClaim, largestDebt: $0.largestDebt, drawn: $0.drawn,
          mayDraw: $0.mayDraw, mayDrawUntil: $0.mayDrawUntil?.description)
      }
    }
  }
}

struct BankClearCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear",
    abstract: "Agree with another bank on how much each may owe.",
    discussion: """
      From then on this bank pays into accounts of the other one, up to what it may owe there, and takes \
      the other's transfers for money, up to what the other may owe here. The other bank must be told the \
      same, the other way round. When both agree, each signs a credit line for what the other may draw. A \
      line is never taken back: a lower limit holds for what is signed later.
      """)

  @Argument(help: ArgumentHelp("The other bank.", valueName: "other"))
  var other: String

  @Option(
    help: ArgumentHelp(
      "The most that the other bank may owe, in smallest units.", valueName: "minor"))
  var claim: UInt64

  @Option(
    help: ArgumentHelp("The most that may be owed to it, in smallest units.", valueName: "minor"))
  var debt: UInt64

  @OptionGroup var home: HomeOptions

  @OptionGroup var options: BankOptions

  func run() async throws {
    try await home.withMarket { market in
      let bank = try options.bank(in: market)
      let other = try otherBank(other)
      let currency = try await market.keyset().currency
      do {
        try await bank.clear(
          with: other, claiming: Amount(minor: claim, currency: currency),
          owing: Amount(minor: debt, currency: currency))
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      try await renew(in: market)
      Terminal.print("\(bank.name) clears with \(other)")
    }
  }
}

struct BankCollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Present a purchase's transfers at the banks of their payees.",
    discussion: """
      A payee whose account is at another bank than the one that has paid gets its money when the transfer \
      is presented there. The same again changes nothing.

      Exit status 1 when a bank does not take one.
      """)

  @Argument(help: ArgumentHelp("The first digits of the process.", valueName: "process"))
  var process: String

  @OptionGroup var home: HomeOptions

  func run() async throws {
    try await home.withMarket { market in
      let money = await MoneyFormat(of: market)
      let id = try await market.process(matching: process)
      let collected = try await collect(id, in: market)
      for transfer in collected {
        Terminal.print(
          "\(money.text(transfer.amount)) from \(transfer.from) to \(transfer.payee.account) at "
            + "\(transfer.payee.bank)")
      }
      if collected.isEmpty { Terminal.print("no transfer of this purchase goes to another bank") }
    }
  }

  private func collect(
    _ process: ProcessID, in market: Market
  ) async throws -> [CollectedTransfer] {
    do {
      return try await market.collect(process)
    } catch {
      guard error.code == .payment else { throw Failure(error) }
      throw Failure(
        .no, error.message,
        hint: "what was taken before stays so; see 'foil bank books' for the limits of a bank")
    }
  }
}

struct BankSettleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settle",
    abstract: "Book that banks have paid each other.",
    discussion: """
      How the money went is outside of these books. What is paid is owed no more, and the limits are free \
      again by as much. The same reference again changes nothing; the other bank books the same payment \
      the other way round.

      Exit status 1 when more is paid than is owed, or the reference stands for another payment.
      """)

  @Argument(help: ArgumentHelp("The other bank.", valueName: "other"))
  var other: String

  @Option(help: ArgumentHelp("What was paid to it, in smallest units.", valueName: "minor"))
  var paid: UInt64?

  @Option(help: ArgumentHelp("What it has paid, in smallest units.", valueName: "minor"))
  var received: UInt64?

  @Option(help: ArgumentHelp("What names this payment for ever.", valueName: "text"))
  var reference: String

  @OptionGroup var home: HomeOptions

  @OptionGroup var options: BankOptions

  func validate() throws {
    guard (paid == nil) != (received == nil) else {
      throw ValidationError("a payment was either --paid or --received")
    }
    guard paid != 0, received != 0 else {
      throw ValidationError("a payment of nothing is none")
    }
  }

  func run() async throws {
    try await home.withMarket { market in
      let bank = try options.bank(in: market)
      let other = try otherBank(other)
      let amount = try Amount(
        minor: paid ?? received ?? 0, currency: try await market.keyset().currency)
      do {
        try await bank.settle(
          amount, paid == nil ? .received : .paid, other,
          reference: SHA256.digest(Bytes(reference.utf8)))
      } catch let error as ECashError {
        throw Failure(.no, error.message)
      }
      try await renew(in: market)
      let words = paid == nil ? "has been paid by" : "has paid"
      Terminal.print("\(bank.name) \(words) \(other): \(amount)")
    }
  }
}

private func renew(in market: Market) async throws {
  do {
    try await market.renewCreditLines()
  } catch {
    throw Failure(error)
  }
}

private func otherBank(_ text: String) throws -> PartyName {
  guard let name = PartyName(text) else {
    throw Failure(.usage, "'\(text)' is no name of a bank")
  }
  return name
}
