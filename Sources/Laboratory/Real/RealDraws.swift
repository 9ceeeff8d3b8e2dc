// What banks of the real world draw on each other: each unit for one payment, within a line that the other
// bank has signed. The rules of the banks are not asked.

import ECash
import Evidence
import PaymentModel

extension RealBooks {
  /// What is wrong with the transfers that merchants were given into accounts at other banks.
  func draws() -> Books.Finding? {
    let presentations = world.presentations.flatMap { $0 }
    for number in banks.indices {
      for other in banks.indices where RealMarket.doClear(number, other) {
        let shown = presentations.filter {
          $0.from == RealMarket.bankNames[number] && $0.bank == other
        }
        if let found = draws(of: number, on: other, shown) { return found }
      }
    }
    return nil
  }

  private func draws(
    of number: Int, on other: Int, _ shown: [RealPresentation]
  ) -> Books.Finding? {
    let (debtor, creditor) = (RealMarket.bankNames[number], RealMarket.bankNames[other])
    let drawn = banks[number].correspondent(creditor)?.drawn ?? 0
    var last: (payment: RealPresentation, upTo: UInt64)?
    for presentation in shown.sorted(by: { $0.total < $1.total }) {
      let (claim, process) = (presentation.claim, presentation.claim.process)
      guard let draw = claim.draw, let row = banks[other].creditLine(draw.line),
        let line: Stated<CreditLine> = world.read(row.statement.bytes, by: creditor),
        line.id == draw.line, line.claim.debtor == debtor, row.debtor == debtor,
        line.claim.limit.currency == claim.amount.currency, line.claim.limit.minor == row.limit,
        draw.total <= row.limit, draw.total <= drawn, claim.net.minor <= draw.total
      else {
        return finding(.money, process, "\(debtor) has drawn what \(creditor) does not owe")
      }
      if let last, last.upTo > draw.total - claim.net.minor,
        last.payment.claim.process != process || last.payment.claim.payee != claim.payee
      {
        return finding(.money, process, "\(debtor) has drawn on \(creditor) twice")
      }
      last = (presentation, draw.total)
      guard presentation.isTaken else { continue }
      guard let statement = try? UnverifiedStatement(presentation.transfer.bytes),
        let row = banks[other].collected(statement.id),
        let credit: Stated<Credit> = world.read(row.credit.bytes, by: creditor),
        credit.claim.transfer == statement.id, credit.claim.account == claim.payee.account,
        credit.claim.amount.minor >= claim.net.minor
      else {
        return finding(.evidence, process, "\(creditor) has not signed what it has credited")
      }
    }
    return nil
  }
}

extension RealPresentation {
  fileprivate var total: UInt64 { claim.draw?.total ?? 0 }
}
