// Another bank has paid into an account here: its signed transfer is money, up to what it may owe.

import Evidence
import PaymentCrypto
import PaymentModel

enum ClearingRule {
  /// Credits an account here with a transfer of another bank.
  ///
  /// What names the credit is bank, process and payee, because an order pays a payee through a bank once. A bank
  /// that has signed several transfers for it owes the largest: whichever comes first, the others add what is
  /// lacking, or nothing. So a smaller one that somebody shows first does not keep the payee from its money.
  ///
  /// - Returns: what the account has been credited with for this payment.
  /// - Throws: `correspondentUnknown`; `accountUnknown`; `currency`; `clearingLimit`.
  static func apply(
    _ transfer: Stated<Transfer>, at time: Timestamp, rows: inout any BankRows
  ) throws(ECashError) -> Amount {
    let claim = transfer.claim
    guard let other = rows.correspondent(transfer.issuer.party) else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    guard rows.account(claim.payee.account) != nil else {
      throw ECashError(.accountUnknown, "no such account")
    }
    guard rows.latestKeyset()?.currency == claim.amount.currency else {
      throw ECashError(.currency, "the bank keeps no money in that currency")
    }
    let payee = LedgerAccount.holder(claim.payee.account)
    var reference = reference(to: transfer)
    var credited: Int64 = 0
    while let posted = rows.posting(.clearing, reference: reference) {
      credited += posted.lines.first { $0.account == payee }?.minor ?? 0
      reference = next(reference)
    }
    let minor = Int64(claim.net.minor)
    guard minor > credited else {
      guard let amount = try? Amount(minor: UInt64(credited), currency: claim.amount.currency)
      else { throw ECashError(.booksUnbalanced, "what was credited is no amount") }
      return amount
    }
    let account = LedgerAccount.correspondent(other.bank)
    let missing = minor - credited
    guard rows.balance(of: account) - missing >= -Int64(clamping: other.largestClaim) else {
      throw ECashError(.clearingLimit, "the other bank would owe more than it may")
    }
    try Ledger.post(
      .clearing, reference: reference, at: time,
      lines: [
        LedgerBalance(account: account, minor: -missing),
        LedgerBalance(account: payee, minor: missing),
      ], in: &rows)
    return claim.net
  }

  /// H("foil/clearing/v1\n" ‖ process ‖ length of the bank's name (1 byte) ‖ bank ‖ account).
  private static func reference(to transfer: Stated<Transfer>) -> Digest {
    let bank = Bytes(transfer.issuer.party.text.utf8)
    return SHA256.digest(
      Bytes("foil/clearing/v1\n".utf8), transfer.claim.process.bytes, [UInt8(bank.count)], bank,
      Bytes(transfer.claim.payee.account.text.utf8))
  }

  /// What names the next credit of the same payment: H("foil/clearing/v1\n" ‖ the reference before it).
  private static func next(_ reference: Digest) -> Digest {
    SHA256.digest(Bytes("foil/clearing/v1\n".utf8), reference.bytes)
  }
}
