// `foil receipt`: what a receipt holds, and what it proves.

import ArgumentParser
import Evidence
import PaymentModel
import Receipts

struct ReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt", abstract: "Read and verify receipts.",
    subcommands: [ReceiptShowCommand.self, ReceiptVerifyCommand.self, ReceiptStampCommand.self])
}

struct ReceiptShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a receipt holds, without verifying anything.",
    discussion: "'foil receipt verify' tells what of it is true.")

  @Argument(help: "The receipt; - is standard input.", completion: .file(extensions: ["receipt"]))
  var file: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let bytes = try InputFile.read(file, largestByteCount: Receipt.largestByteCount)
    let content: Content
    do {
      content = try Content(Receipt(bytes))
    } catch let error as ReceiptsError {
      throw Failure(.notChecked, "\(file) is no receipt: \(error.message)")
    }
    if json { try JSONOutput.print(content) } else { show(content) }
  }

  private func show(_ content: Content) {
    Terminal.print("receipt of purchase \(content.process)")
    Terminal.print("nothing in it has been verified here")
    if let order = content.order {
      Terminal.print("order: to be decided by \(Terminal.line(order.decideBy))")
    }
    var parts = TextTable()
    for item in content.items {
      parts.add("\(item.quantity) x", item.title ?? "?", item.merchant ?? "?", item.price ?? "?")
    }
    for payment in content.payments {
      parts.add("paid", payment.total, payment.bank, payment.method)
    }
    if let fee = content.fee { parts.add("fee", fee.amount, fee.account, "of the coordinator") }
    parts.lines().forEach { Terminal.print($0) }
    if content.foreignParts > 0 {
      Terminal.print("parts that do not hang below the order: \(content.foreignParts)")
    }
    Terminal.print("verdict: \(content.verdict ?? "none")")
    Terminal.print("checkpoint: \(Terminal.line(content.log)), \(content.logSize) entries")
    Terminal.print("statements:")
    var statements = TextTable()
    for statement in content.statements {
      statements.add(
        statement.kind, String(statement.id.prefix(8)), statement.issuer,
        "log entry \(statement.logIndex)")
    }
    statements.lines().forEach { Terminal.print($0) }
  }

  /// What the receipt says.
  private struct Content: Encodable {
    struct Statement: Encodable {
      let id: String
      let kind: String
      let issuer: String
      let key: String
      let logIndex: UInt64
    }

    struct OrderValue: Encodable {
      let coordinator: String
      let decideBy: String
      let root: String
    }

    struct Item: Encodable {
      let offer: String
      let quantity: Int
      let title: String?
      let merchant: String?
      let price: String?
    }

    struct Payment: Encodable {
      let bank: String
      let method: String
      let total: String
    }

    struct Fee: Encodable {
      let terms: String
      let amount: String
      let account: String
    }

    let process: String
    var order: OrderValue?
    var items: [Item] = []
    var payments: [Payment] = []
    /// What the coordinator is paid out of them.
    var fee: Fee?
    var foreignParts = 0
    var verdict: String?
    let log: String
    let logSize: UInt64
    let keyBundle: String?
    let exhibits: Int
    var statements: [Statement] = []

    init(_ receipt: Receipt) throws {
      process = receipt.process.hex
      let checkpoint = try Checkpoint(text: receipt.checkpoint.text)
      log = checkpoint.origin
      logSize = checkpoint.size
      keyBundle = receipt.keyBundle?.hex
      exhibits = receipt.exhibits.count
      var offers: [StatementID: Stated<Offer>] = [:]
      var signedOrder: Order?
      for entry in receipt.entries {
        guard let statement = try? UnverifiedStatement(entry.statement) else {
          throw ReceiptsError(.receiptFormat, "log entry \(entry.index) is no statement")
        }
        statements.append(
          Statement(
            id: statement.id.hex, kind: statement.kind.rawValue,
            issuer: statement.issuer.party.text, key: statement.issuer.key.hex,
            logIndex: entry.index))
        switch statement.kind {
        case .order: signedOrder = try? statement.unverifiedClaim()
        case .verdict: verdict = (try? statement.unverifiedClaim()).map(Self.words)
        case .offer:
          offers[statement.id] = (try? statement.unverifiedClaim()).map {
            Stated(id: statement.id, issuer: statement.issuer, claim: $0)
          }
        default: break
        }
      }
      guard let signedOrder else { return }
      order = OrderValue(
        coordinator: signedOrder.coordinator.hex, decideBy: signedOrder.decideBy.description,
        root: signedOrder.root.hex)
      for part in receipt.parts {
        guard let content = try? part.verify(against: signedOrder) else {
          foreignParts += 1
          continue
        }
        switch content {
        case .item(let item):
          let offer = offers[item.offer]
          items.append(
            Item(
              offer: item.offer.hex, quantity: item.quantity, title: offer?.claim.title,
              merchant: offer?.issuer.party.text, price: offer?.claim.price.gross.description))
        case .payment(let payment):
          payments.append(
            Payment(
              bank: payment.bank.text, method: payment.method.rawValue,
              total: payment.total.description))
        case .fee(let part):
          fee = Fee(
            terms: part.terms.hex, amount: part.amount.description,
            account: part.payee.account.text)
        }
      }
    }

    private static func words(_ verdict: Verdict) -> String {
      switch verdict.decision {
      case .commit: "commit"
      case .abort(let reason): "abort (\(reason.rawValue))"
      }
    }
  }
}
