// Who is at fault when a transfer into an account at another bank is not credited.

extension Judge {
  /// Whose transfer no credit line covers, or two of whose transfers claim one part of it, has promised what it could
  /// not: it names itself. Otherwise the payee's bank owes the credit. It may be shown that it has no such account,
  /// unless it had signed before that it has.
  var notCredited: Judgement {
    guard let transfer = dispute.transfers.first(where: { $0.id == about && $0.role == .bank })
    else { return .lacks(.transfer) }
    let (debtor, creditor) = (transfer.party, transfer.claim.payee.bank)
    guard debtor != creditor else {
      return rule(.notAtFault, debtor, .nothingOwed, on: [transfer.id])
    }
    guard let draw = transfer.claim.draw else {
      return rule(.atFault, debtor, .outsideLine, on: [transfer.id])
    }
    guard let line = dispute.creditLines.first(where: { $0.id == draw.line }) else {
      return ask(debtor, for: .creditLine, on: [transfer.id])
    }
    let evidence = [transfer.id, line.id]
    guard line.role == .bank,
      transfer.claim.isCovered(from: debtor, by: line.claim, of: line.party)
    else {
      return rule(.atFault, debtor, .outsideLine, on: evidence)
    }
    guard !transfer.claim.net.isZero else {
      return rule(.notAtFault, creditor, .nothingOwed, on: evidence)
    }
    let others = dispute.transfers.filter { $0.role == .bank && $0.party == debtor }
    let twice = others.filter { $0.claim.contradicts(transfer.claim) }
    if let other = twice.min(by: { $0.id < $1.id }) {
      return rule(.atFault, debtor, .drawnTwice, on: evidence + [other.id])
    }
    let same = Set(others.filter { $0.claim.isForPayment(of: transfer.claim) }.map(\.id))
    guard same.count <= Transfer.mostForOnePayment else {
      return rule(.atFault, debtor, .drawnTwice, on: evidence + same.sorted())
    }
    let credit = dispute.credits.first {
      $0.party == creditor && $0.claim.transfer == transfer.id
        && $0.claim.account == transfer.claim.payee.account
        && (try? $0.claim.amount.isLess(than: transfer.claim.net)) == false
    }
    if let credit { return rule(.notAtFault, creditor, .answered, on: evidence + [credit.id]) }
    return withoutCredit(of: transfer, on: evidence)
  }

  /// Only a refusal as `payee-unknown` may be the payee's bank's last word: whoever refuses for another reason is asked
  /// for its credit all the same, and can show then what it refuses for.
  private func withoutCredit(
    of transfer: Exhibited<Transfer>, on evidence: [StatementID]
  ) -> Judgement {
    let payee = transfer.claim.payee
    let refusals = dispute.refusals.filter {
      $0.role == .bank && $0.party == payee.bank
        && $0.claim.step.rawValue == "collect/\(transfer.id)"
    }
    let denials = refusals.filter { $0.claim.reason == .payeeUnknown }
    let places = places(of: payee)
    for denial in denials {
      if let known = places.first(where: {
        $0.log.utf8.elementsEqual(denial.log.utf8) && $0.index < denial.index
      }) {
        return rule(
          .atFault, payee.bank, .contradiction, on: evidence + [denial.id, known.statement])
      }
    }
    if let denial = denials.first, places.isEmpty {
      return rule(.notAtFault, nil, .refused, on: evidence + [denial.id])
    }
    let answer = ask(payee.bank, for: .credit, on: evidence)
    guard case .ruled(let ruling) = answer,
      let refusal = refusals.first(where: { $0.claim.reason != .payeeUnknown })
    else { return answer }
    return rule(.atFault, payee.bank, .refusedCredit, on: ruling.evidence + [refusal.id])
  }

  /// Where the bank's own statements stand that it has such an account.
  private func places(
    of payee: Payee
  ) -> [(statement: StatementID, log: String, index: UInt64)] {
    dispute.credits.filter { $0.party == payee.bank && $0.claim.account == payee.account }
      .map { ($0.id, $0.log, $0.index) }
      + dispute.issues.filter { $0.party == payee.bank && $0.claim.account == payee.account }
      .map { ($0.id, $0.log, $0.index) }
  }
}
