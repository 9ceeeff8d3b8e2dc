// All or nothing: all merchants paid and all keys delivered, or all money free and all stock back.

import Coordinator
import PaymentModel

extension Books {
  func atomicity(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        let entry = world.log.desk.books.entry(
          of: purchase.process, by: world.setting.coordinatorKey)
        // Without a verdict the process is stuck, which is another property.
        guard let entry else { continue }
        let found =
          entry.decision.isCommit ? committed(purchase, world) : aborted(purchase, world)
        if let found { return finding(.atomicity, purchase.process, found) }
      }
    }
    return nil
  }

  private func committed(_ purchase: CustomerBooks.Purchase, _ world: World) -> String? {
    for bank in world.banks {
      guard let part = purchase.payments.first(where: { $0.content.bank == bank.name })?.content
      else { continue }
      // Whoever breaks its promise still holds what it should have posted.
      let wanted: BankBooks.HoldState = bank.cheat == .breaksPromises ? .reserved : .posted
      let hold = bank.desk.books.holds.first {
        $0.process == purchase.process && $0.state == wanted
      }
      guard let hold else { return "committed, and \(bank.name) has not \(wanted) it" }
      guard hold.payouts == part.payouts,
        hold.fees == agreedFees(part) || bank.cheat == .keepsMore
      else { return "committed, and \(bank.name) has not posted what was agreed on" }
      guard hold.fees == agreedFees(part) || hasKeptMore(part, of: purchase.process, world) else {
        return
          "committed, \(bank.name) has kept more than was agreed on, and nothing on file proves it"
      }
    }
    for shop in world.shops {
      let lines = purchase.lines.filter { $0.good.offer.issuer.party == shop.name }
      let isSold = lines.allSatisfy { line in
        shop.desk.books.holds.contains {
          $0.process == purchase.process && $0.offer == line.good.offer.id && $0.state == .sold
            && $0.quantity == line.quantity
        }
      }
      // Only the bank that does not pay keeps a merchant from selling, and only if that can be proven.
      guard isSold || needNotSettle(shop, purchase, world) else {
        return "committed, and \(shop.name) has not sold"
      }
    }
    if purchase.state == .aborted { return "committed, and the customer was told abort" }
    guard let keys = purchase.keys else { return nil }
    // In the order of the offers' identifiers, as the process has them; a payment alone has no key.
    let offers = purchase.lines.map(\.good.offer).sorted { $0.id < $1.id }
    let opens = keys.map { SymbolicKey.recipient(of: $0) }
    guard opens == offers.compactMap(\.claim.container?.recipient) else {
      return "committed, and the keys do not open what was bought"
    }
    return nil
  }

  private func aborted(_ purchase: CustomerBooks.Purchase, _ world: World) -> String? {
    for bank in world.banks {
      let hold = bank.desk.books.holds.last { $0.process == purchase.process }
      if let hold, hold.state != .voided {
        return "aborted, and \(bank.name) has the money still \(hold.state)"
      }
      let isKept = bank.desk.books.coins.contains {
        $0.state == .reserved(purchase.process) || $0.state == .spent(purchase.process)
      }
      if isKept { return "aborted, and \(bank.name) keeps coins" }
    }
    for shop in world.shops {
      let hold = shop.desk.books.holds.first {
        $0.process == purchase.process && $0.state != .released
      }
      if let hold { return "aborted, and the good at \(shop.name) is still \(hold.state)" }
    }
    if purchase.state == .committed { return "aborted, and the customer was told commit" }
    return nil
  }

  // MARK: - Broken promises

  /// Whether a merchant need not sell what was committed, and so not settle: a bank that pays it has
  /// refused to post, or has kept more than one of the offers lets it, and the coordinator can prove it.
  func needNotSettle(
    _ shop: ModelShop, _ purchase: CustomerBooks.Purchase, _ world: World
  ) -> Bool {
    let offers = purchase.lines.map(\.good.offer).filter { $0.issuer.party == shop.name }
      .map(\.claim)
    return purchase.payments.map(\.content).contains { part in
      let payees = part.payouts.map(\.payee).filter { payee in
        offers.contains { $0.payee == payee }
      }
      guard !payees.isEmpty else { return false }
      if hasRefusedToPost(part, of: purchase.process, world) { return true }
      let limit = offers.map { offer in
        offer.accepts.filter { $0.bank == part.bank }.map(\.largestFee).max() ?? 0
      }.min()
      return dearTransfers(of: part, in: purchase.process, world).contains { transfer in
        payees.contains(transfer.payee) && transfer.fee?.minor ?? 0 > limit ?? 0
      }
    }
  }

  /// What a bank may keep of each payout.
  private func agreedFees(_ part: PaymentPart) -> [UInt64] {
    part.payouts.map { min(part.transferFee, $0.amount.minor) }
  }

  /// Whether a bank has kept more than was agreed on, and what is on file proves it.
  private func hasKeptMore(_ part: PaymentPart, of process: ProcessID, _ world: World) -> Bool {
    !dearTransfers(of: part, in: process, world).isEmpty
  }

  /// The coordinator's file of a committed process, with the logged verdict and the bank's reservation in it.
  private func proof(
    against cheat: BankCheat, _ part: PaymentPart, of process: ProcessID, _ world: World
  ) -> (file: JournalReading, verdict: StatementID, seen: CoordinatorCase)? {
    guard world.banks.contains(where: { $0.name == part.bank && $0.cheat == cheat }),
      let seen = world.record.coordinatorCase(process),
      let entry = world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey),
      entry.decision.isCommit
    else { return nil }
    let file = JournalReading(world.stage.node.journal.rows(of: process))
    let verdict = SymbolicEvidence.id(of: entry.verdict)
    guard file.statements.contains(verdict), isReserved(part, of: process, seen, file) else {
      return nil
    }
    return (file, verdict, seen)
  }

  /// Whether a bank has signed that it does not post.
  private func hasRefusedToPost(
    _ part: PaymentPart, of process: ProcessID, _ world: World
  ) -> Bool {
    guard let (file, _, seen) = proof(against: .breaksPromises, part, of: process, world) else {
      return false
    }
    // A crash may have cost the coordinator the first one: another was signed when it asked again.
    return seen.brokenPromises.contains { signed in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(part.bank)) else {
        return false
      }
      return stated.claim.process == process && stated.claim.step.rawValue == "post/\(part.bank)"
        && file.statements.contains(stated.id)
    }
  }

  /// Transfers on file of which a bank has kept more than was agreed on.
  private func dearTransfers(
    of part: PaymentPart, in process: ProcessID, _ world: World
  ) -> [Transfer] {
    guard let (file, verdict, _) = proof(against: .keepsMore, part, of: process, world) else {
      return []
    }
    return file.bodies.compactMap { bytes -> Transfer? in
      guard
        let transfer = try? SymbolicEvidence.read(Signed<Transfer>(bytes), by: .party(part.bank))
          .claim,
        transfer.process == process, transfer.verdict == verdict,
        transfer.fee?.minor ?? 0 > part.transferFee
      else { return nil }
      return transfer
    }
  }

  private func isReserved(
    _ part: PaymentPart, of process: ProcessID, _ seen: CoordinatorCase, _ file: JournalReading
  ) -> Bool {
    seen.told.reservations.contains { heard in
      guard let stated = try? SymbolicEvidence.read(heard.value, by: .party(part.bank)) else {
        return false
      }
      return stated.claim.process == process && stated.claim.total == part.total
        && file.statements.contains(stated.id)
    }
  }
}
