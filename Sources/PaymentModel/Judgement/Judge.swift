// The judge: who is at fault, or nobody. A pure function over claims.
//
// A party is named at fault only by statements of its own, or by bytes that it had committed to; one that was
// asked in the log and stayed silent is named for its silence. What the complainant says alone names nobody,
// and whoever did its part has an answer to every question: the thing itself, or a signed refusal.

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

struct Judge {
  let dispute: Dispute
  let rules: JudgeRules

  var complaint: Exhibited<Complaint> { dispute.complaint }
  var about: StatementID { complaint.claim.about }
  var process: ProcessID? { complaint.claim.process }

  var judgement: Judgement {
    guard complaint.claim.grievance.complainants.contains(complaint.role) else {
      return rule(.notAtFault, nil, .notEntitled, on: [])
    }
    return switch complaint.claim.grievance {
    case .goodsWrong: goodsWrong
    case .keyMissing: keyMissing
    case .notDispatched: notDispatched
    case .notPaid: notPaid
    case .notCredited: notCredited
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
      let evidence = [order.id, commit.id, offer.id]
      guard isBought(offer.id), offer.claim.container != nil else {
        return rule(.notAtFault, offer.party, .nothingOwed, on: evidence)
      }
      if dispute.facts.contains(.chunkIsWrong(offer: offer.id)) {
        return rule(.atFault, offer.party, .chunkIsWrong, on: evidence)
      }
      let isRight = dispute.facts.contains(.chunkIsRight(offer: offer.id))
      return rule(.notAtFault, offer.party, isRight ? .chunkIsRight : .unproven, on: evidence)
    }
  }

  /// The coordinator owes the keys that it has accepted. A part of the order that it was never shown has none,
  /// nor has an offer without a container.
  private var keyMissing: Judgement {
    withCommit { order, commit in
      guard case .commit(let bundle) = commit.claim.decision else { return .lacks(.verdict) }
      let accepted = dispute.acceptances.filter {
        $0.claim.process == process && $0.stated.issuer == commit.stated.issuer
          && isBought($0.claim.offer)
      }
      guard !accepted.isEmpty else { return .lacks(.acceptance) }
      let terms = dispute.offers.filter { offer in
        accepted.contains { $0.claim.offer == offer.id }
      }
      let isKeyless = accepted.allSatisfy { acceptance in
        terms.contains { $0.id == acceptance.claim.offer && $0.claim.container == nil }
      }
      guard !isKeyless else {
        return rule(.notAtFault, commit.party, .nothingOwed, on: [order.id, commit.id])
      }
      guard let until = terms.map(\.claim.retainedUntil).max() else { return .lacks(.offer) }
      var evidence = [order.id, commit.id]
      if let lost = accepted.first(where: {
        dispute.facts.contains(.bundleLacksKey(bundle: bundle, offer: $0.claim.offer))
      }) {
        return rule(
          .atFault, commit.party, .bundleLacksKeys, on: evidence + [lost.claim.offer, lost.id])
      }
      let offers = accepted.map(\.claim.offer)
      let acknowledgements = offers.map { offer in
        dispute.acknowledgements.first {
          $0.claim.process == process && $0.claim.verdict == commit.id
            && $0.claim.offers.contains(offer)
        }
      }
      if acknowledgements.allSatisfy({ $0 != nil }) {
        evidence += acknowledgements.compactMap { $0?.id }
        return rule(.notAtFault, commit.party, .acknowledged, on: evidence)
      }
      if dispute.facts.contains(.bundleIsThere(bundle: bundle)) {
        return rule(.notAtFault, commit.party, .bundleIsThere, on: evidence)
      }
      // Nobody has to keep a bundle for longer than the merchants said.
      return ask(commit.party, for: .keyBundle, before: until, on: evidence)
    }
  }

  /// The merchant that has deposited owes a dispatch to the address that is shown, or says that it owes none.
  private var notDispatched: Judgement {
    guard let address = dispute.addressClaims.first(where: { $0.id == about }),
      dispute.facts.contains(.addressIsThere(claim: address.id))
    else { return .lacks(.addressClaim) }
    guard let offer = dispute.offers.first(where: { $0.id == address.claim.offer }) else {
      return .lacks(.offer)
    }
    return withCommit { order, commit in
      var evidence = [order.id, commit.id, offer.id, address.id]
      guard address.claim.process == process, isBought(offer.id) else {
        return rule(.notAtFault, offer.party, .nothingOwed, on: evidence)
      }
      let deposit = dispute.deposits.first {
        $0.party == offer.party && $0.claim.process == process && $0.claim.offer == offer.id
      }
      guard let deposit else { return .lacks(.deposit) }
      evidence.append(deposit.id)
      let dispatch = dispute.dispatches.first {
        $0.party == offer.party && $0.claim.offer == offer.id && $0.claim.process == process
      }
      if let dispatch {
        return rule(.notAtFault, offer.party, .answered, on: evidence + [dispatch.id])
      }
      let refunds = dispute.refunds.filter {
        $0.party == offer.party && $0.claim.process == process
      }
      let deposited = deposit.claim.amount
      if let back = try? Amount.sum(distinct(refunds).map(\.claim.amount), in: deposited.currency),
        (try? back.isLess(than: deposited)) == false
      {
        return rule(.notAtFault, offer.party, .answered, on: evidence + refunds.map(\.id))
      }
      if let refusal = refusal(of: "dispatch/\(address.id)", by: offer.party, .merchant) {
        return rule(.notAtFault, nil, .refused, on: evidence + [refusal.id])
      }
      return ask(offer.party, for: .dispatch, on: evidence)
    }
  }

  /// Each statement once, whichever files it stands in.
  private func distinct<Content: Claim>(
    _ statements: [Exhibited<Content>]
  ) -> [Exhibited<Content>] {
    var seen: Set<StatementID> = []
    return statements.filter { seen.insert($0.id).inserted }
  }

  private func isBought(_ offer: StatementID) -> Bool {
    dispute.items.contains { $0.process == process && $0.part.offer == offer }
  }
}

// MARK: - Money

extension Judge {
  /// A bank owes what it has reserved, once that is committed: the payouts of the payment part that its
  /// reservation names, without the fee that stands there. The merchant is owed those to the payees of its offers
  /// in this order, the order's coordinator those to the payee of its fee. A transfer of which more was kept is the
  /// bank's own statement against itself.
  private var notPaid: Judgement {
    withCommit { order, commit in
      let due = due(to: complaint, of: commit)
      guard !due.payees.isEmpty else {
        return rule(.notAtFault, nil, .nothingOwed, on: [order.id, commit.id])
      }
      let owed = reservedPayouts(to: due.payees)
      let made = owed.map { owed in
        dispute.transfers.filter {
          $0.role == .bank && $0.party == owed.reservation.party && $0.claim.process == process
            && $0.claim.verdict == commit.id && $0.claim.payee == owed.payout.payee
            && $0.claim.amount == owed.payout.amount
        }
      }
      let transfers = zip(owed, made).map { owed, made in
        made.first { ($0.claim.fee?.minor ?? 0) <= owed.fee }
      }
      guard let first = owed.first else { return .lacks(.reservation) }
      let evidence = [order.id, commit.id] + due.evidence
      for (index, owed) in owed.enumerated() where transfers[index] == nil {
        guard let transfer = made[index].first else { continue }
        return rule(
          .atFault, owed.reservation.party, .keptMore,
          on: evidence + [owed.reservation.id, transfer.id])
      }
      guard let unpaid = transfers.firstIndex(where: { $0 == nil }) else {
        let ids = owed.map(\.reservation.id) + transfers.compactMap { $0?.id }
        return rule(.notAtFault, first.reservation.party, .answered, on: evidence + ids)
      }
      let reservation = owed[unpaid].reservation
      return ask(reservation.party, for: .transfer, on: evidence + [reservation.id])
    }
  }

  /// The accounts to which a committed order is to pay whoever complains, and the statements that say so. The commit is
  /// by the key that the order names; its party may complain with a later one.
  private func due(
    to complaint: Exhibited<Complaint>, of commit: Exhibited<Verdict>
  ) -> (payees: [Payee], evidence: [StatementID]) {
    guard complaint.role == .coordinator else {
      let offers = dispute.offers.filter { $0.party == complaint.party && isBought($0.id) }
      return (offers.map(\.claim.payee), offers.map(\.id))
    }
    guard complaint.party == commit.party else { return ([], []) }
    let fees = dispute.fees.filter { $0.process == process }
    return (fees.map(\.part.payee), [])
  }

  /// A payout that a bank has reserved, and what it may keep of it, in minor units.
  private struct ReservedPayout {
    let payout: Payout
    let fee: UInt64
    let reservation: Exhibited<Reservation>
  }

  private func reservedPayouts(to payees: [Payee]) -> [ReservedPayout] {
    var owed: [ReservedPayout] = []
    for payment in dispute.payments where payment.process == process {
      let reservation = dispute.reservations.first {
        $0.party == payment.part.bank && $0.claim.process == process
          && $0.claim.part == payment.digest
      }
      guard let reservation else { continue }
      owed += payment.part.payouts.filter { payees.contains($0.payee) }
        .map { payout in
          ReservedPayout(
            payout: payout, fee: payment.part.fee(of: payout)?.minor ?? 0,
            reservation: reservation)
        }
    }
    return owed
  }

  /// The bank owes the coins of a refund, or a refusal. Whether the merchant's money came only the two of them
  /// know, so a refusal names nobody.
  private var notRefunded: Judgement {
    guard let refund = dispute.refunds.first(where: { $0.id == about }) else {
      return .lacks(.refund)
    }
    return withCommit { order, commit in
      let bank = refund.claim.source.bank
      let evidence = [order.id, commit.id, refund.id]
      guard refund.claim.process == process,
        dispute.offers.contains(where: {
          $0.party == refund.party && isBought($0.id) && $0.claim.payee == refund.claim.source
        })
      else { return rule(.notAtFault, nil, .nothingOwed, on: evidence) }
      return issued(for: refund.id, "refund", by: bank, on: evidence)
    }
  }

  private var notIssued: Judgement {
    guard let withdrawal = dispute.withdrawals.first(where: { $0.id == about }) else {
      return .lacks(.withdrawal)
    }
    let bank = withdrawal.claim.bank
    guard withdrawal.stated.issuer == complaint.stated.issuer else {
      return rule(.notAtFault, bank, .notEntitled, on: [withdrawal.id])
    }
    return issued(for: withdrawal.id, "withdraw", by: bank, on: [withdrawal.id])
  }

  /// Coins for a withdrawal or a refund: an issue with its blind signatures, or a refusal, and not both.
  private func issued(
    for id: StatementID, _ step: String, by bank: PartyName, on evidence: [StatementID]
  ) -> Judgement {
    // How much was debited, fees and repeated messages included, is another question.
    let issue = dispute.issues.first { $0.party == bank && $0.claim.withdrawal == id }
    let refusal = refusal(of: "\(step)/\(id)", by: bank, .bank)
    switch (issue, refusal) {
    case (let issue?, let refusal?):
      return rule(.atFault, bank, .contradiction, on: evidence + [issue.id, refusal.id])
    case (nil, let refusal?):
      return rule(.notAtFault, nil, .refused, on: evidence + [refusal.id])
    case (nil, nil):
      return ask(bank, for: .issue, on: evidence)
    case (let issue?, nil):
      guard dispute.facts.contains(.signaturesAreThere(issue: issue.id)) else {
        return ask(bank, for: .blindSignatures, on: evidence + [issue.id])
      }
      return rule(.notAtFault, bank, .answered, on: evidence + [issue.id])
    }
  }

  func refusal(
    of step: String, by party: PartyName, _ role: Role
  ) -> Exhibited<Refusal>? {
    dispute.refusals.first {
      $0.role == role && $0.party == party && $0.claim.step.rawValue == step
    }
  }
}

// MARK: - Verdicts

extension Judge {
  private var twoVerdicts: Judgement {
    let all = dispute.verdicts.map(\.stated) + dispute.unloggedVerdicts
    guard let verdict = all.first(where: { $0.id == about }) else { return .lacks(.verdict) }
    let others = all.filter {
      $0.id != verdict.id && $0.claim.process == verdict.claim.process
        && $0.issuer == verdict.issuer
    }
    guard let other = others.min(by: { $0.id < $1.id }) else {
      return rule(.notAtFault, verdict.issuer.party, .notTwoVerdicts, on: [verdict.id])
    }
    return rule(
      .atFault, verdict.issuer.party, .twoVerdictsByOneKey, on: [verdict.id, other.id])
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
    guard verdict.claim.decision.isCommit else {
      return rule(.notAtFault, verdict.party, .inTime, on: evidence)
    }
    if verdict.claim.decidedAt >= order.claim.decideBy {
      return rule(.atFault, verdict.party, .commitDatedLate, on: evidence)
    }
    let limit = order.claim.decideBy.adding(seconds: rules.marginSeconds)
    if verdict.noLaterThan < limit {
      return rule(.notAtFault, verdict.party, .inTime, on: evidence)
    }
    // A late proof does not show that there was none before. That the log lacked it at that time does, unless
    // the coordinator shows that it stood there, or in another log.
    let answer = ask(verdict.party, for: .timelyVerdict, on: evidence)
    guard case .ruled(let silence) = answer, wasAbsent(sights, at: limit) else { return answer }
    return rule(.atFault, verdict.party, .commitLoggedLate, on: silence.evidence)
  }

  private func wasAbsent(_ sights: [Exhibited<Verdict>], at limit: Timestamp) -> Bool {
    dispute.hasOneLog
      && dispute.sightings.contains { sighting in
        sighting.time >= limit
          && sights.allSatisfy { $0.log == sighting.log && sighting.size <= $0.index }
      }
  }
}

// MARK: - What all have in common

extension Judge {
  /// Goes on with the order and the commit that the complaint presupposes. Where its coordinator has decided both
  /// ways, others have kept to the one that they were shown: then that is the complaint to file.
  private func withCommit(
    _ body: (Exhibited<Order>, Exhibited<Verdict>) -> Judgement
  ) -> Judgement {
    guard let process, let order = dispute.orders.first(where: { $0.id.renamed() == process })
    else { return .lacks(.order) }
    let verdicts = dispute.verdicts.filter {
      $0.claim.process == process && $0.stated.issuer.key == order.claim.coordinator
    }
    guard let first = verdicts.first else { return .lacks(.verdict) }
    guard first.claim.decision.isCommit, verdicts.allSatisfy({ $0.id == first.id }) else {
      return rule(.notAtFault, nil, .nothingOwed, on: [order.id, first.id])
    }
    return body(order, first)
  }

  /// A party that was asked and stayed silent did not answer; one that was not asked has to be.
  ///
  /// - Parameter limit: whoever is asked from then on owes no answer.
  func ask(
    _ party: PartyName, for question: Question, before limit: Timestamp? = nil,
    on evidence: [StatementID]
  ) -> Judgement {
    let requests = dispute.requests.filter { request in
      request.claim.complaint == complaint.id && request.claim.party == party
        && request.claim.question == question
        && request.claim.answerBy
          >= request.noLaterThan.adding(seconds: rules.shortestAnswerSeconds)
        && limit.map { request.noLaterThan < $0 } ?? true
    }
    guard let request = requests.max(by: { $0.claim.answerBy < $1.claim.answerBy }) else {
      if let limit, dispute.now >= limit {
        return rule(.notAtFault, party, .nothingOwed, on: evidence)
      }
      return .ask(party, question)
    }
    guard dispute.now >= request.claim.answerBy else {
      return .awaits(party, question, until: request.claim.answerBy)
    }
    return rule(.didNotAnswer, party, .askedInVain, on: evidence + [request.id])
  }

  func rule(
    _ outcome: RulingOutcome, _ party: PartyName?, _ rule: JudgementRule,
    on evidence: [StatementID]
  ) -> Judgement {
    .ruled(JudgedRuling(outcome, party, rule, on: [complaint.id] + evidence))
  }
}
