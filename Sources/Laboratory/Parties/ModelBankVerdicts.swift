// What a verdict does at a model bank: post, or void.

import Coordinator
import PaymentModel

extension ModelBank {
  private func verdict(
    _ request: VerdictRequest, _ setting: Setting
  ) -> (stated: Stated<Verdict>, logged: LoggedVerdict)? {
    SymbolicEvidence.read(request.verdict, of: request.id.process, flaw: setting.flaw).flatMap {
      setting.isCoordinator($0.issuer.key) ? ($0, request.verdict) : nil
    }
  }

  /// The place of a hold that this verdict is about.
  private func hold(of verdict: Stated<Verdict>, _ setting: Setting) -> Int? {
    desk.books.holds.lastIndex {
      $0.process == verdict.claim.process
        && ($0.coordinator == verdict.issuer.key || setting.flaw == .believesAnyCoordinator)
    }
  }

  /// The payees get what was reserved for them, less the fee that stood then.
  mutating func pay(_ hold: BankBooks.Hold) {
    desk.books.spend(hold)
    for (payout, fee) in zip(hold.payouts, hold.fees) {
      let currency = payout.amount.currency
      desk.books.credit(payout.amount.minor - fee, currency, to: payout.payee.account)
      desk.books.credit(fee, currency, to: Self.feeAccount)
    }
  }

  mutating func post(
    _ request: PostRequest, at now: Timestamp, _ setting: Setting
  ) -> ParticipantReply {
    guard let (verdict, logged) = verdict(request, setting), verdict.claim.decision.isCommit,
      let place = hold(of: verdict, setting)
    else { return .transferred(.refused(.invalid, nil)) }
    var hold = desk.books.holds[place]
    if cheat == .breaksPromises {
      note(.brokenPromise)
      let refusal = sign(
        Refusal(process: hold.process, step: request.id.step, reason: .conflict),
        process: hold.process, of: hold.coordinator)
      desk.touch()
      return .transferred(.refused(.conflict, refusal))
    }
    switch hold.state {
    case .voided: return .transferred(.refused(.conflict, nil))
    case .posted where setting.flaw != .noIdempotency:
      guard hold.verdictID == verdict.id, let reply = hold.reply else {
        return .transferred(.refused(.conflict, nil))
      }
      return reply
    case .posted, .reserved: break
    }
    if setting.flaw == .chargesNewFee {
      let fee = setting.transferFee(of: name, at: now)
      hold.fees = hold.payouts.map { min(fee, $0.amount.minor) }
    }
    if cheat == .keepsMore { keepMore(&hold) }
    if setting.flaw != .moneyBeforeVerdict { pay(hold) }
    var transfers: [Signed<Transfer>] = []
    for (number, (payout, fee)) in zip(hold.payouts, hold.fees).enumerated() {
      transfers.append(
        sign(
          Transfer(
            process: hold.process, verdict: verdict.id, payee: payout.payee,
            amount: payout.amount,
            fee: fee == 0 ? nil : try? Amount(minor: fee, currency: payout.amount.currency)),
          process: hold.process, of: hold.coordinator, part: number))
    }
    hold.state = .posted
    return end(&hold, at: place, by: verdict, logged, reply: .transferred(.done(transfers)))
  }

  /// A little more than was agreed on, which payees let pass, or much more.
  private mutating func keepMore(_ hold: inout BankBooks.Hold) {
    note(.bankKeepsMore)
    let more: UInt64 = hold.process.bytes[0].isMultiple(of: 2) ? 1 : 50
    hold.fees = zip(hold.payouts, hold.fees).map { min($1 + more, $0.amount.minor) }
  }

  mutating func void(_ request: VerdictRequest, _ setting: Setting) -> ParticipantReply {
    guard let (verdict, logged) = verdict(request, setting), !verdict.claim.decision.isCommit else {
      return .voided(.refused(.invalid, nil))
    }
    if let place = hold(of: verdict, setting) {
      var hold = desk.books.holds[place]
      switch hold.state {
      case .posted: return .voided(.refused(.conflict, nil))
      case .voided where hold.verdictID != nil && setting.flaw != .noIdempotency:
        guard hold.verdictID == verdict.id, let reply = hold.reply else {
          return .voided(.refused(.conflict, nil))
        }
        return reply
      case .voided where hold.verdictID == nil: break
      case .voided, .reserved:
        if setting.flaw != .moneyBeforeVerdict { desk.books.free(hold) }
      }
      let voided = sign(
        VoidedReservation(process: hold.process, verdict: verdict.id, released: hold.total),
        process: hold.process, of: hold.coordinator)
      hold.state = .voided
      return end(&hold, at: place, by: verdict, logged, reply: .voided(.done(voided)))
    }
    // Another coordinator's process is out of reach.
    guard !desk.books.holds.contains(where: { $0.process == verdict.claim.process }) else {
      return .voided(.refused(.invalid, nil))
    }
    return tombstone(verdict, setting)
  }

  /// A void before its reserve.
  private mutating func tombstone(
    _ verdict: Stated<Verdict>, _ setting: Setting
  ) -> ParticipantReply {
    let found = desk.books.tombstones.first {
      $0.coordinator == verdict.issuer.key && $0.process == verdict.claim.process
    }
    if let found {
      return found.verdictID == verdict.id ? found.reply : .voided(.refused(.conflict, nil))
    }
    let voided = sign(
      VoidedReservation(process: verdict.claim.process, verdict: verdict.id, released: nil),
      process: verdict.claim.process, of: verdict.issuer.key)
    let reply = ParticipantReply.voided(.done(voided))
    desk.touch()
    guard setting.flaw != .noTombstone else { return reply }
    desk.books.tombstones.append(
      BankBooks.Tombstone(
        coordinator: verdict.issuer.key, process: verdict.claim.process, verdictID: verdict.id,
        reply: reply))
    return reply
  }

  private mutating func end(
    _ hold: inout BankBooks.Hold, at place: Int, by verdict: Stated<Verdict>,
    _ logged: LoggedVerdict, reply: ParticipantReply
  ) -> ParticipantReply {
    hold.verdict = logged
    hold.verdictID = verdict.id
    hold.reply = reply
    desk.books.holds[place] = hold
    desk.touch()
    return reply
  }
}
