// Another bank has paid into an account here: its signed transfer is money, as far as it was let draw.

import Evidence
import PaymentCrypto
import PaymentModel

enum ClearingRule {
  /// A transfer of another bank, verified, with what was shown of its place in a log.
  struct Presented: Sendable {
    let stated: Stated<Transfer>
    let signed: Signed<Transfer>
    let proof: Bytes?
  }

  /// Credits an account here with a transfer of another bank, and signs that it did.
  ///
  /// The transfer must be drawn within a line that this bank has signed, and no other payment may have drawn the same
  /// part of it. Then it is owed, whatever was agreed on since.
  ///
  /// What names the credit is bank, process and payee, because an order pays a payee through a bank once. A bank
  /// that has signed several transfers for it owes the largest: whichever comes first, the others add what is
  /// lacking, or nothing. So a smaller one that somebody shows first does not keep the payee from its money.
  ///
  /// It is no more than `Transfer.mostForOnePayment` of them that are looked at: so many name that bank.
  ///
  /// - Returns: what the account has been credited with for this payment. The same transfer is answered the same.
  /// - Throws: `transferInvalid` for a transfer of nothing; `correspondentUnknown`; `accountUnknown`; `currency`;
  ///   `lineUnknown`; `clearingLimit`; `drawnTwice` when units were drawn for another payment, too, or too many
  ///   transfers were signed for this one.
  static func apply(
    _ presented: Presented, desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Signed<Credit> {
    let transfer = presented.stated
    if var known = rows.collected(transfer.id) {
      if known.proof == nil, presented.proof != nil {
        known.proof = presented.proof
        rows.put(known)
      }
      return known.credit
    }
    let claim = transfer.claim
    guard !claim.net.isZero else {
      throw ECashError(.transferInvalid, "the transfer is of nothing")
    }
    guard var other = rows.correspondent(transfer.issuer.party) else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    guard rows.account(claim.payee.account) != nil else {
      throw ECashError(.accountUnknown, "no such account")
    }
    guard rows.latestKeyset()?.currency == claim.amount.currency else {
      throw ECashError(.currency, "the bank keeps no money in that currency")
    }
    let total = try checkDraw(transfer, at: desk.bank, rows: rows)
    let payee = LedgerAccount.holder(claim.payee.account)
    let payment = reference(to: claim, of: other.bank)
    guard rows.collected(of: payment).count < Transfer.mostForOnePayment else {
      throw ECashError(.drawnTwice, "the other bank has signed too many transfers for one payment")
    }
    var reference = payment
    var credited: Int64 = 0
    while let posted = rows.posting(.clearing, reference: reference) {
      credited += posted.lines.first { $0.account == payee }?.minor ?? 0
      reference = next(reference)
    }
    let missing = Int64(claim.net.minor) - credited
    if missing > 0 {
      try Ledger.post(
        .clearing, reference: reference, at: desk.now,
        lines: [
          LedgerBalance(account: .correspondent(other.bank), minor: -missing),
          LedgerBalance(account: payee, minor: missing),
        ], in: &rows)
      other.credited += UInt64(missing)
      rows.put(other)
      credited += missing
    }
    guard let amount = try? Amount(minor: UInt64(credited), currency: claim.amount.currency) else {
      throw ECashError(.booksUnbalanced, "what was credited is no amount")
    }
    let credit = try desk.sign(
      Credit(transfer: transfer.id, account: claim.payee.account, amount: amount), in: &rows)
    if presented.proof == nil { rows.enqueue(transfer.id, kind: Transfer.kind) }
    rows.put(
      CollectedRow(
        transfer: transfer.id, bank: other.bank, payment: payment, net: claim.net.minor,
        total: total, statement: presented.signed, proof: presented.proof, credit: credit))
    return credit
  }

  /// - Returns: all that the other bank has drawn with this transfer.
  private static func checkDraw(
    _ transfer: Stated<Transfer>, at bank: PartyName, rows: any BankRows
  ) throws(ECashError) -> UInt64 {
    guard let draw = transfer.claim.draw, let line = rows.creditLine(draw.line),
      line.creditor == bank, line.debtor == transfer.issuer.party
    else { throw ECashError(.lineUnknown, "the transfer names no line of this bank") }
    guard let drawn = transfer.claim.drawn, drawn.upTo <= line.limit else {
      throw ECashError(.clearingLimit, "the other bank has drawn more than it may")
    }
    for row in rows.collected(from: line.debtor, above: drawn.above, upTo: drawn.upTo) {
      guard let other: Transfer = try? UnverifiedStatement(row.statement.bytes).unverifiedClaim()
      else { throw ECashError(.booksUnbalanced, "a transfer on record cannot be read") }
      guard !other.contradicts(transfer.claim) else {
        throw ECashError(.drawnTwice, "the other bank has drawn this for another payment")
      }
    }
    return drawn.upTo
  }

  /// H("foil/clearing/v1\n" ‖ process ‖ length of the bank's name (1 byte) ‖ bank ‖ account).
  static func reference(to transfer: Transfer, of bank: PartyName) -> Digest {
    let bank = Bytes(bank.text.utf8)
    return SHA256.digest(
      Bytes("foil/clearing/v1\n".utf8), transfer.process.bytes, [UInt8(bank.count)], bank,
      Bytes(transfer.payee.account.text.utf8))
  }

  /// What names the next credit of the same payment: H("foil/clearing/v1\n" ‖ the reference before it).
  private static func next(_ reference: Digest) -> Digest {
    SHA256.digest(Bytes("foil/clearing/v1\n".utf8), reference.bytes)
  }
}
