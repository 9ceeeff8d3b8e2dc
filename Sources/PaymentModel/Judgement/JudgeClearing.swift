// Who is at fault when a transfer into an account at another bank is not credited.

extension Judge {
  /// Whose transfer no credit line covers, or two of whose transfers claim one part of it, has promised what it could
  /// not: it names itself. Otherwise the payee's bank owes the credit. It may be shown that it has no such account,
  /// unless it has signed that it has.
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
    guard isCovered(transfer, by: line) else {
      return rule(.atFault, debtor, .outsideLine, on: evidence)
    }
    let twice = dispute.transfers.filter {
      $0.role == .bank && $0.party == debtor && $0.claim.contradicts(transfer.claim)
    }
    if let other = twice.min(by: { $0.id < $1.id }) {
      return rule(.atFault, debtor, .drawnTwice, on: evidence + [other.id])
    }
    let credit = dispute.credits.first {
      $0.party == creditor && $0.claim.transfer == transfer.id
        && $0.claim.account == transfer.claim.payee.account
        && (try? $0.claim.amount.isLess(than: transfer.claim.net)) == false
    }
    if let credit { return rule(.notAtFault, creditor, .answered, on: evidence + [credit.id]) }
    guard let refusal = refusal(of: "collect/\(transfer.id)", by: creditor, .bank) else {
      return ask(creditor, for: .credit, on: evidence)
    }
    guard refusal.claim.reason == .payeeUnknown else {
      return rule(.atFault, creditor, .refusedCredit, on: evidence + [refusal.id])
    }
    guard let known = statement(by: creditor, about: transfer.claim.payee.account) else {
      return rule(.notAtFault, nil, .refused, on: evidence + [refusal.id])
    }
    return rule(.atFault, creditor, .contradiction, on: evidence + [refusal.id, known])
  }

  private func isCovered(
    _ transfer: Exhibited<Transfer>, by line: Exhibited<CreditLine>
  ) -> Bool {
    guard line.role == .bank, line.party == transfer.claim.payee.bank,
      line.claim.debtor == transfer.party,
      line.claim.limit.currency == transfer.claim.amount.currency,
      let drawn = transfer.claim.drawn
    else { return false }
    return drawn.upTo <= line.claim.limit.minor
  }

  /// A bank's own statement that it has an account of that name.
  private func statement(by bank: PartyName, about account: AccountName) -> StatementID? {
    let credit = dispute.credits.first { $0.party == bank && $0.claim.account == account }
    return credit?.id
      ?? dispute.issues.first { $0.party == bank && $0.claim.account == account }?.id
  }
}
