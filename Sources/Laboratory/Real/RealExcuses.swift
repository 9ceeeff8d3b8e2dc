// What a bank of the real world can do to others, and only be convicted of: it does not post, or keeps more than
// was agreed. Whom that keeps from selling is excused, if what convicts the bank is in the coordinator's file.

import Coordinator
import Evidence
import PaymentModel

extension RealWorld {
  /// The coordinator's file of a process, read by the documented form.
  func file(of process: ProcessID) -> JournalReading {
    JournalReading(stage.node.journal.rows(of: process)) { bytes in
      (try? UnverifiedStatement(bytes))?.id
    }
  }

  /// How many open processes need not end.
  var excusedCount: Int {
    guard stage.node.openCount > 0 else { return 0 }
    return buyers.flatMap(\.purchases).count { purchase in
      stage.node.isOpen(purchase.process)
        && shops.indices.contains { needNotSettle($0, purchase) }
    }
  }

  /// Whether a merchant need not settle: a bank that pays it does not post, or has kept more than the
  /// merchant's offers let it, and that can be proven.
  func needNotSettle(_ number: Int, _ purchase: RealPurchase) -> Bool {
    let account = RealMarket.account(RealMarket.shopNames[number])
    return purchase.payments.contains { payment in
      guard payment.part.payouts.contains(where: { $0.payee.account == account }),
        isBroken(payment, of: purchase)
      else { return false }
      guard bankConducts[payment.bank].cheat == .keepsMore else { return true }
      let kept = file(of: purchase.process).bodies.reduce(0 as UInt64) { kept, bytes in
        kept + transferFee(bytes, to: account, of: purchase)
      }
      return !purchase.bears(kept, to: account)
    }
  }

  /// What was kept of a transfer to that account; nothing if it is none.
  private func transferFee(
    _ bytes: Bytes, to account: AccountName, of purchase: RealPurchase
  ) -> UInt64 {
    for name in RealMarket.bankNames {
      let stated: Stated<Transfer>? = read(bytes, by: name)
      guard let claim = stated?.claim, claim.process == purchase.process,
        claim.payee.account == account
      else { continue }
      return claim.fee?.minor ?? 0
    }
    return 0
  }

  /// Whether a bank has not done what a logged commit orders, and the coordinator can prove it: its
  /// reservation and, instead of the transfers that were agreed, a signed refusal, or transfers of which it
  /// kept more.
  func isBroken(_ payment: RealPurchase.Payment, of purchase: RealPurchase) -> Bool {
    guard doesUnderpay(payment.bank) else { return false }
    let process = purchase.process
    let file = file(of: process)
    let bank = payment.part.bank
    guard
      let verdict: Stated<Verdict> = file.bodies.lazy.compactMap({
        self.read($0, by: Setting.coordinatorName)
      }).first, verdict.claim.process == process, verdict.claim.decision.isCommit
    else { return false }
    let isReserved = file.bodies.contains { bytes in
      let stated: Stated<Reservation>? = read(bytes, by: bank)
      return stated?.claim.process == process && stated?.claim.total == payment.part.total
    }
    guard isReserved else { return false }
    return file.bodies.contains { bytes in
      if bankConducts[payment.bank].cheat == .breaksPromises {
        let stated: Stated<Refusal>? = read(bytes, by: bank)
        return stated?.claim.process == process && stated?.claim.step.rawValue == "post/\(bank)"
      }
      let stated: Stated<Transfer>? = read(bytes, by: bank)
      return stated.map { transfer in
        transfer.claim.process == process && transfer.claim.verdict == verdict.id
          && (transfer.claim.fee?.minor ?? 0) > payment.part.transferFee
      } ?? false
    }
  }

  /// Whether a bank has kept all of a transfer, and that can be proven.
  func hasKeptAll(
    of payout: Payout, _ payment: RealPurchase.Payment, of purchase: RealPurchase
  ) -> Bool {
    guard bankConducts[payment.bank].cheat == .keepsMore, isBroken(payment, of: purchase) else {
      return false
    }
    return file(of: purchase.process).bodies.contains { bytes in
      let stated: Stated<Transfer>? = read(bytes, by: payment.part.bank)
      return stated.map { $0.claim.payee == payout.payee && $0.claim.net.isZero } ?? false
    }
  }

  /// Whether a bank pays less than it has promised.
  func doesUnderpay(_ bank: Int) -> Bool {
    bankConducts[bank].cheat == .breaksPromises || bankConducts[bank].cheat == .keepsMore
  }

  /// A statement of that kind by that party; `nil` for any other.
  func read<Content: Claim>(_ bytes: Bytes, by party: PartyName) -> Stated<Content>? {
    try? setting.conduct.notary.read(
      Signed<Content>(bytes), by: .party(party), at: Stage.start)
  }
}

extension RealPurchase {
  /// Whether each of the offers that are paid to an account lets banks keep so much.
  func bears(_ kept: UInt64, to account: AccountName) -> Bool {
    lines.filter { $0.offer.claim.payee.account == account }.allSatisfy { line in
      line.offer.claim.accepts.map(\.largestFee).max().map { kept <= $0 } ?? false
    }
  }
}
