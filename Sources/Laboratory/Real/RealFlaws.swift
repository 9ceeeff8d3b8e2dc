// Rules that real parties follow less of: their rows are changed around what they do, or something else is
// answered.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentModel

extension RealWorld {
  // MARK: - Refusals for no reason

  /// Unsigned where an honest party would not sign either.
  private func falseRefusal<Value>(
    _ reason: RefusalReason, _ id: RequestID, by lies: RealLies
  ) -> Outcome<Value> {
    let isPassing = reason == .conflict || reason == .coordinatorRefused
    return .refused(reason, isPassing ? nil : lies.refusal(id, reason))
  }

  func falseRefusal(
    of id: RequestID, by number: Int
  ) -> Outcome<Signed<Reservation>>? {
    guard flaw == .refusesForNoReason,
      let reason = FalseRefusal.reason(for: id.process, among: FalseRefusal.reasonsOfBanks)
    else { return nil }
    return falseRefusal(reason, id, by: bankLies[number])
  }

  func falseRefusal(of id: RequestID, byShop number: Int) -> Outcome<DepositedKey>? {
    guard flaw == .merchantRefusesForNoReason,
      let reason = FalseRefusal.reason(for: id.process, among: FalseRefusal.reasonsOfMerchants)
    else { return nil }
    return falseRefusal(reason, id, by: shopLies[number])
  }

  // MARK: - Banks

  /// Money is reserved; a bank with that flaw pays its own payees at once.
  func reserved(_ id: RequestID, at number: Int) async {
    guard flaw == .moneyBeforeVerdict, bankConducts[number].isFirst(id) else { return }
    let name = banks[number].name
    await banks[number].store.transact { rows in
      guard let hold = rows.hold(of: id.process) else { return }
      for payout in hold.payouts where payout.payee.bank == name {
        let account = LedgerAccount.holder(payout.payee.account)
        rows.setBalance(rows.balance(of: account) + Int64(payout.amount.minor), of: account)
      }
    }
  }

  /// Money is about to be posted; a bank with that flaw keeps what it asks for now.
  func willPost(_ process: ProcessID, at number: Int) async {
    guard flaw == .chargesNewFee else { return }
    await banks[number].store.transact { rows in
      guard let hold = rows.hold(of: process), hold.state == .reserved,
        let fee = rows.latestKeyset()?.fees.perTransfer
      else { return }
      rows.put(
        HoldRow(
          process: hold.process, coordinator: hold.coordinator, decideBy: hold.decideBy,
          total: hold.total, payouts: hold.payouts, transferFee: fee, method: hold.method,
          held: hold.held, source: hold.source, moved: hold.moved))
    }
  }

  /// A transfer of another bank was taken; a bank with that flaw credits it as often as it is shown.
  func collected(_ transfer: Transfer, from other: PartyName, at number: Int) async {
    guard flaw == .creditsTwice else { return }
    await banks[number].store.transact { rows in
      let payee = LedgerAccount.holder(transfer.payee.account)
      let owed = LedgerAccount.correspondent(other)
      rows.setBalance(rows.balance(of: payee) + Int64(transfer.net.minor), of: payee)
      rows.setBalance(rows.balance(of: owed) - Int64(transfer.net.minor), of: owed)
    }
  }

  // MARK: - Merchants

  /// A merchant with that flaw gives goods free when it is late, whatever was decided.
  func lapse(at number: Int) async {
    guard flaw == .releaseOnTimeout else { return }
    let now = stage.clock(of: .shop(number))
    let coordinator = setting.coordinatorKey
    let processes = buyers.flatMap { $0.purchases.map(\.process) }
    await shopStores[number].transact { rows in
      for process in processes {
        for var hold in rows.holds(coordinator: coordinator, process: process)
        where hold.state == .held && hold.decideBy <= now {
          hold.state = .released
          rows.put(hold)
          if let stock = hold.stock, let level = rows.stockLevel(of: stock) {
            rows.setStockLevel(level + hold.quantity, of: stock)
          }
        }
      }
    }
  }
}
