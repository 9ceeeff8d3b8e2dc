// The coordinator as the others can see it: one verdict for each process, for a reason that it was told, at a
// time that its clock has shown, with all that proves it on file. Nothing here asks its machine.

import Coordinator
import PaymentCrypto
import PaymentModel

extension Books {
  func coordinator(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        if let found = verdict(on: purchase, world) { return found }
      }
    }
    return nil
  }

  private func verdict(on purchase: CustomerBooks.Purchase, _ world: World) -> Finding? {
    let process = purchase.process
    let entry = world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey)
    guard let seen = world.record.coordinatorCase(process), let signed = seen.verdicts.first,
      let grounds = seen.grounds
    else {
      return entry == nil
        ? nil : finding(.verdict, process, "the log has a verdict that nobody was seen to sign")
    }
    guard seen.verdicts.count == 1 else {
      return finding(.verdict, process, "the coordinator signed two verdicts")
    }
    guard entry?.verdict == signed else {
      return finding(.verdict, process, "the coordinator signed a verdict that is not in the log")
    }
    guard
      let verdict = try? SymbolicEvidence.read(signed, by: .party(Setting.coordinatorName)).claim,
      verdict.process == process
    else { return finding(.verdict, process, "the coordinator said what is no verdict of its own") }
    let file = JournalReading(world.stage.node.journal.rows(of: process))
    switch verdict.decision {
    case .commit:
      if let missing = missing(in: grounds.value, at: verdict.decidedAt, for: purchase) {
        return finding(.verdict, process, "committed without \(missing)")
      }
    case .abort(let reason):
      guard !file.isMalformed, file.grounds != nil else { break }
      guard isReason(reason, verdict.decidedAt, grounds, file, for: purchase, world) else {
        return finding(.verdict, process, "aborted for no reason: \(reason.rawValue)")
      }
    }
    return self.file(file, of: purchase, verdict, grounds.value, world)
  }

  // MARK: - Commits

  /// What a commit lacks. It is decided when the customer's request for delivery comes, and by then the rest is
  /// there: the money of every bank, and every good under the offer's terms, with a key that opens it.
  private func missing(
    in told: CoordinatorCase.Told, at decidedAt: Timestamp, for purchase: CustomerBooks.Purchase
  ) -> String? {
    let requests = requests(in: told, purchase)
    let decisive = requests.filter { $0.at.time == decidedAt }
    guard let last = decisive.last else {
      if let missing = missing(in: told, for: purchase) { return missing }
      return requests.isEmpty
        ? "the customer's request for delivery" : "a request for delivery at the time that it names"
    }
    return missing(in: told.until(last.at), for: purchase)
  }

  /// What of money and goods is missing.
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
      guard acceptance(of: line, key.value, in: told, purchase) != nil else {
        return "an acceptance of \(name)"
      }
    }
    return nil
  }

  private func reservation(
    of part: PaymentPart, in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> Heard<StatementID>? {
    let digest = SHA256.digest(CanonicalPart.bytes(of: .payment(part)))
    return told.reservations.lazy.compactMap { heard -> Heard<StatementID>? in
      guard let stated = try? SymbolicEvidence.read(heard.value, by: .party(part.bank)),
        stated.claim.process == purchase.process, stated.claim.part == digest,
        stated.claim.total == part.total, stated.claim.decideBy == purchase.order.decideBy
      else { return nil }
      return Heard(value: stated.id, at: heard.at)
    }.first
  }

  private func deposit(
    of line: OrderWish.Line, in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> Heard<Stated<Deposit>>? {
    told.deposits.lazy.compactMap { heard -> Heard<Stated<Deposit>>? in
      guard let stated = signed(heard.value, of: line, purchase),
        opens(heard.value.key.bytes, line.good.offer.claim)
      else { return nil }
      return Heard(value: stated, at: heard.at)
    }.first
  }

  /// What the offer's merchant has signed for that line and that key, whatever the key opens.
  private func signed(
    _ key: DepositedKey, of line: OrderWish.Line, _ purchase: CustomerBooks.Purchase
  ) -> Stated<Deposit>? {
    let offer = line.good.offer
    let amount = try? offer.claim.price.gross.multiplied(by: UInt64(line.quantity))
    guard let stated = try? SymbolicEvidence.read(key.deposit, by: .party(offer.issuer.party))
    else {
      return nil
    }
    let claim = stated.claim
    guard claim.process == purchase.process, claim.offer == offer.id,
      claim.quantity == line.quantity, claim.amount == amount, claim.payee == offer.claim.payee,
      claim.decideBy == purchase.order.decideBy,
      claim.keyDigest == SymbolicKey.digest(of: key.key.bytes, process: purchase.process)
    else { return nil }
    return stated
  }

  private func opens(_ key: Bytes, _ offer: Offer) -> Bool {
    offer.container.map { SymbolicKey.recipient(of: key) == $0.recipient } ?? key.isEmpty
  }

  private func acceptance(
    of line: OrderWish.Line, _ deposit: Stated<Deposit>, in told: CoordinatorCase.Told,
    _ purchase: CustomerBooks.Purchase
  ) -> StatementID? {
    told.acceptances.last?.value.lazy.compactMap { signed -> StatementID? in
      guard let stated = try? SymbolicEvidence.read(signed, by: .party(Setting.coordinatorName)),
        stated.claim.process == purchase.process, stated.claim.offer == line.good.offer.id,
        stated.claim.deposit == deposit.id, stated.claim.keyDigest == deposit.claim.keyDigest
      else { return nil }
      return stated.id
    }.first
  }

  /// Her requests for delivery on what the coordinator has accepted, in the order in which they came.
  private func requests(
    in told: CoordinatorCase.Told, _ purchase: CustomerBooks.Purchase
  ) -> [Heard<StatementID>] {
    guard let accepted = told.acceptances.last?.value else { return [] }
    let acceptances = accepted.map { SymbolicEvidence.id(of: $0) }.sorted()
    return told.requests.compactMap { heard -> Heard<StatementID>? in
      let signatory = Signatory.oneTime(purchase.order.oneTimeKey)
      guard let stated = try? SymbolicEvidence.read(heard.value, by: signatory),
        stated.claim.process == purchase.process, stated.claim.acceptances == acceptances
      else { return nil }
      return Heard(value: stated.id, at: heard.at)
    }
  }

  // MARK: - Aborts

  /// Whether it was told of that reason just when it decided, or the time of one of the frames was out on its
  /// clock. When the time of the order is out, there is no other reason.
  private func isReason(
    _ reason: AbortReason, _ decidedAt: Timestamp, _ grounds: Heard<CoordinatorCase.Told>,
    _ file: JournalReading, for purchase: CustomerBooks.Purchase, _ world: World
  ) -> Bool {
    let told = grounds.value
    guard reason == .timeout || decidedAt < purchase.order.decideBy else { return false }
    switch reason {
    case .refused:
      return told.refusals.contains { heard in
        heard.at.time == decidedAt && isRefusal(heard.value, in: file, of: purchase)
      }
    case .cancelled:
      return told.cancellations.contains { heard in
        guard heard.at.time == decidedAt,
          let stated = try? SymbolicEvidence.read(
            heard.value, by: .oneTime(purchase.order.oneTimeKey))
        else { return false }
        return stated.claim.process == purchase.process
          && file.grounds?.cancellation == stated.id
      }
    case .invalid:
      return told.deposits.contains { heard in
        purchase.lines.contains { line in
          guard heard.at.time == decidedAt, line.good.offer.claim.container != nil,
            let stated = signed(heard.value, of: line, purchase)
          else { return false }
          let key = heard.value.key.bytes
          return !opens(key, line.good.offer.claim)
            && file.wrongKeys.contains { $0.deposit == stated.id && $0.identity == key }
        }
      }
    case .timeout:
      return isOverdue(at: decidedAt, grounds, file, for: purchase, world.record.clock)
    }
  }

  /// Whether that refusal is the one on file, which whoever was asked has signed for what was asked, or nobody.
  private func isRefusal(
    _ refused: CoordinatorCase.Refused, in file: JournalReading,
    of purchase: CustomerBooks.Purchase
  ) -> Bool {
    let id = refused.signed.map { SymbolicEvidence.id(of: $0) }
    guard
      file.refusals.contains(where: { $0.activity == refused.activity && $0.refusal == id })
    else { return false }
    guard let signed = refused.signed else { return true }
    let asked =
      purchase.payments.map {
        (party: $0.content.bank, step: "reserve/\($0.content.bank)")
      }
      + purchase.lines.map {
        (party: $0.good.offer.issuer.party, step: "deposit/\($0.good.offer.id)")
      }
    return asked.contains { party, step in
      guard let claim = try? SymbolicEvidence.read(signed, by: .party(party)).claim else {
        return false
      }
      return claim.process == purchase.process && claim.step.rawValue == step
    }
  }

  /// Whether a time frame was out: before everything stood the order's, or a deposit's; from then on the
  /// order's, or the shortest delivery limit of the offers. No time counts that its clock had not shown.
  private func isOverdue(
    at decidedAt: Timestamp, _ grounds: Heard<CoordinatorCase.Told>, _ file: JournalReading,
    for purchase: CustomerBooks.Purchase, _ clock: ClockRecord
  ) -> Bool {
    let told = grounds.value
    guard decidedAt <= clock.latest(until: grounds.at) else { return false }
    guard decidedAt < purchase.order.decideBy else { return true }
    let deposits = purchase.lines.map { deposit(of: $0, in: told, purchase) }
    guard let preparedAt = file.preparedAt else {
      return deposits.contains { $0.map { $0.value.claim.heldUntil <= decidedAt } ?? false }
    }
    let reservations = purchase.payments.map { reservation(of: $0.content, in: told, purchase) }
    let all = deposits.map { $0?.at } + reservations.map { $0?.at }
    // Everything stood when the last of it had come.
    guard all.allSatisfy({ $0 != nil }),
      let last = all.compactMap({ $0 }).max(by: { $0.step < $1.step }),
      clock.earliest(since: last) <= preparedAt
    else { return false }
    let limit = purchase.lines.map(\.good.offer.claim.deliveryLimitSeconds).min() ?? 0
    return preparedAt.adding(seconds: Int64(limit)) <= decidedAt
  }

  // MARK: - The file

  /// What a verdict rests on is on file, all of it and nothing else, and the salted digest is over exactly that.
  private func file(
    _ file: JournalReading, of purchase: CustomerBooks.Purchase, _ verdict: Verdict,
    _ told: CoordinatorCase.Told, _ world: World
  ) -> Finding? {
    let process = purchase.process
    guard !file.isMalformed, let grounds = file.grounds else {
      return finding(.evidence, process, "the coordinator's file cannot be read")
    }
    guard grounds.evidence == file.beforeVerdict.sorted(),
      grounds.evidence.contains(SymbolicEvidence.id(of: purchase.submission.order)),
      !verdict.decision.isCommit
        || (grounds.evidence == evidence(of: purchase, in: told) && file.preparedAt != nil)
    else {
      return finding(
        .evidence, process, "the coordinator has not on file what its verdict rests on")
    }
    guard grounds.decidedAt == verdict.decidedAt,
      SHA256.digest(grounds.salt, grounds.evidence.flatMap(\.bytes)) == verdict.evidence
    else {
      return finding(.evidence, process, "the verdict's evidence is not what is on file")
    }
    guard file.hasEnded else { return nil }
    guard ends(purchase, world).allSatisfy(file.statements.contains) else {
      return finding(.evidence, process, "a process has ended without what ends it on file")
    }
    return nil
  }

  /// What a commit rests on, sorted.
  private func evidence(
    of purchase: CustomerBooks.Purchase, in told: CoordinatorCase.Told
  ) -> [StatementID] {
    var all = [SymbolicEvidence.id(of: purchase.submission.order)]
    for line in purchase.lines {
      guard let deposit = deposit(of: line, in: told, purchase)?.value else { continue }
      all.append(deposit.id)
      if let accepted = acceptance(of: line, deposit, in: told, purchase) { all.append(accepted) }
    }
    all += purchase.payments.compactMap { reservation(of: $0.content, in: told, purchase)?.value }
    if let request = requests(in: told, purchase).last { all.append(request.value) }
    return all.sorted()
  }

  /// What ends a process: the logged verdict, and what everybody has signed who acted on it.
  private func ends(_ purchase: CustomerBooks.Purchase, _ world: World) -> [StatementID] {
    let process = purchase.process
    let key = world.setting.coordinatorKey
    var ends = world.log.desk.books.entries.filter {
      $0.process == process && $0.coordinator == key
    }.map { SymbolicEvidence.id(of: $0.verdict) }
    let kinds: [StatementKind] = [.transfer, .settlement, .void, .release]
    let notes =
      world.banks.flatMap(\.desk.books.statements) + world.shops.flatMap(\.desk.books.statements)
    ends += notes.filter {
      $0.process == process && $0.coordinator == key && kinds.contains($0.kind)
    }.map(\.id)
    return ends
  }
}
