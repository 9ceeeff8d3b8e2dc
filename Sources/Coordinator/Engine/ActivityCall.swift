// One attempt at an activity: what is asked of whom, and what the answer is worth. It asks nobody itself.

public import PaymentModel

/// What a coordinator asks of somebody.
public indirect enum ParticipantRequest: Hashable, Sendable {
  case reserve(ReserveRequest, bank: PartyName)
  case deposit(DepositRequest, merchant: PartyName)
  case requestDelivery(DeliveryQuery)
  case publish(Signed<Verdict>, ProcessID, bundle: Sealed<SealedContent.KeyBundle>?)
  case post(PostRequest, bank: PartyName)
  case settle(SettleRequest, merchant: PartyName)
  case void(VerdictRequest, bank: PartyName)
  case release(VerdictRequest, merchant: PartyName)
  case notify(VerdictRequest)
}

/// What came back, verified by nobody yet.
public indirect enum ParticipantReply: Hashable, Sendable {
  case reserved(Outcome<Signed<Reservation>>)
  case deposited(Outcome<DepositedKey>)
  case requested(Outcome<Signed<DeliveryRequest>>)
  case published(Outcome<LoggedVerdict>)
  case transferred(Outcome<[Signed<Transfer>]>)
  case settled(Outcome<Signed<Settlement>>)
  case voided(Outcome<Signed<VoidedReservation>>)
  case released(Outcome<Signed<Release>>)
  case notified(Outcome<Notified>)
  /// Nobody of that name is known, or nobody answered.
  case unreachable
}

/// All that is needed to carry out one attempt at an activity. One object, because thousands of them wait for an
/// answer at a time.
public final class ActivityCall: Sendable {
  public let attempt: ActivityAttempt
  let plan: ProcessPlan
  /// Those that are needed later.
  let records: [JournalRecord]
  let rules: ProtocolRules

  init(
    attempt: ActivityAttempt, plan: ProcessPlan, records: [JournalRecord], rules: ProtocolRules
  ) {
    self.attempt = attempt
    self.plan = plan
    self.records = records
    self.rules = rules
  }

  public var activity: Activity { plan.definition.activities[attempt.activity] }

  private var process: ProcessID { attempt.process }
  private var order: AdmittedOrder? { plan.order }

  // MARK: - What is asked

  /// The request, the same in every attempt; `nil` when there is nothing to ask for yet.
  public func request(notary: some Notary) -> ParticipantRequest? {
    switch activity.verb {
    case .publish, .recordAbort:
      records.verdictRecord.map {
        .publish(signed($0, notary: notary), process, bundle: records.bundle)
      }
    case .reserve:
      reserveRequest
    case .deposit:
      item.flatMap { item in
        order.map { order in
          .deposit(
            DepositRequest(id: id, order: order.signedOrder, part: item.part),
            merchant: item.merchant)
        }
      }
    case .decide:
      records.answerBy.map { answerBy in
        .requestDelivery(
          DeliveryQuery(
            id: id, acceptances: records.deposits.map(\.acceptance.signed), answerBy: answerBy))
      }
    case .post:
      verdictRequest.flatMap { request in
        activity.participant.name.map { .post(request, bank: $0) }
      }
    case .void:
      verdictRequest.flatMap { request in
        activity.participant.name.map { .void(request, bank: $0) }
      }
    case .release:
      verdictRequest.flatMap { request in
        activity.participant.name.map { .release(request, merchant: $0) }
      }
    case .confirm: settleRequest
    case .notify: verdictRequest.map { .notify($0) }
    case .receivePayment, .prepare: nil
    }
  }

  private var reserveRequest: ParticipantRequest? {
    guard let order, let payment, let handover = payment.handover else { return nil }
    return .reserve(
      ReserveRequest(
        id: id, order: order.signedOrder, part: handover.part, instrument: handover.instrument),
      bank: payment.content.bank)
  }

  private var settleRequest: ParticipantRequest? {
    guard let order, let name = activity.participant.name, let verdict = records.verdict else {
      return nil
    }
    return .settle(
      SettleRequest(
        id: id, verdict: verdict.logged,
        transfers: transfers(to: name, of: order).map(\.signed)),
      merchant: name)
  }

  private var verdictRequest: VerdictRequest? {
    records.verdict.map { VerdictRequest(id: id, verdict: $0.logged) }
  }

  // MARK: - What the answer is worth

  /// What became of the attempt. An answer that does not verify, or is about something else, is none.
  ///
  /// - Parameters:
  ///   - coordinator: the name under which the notary signs.
  ///   - time: when the answer came.
  public func outcome(
    of reply: ParticipantReply, coordinator: PartyName, notary: any Notary,
    examiner: any KeyExaminer, at time: Timestamp
  ) -> ActivityOutcome {
    if case .notified(let outcome) = reply, activity.verb == .notify {
      return notified(outcome)
    }
    if case .published(let outcome) = reply {
      return published(outcome, coordinator: coordinator, notary: notary)
    }
    guard let order else { return .unknown }
    let check = ReplyCheck(
      notary: notary, order: order, coordinator: coordinator, time: time,
      examinesKeys: rules.examinesKeys)
    switch (activity.verb, reply) {
    case (.reserve, .reserved(let outcome)):
      guard let payment else { return .unknown }
      return check.reservation(outcome, of: payment, activity: activity)
    case (.deposit, .deposited(let outcome)):
      guard let item else { return .unknown }
      return check.deposit(
        outcome, of: item, activity: activity, examiner: examiner, acceptance: attempt.nonce)
    case (.decide, .requested(let outcome)):
      return delivery(outcome, of: order, check, examiner)
    case (.post, .transferred(let outcome)):
      guard let payment, let verdict = records.verdict else { return .unknown }
      return check.transfers(outcome, of: payment, verdict: verdict.id, activity: activity)
    case (.confirm, .settled(let outcome)):
      guard let name = activity.participant.name, let verdict = records.verdict else {
        return .unknown
      }
      return check.settlement(
        outcome, by: name, verdict: verdict.id,
        transfers: transfers(to: name, of: order).map(\.id), activity: activity)
    case (.void, .voided(let outcome)):
      guard let payment, let verdict = records.verdict else { return .unknown }
      return check.void(outcome, of: payment, verdict: verdict.id, activity: activity)
    case (.release, .released(let outcome)):
      guard let item, let verdict = records.verdict else { return .unknown }
      return check.release(outcome, of: item, verdict: verdict.id, activity: activity)
    default: return .unknown
    }
  }

  private func delivery(
    _ reply: Outcome<Signed<DeliveryRequest>>, of order: AdmittedOrder, _ check: ReplyCheck,
    _ examiner: any KeyExaminer
  ) -> ActivityOutcome {
    let deposits = records.deposits
    let outcome = check.deliveryRequest(
      reply, acceptances: deposits.map(\.acceptance.id), activity: activity)
    guard case .ended(.requested(let request)) = outcome else { return outcome }
    guard
      let bundle = examiner.bundle(deposits.map(\.key), for: order.order.recipient),
      bundle.bytes.count <= SubmissionLimits.keyBundle
    else { return .unknown }
    return .deliveryRequested(request, bundle)
  }

  private func signed(_ record: VerdictRecord, notary: some Notary) -> Signed<Verdict> {
    plan.signedVerdict ?? record.signed(process: process, notary: notary)
  }

  private func published(
    _ outcome: Outcome<LoggedVerdict>, coordinator: PartyName, notary: any Notary
  ) -> ActivityOutcome {
    switch outcome {
    case .done(let logged):
      guard activity.verb == .publish || activity.verb == .recordAbort,
        let record = records.verdictRecord,
        logged.verdict == signed(record, notary: notary),
        logged.proof.count <= LoggedVerdict.largestProof,
        logged.verdict.bytes.count <= LoggedVerdict.largestVerdict,
        let stated = try? notary.read(
          logged.verdict, by: .party(coordinator), at: record.decidedAt)
      else { return .unknown }
      return .ended(.published(PublishedVerdict(id: stated.id, logged: logged)))
    case .refused(let reason, _): return .ended(.refused(reason, nil))
    case .held(let until): return .held(until: until)
    case .unknown: return .unknown
    }
  }

  private func notified(_ outcome: Outcome<Notified>) -> ActivityOutcome {
    switch outcome {
    case .done: .ended(.notified)
    case .held(let until): .held(until: until)
    case .refused, .unknown: .unknown
    }
  }

  // MARK: - Looking things up

  /// What names the request for ever, whatever the attempt.
  private var id: RequestID {
    guard !rules.keepsIdentifiers, attempt.attempt > 1,
      let other = StepPath(rawValue: "again\(attempt.attempt)-\(activity.path)")
    else { return RequestID(process: process, step: activity.path) }
    return RequestID(process: process, step: other)
  }

  private var payment: AdmittedOrder.Payment? {
    order?.payments.first { $0.content.bank == activity.participant.name }
  }

  private var item: AdmittedOrder.Item? {
    order?.items.first { $0.offer.id == activity.offer }
  }

  /// The transfers to the accounts to which a merchant's offers are paid.
  private func transfers(
    to merchant: PartyName, of order: AdmittedOrder
  ) -> [Exhibit<Transfer>] {
    let payees = order.items.filter { $0.merchant == merchant }.map(\.offer.claim.payee)
    let activities = plan.definition.activities
    return order.payments.flatMap { payment -> [Exhibit<Transfer>] in
      let post = activities.firstIndex { activity in
        activity.verb == .post && activity.participant.name == payment.content.bank
      }
      guard let post else { return [] }
      return zip(payment.content.payouts, records.transfers(by: post))
        .filter { payees.contains($0.0.payee) }.map(\.1)
    }
  }
}

extension VerdictRecord {
  /// The verdict, signed from the record: the same bytes each time.
  func signed(process: ProcessID, notary: some Notary) -> Signed<Verdict> {
    notary.sign(claim(process: process, notary: notary), nonce: nonce)
  }

  func claim(process: ProcessID, notary: some Notary) -> Verdict {
    Verdict(
      process: process, decision: decision, decidedAt: decidedAt,
      evidence: notary.digest(evidencePreimage))
  }
}
