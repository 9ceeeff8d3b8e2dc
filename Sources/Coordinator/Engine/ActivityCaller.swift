// Carries out an activity: whom to ask, with what, and what the answer is worth.

import PaymentModel

/// Asks the participants of one process. It decides nothing.
struct ActivityCaller: Sendable {
  let ports: CoordinatorPorts
  let coordinator: PartyName
  let process: ProcessID
  /// `nil` for an order that was only presented.
  let order: AdmittedOrder?

  /// One attempt. The request is the same each time.
  ///
  /// - Parameter nonce: for the acceptance of a deposited key.
  func perform(_ activity: Activity, file: ProcessFile, nonce: Nonce) async -> ActivityOutcome {
    switch activity.verb {
    case .publish, .recordAbort: await publish(file)
    case .reserve: await reserve(activity)
    case .deposit: await deposit(activity, nonce: nonce)
    case .decide: await requestDelivery(activity, file)
    case .post: await post(activity, file)
    case .confirm: await confirm(activity, file)
    case .void: await void(activity, file)
    case .release: await release(activity, file)
    case .notify: await notify(activity, file)
    case .receivePayment, .prepare: .unknown
    }
  }

  // MARK: - Before the verdict

  private func reserve(_ activity: Activity) async -> ActivityOutcome {
    guard let order, let payment = payment(of: activity),
      let bank = ports.participants.bank(payment.content.bank)
    else { return .unknown }
    let request = ReserveRequest(
      id: id(activity), order: order.signedOrder, part: payment.part,
      instrument: payment.instrument)
    return check(await bank.reserve(request)) {
      $0.reservation($1, of: payment, activity: activity)
    }
  }

  private func deposit(_ activity: Activity, nonce: Nonce) async -> ActivityOutcome {
    guard let order, let item = item(of: activity),
      let merchant = ports.participants.merchant(item.merchant)
    else { return .unknown }
    let request = DepositRequest(
      id: id(activity), order: order.signedOrder, part: item.part)
    return check(await merchant.deposit(request)) {
      $0.deposit(
        $1, of: item, activity: activity, examiner: ports.examiner, acceptance: nonce)
    }
  }

  private func requestDelivery(
    _ activity: Activity, _ file: ProcessFile
  ) async -> ActivityOutcome {
    guard let order, let customer = ports.participants.customer(of: process),
      let answerBy = file.answerBy
    else { return .unknown }
    let deposits = file.deposits
    let query = DeliveryQuery(
      id: id(activity), acceptances: deposits.map(\.acceptance.signed), answerBy: answerBy)
    let outcome = check(await customer.requestDelivery(query)) {
      $0.deliveryRequest($1, acceptances: deposits.map(\.acceptance.id), activity: activity)
    }
    guard case .ended(.requested(let request)) = outcome else { return outcome }
    guard
      let bundle = ports.examiner.bundle(deposits.map(\.key), for: order.order.recipient),
      bundle.bytes.count <= SubmissionLimits.keyBundle
    else { return .unknown }
    return .deliveryRequested(request, bundle)
  }

  // MARK: - After the verdict

  private func publish(_ file: ProcessFile) async -> ActivityOutcome {
    guard let record = file.verdictRecord else { return .unknown }
    let verdict = record.signed(process: process, notary: ports.notary)
    switch await ports.log.publish(verdict, process: process, bundle: file.bundle) {
    case .done(let logged):
      guard logged.verdict == verdict, logged.proof.count <= LoggedVerdict.largestProof,
        verdict.bytes.count <= LoggedVerdict.largestVerdict,
        let stated = try? ports.notary.read(
          verdict, by: .party(coordinator), at: record.decidedAt)
      else { return .unknown }
      return .ended(.published(PublishedVerdict(id: stated.id, logged: logged)))
    case .refused(let reason, _): return .ended(.refused(reason, nil))
    case .held(let until): return .held(until: until)
    case .unknown: return .unknown
    }
  }

  private func post(_ activity: Activity, _ file: ProcessFile) async -> ActivityOutcome {
    guard let payment = payment(of: activity), let verdict = file.verdict,
      let bank = ports.participants.bank(payment.content.bank)
    else { return .unknown }
    return check(await bank.post(PostRequest(id: id(activity), verdict: verdict.logged))) {
      $0.transfers($1, of: payment, verdict: verdict.id, activity: activity)
    }
  }

  private func confirm(_ activity: Activity, _ file: ProcessFile) async -> ActivityOutcome {
    guard let order, let name = activity.participant.name, let verdict = file.verdict,
      let merchant = ports.participants.merchant(name)
    else { return .unknown }
    let transfers = file.transfers(to: name, of: order)
    let request = SettleRequest(
      id: id(activity), verdict: verdict.logged, transfers: transfers.map(\.signed))
    return check(await merchant.settle(request)) {
      $0.settlement(
        $1, by: name, verdict: verdict.id, transfers: transfers.map(\.id), activity: activity)
    }
  }

  private func void(_ activity: Activity, _ file: ProcessFile) async -> ActivityOutcome {
    guard let payment = payment(of: activity), let verdict = file.verdict,
      let bank = ports.participants.bank(payment.content.bank)
    else { return .unknown }
    return check(await bank.void(VerdictRequest(id: id(activity), verdict: verdict.logged))) {
      $0.void($1, of: payment, verdict: verdict.id, activity: activity)
    }
  }

  private func release(_ activity: Activity, _ file: ProcessFile) async -> ActivityOutcome {
    guard let item = item(of: activity), let verdict = file.verdict,
      let merchant = ports.participants.merchant(item.merchant)
    else { return .unknown }
    let request = VerdictRequest(id: id(activity), verdict: verdict.logged)
    return check(await merchant.release(request)) {
      $0.release($1, of: item, verdict: verdict.id, activity: activity)
    }
  }

  private func notify(_ activity: Activity, _ file: ProcessFile) async -> ActivityOutcome {
    guard let verdict = file.verdict, let customer = ports.participants.customer(of: process)
    else { return .unknown }
    let notice = VerdictRequest(id: id(activity), verdict: verdict.logged)
    switch await customer.notify(notice) {
    case .done: return .ended(.notified)
    case .held(let until): return .held(until: until)
    case .refused, .unknown: return .unknown
    }
  }

  // MARK: - Looking things up

  private func id(_ activity: Activity) -> RequestID {
    RequestID(process: process, step: activity.path)
  }

  private func payment(of activity: Activity) -> AdmittedOrder.Payment? {
    order?.payments.first { $0.content.bank == activity.participant.name }
  }

  private func item(of activity: Activity) -> AdmittedOrder.Item? {
    order?.items.first { $0.offer.id == activity.offer }
  }

  private func check<Value>(
    _ outcome: Outcome<Value>, _ body: (ReplyCheck, Outcome<Value>) -> ActivityOutcome
  ) -> ActivityOutcome {
    guard let order else { return .unknown }
    let check = ReplyCheck(
      notary: ports.notary, order: order, coordinator: coordinator, time: ports.clock.now())
    return body(check, outcome)
  }
}

extension VerdictRecord {
  /// The verdict, signed from the record: the same bytes each time.
  func signed(process: ProcessID, notary: some Notary) -> Signed<Verdict> {
    notary.sign(
      Verdict(
        process: process, decision: decision, decidedAt: decidedAt,
        evidence: notary.digest(evidencePreimage)),
      nonce: nonce)
  }
}

extension ProcessFile {
  /// Until when the customer may ask for delivery.
  fileprivate var answerBy: Timestamp? {
    records.lazy.compactMap {
      if case .prepared(let prepared) = $0 { prepared.answerBy } else { nil }
    }.first
  }

  /// The transfers to the accounts to which a merchant's offers are paid.
  fileprivate func transfers(
    to merchant: PartyName, of order: AdmittedOrder
  ) -> [Exhibit<Transfer>] {
    let payees = order.items.filter { $0.merchant == merchant }.map(\.offer.claim.payee)
    return order.payments.flatMap { payment -> [Exhibit<Transfer>] in
      let answer = answers.first { answer in
        answer.activity.verb == .post && answer.activity.participant.name == payment.content.bank
      }
      guard case .transferred(let transfers) = answer?.result else { return [] }
      return zip(payment.content.payouts, transfers)
        .filter { payees.contains($0.0.payee) }.map(\.1)
    }
  }
}
