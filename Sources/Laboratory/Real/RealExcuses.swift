// What a bank of the real world can do to others, and only be convicted of: it does not post, or keeps more than was
// agreed. Whoever is harmed by that is excused, if what convicts the bank is in the coordinator's file.

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
        && purchase.payments.contains { isBroken($0, of: purchase) }
    }
  }

  /// Whether a bank has not done what a logged commit orders, and the coordinator can prove it: its reservation and,
  /// instead of the transfers that were agreed, a signed refusal, or transfers of which it kept more.
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
