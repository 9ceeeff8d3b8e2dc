// How a purchase is paid: which bank by which method, and with what.

import ArgumentParser
import ECash
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties

/// `--pay`, `--card`, `--coins` and `--account`.
struct PaymentOptions: ParsableArguments {
  @Option(
    name: .customLong("pay"),
    help: ArgumentHelp(
      "By which method a bank is to pay: 'ecash', 'card', 'ecash-card' or 'transfer'; coins unless "
        + "said otherwise. Can be repeated.", valueName: "bank=method"))
  var ways: [String] = []

  @Option(
    name: .customLong("card"),
    help: ArgumentHelp(
      "A file with a card's number, last month and code, one to a line; '-' is standard input. "
        + "Card data are never taken from the command line.", valueName: "file"),
    completion: .file())
  var cardFile: String?

  @Option(
    help: ArgumentHelp(
      "How much coins pay with 'ecash-card', in smallest units; the card pays the rest.",
      valueName: "minor"))
  var coins: UInt64?

  @Option(
    help: ArgumentHelp("The wallet's account at the bank, for 'transfer'.", valueName: "name"))
  var account: String?

  func validate() throws {
    let methods = try methods()
    let byCard = methods.values.filter { [.card, .coinsAndCard].contains($0) }
    guard cardFile == nil || !byCard.isEmpty else {
      throw ValidationError("--card goes with --pay BANK=card or BANK=ecash-card")
    }
    guard cardFile != nil || byCard.isEmpty else {
      throw ValidationError("paying with a card needs --card FILE")
    }
    guard (coins != nil) == methods.values.contains(.coinsAndCard) else {
      throw ValidationError("--coins goes with --pay BANK=ecash-card")
    }
    guard coins != 0 else {
      throw ValidationError("--coins is at least 1; --pay BANK=card pays without coins")
    }
    guard byCard.count <= 1 else {
      // Whoever is shown a card can use it again.
      throw ValidationError("a card belongs to one bank: --pay names two")
    }
    guard account != nil || !methods.values.contains(.transfer) else {
      throw ValidationError("paying out of an account needs --account NAME")
    }
    guard account.map({ AccountName($0) != nil }) ?? true else {
      throw ValidationError("--account is no account name")
    }
  }

  /// By which method each bank that was named is to pay.
  func methods() throws -> [PartyName: PaymentMethod] {
    var methods: [PartyName: PaymentMethod] = [:]
    for way in ways {
      let words = way.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2, let bank = PartyName(String(words[0])),
        let method = PaymentMethod(rawValue: String(words[1])),
        [.ecash, .card, .coinsAndCard, .transfer].contains(method)
      else {
        throw ValidationError("--pay is BANK=ecash, BANK=card, BANK=ecash-card or BANK=transfer")
      }
      guard methods.updateValue(method, forKey: bank) == nil else {
        throw ValidationError("--pay names \(bank) twice")
      }
    }
    return methods
  }

  /// What pays the parts that are not paid with coins.
  ///
  /// - Parameter currency: that of what is paid.
  func means(
    in market: Market, currency: Currency
  ) throws -> [PartyName: any PaymentMeans] {
    var means: [PartyName: any PaymentMeans] = [:]
    for (bank, method) in try methods() {
      switch method {
      case .card: means[bank] = try card()
      case .coinsAndCard:
        means[bank] = CoinsAndCard(
          coins: try Amount(minor: coins ?? 0, currency: currency), card: try card())
      case .transfer:
        guard let name = account.flatMap({ AccountName($0) }) else { continue }
        do {
          means[bank] = try market.customer.wallet.accountMeans(name, at: bank)
        } catch {
          throw Failure(.no, error.message)
        }
      default: break
      }
    }
    return means
  }

  private func card() throws -> CardDetails {
    guard let cardFile else { throw Failure(.usage, "paying with a card needs --card FILE") }
    var bytes = try InputFile.read(cardFile, largestByteCount: 2 * CardDetails.largestByteCount)
    do {
      return try CardDetails(SecretBytes(taking: &bytes))
    } catch {
      throw Failure(.no, "\(cardFile): \(error.message)")
    }
  }
}
