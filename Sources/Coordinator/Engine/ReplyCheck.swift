// What a participant's answer is worth. An answer that does not verify, or is about something else, is
// no answer: it is unknown whether anything was done.

import PaymentModel

/// Checks the answers about one order.
struct ReplyCheck: Sendable {
  let notary: any Notary
  let order: AdmittedOrder
  let coordinator: PartyName
  let time: Timestamp
  let examinesKeys: Bool

  // MARK: - Before the verdict

  func reservation(
    _ outcome: Outcome<Signed<Reservation>>, of payment: AdmittedOrder.Payment,
    activity: Activity
  ) -> ActivityOutcome {
    let bank = Signatory.party(payment.content.bank)
    return judge(outcome, activity, by: bank) { signed throws(NotAdmitted) in
      let stated = try read(signed, by: bank)
      guard
        stated.claim
          == Reservation(
            process: order.process, part: payment.partDigest, total: payment.content.total,
            decideBy: order.order.decideBy)
      else { return nil }
      return .reserved(Exhibit(id: stated.id, signed: signed))
    }
  }

  /// Checks a deposit and has its key examined.
  ///
  /// - Parameter nonce: for the coordinator's word that the key opens the container.
  func deposit(
    _ outcome: Outcome<DepositedKey>, of item: AdmittedOrder.Item, activity: Activity,
    examiner: any KeyExaminer, acceptance nonce: Nonce
  ) -> ActivityOutcome {
    let merchant = Signatory.party(item.merchant)
    return judge(outcome, activity, by: merchant) { deposited throws(NotAdmitted) in
      let stated = try read(deposited.deposit, by: merchant)
      guard isDeposit(stated.claim, of: item),
        deposited.key.bytes.count <= SubmissionLimits.goodsKey
      else { return nil }
      let exhibit = Exhibit(id: stated.id, signed: deposited.deposit)
      let finding =
        examinesKeys
        ? examiner.examine(deposited.key, deposit: stated.claim, offer: item.offer.claim) : .opens
      switch finding {
      case .unreadable: return nil
      case .doesNotOpen(let revealed):
        return revealed.count <= SubmissionLimits.revealedKey
          ? .wrongKey(exhibit, revealed: revealed) : nil
      case .opens:
        let acceptance = notary.sign(
          Acceptance(
            process: order.process, offer: item.offer.id, deposit: stated.id,
            keyDigest: stated.claim.keyDigest),
          nonce: nonce)
        return .deposited(
          EscrowedKey(
            deposit: exhibit, heldUntil: stated.claim.heldUntil, key: deposited.key,
            acceptance: Exhibit(
              id: try read(acceptance, by: .party(coordinator)).id, signed: acceptance)))
      }
    }
  }

  private func isDeposit(_ claim: Deposit, of item: AdmittedOrder.Item) -> Bool {
    let offer = item.offer.claim
    let amount = try? offer.price.gross.multiplied(by: UInt64(item.quantity))
    return claim.process == order.process && claim.offer == item.offer.id
      && claim.quantity == item.quantity && claim.amount == amount
      && claim.payee == offer.payee && claim.decideBy == order.order.decideBy
  }

  /// A delivery request over exactly these acceptances.
  func deliveryRequest(
    _ outcome: Outcome<Signed<DeliveryRequest>>, acceptances: [StatementID], activity: Activity
  ) -> ActivityOutcome {
    let customer = Signatory.oneTime(order.order.oneTimeKey)
    return judge(outcome, activity, by: nil) { signed throws(NotAdmitted) in
      let stated = try read(signed, by: customer)
      guard
        stated.claim
          == DeliveryRequest(process: order.process, acceptances: acceptances.sorted())
      else { return nil }
      return .requested(Exhibit(id: stated.id, signed: signed))
    }
  }

  // MARK: - After the verdict

  /// One transfer for each payout, in their order. One of which the bank has kept more than was agreed is kept on
  /// file all the same: with the reservation it names the bank. Whether it pays is up to the payee. So is one into an
  /// account at another bank that does not say what it draws there: it names its bank by itself. What may be drawn only
  /// the two banks know.
  func transfers(
    _ outcome: Outcome<[Signed<Transfer>]>, of payment: AdmittedOrder.Payment,
    verdict: StatementID, activity: Activity
  ) -> ActivityOutcome {
    let bank = Signatory.party(payment.content.bank)
    return judge(outcome, activity, by: bank) { signed throws(NotAdmitted) in
      let payouts = payment.content.payouts
      guard signed.count == payouts.count else { return nil }
      var exhibits: [Exhibit<Transfer>] = []
      for (transfer, payout) in zip(signed, payouts) {
        let stated = try read(transfer, by: bank)
        let kept = stated.claim.fee
        guard
          stated.claim
            == Transfer(
              process: order.process, verdict: verdict, payee: payout.payee,
              amount: payout.amount, fee: kept, draw: stated.claim.draw),
          kept?.minor ?? 0 >= payment.content.fee(of: payout)?.minor ?? 0,
          stated.claim.draw == nil || payout.payee.bank != payment.content.bank
        else { return nil }
        exhibits.append(Exhibit(id: stated.id, signed: transfer))
      }
      return .transferred(exhibits)
    }
  }

  func settlement(
    _ outcome: Outcome<Signed<Settlement>>, by merchant: PartyName, verdict: StatementID,
    transfers: [StatementID], activity: Activity
  ) -> ActivityOutcome {
    judge(outcome, activity, by: .party(merchant)) { signed throws(NotAdmitted) in
      let stated = try read(signed, by: .party(merchant))
      guard
        stated.claim
          == Settlement(
            process: order.process, verdict: verdict, transfers: transfers.sorted())
      else { return nil }
      return .settled(Exhibit(id: stated.id, signed: signed))
    }
  }

  func void(
    _ outcome: Outcome<Signed<VoidedReservation>>, of payment: AdmittedOrder.Payment,
    verdict: StatementID, activity: Activity
  ) -> ActivityOutcome {
    let bank = Signatory.party(payment.content.bank)
    return judge(outcome, activity, by: bank) { signed throws(NotAdmitted) in
      let stated = try read(signed, by: bank)
      guard stated.claim.process == order.process, stated.claim.verdict == verdict,
        stated.claim.released.map({ $0 == payment.content.total }) ?? true
      else { return nil }
      return .voided(Exhibit(id: stated.id, signed: signed))
    }
  }

  func release(
    _ outcome: Outcome<Signed<Release>>, of item: AdmittedOrder.Item, verdict: StatementID,
    activity: Activity
  ) -> ActivityOutcome {
    let merchant = Signatory.party(item.merchant)
    return judge(outcome, activity, by: merchant) { signed throws(NotAdmitted) in
      let stated = try read(signed, by: merchant)
      guard
        stated.claim
          == Release(process: order.process, offer: item.offer.id, verdict: verdict)
      else { return nil }
      return .released(Exhibit(id: stated.id, signed: signed))
    }
  }

  // MARK: - Any answer

  private func judge<Value>(
    _ outcome: Outcome<Value>, _ activity: Activity, by signatory: Signatory?,
    done: (Value) throws(NotAdmitted) -> ActivityResult?
  ) -> ActivityOutcome {
    switch outcome {
    case .done(let value):
      guard let result = try? done(value) else { return .unknown }
      return .ended(result)
    case .refused(let reason, let signed):
      return refusal(reason, signed, activity, by: signatory)
    case .held(let until): return .held(until: until)
    case .unknown: return .unknown
    }
  }

  /// Before the verdict any refusal is believed, because an abort harms nobody. After it only a signed
  /// one is final: it proves who broke the promise.
  private func refusal(
    _ reason: RefusalReason, _ signed: Signed<Refusal>?, _ activity: Activity,
    by signatory: Signatory?
  ) -> ActivityOutcome {
    var exhibit: Exhibit<Refusal>?
    if let signed, let signatory, let stated = try? read(signed, by: signatory),
      stated.claim.process == order.process, stated.claim.step == activity.path,
      stated.claim.reason == reason
    {
      exhibit = Exhibit(id: stated.id, signed: signed)
    }
    if exhibit == nil, signed != nil || activity.guarantee == .retriable { return .unknown }
    return .ended(.refused(reason, exhibit))
  }

  private func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory
  ) throws(NotAdmitted) -> Stated<Content> {
    guard signed.bytes.count <= SubmissionLimits.statement else {
      throw NotAdmitted(code: "too-large", message: "a statement is above its limit")
    }
    return try notary.read(signed, by: signatory, at: time)
  }
}
