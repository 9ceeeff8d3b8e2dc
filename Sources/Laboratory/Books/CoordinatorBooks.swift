// The coordinator as the others can see it: one verdict for each process, for a reason that it was told, with all
// that proves it on file. Nothing here asks its machine.

import Coordinator
import PaymentCrypto
import PaymentModel

extension Books {
  func coordinator(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        guard let seen = world.record.coordinatorCase(purchase.process) else { continue }
        if let found = verdict(on: purchase, seen, world) { return found }
      }
    }
    return nil
  }

  private func verdict(
    on purchase: CustomerBooks.Purchase, _ seen: CoordinatorCase, _ world: World
  ) -> Finding? {
    let process = purchase.process
    guard seen.verdicts.count <= 1 else {
      return finding(.verdict, process, "the coordinator signed two verdicts")
    }
    guard let signed = seen.verdicts.first, let grounds = seen.grounds else { return nil }
    let entry = world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey)
    guard entry?.verdict == signed else {
      return finding(.verdict, process, "the coordinator signed a verdict that is not in the log")
    }
    guard
      let verdict = try? SymbolicEvidence.read(signed, by: .party(Setting.coordinatorName)).claim,
      verdict.process == process
    else { return finding(.verdict, process, "the coordinator said what is no verdict of its own") }
    switch verdict.decision {
    case .commit:
      if let missing = missing(in: grounds, for: purchase) {
        return finding(.verdict, process, "committed without \(missing)")
      }
      return file(of: purchase, verdict, grounds, seen, world)
    case .abort(let reason):
      let file = JournalReading(world.stage.node.journal.rows(of: process))
      guard isReason(reason, verdict.decidedAt, grounds, file, for: purchase) else {
        return finding(.verdict, process, "aborted for no reason: \(reason.rawValue)")
      }
      return nil
    }
  }

  // MARK: - Reasons

  /// What a commit lacks: the money of every bank, every good under the offer's terms, with a key that opens it,
  /// and the customer's word.
  private func missing(
    in told: CoordinatorCase.Told, for purchase: CustomerBooks.Purchase
  ) -> String? {
    for payment in purchase.payments
    where reservation(of: payment.content, in: told, purchase) == nil {
      return "the money at \(payment.content.bank)"
    }
    for line in purchase.lines {
      let name = line.good.offer.claim.title
      guard let key = deposit(of: line, in: told, purchase) else { return "a deposit of \(name)" }
      guard acceptance(of: line, key, in: told, purchase) != nil else {
        return "an acceptance of \(name)"
      }
    }
    return request(in: told, purchase) == nil ? "the customer's request for delivery" : nil
  }

  private func reservation(
    of part: PaymentPart, in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> StatementID? {
    let digest = SHA256.digest(CanonicalPart.bytes(of: .payment(part)))
    return told.reservations.lazy.compactMap { signed -> StatementID? in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(part.bank)),
        stated.claim.process == purchase.process, stated.claim.part == digest,
        stated.claim.total == part.total, stated.claim.decideBy == purchase.order.decideBy
      else { return nil }
      return stated.id
    }.first
  }

  private func deposit(
    of line: OrderWish.Line, in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> Stated<Deposit>? {
    let offer = line.good.offer
    let amount = try? offer.claim.price.gross.multiplied(by: UInt64(line.quantity))
    return told.deposits.lazy.compactMap { key -> Stated<Deposit>? in
      guard let stated = try? SymbolicEvidence.read(key.deposit, by: .party(offer.issuer.party))
      else { return nil }
      let claim = stated.claim
      guard claim.process == purchase.process, claim.offer == offer.id,
        claim.quantity == line.quantity, claim.amount == amount, claim.payee == offer.claim.payee,
        claim.decideBy == purchase.order.decideBy,
        claim.keyDigest == SymbolicKey.digest(of: key.key.bytes, process: purchase.process),
        offer.claim.container.map({ SymbolicKey.recipient(of: key.key.bytes) == $0.recipient })
          ?? key.key.bytes.isEmpty
      else { return nil }
      return stated
    }.first
  }

  private func acceptance(
    of line: OrderWish.Line, _ deposit: Stated<Deposit>, in told: CoordinatorCase.Told,
    _ purchase: CustomerBooks.Purchase
  ) -> StatementID? {
    told.acceptances.lazy.compactMap { signed -> StatementID? in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(Setting.coordinatorName)),
        stated.claim.process == purchase.process, stated.claim.offer == line.good.offer.id,
        stated.claim.deposit == deposit.id, stated.claim.keyDigest == deposit.claim.keyDigest
      else { return nil }
      return stated.id
    }.first
  }

  private func request(
    in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> StatementID? {
    let acceptances = told.acceptances.map { SymbolicEvidence.id(of: $0) }.sorted()
    return told.requests.lazy.compactMap { signed -> StatementID? in
      guard
        let stated = try? SymbolicEvidence.read(signed, by: .oneTime(purchase.order.oneTimeKey)),
        stated.claim.process == purchase.process, stated.claim.acceptances == acceptances
      else { return nil }
      return stated.id
    }.first
  }

  /// Whether it was told of that reason, or the time of one of the frames was out on its clock: the order's, a
  /// deposit's, or, since everything stood, the shortest delivery limit of the offers.
  private func isReason(
    _ reason: AbortReason, _ decidedAt: Timestamp, _ told: CoordinatorCase.Told,
    _ file: JournalReading, for purchase: CustomerBooks.Purchase
  ) -> Bool {
    switch reason {
    case .refused: return told.refusals > 0
    case .cancelled:
      return told.cancellations.contains { signed in
        let signatory = Signatory.oneTime(purchase.order.oneTimeKey)
        return (try? SymbolicEvidence.read(signed, by: signatory))?.claim.process
          == purchase.process
      }
    case .invalid:
      return told.deposits.contains { key in
        guard let deposit = SymbolicEvidence.claim(of: key.deposit) else { return false }
        let offer = purchase.lines.first { $0.good.offer.id == deposit.offer }?.good.offer.claim
        return offer?.container.map { SymbolicKey.recipient(of: key.key.bytes) != $0.recipient }
          ?? false
      }
    case .timeout:
      let held = told.deposits.compactMap { SymbolicEvidence.claim(of: $0.deposit)?.heldUntil }
      let limit = purchase.lines.map(\.good.offer.claim.deliveryLimitSeconds).min() ?? 0
      let delivery = file.preparedAt?.adding(seconds: Int64(limit))
      let frames = [purchase.order.decideBy] + held + [delivery].compactMap { $0 }
      return frames.contains { $0 <= decidedAt }
    }
  }

  // MARK: - The file

  /// What a commit rests on is on file, and the verdict's salted digest is over exactly that.
  private func file(
    of purchase: CustomerBooks.Purchase, _ verdict: Verdict, _ told: CoordinatorCase.Told,
    _ seen: CoordinatorCase, _ world: World
  ) -> Finding? {
    let process = purchase.process
    let file = JournalReading(world.stage.node.journal.rows(of: process))
    guard !file.isMalformed, let grounds = file.grounds else {
      return finding(.evidence, process, "the coordinator's file cannot be read")
    }
    let evidence = purchase.lines.compactMap { line -> [StatementID]? in
      guard let deposit = deposit(of: line, in: told, purchase),
        let acceptance = acceptance(of: line, deposit, in: told, purchase)
      else { return nil }
      return [deposit.id, acceptance]
    }.flatMap { $0 }
    let all =
      [SymbolicEvidence.id(of: purchase.submission.order)] + evidence
      + purchase.payments.compactMap { reservation(of: $0.content, in: told, purchase) }
      + [request(in: told, purchase)].compactMap { $0 }
    guard all.sorted() == grounds.evidence, all.allSatisfy(file.statements.contains) else {
      return finding(.evidence, process, "the coordinator has not on file what its commit rests on")
    }
    guard SHA256.digest(grounds.salt, grounds.evidence.flatMap(\.bytes)) == verdict.evidence else {
      return finding(.evidence, process, "the verdict's evidence is not what is on file")
    }
    return file.hasEnded ? ended(purchase, file, world) : nil
  }

  /// At the end the file has the logged verdict, every transfer and every settlement.
  private func ended(
    _ purchase: CustomerBooks.Purchase, _ file: JournalReading, _ world: World
  ) -> Finding? {
    let process = purchase.process
    var owed = world.log.desk.books.entries.filter {
      $0.process == process && $0.coordinator == world.setting.coordinatorKey
    }.map { SymbolicEvidence.id(of: $0.verdict) }
    for bank in world.banks where bank.cheat == nil {
      for hold in bank.desk.books.holds where hold.process == process {
        guard case .transferred(.done(let transfers))? = hold.reply else { continue }
        owed += transfers.map { SymbolicEvidence.id(of: $0) }
      }
    }
    for shop in world.shops where shop.cheat == nil {
      owed += shop.desk.books.statements.filter {
        $0.process == process && $0.kind == .settlement
          && $0.coordinator == world.setting.coordinatorKey
      }.map(\.id)
    }
    guard owed.allSatisfy(file.statements.contains) else {
      return finding(.evidence, process, "a process has ended without what ends it on file")
    }
    return nil
  }
}
