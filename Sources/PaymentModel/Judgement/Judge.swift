// The judge: who is at fault, or nobody. A pure function over claims.
//
// Blame is sound: a party is named only by statements of its own, by bytes that it had committed to, or
// because it was asked in the log and stayed silent. Whatever the complainant says alone names nobody.

/// Limits that the judge goes by.
public struct JudgeRules: Hashable, Sendable {
  /// How long after the order's time a commit may turn up in the log.
  public let marginSeconds: Int64
  /// A request that leaves less time for the answer counts as not made.
  public let shortestAnswerSeconds: Int64

  /// Five minutes, and a day.
  public static let standard = JudgeRules(marginSeconds: 300, shortestAnswerSeconds: 86_400)
}

/// Decides a dispute, or says what is missing.
public func judge(_ dispute: Dispute, by rules: JudgeRules = .standard) -> Judgement {
  Judge(dispute: dispute, rules: rules).judgement
}

private struct Judge {
  let dispute: Dispute
  let rules: JudgeRules

  var complaint: Exhibited<Complaint> { dispute.complaint }
  var about: StatementID { complaint.claim.about }

  var judgement: Judgement {
    guard complaint.claim.grievance.complainants.contains(complaint.role) else {
      return .ruled(JudgedRuling(.notAtFault, nil, .notEntitled, on: [complaint.id]))
    }
    return switch complaint.claim.grievance {
    case .goodsWrong: goodsWrong
    case .keyMissing: keyMissing
    case .notDispatched: notDispatched
    case .notPaid: notPaid
    case .notRefunded: notRefunded
    case .notIssued: notIssued
    case .twoVerdicts: twoVerdicts
    case .lateVerdict: lateVerdict
    }
  }
}

// MARK: - Goods and keys

extension Judge {
  private var goodsWrong: Judgement {
    guard let offer = dispute.offers.first(where: { $0.id == about }) else { return .lacks(.offer) }
    return withCommit { order, commit in
      let merchant = offer.party
      let evidence = [order.id, commit.id, offer.id]
      guard dispute.items.contains(where: { $0.process == process && $0.part.offer == offer.id })
      else { return rule(.notAtFault, merchant, .nothingOwed, on: evidence) }
      if dispute.facts.contains(.chunkIsWrong(offer: offer.id)) {
        return rule(.atFault, merchant, .chunkIsWrong, on: evidence)
      }
      let isRight = dispute.facts.contains(.chunkIsRight(offer: offer.id))
      return rule(.notAtFault, merchant, isRight ? .chunkIsRight : .unproven, on: evidence)
    }
  }

  private var keyMissing: Judgement {
    withCommit { order, commit in
      let coordinator = commit.party
      guard commit.id == about else { return .lacks(.verdict) }
      let offers = dispute.items.filter { $0.process == process }.map(\.part.offer)
      let missing = offers.filter {
        dispute.facts.contains(.bundleLacksKey(verdict: commit.id, offer: $0))
      }
      if !missing.isEmpty {
        return rule(
          .atFault, coordinator, .bundleLacksKeys, on: [order.id, commit.id] + missing)
      }
      let acknowledged = dispute.acknowledgements.filter {
        $0.claim.process == process && $0.claim.verdict == commit.id
      }
      if !offers.isEmpty,
        offers.allSatisfy({ offer in acknowledged.contains { $0.claim.offers.contains(offer) } })
      {
        return rule(
          .notAtFault, coordinator, .acknowledged,
          on: [order.id, commit.id] + acknowledged.map(\.id))
      }
      if dispute.facts.contains(.bundleIsThere(verdict: commit.id)) {
        return rule(.notAtFault, coordinator, .bundleIsRight, on: [order.id, commit.id])
      }
      return ask(coordinator, for: .keyBundle, on: [order.id, commit.id])
    }
  }

  private var notDispatched: Judgement {
    guard let address = dispute.addressClaims.first(where: { $0.id == about }) else {
      return .lacks(.addressClaim)
    }
    guard let offer = dispute.offers.first(where: { $0.id == address.claim.offer }) else {
      return .lacks(.offer)
    }
    return withCommit { order, commit in
      var evidence = [order.id, commit.id, offer.id, address.id]
      guard address.claim.process == process, address.claim.verdict == commit.id,
        dispute.items.contains(where: { $0.process == process && $0.part.offer == offer.id })
      else { return rule(.notAtFault, offer.party, .nothingOwed, on: evidence) }
      // Without a deposit the merchant has promised nothing to this process.
      let deposit = dispute.deposits.first {
        $0.party == offer.party && $0.claim.process == process && $0.claim.offer == offer.id
      }
      guard let deposit else { return .lacks(.deposit) }
      evidence.append(deposit.id)
      let dispatch = dispute.dispatches.first {
        $0.party == offer.party && $0.claim.addressClaim == address.id
          && $0.claim.offer == offer.id && $0.claim.process == process
      }
      if let dispatch {
        return rule(.notAtFault, offer.party, .answered, on: evidence + [dispatch.id])
      }
      return ask(offer.party, for: .dispatch, on: evidence)
    }
  }
}

// MARK: - Money

extension Judge {
  /// A bank owes what it has reserved, once that is committed: the payouts of the payment part that its
  /// reservation names. The merchant is owed those to the payees of its offers in this order.
  private var notPaid: Judgement {
    withCommit { order, commit in
      guard commit.id == about else { return .lacks(.verdict) }
      let offers = dispute.offers.filter { offer in
        offer.party == complaint.party
          && dispute.items.contains { $0.process == process && $0.part.offer == offer.id }
      }
      guard !offers.isEmpty else {
        return rule(.notAtFault, nil, .nothingOwed, on: [order.id, commit.id])
      }
      guard let (payout, reservation) = reservedPayout(to: offers.map(\.claim.payee)) else {
        return .lacks(.reservation)
      }
      let bank = reservation.party
      let evidence = [order.id, commit.id, reservation.id] + offers.map(\.id)
      let transfer = dispute.transfers.first {
        $0.role == .bank && $0.party == bank && $0.claim.process == process
          && $0.claim.verdict == commit.id && $0.claim.payee == payout.payee
          && $0.claim.amount == payout.amount
      }
      if let transfer {
        return rule(.notAtFault, bank, .answered, on: evidence + [transfer.id])
      }
      return ask(bank, for: .transfer, on: evidence)
    }
  }

  /// A payout that is reserved for one of the payees and not proven to be paid; otherwise one that is.
  private func reservedPayout(
    to payees: [Payee]
  ) -> (payout: Payout, reservation: Exhibited<Reservation>)? {
    var paid: (payout: Payout, reservation: Exhibited<Reservation>)?
    for payment in dispute.payments where payment.process == process {
      let reservation = dispute.reservations.first {
        $0.party == payment.part.bank && $0.claim.process == process
          && $0.claim.part == payment.digest
      }
      guard let reservation else { continue }
      for payout in payment.part.payouts where payees.contains(payout.payee) {
        let isPaid = dispute.transfers.contains {
          $0.party == reservation.party && $0.claim.process == process
            && $0.claim.payee == payout.payee && $0.claim.amount == payout.amount
        }
        guard isPaid else { return (payout, reservation) }
        paid = paid ?? (payout, reservation)
      }
    }
    return paid
  }

  /// The bank owes the coins of a refund, unless the merchant's money never left.
  private var notRefunded: Judgement {
    guard let refund = dispute.refunds.first(where: { $0.id == about }) else {
      return .lacks(.refund)
    }
    guard refund.claim.process == process else {
      return rule(.notAtFault, nil, .nothingOwed, on: [refund.id])
    }
    let bank = refund.claim.source.bank
    let issue = dispute.issues.first {
      $0.party == bank && $0.claim.withdrawal == refund.id && $0.claim.debit == refund.claim.amount
    }
    if let issue {
      return rule(.notAtFault, bank, .answered, on: [refund.id, issue.id])
    }
    let refusal = dispute.refusals.first {
      $0.role == .bank && $0.party == bank && $0.claim.process == process
        && $0.claim.step.rawValue == "refund/\(refund.id)"
    }
    guard let refusal else { return ask(bank, for: .issue, on: [refund.id]) }
    // The bank says that the merchant's money did not come. Only the bank's own transfer shows otherwise.
    let left = dispute.transfers.first {
      $0.role == .bank && $0.party == bank && $0.claim.process == process
        && $0.claim.verdict == refund.id && $0.claim.amount == refund.claim.amount
    }
    if let left {
      return rule(.atFault, bank, .contradiction, on: [refund.id, refusal.id, left.id])
    }
    return ask(refund.party, for: .transfer, on: [refund.id, refusal.id])
  }

  private var notIssued: Judgement {
    guard let withdrawal = dispute.withdrawals.first(where: { $0.id == about }) else {
      return .lacks(.withdrawal)
    }
    let bank = withdrawal.claim.bank
    guard withdrawal.stated.issuer == complaint.stated.issuer else {
      return rule(.notAtFault, bank, .notEntitled, on: [withdrawal.id])
    }
    let issue = dispute.issues.first {
      $0.party == bank && $0.claim.withdrawal == withdrawal.id
        && $0.claim.account == withdrawal.claim.account
        && $0.claim.debit == withdrawal.claim.total
    }
    let refusal = dispute.refusals.first {
      $0.role == .bank && $0.party == bank && $0.claim.step.rawValue == "withdraw/\(withdrawal.id)"
    }
    if let issue, let refusal {
      return rule(.atFault, bank, .contradiction, on: [withdrawal.id, issue.id, refusal.id])
    }
    if let refusal {
      return rule(.notAtFault, bank, .refused, on: [withdrawal.id, refusal.id])
    }
    guard let issue else { return ask(bank, for: .issue, on: [withdrawal.id]) }
    guard dispute.facts.contains(.signaturesAreThere(issue: issue.id)) else {
      return ask(bank, for: .blindSignatures, on: [withdrawal.id, issue.id])
    }
    return rule(.notAtFault, bank, .answered, on: [withdrawal.id, issue.id])
  }
}

// MARK: - Verdicts

extension Judge {
  private var twoVerdicts: Judgement {
    guard let verdict = dispute.verdicts.first(where: { $0.id == about }) else {
      return .lacks(.verdict)
    }
    let others = dispute.verdicts.filter {
      $0.id != verdict.id && $0.claim.process == verdict.claim.process
        && $0.stated.issuer == verdict.stated.issuer
    }
    guard let other = others.min(by: { $0.id < $1.id }) else {
      return rule(.notAtFault, verdict.party, .notTwoVerdicts, on: [verdict.id])
    }
    return rule(.atFault, verdict.party, .twoVerdictsByOneKey, on: [verdict.id, other.id])
  }

  private var lateVerdict: Judgement {
    let sights = dispute.verdicts.filter { $0.id == about }
    guard let verdict = sights.min(by: { $0.noLaterThan < $1.noLaterThan }) else {
      return .lacks(.verdict)
    }
    let order = dispute.orders.first { $0.id.renamed() == verdict.claim.process }
    guard let order else { return .lacks(.order) }
    let evidence = [order.id, verdict.id]
    guard order.claim.coordinator == verdict.stated.issuer.key else {
      return rule(.notAtFault, nil, .nothingOwed, on: evidence)
    }
    let limit = order.claim.decideBy.adding(seconds: rules.marginSeconds)
    guard verdict.claim.decision.isCommit else {
      return rule(.notAtFault, verdict.party, .inTime, on: evidence)
    }
    if verdict.claim.decidedAt >= order.claim.decideBy {
      return rule(.atFault, verdict.party, .commitDatedLate, on: evidence)
    }
    if verdict.noLaterThan < limit {
      return rule(.notAtFault, verdict.party, .inTime, on: evidence)
    }
    // A late proof does not show that there was none before; a log that lacked it at that time does.
    let wasAbsent = dispute.sightings.contains { sighting in
      sighting.time >= limit
        && sights.contains { $0.log == sighting.log && sighting.size <= $0.index }
    }
    if wasAbsent, dispute.hasOneLog {
      return rule(.atFault, verdict.party, .commitLoggedLate, on: evidence)
    }
    return ask(verdict.party, for: .timelyVerdict, on: evidence)
  }
}

// MARK: - What all have in common

extension Judge {
  private var process: ProcessID? { complaint.claim.process }

  /// Goes on with the order and the commit that the complaint presupposes.
  private func withCommit(
    _ body: (Exhibited<Order>, Exhibited<Verdict>) -> Judgement
  ) -> Judgement {
    guard let process, let order = dispute.orders.first(where: { $0.id.renamed() == process })
    else { return .lacks(.order) }
    let verdicts = dispute.verdicts.filter {
      $0.claim.process == process && $0.stated.issuer.key == order.claim.coordinator
    }
    guard let first = verdicts.first else { return .lacks(.verdict) }
    guard let commit = verdicts.first(where: { $0.claim.decision.isCommit }) else {
      return rule(.notAtFault, nil, .nothingOwed, on: [order.id, first.id])
    }
    return body(order, commit)
  }

  /// A party that was asked and stayed silent did not answer; one that was not asked has to be.
  private func ask(
    _ party: PartyName, for question: Question, on evidence: [StatementID]
  ) -> Judgement {
    let requests = dispute.requests.filter {
      $0.claim.complaint == complaint.id && $0.claim.party == party
        && $0.claim.question == question
        && $0.claim.answerBy >= $0.noLaterThan.adding(seconds: rules.shortestAnswerSeconds)
    }
    guard let request = requests.min(by: { $0.claim.answerBy < $1.claim.answerBy }) else {
      return .ask(party, question)
    }
    guard dispute.now >= request.claim.answerBy else {
      return .awaits(party, question, until: request.claim.answerBy)
    }
    return rule(.didNotAnswer, party, .askedInVain, on: evidence + [request.id])
  }

  private func rule(
    _ outcome: RulingOutcome, _ party: PartyName?, _ rule: JudgementRule,
    on evidence: [StatementID]
  ) -> Judgement {
    .ruled(JudgedRuling(outcome, party, rule, on: [complaint.id] + evidence))
  }
}
