// What travels between the parties.

package import Coordinator
package import PaymentModel

/// Somebody in the world, by number within the role.
package enum Party: Hashable, Sendable, CustomStringConvertible {
  case coordinator
  case bank(Int)
  case shop(Int)
  case customer(Int)
  case log
  /// A coordinator that everybody trusts, and nobody should.
  case rogue

  package var description: String {
    switch self {
    case .coordinator: "coordinator"
    case .bank(let number): "bank \(number)"
    case .shop(let number): "merchant \(number)"
    case .customer(let number): "customer \(number)"
    case .log: "log"
    case .rogue: "rogue"
    }
  }
}

/// By which a coordinator knows its answer again.
package struct RequestTag: Hashable, Sendable {
  /// How often the coordinator was started before: an answer to an earlier run finds nobody.
  package let run: Int
  /// `nil` for a request of the rogue.
  package let attempt: ActivityAttempt?
}

package enum MessageContent: Hashable, Sendable {
  // Coordinator and participants
  case request(ParticipantRequest, RequestTag)
  case reply(ParticipantReply, RequestTag)

  // Customer to coordinator
  case submit(PurchaseSubmission)
  case cancel(ProcessID, Signed<Cancellation>)
  case question(Signed<Order>, SigningKeyValue)

  // Merchant to bank, and back
  case present(Signed<Transfer>)
  case credited(Signed<Transfer>)

  // Coordinator to customer
  case accepted(ProcessID)
  case notAccepted(ProcessID, CoordinatorError.Code)
  case answer(ProcessID, VerdictAnswer)
}

package struct Message: Hashable, Sendable {
  package let number: Int
  package let from: Party
  package let to: Party
  package let content: MessageContent
  /// Its sender holds it back until then.
  package let notBefore: Timestamp?
}

/// What somebody wants to send.
package struct Outgoing: Hashable, Sendable {
  package let to: Party
  package let content: MessageContent
  /// Whoever is late on purpose holds it back until then.
  package let notBefore: Timestamp?

  package init(to: Party, content: MessageContent, notBefore: Timestamp? = nil) {
    self.to = to
    self.content = content
    self.notBefore = notBefore
  }
}

/// All that is under way. Nothing arrives in the order in which it was sent unless somebody chooses so.
package struct Network: Hashable, Sendable {
  /// By number.
  package private(set) var messages: [Message] = []
  private var nextNumber = 1
  package private(set) var sent = 0

  package init() {}

  package mutating func send(_ outgoing: Outgoing, from: Party) {
    messages.append(
      Message(
        number: nextNumber, from: from, to: outgoing.to, content: outgoing.content,
        notBefore: outgoing.notBefore))
    nextNumber += 1
    sent += 1
  }

  package func message(_ number: Int) -> Message? {
    messages.first { $0.number == number }
  }

  package mutating func take(_ number: Int) -> Message? {
    guard let place = messages.firstIndex(where: { $0.number == number }) else { return nil }
    return messages.remove(at: place)
  }

  package mutating func duplicate(_ number: Int) {
    guard let message = message(number) else { return }
    send(
      Outgoing(to: message.to, content: message.content, notBefore: message.notBefore),
      from: message.from)
  }

  /// Whether an older message is under way between the same two.
  func isOvertaking(_ number: Int) -> Bool {
    guard let message = message(number) else { return false }
    return messages.contains {
      $0.number < number && $0.to == message.to && $0.from == message.from
    }
  }

  /// Answers of somebody who is gone, as they are under way, are lost with him.
  package mutating func dropReplies(from party: Party) {
    messages.removeAll {
      guard $0.from == party else { return false }
      return switch $0.content {
      case .reply, .credited: true
      default: false
      }
    }
  }

  /// Answers to somebody who is gone find nobody.
  package mutating func dropReplies(to party: Party) {
    messages.removeAll {
      guard $0.to == party, case .reply = $0.content else { return false }
      return true
    }
  }
}
