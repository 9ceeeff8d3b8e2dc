// Between banks: a transfer of another bank becomes money of an account here.

import Evidence
public import PaymentModel

extension Bank {
  /// Takes a transfer of another bank as money, whoever presents it; usually the payee does. The same again
  /// changes nothing.
  ///
  /// The other bank has posted the sum to its account `clearing/` and this bank's name; here it is debited to
  /// `clearing/` and the other's name. What the two accounts hold adds up to nothing once all transfers
  /// were presented. How the banks then pay each other is outside of these books.
  ///
  /// - Returns: what the account was credited with: the amount without the other bank's fee.
  /// - Throws: `transferInvalid`, `correspondentUnknown`, and what `ClearingRule` throws.
  @discardableResult
  public func collect(_ transfer: Signed<Transfer>) async throws(ECashError) -> Amount {
    let now = clock.now()
    guard let verified = try? trust.verify(transfer, at: now), verified.claim.payee.bank == name,
      verified.issuer.party != name
    else {
      throw ECashError(.transferInvalid, "no transfer of another bank into an account here")
    }
    guard let limit = terms.correspondents[verified.issuer.party] else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    let stated = verified.stated
    return try await store.transact { rows throws(ECashError) in
      try ClearingRule.apply(stated, limit: limit, at: now, rows: &rows)
    }
  }
}
