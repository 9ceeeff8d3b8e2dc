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
    for bank in world.banks where bank.cheat == nil {
      guard let part = purchase.payments.first(where: { $0.content.bank == bank.name })?.content
      else { continue }
      let hold = bank.desk.books.holds.first {
        $0.process == purchase.process && $0.state == .posted
      }
      guard let hold else { return "committed, and \(bank.name) has not posted" }
      guard hold.payouts == part.payouts,
        hold.fees == part.payouts.map({ part.fee(of: $0)?.minor ?? 0 })
      else { return "committed, and \(bank.name) has not posted what was agreed on" }
    }
    for bank in world.banks where bank.cheat == .keepsMore {
      if let found = kept(by: bank, of: purchase, world) { return found }
    }
    for shop in world.shops where shop.cheat == nil {
      let lines = purchase.lines.filter { $0.good.offer.issuer.party == shop.name }
      let isSold = lines.allSatisfy { line in
        shop.desk.books.holds.contains {
          $0.process == purchase.process && $0.offer == line.good.offer.id && $0.state == .sold
            && $0.quantity == line.quantity
        }
      }
      // Only the bank that does not pay keeps a merchant from selling, and only if that can be proven.
      guard isSold || isBroken(purchase, forPayeesOf: shop, world) else {
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
    for bank in world.banks where bank.cheat == nil {
      let hold = bank.desk.books.holds.last { $0.process == purchase.process }
      if let hold, hold.state != .voided {
        return "aborted, and \(bank.name) has the money still \(hold.state)"
      }
      let isKept = bank.desk.books.coins.contains {
        $0.state == .reserved(purchase.process) || $0.state == .spent(purchase.process)
      }
      if isKept { return "aborted, and \(bank.name) keeps coins" }
    }
    for shop in world.shops where shop.cheat == nil {
      let hold = shop.desk.books.holds.first {
        $0.process == purchase.process && $0.state != .released
      }
      if let hold { return "aborted, and the good at \(shop.name) is still \(hold.state)" }
    }
    if purchase.state == .committed { return "aborted, and the customer was told commit" }
    return nil
  }

  // MARK: - Broken promises

  /// A bank that has kept more than was agreed on is named by what is on file.
  private func kept(
    by bank: ModelBank, of purchase: CustomerBooks.Purchase, _ world: World
  ) -> String? {
    let part = purchase.payments.first { $0.content.bank == bank.name }?.content
    let hold = bank.desk.books.holds.first {
      $0.process == purchase.process && $0.state == .posted
    }
    guard let part, let hold, hold.fees != part.payouts.map({ part.fee(of: $0)?.minor ?? 0 }),
      !isBroken(part, of: purchase.process, world)
    else { return nil }
    return "committed, \(bank.name) has kept more than was agreed on, and nothing on file proves it"
  }

  /// Whether a bank that pays this merchant has broken its promise, and the coordinator can prove it: the
  /// logged commit, the bank's reservation, and its signed refusal to post, or transfers of which it kept more, are
  /// on file.
  private func isBroken(
    _ purchase: CustomerBooks.Purchase, forPayeesOf shop: ModelShop, _ world: World
  ) -> Bool {
    let payees = purchase.lines.filter { $0.good.offer.issuer.party == shop.name }
      .map(\.good.offer.claim.payee)
    return purchase.payments.contains { payment in
      payment.content.payouts.contains { payees.contains($0.payee) }
        && isBroken(payment.content, of: purchase.process, world)
    }
  }

  func isBroken(_ part: PaymentPart, of process: ProcessID, _ world: World) -> Bool {
    guard
      let bank = world.banks.first(where: { $0.name == part.bank }),
      bank.cheat == .breaksPromises || bank.cheat == .keepsMore,
      let seen = world.record.coordinatorCase(process),
      let entry = world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey),
      entry.decision.isCommit
    else { return false }
    let file = JournalReading(world.stage.node.journal.rows(of: process))
    guard bank.cheat == .breaksPromises else {
      return isReserved(part, of: process, seen, file)
        && file.statements.contains(SymbolicEvidence.id(of: entry.verdict))
        && file.bodies.contains { keepsMore($0, of: part, process, entry.verdict) }
    }
    // A crash may have cost the coordinator the first one: another was signed when it asked again.
    let isRefused = seen.brokenPromises.contains { signed in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(bank.name)) else {
        return false
      }
      return stated.claim.process == process && stated.claim.step.rawValue == "post/\(bank.name)"
        && file.statements.contains(stated.id)
    }
    return isRefused && isReserved(part, of: process, seen, file)
      && file.statements.contains(SymbolicEvidence.id(of: entry.verdict))
  }

  private func isReserved(
    _ part: PaymentPart, of process: ProcessID, _ seen: CoordinatorCase, _ file: JournalReading
  ) -> Bool {
    seen.told.reservations.contains { signed in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(part.bank)) else {
        return false
      }
      return stated.claim.process == process && stated.claim.total == part.total
        && file.statements.contains(stated.id)
    }
  }

  /// Whether these are the bytes of a transfer under that verdict of which the bank has kept more than was agreed on.
  private func keepsMore(
    _ bytes: Bytes, of part: PaymentPart, _ process: ProcessID, _ verdict: Signed<Verdict>
  ) -> Bool {
    guard
      let transfer = try? SymbolicEvidence.read(Signed<Transfer>(bytes), by: .party(part.bank))
        .claim,
      transfer.process == process, transfer.verdict == SymbolicEvidence.id(of: verdict)
    else { return false }
    return transfer.fee?.minor ?? 0 > part.transferFee
  }
}
