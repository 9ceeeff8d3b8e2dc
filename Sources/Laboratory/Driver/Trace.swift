// What happened in a run: for people, and as one digest by which two machines can be compared.

import Coordinator
import PaymentCrypto
package import PaymentModel

struct Trace {
  private var bytes = Bytes()

  /// SHA-256 over everything that was noted.
  var fingerprint: Digest { SHA256.digest(bytes) }

  mutating func note(_ choice: Choice, at now: Timestamp) {
    bytes += Bytes(bigEndian: UInt64(bitPattern: now.milliseconds))
    switch choice {
    case .deliver(let number): note(1, number)
    case .drop(let number): note(2, number)
    case .duplicate(let number): note(3, number)
    case .sync(let party): note(4, code(party))
    case .crash(let party, let keepsWrites): note(keepsWrites ? 6 : 5, code(party))
    case .restart(let party): note(7, code(party))
    case .carryOut: note(8, 0)
    case .resume: note(9, 0)
    case .tick: note(10, 0)
    case .retry(let process): bytes += [15] + process.bytes
    case .act(let number): note(11, number)
    case .advance(let milliseconds): note(12, Int(milliseconds))
    case .setClock(let party, let milliseconds):
      note(13, code(party))
      note(13, Int(milliseconds))
    case .setRate(let party, let rate):
      note(16, code(party))
      note(16, Int(rate))
    case .rogue(let move): note(move)
    }
  }

  private mutating func note(_ move: RogueMove) {
    switch move {
    case .reserve(let number, let payment):
      note(17, number)
      note(17, payment)
    case .deposit(let number, let item):
      note(18, number)
      note(18, item)
    case .askForDelivery(let number): note(19, number)
    case .publish(let process, let isCommit):
      note(20, isCommit ? 1 : 0)
      bytes += process.bytes
    case .present(let process, let isCommit, let isLogged, let party, let offer):
      note(21, (isCommit ? 1 : 0) + (isLogged ? 2 : 0))
      note(21, code(party))
      bytes += process.bytes + (offer?.bytes ?? [])
    }
  }

  /// How the world ended: who decided what, and what is left where.
  mutating func note(end world: World) {
    for entry in world.log.desk.books.entries {
      bytes += SymbolicEvidence.id(of: entry.verdict).bytes
    }
    for bank in world.banks {
      for statement in bank.desk.books.statements { bytes += statement.id.bytes }
      for account in bank.desk.books.accounts { bytes += Bytes(bigEndian: account.minor) }
    }
    for shop in world.shops {
      for statement in shop.desk.books.statements { bytes += statement.id.bytes }
      for stock in shop.desk.books.stocks { note(14, stock.level) }
    }
    for customer in world.customers {
      for purchase in customer.desk.books.purchases {
        bytes += purchase.process.bytes
        bytes += purchase.verdictID?.bytes ?? []
      }
    }
  }

  /// How the real world ended.
  mutating func note(results: Bytes) { bytes += results }

  private mutating func note(_ tag: UInt8, _ number: Int) {
    bytes.append(tag)
    bytes += Bytes(bigEndian: UInt64(bitPattern: Int64(number)))
  }

  private func code(_ party: Party) -> Int {
    switch party {
    case .coordinator: 0
    case .log: 1
    case .rogue: 2
    case .bank(let number): 100 + number
    case .shop(let number): 200 + number
    case .customer(let number): 300 + number
    }
  }
}

extension Playground {
  /// A choice in words, with what a message is about.
  func describe(_ choice: Choice) -> String {
    switch choice {
    case .deliver(let number), .drop(let number), .duplicate(let number):
      guard let message = stage.network.message(number) else { return "\(choice)" }
      return "\(choice): \(message.from) → \(message.to): \(message.content.summary)"
    default: return "\(choice)"
    }
  }
}

extension MessageContent {
  /// What it is about, in a few words.
  var summary: String {
    switch self {
    case .request(let request, _): request.summary
    case .reply(let reply, let tag):
      "\(reply.summary)\(tag.attempt.map { " to attempt \($0.attempt) at \($0.process.brief)" } ?? "")"
    case .submit(let submission):
      "order \((SymbolicEvidence.id(of: submission.order).renamed() as ProcessID).brief)"
    case .cancel(let process, _): "cancellation of \(process.brief)"
    case .question(let order, _):
      "what became of \((SymbolicEvidence.id(of: order).renamed() as ProcessID).brief)?"
    case .accepted(let process): "took \(process.brief)"
    case .notAccepted(let process, let code): "did not take \(process.brief): \(code.rawValue)"
    case .answer(let process, .undecided): "\(process.brief) is undecided"
    case .answer(let process, .decided): "the verdict on \(process.brief)"
    case .present(let transfer): "transfer \(SHA256.digest(transfer.bytes).brief)"
    case .credited(let transfer): "credited transfer \(SHA256.digest(transfer.bytes).brief)"
    }
  }
}

extension Identifier {
  /// Enough of it to tell it from others in one world.
  package var brief: String { String(hex.prefix(8)) }
}
