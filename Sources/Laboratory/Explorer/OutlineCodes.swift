// What stands for what in an outline.

import Coordinator
import PaymentModel

extension Outliner {
  static func bytes(of number: Int64) -> Bytes {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) }
  }

  static func code(of standing: LockStanding) -> UInt8 {
    switch standing {
    case .absent: 0
    case .waiting: 1
    case .granted: 2
    case .contended: 3
    case .asking: 4
    case .holding: 5
    }
  }

  static func code(of reason: AbortReason) -> UInt8 {
    switch reason {
    case .timeout: 0
    case .cancelled: 1
    case .refused: 2
    case .invalid: 3
    }
  }

  static func code(of phase: ProcessPhase) -> UInt8 {
    switch phase {
    case .idle: 0
    case .preparing: 1
    case .prepared: 2
    case .committed: 3
    case .ended(let wasCommitted): wasCommitted ? 4 : 5
    case .aborted(let reason): 6 + code(of: reason)
    }
  }

  static func code(of step: ProcessOutline.Step) -> UInt8 {
    let state: UInt8 =
      switch step.state {
      case .waiting: 0
      case .asked: 1
      case .done: 2
      case .refused: 3
      case .unreached: 4
      case .skipped: 5
      }
    let turn: UInt8 =
      switch step.turn {
      case .none: 0
      case .awaited: 1
      case .granted: 2
      }
    return state | turn << 3 | (step.isAsked ? 32 : 0) | (step.isPausing ? 64 : 0)
      | (step.isNudged ? 128 : 0)
  }

  /// What a message is, with whom, and how it answers.
  static func code(of message: Message) -> Bytes {
    switch message.content {
    case .submit: return [1]
    case .cancel: return [2]
    case .question: return [3]
    case .accepted: return [4]
    case .notAccepted: return [5]
    case .answer: return [6]
    case .present: return [9]
    case .credited: return [10]
    case .request(let request, let tag):
      return [7, UInt8(clamping: tag.run), code(of: request), number(of: message.to)]
    case .reply(let reply, let tag):
      return [8, UInt8(clamping: tag.run)] + code(of: reply) + [number(of: message.from)]
    }
  }

  private static func number(of party: Party) -> UInt8 {
    switch party {
    case .bank(let number), .shop(let number): UInt8(clamping: number)
    case .coordinator, .customer, .log, .rogue: 0
    }
  }

  private static func code(of request: ParticipantRequest) -> UInt8 {
    switch request {
    case .reserve: 0
    case .deposit: 1
    case .requestDelivery: 2
    case .publish: 3
    case .post: 4
    case .settle: 5
    case .void: 6
    case .release: 7
    case .notify: 8
    }
  }

  private static func code(of reply: ParticipantReply) -> Bytes {
    switch reply {
    case .reserved(let outcome): [0] + code(of: outcome)
    case .deposited(let outcome): [1] + code(of: outcome)
    case .requested(let outcome): [2] + code(of: outcome)
    case .published(let outcome): [3] + code(of: outcome)
    case .transferred(let outcome): [4] + code(of: outcome)
    case .settled(let outcome): [5] + code(of: outcome)
    case .voided(let outcome): [6] + code(of: outcome)
    case .released(let outcome): [7] + code(of: outcome)
    case .notified(let outcome): [8] + code(of: outcome)
    case .unreachable: [9]
    }
  }

  private static func code<Value>(of outcome: Outcome<Value>) -> Bytes {
    switch outcome {
    case .done: [0]
    case .held: [1]
    case .unknown: [2]
    case .refused(let reason, _): [3] + Bytes(reason.rawValue.utf8)
    }
  }
}

extension Message {
  /// Which process the message is about.
  var process: ProcessID? {
    switch content {
    case .request(_, let tag), .reply(_, let tag): tag.attempt?.process
    case .submit(let submission): SymbolicEvidence.id(of: submission.order).renamed()
    case .cancel(let process, _), .accepted(let process), .notAccepted(let process, _),
      .answer(let process, _):
      process
    case .question(let order, _): SymbolicEvidence.id(of: order).renamed()
    case .present, .credited: nil
    }
  }
}
