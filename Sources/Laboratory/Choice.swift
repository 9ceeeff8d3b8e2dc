// What can happen next. A world is a value, and a run of it is a list of choices.

package import PaymentModel

package enum Choice: Hashable, Sendable {
  // Network: messages by number
  case deliver(Int)
  case drop(Int)
  case duplicate(Int)

  // Stores and programs
  /// What a party has written becomes durable, and what waited for that is said.
  case sync(Party)
  /// The party's program ends. What was written and not synced is lost, unless it is kept.
  case crash(Party, keepsWrites: Bool)
  case restart(Party)

  // Coordinator
  /// The next effect.
  case carryOut
  /// The next process of an earlier run.
  case resume
  case tick
  /// Somebody has everything of the process asked for now that waits for its next attempt.
  case retry(ProcessID)

  // Customers, and others who do things of their own accord
  /// One of them does what is due.
  case act(Int)

  // Time
  case advance(milliseconds: Int64)
  /// A party's clock is set: forward, or back.
  case setClock(Party, milliseconds: Int64)
  /// A party's clock gains so many millionths of the time that passes from now on, or loses them.
  case setRate(Party, perMillion: Int64)

  case rogue(RogueMove)
}

/// What a coordinator may do that everybody trusts and that is not to be trusted.
package enum RogueMove: Hashable, Sendable {
  /// Of the rogue's own purchases, by number.
  case reserve(Int, payment: Int)
  case deposit(Int, item: Int)
  case askForDelivery(Int)
  /// Signs a verdict, of its own processes or of others', and has it logged in its own name.
  case publish(ProcessID, isCommit: Bool)
  /// Shows a verdict to somebody who holds something: the logged one, or one that stands nowhere.
  ///
  /// - Parameter offer: of the good that a merchant is to release.
  case present(ProcessID, isCommit: Bool, isLogged: Bool, to: Party, offer: StatementID?)
}

extension RogueMove: CustomStringConvertible {
  package var description: String {
    func word(_ isCommit: Bool) -> String { isCommit ? "commit" : "abort" }
    return switch self {
    case .reserve(let number, let payment): "reserves payment \(payment) of order \(number)"
    case .deposit(let number, let item): "has good \(item) of order \(number) held"
    case .askForDelivery(let number): "asks for the delivery request of order \(number)"
    case .publish(let process, let isCommit): "publishes \(word(isCommit)) of \(process.brief)"
    case .present(let process, let isCommit, let isLogged, let party, let offer):
      "shows \(party) \(isLogged ? "the logged" : "an unlogged") \(word(isCommit)) of \(process.brief)"
        + (offer.map { ", for good \($0.brief)" } ?? "")
    }
  }
}

extension Choice: CustomStringConvertible {
  package var description: String {
    switch self {
    case .deliver(let number): "deliver \(number)"
    case .drop(let number): "drop \(number)"
    case .duplicate(let number): "duplicate \(number)"
    case .sync(let party): "\(party): sync"
    case .crash(let party, let keepsWrites):
      "\(party): crash, \(keepsWrites ? "writes kept" : "unsynced writes lost")"
    case .restart(let party): "\(party): restart"
    case .carryOut: "coordinator: next effect"
    case .resume: "coordinator: resume the next process"
    case .tick: "coordinator: tick"
    case .retry(let process): "coordinator: ask again for \(process.brief)"
    case .act(let number): "actor \(number): acts"
    case .advance(let milliseconds): "time: \(milliseconds) ms"
    case .setClock(let party, let milliseconds): "\(party): clock set by \(milliseconds) ms"
    case .setRate(let party, let rate): "\(party): clock gains \(rate) ppm"
    case .rogue(let move): "rogue: \(move)"
    }
  }
}
