// What the coordinator asks and hears, as onlookers tell it apart: what names a request, whether an answer is
// final, what was signed with it, and both in a few words.

import Coordinator
import PaymentCrypto
import PaymentModel

extension ParticipantRequest {
  /// What names it; `nil` for what the log is asked.
  var id: RequestID? {
    switch self {
    case .reserve(let request, _): request.id
    case .deposit(let request, _): request.id
    case .requestDelivery(let query): query.id
    case .post(let request, _), .void(let request, _), .notify(let request): request.id
    case .release(let request, _): request.id
    case .settle(let request, _): request.id
    case .publish: nil
    }
  }

  var summary: String {
    switch self {
    case .requestDelivery(let query):
      "delivery of \(query.id.process.brief)? \(query.acceptances.count) keys"
    case .publish(let verdict, let process, _):
      "publish verdict \(SymbolicEvidence.id(of: verdict).brief) on \(process.brief)"
    default: id.map { "\($0.step.rawValue.prefix(32)) of \($0.process.brief)" } ?? ""
    }
  }
}

extension ParticipantReply {
  /// An answer, whatever it is about.
  private struct Reading {
    let verb: String
    var isDone = false
    var refusal: Signed<Refusal>?
    var failure: String?
    var word: String

    init<Value>(_ verb: String, _ outcome: Outcome<Value>) {
      self.verb = verb
      switch outcome {
      case .done:
        isDone = true
        word = "done"
      case .refused(let reason, let signed):
        refusal = signed
        word = "refused \(reason.rawValue)\(signed == nil ? ", unsigned" : "")"
      case .held(let until): word = "held until \(until)"
      case .unknown(let why):
        failure = why
        word = "unknown: \(why)"
      }
    }
  }

  private var reading: Reading {
    switch self {
    case .reserved(let outcome): Reading("reserve", outcome)
    case .deposited(let outcome): Reading("deposit", outcome)
    case .requested(let outcome): Reading("delivery request", outcome)
    case .published(let outcome): Reading("publish", outcome)
    case .transferred(let outcome): Reading("post", outcome)
    case .settled(let outcome): Reading("settle", outcome)
    case .voided(let outcome): Reading("void", outcome)
    case .released(let outcome): Reading("release", outcome)
    case .notified(let outcome): Reading("notify", outcome)
    case .unreachable: Reading("anything", Outcome<Notified>.unknown("unreachable"))
    }
  }

  var isDone: Bool { reading.isDone }
  /// As it was signed.
  var refusal: Signed<Refusal>? { reading.refusal }
  /// Why nothing was answered.
  var failure: String? { reading.failure }
  var word: String { reading.word }
  var summary: String { "\(reading.verb) \(reading.word)" }

  /// What a participant has signed as its final answer; `nil` when it has signed nothing.
  var signed: [StatementID]? {
    func id<Content>(_ signed: Signed<Content>) -> StatementID {
      SHA256.digest(signed.bytes).renamed()
    }
    switch self {
    case .reserved(.done(let reservation)): return [id(reservation)]
    case .deposited(.done(let key)): return [id(key.deposit)]
    case .requested(.done(let request)): return [id(request)]
    case .transferred(.done(let transfers)): return transfers.map { id($0) }
    case .settled(.done(let settlement)): return [id(settlement)]
    case .voided(.done(let void)): return [id(void)]
    case .released(.done(let release)): return [id(release)]
    default: return refusal.map { [id($0)] }
    }
  }
}
