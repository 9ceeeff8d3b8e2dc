// The independent books: what must be true of a world, computed from what the parties have on disk and what
// they signed, without any code of the coordinator.
//
// Only what honest parties have is looked at. What a cheat can do to the others, and only be convicted of
// afterwards, is left out by name: payees of a bank that breaks its promise, and processes of the rogue.

import PaymentCrypto
package import PaymentModel

/// Checks a world.
package struct Books: Sendable {
  /// What is wrong.
  package struct Finding: Hashable, Sendable {
    package let property: Property
    package let process: ProcessID?
    package let message: String
  }

  /// What each bank owed when the world began: accounts and coins.
  private let initialMoney: [UInt64]

  package init(of world: World) {
    initialMoney = world.banks.map { Self.money($0.desk.books) }
  }

  private static func money(_ books: BankBooks) -> UInt64 {
    let accounts = books.accounts.reduce(0) { $0 + $1.minor }
    return books.coins.reduce(accounts) { sum, coin in
      if case .spent = coin.state { sum } else { sum + coin.value }
    }
  }

  /// The first thing that is wrong at the end of a run, when faults have stopped long enough ago.
  package func check(_ world: World) -> Finding? {
    verdicts(world) ?? money(world) ?? stock(world) ?? answers(world) ?? refusals(world)
      ?? atomicity(world) ?? evidence(world) ?? progress(world) ?? isolation(world)
  }

  private func finding(
    _ property: Property, _ process: ProcessID?, _ message: String
  ) -> Finding {
    Finding(property: property, process: process, message: message)
  }

  // MARK: - Verdicts

  /// Everybody who acted on a verdict acted on the one in the log.
  private func verdicts(_ world: World) -> Finding? {
    let log = world.log.desk.books
    func logged(_ process: ProcessID, _ coordinator: Thumbprint) -> StatementID? {
      log.entry(of: process, by: coordinator).map { SymbolicEvidence.id(of: $0.verdict) }
    }
    for bank in world.banks where bank.cheat == nil {
      for hold in bank.desk.books.holds {
        guard let verdict = hold.verdictID else { continue }
        if verdict != logged(hold.process, hold.coordinator) {
          return finding(
            .verdict, hold.process,
            "\(bank.name) acted on a verdict that the log does not have for the order's coordinator"
          )
        }
      }
    }
    for shop in world.shops where shop.cheat == nil {
      for verdict in shop.desk.books.verdicts
      where verdict.verdict != logged(verdict.process, verdict.coordinator) {
        return finding(
          .verdict, verdict.process,
          "\(shop.name) acted on a verdict that the log does not have for the order's coordinator")
      }
    }
    for customer in world.customers {
      for purchase in customer.desk.books.purchases {
        guard let verdict = purchase.verdictID else { continue }
        if verdict != logged(purchase.process, purchase.order.coordinator) {
          return finding(
            .verdict, purchase.process,
            "customer \(customer.number) took a verdict for hers that "
              + "the log does not have for the order's coordinator")
        }
      }
    }
    return late(world)
  }

  /// A commit is decided before `decideBy`.
  private func late(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        guard
          let entry = world.log.desk.books.entry(
            of: purchase.process, by: world.setting.coordinatorKey),
          entry.decision.isCommit, entry.decidedAt >= purchase.order.decideBy
        else { continue }
        return finding(.verdict, purchase.process, "committed after decideBy")
      }
    }
    return nil
  }

  // MARK: - Money

  /// What left the coins is on the accounts, and on those of the payees.
  private func money(_ world: World) -> Finding? {
    for (number, bank) in world.banks.enumerated() where bank.cheat == nil {
      let books = bank.desk.books
      let now = Self.money(books)
      if now != initialMoney[number] {
        return finding(
          .money, nil, "\(bank.name) owes \(now), and owed \(initialMoney[number]) at first")
      }
      for account in books.accounts {
        let paid = books.holds.filter { $0.state == .posted }.flatMap(\.payouts)
          .filter { $0.payee.account == account.name }.reduce(0) { $0 + $1.amount.minor }
        if paid != account.minor {
          return finding(
            .money, nil, "\(account.name) at \(bank.name) has \(account.minor), posted was \(paid)")
        }
      }
    }
    return nil
  }

  // MARK: - Stock

  private func stock(_ world: World) -> Finding? {
    for shop in world.shops where shop.cheat == nil {
      let books = shop.desk.books
      for stock in books.stocks {
        let used = books.holds.filter {
          $0.stock == stock.name && ($0.state == .held || $0.state == .sold)
        }
        let sum = used.reduce(stock.level) { $0 + $1.quantity }
        if sum != stock.capacity || stock.level < 0 {
          return finding(
            .stock, used.last?.process,
            "\(shop.name) has \(stock.level) of \(stock.name) left and \(sum - stock.level) held or "
              + "sold, of \(stock.capacity)")
        }
      }
      for (place, hold) in books.holds.enumerated() where hold.state == .held || hold.state == .sold
      {
        let others = books.holds[..<place].filter {
          $0.process == hold.process && $0.offer == hold.offer
            && ($0.state == .held || $0.state == .sold)
        }
        if !others.isEmpty {
          return finding(.stock, hold.process, "\(shop.name) holds one order's good twice")
        }
      }
      for good in shop.goods where good.offer.claim.mode == .individual {
        let sold = books.holds.filter { $0.offer == good.offer.id && $0.state == .sold }
        if sold.count > 1 {
          return finding(.stock, sold.last?.process, "\(shop.name) sold a single piece twice")
        }
      }
    }
    return nil
  }

  // MARK: - Answers

  /// A step has one final answer.
  private func answers(_ world: World) -> Finding? {
    for bank in world.banks where bank.cheat == nil {
      if let note = contradiction(in: bank.desk.books.statements) {
        return finding(
          .answers, note.process, "\(bank.name) signed two answers: \(note.kind.rawValue)")
      }
    }
    for shop in world.shops where shop.cheat == nil {
      if let note = contradiction(in: shop.desk.books.statements) {
        return finding(
          .answers, note.process, "\(shop.name) signed two answers: \(note.kind.rawValue)")
      }
    }
    return nil
  }

  /// A statement beside which another one stands that excludes it.
  private func contradiction(in notes: [StatementNote]) -> StatementNote? {
    for (place, note) in notes.enumerated() where note.kind != .doubleSpend {
      let isAnswer = { (kind: StatementKind) in
        kind == .reservation || kind == .deposit || kind == .refusal
      }
      let hasTwin = notes[..<place].contains { other in
        other.process == note.process && other.coordinator == note.coordinator
          && other.part == note.part
          && (other.kind == note.kind || (isAnswer(other.kind) && isAnswer(note.kind)))
      }
      if hasTwin { return note }
    }
    return nil
  }

  // MARK: - Refusals

  private func refusals(_ world: World) -> Finding? {
    for shop in world.shops where shop.cheat == nil {
      for refusal in shop.desk.books.soldOut {
        if isLeft(refusal, at: shop) {
          return finding(
            .refusals, refusal.process,
            "\(shop.name) said sold out, and has enough of it at the end")
        }
      }
    }
    for bank in world.banks where bank.cheat == nil {
      for signed in bank.desk.books.proofs {
        guard let proof = try? SymbolicEvidence.read(signed, by: .party(bank.name)).claim else {
          return finding(.refusals, nil, "a double-spend proof that cannot be read")
        }
        let process = proof.second.process
        guard isLoggedCommit(proof.verdict, of: proof.first.process, in: world) else {
          return finding(
            .refusals, process, "\(bank.name) called a double spend what was not spent")
        }
        let owner = world.customers.first {
          $0.desk.books.coins.contains { $0.id == proof.coin }
        }
        // A use in a process that was aborted before the other one proves nothing: she shows that verdict.
        if owner?.cheat == nil, !isAborted(process, before: proof.verdict, of: owner, in: world) {
          return finding(.refusals, process, "an honest customer is called a double spender")
        }
      }
    }
    return nil
  }

  /// Pieces that are left or held never grow in number, so what is enough at the end was enough before.
  private func isLeft(_ refusal: ShopBooks.SoldOut, at shop: ModelShop) -> Bool {
    let books = shop.desk.books
    // A limited good's offer is for one sale.
    if books.holds.contains(where: { $0.offer == refusal.offer && $0.state == .sold }) {
      return false
    }
    guard let name = refusal.stock, let stock = books.stocks.first(where: { $0.name == name })
    else { return true }
    let held = books.holds.filter { $0.stock == name && $0.state == .held }
    return held.reduce(stock.level) { $0 + $1.quantity } >= refusal.quantity
  }

  private func isAborted(
    _ process: ProcessID, before verdict: LoggedVerdict, of customer: ModelCustomer?,
    in world: World
  ) -> Bool {
    let purchase = customer?.desk.books.purchases.first { $0.process == process }
    let key =
      purchase?.isForRogue == true ? world.setting.rogueKey : world.setting.coordinatorKey
    let entries = world.log.desk.books.entries
    guard let other = entries.firstIndex(where: { $0.verdict == verdict.verdict }) else {
      return false
    }
    return entries[..<other].contains {
      $0.process == process && $0.coordinator == key && !$0.decision.isCommit
    }
  }

  private func isLoggedCommit(
    _ verdict: LoggedVerdict, of process: ProcessID, in world: World
  ) -> Bool {
    world.log.desk.books.entries.contains {
      $0.process == process && $0.verdict == verdict.verdict && $0.decision.isCommit
    }
  }

  // MARK: - Atomicity

  /// All merchants paid and all keys delivered, or all money free and all stock back.
  private func atomicity(_ world: World) -> Finding? {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where !purchase.isForRogue {
        let entry = world.log.desk.books.entry(
          of: purchase.process, by: world.setting.coordinatorKey)
        // Without a verdict the process is stuck, which is another property.
        guard let entry else { continue }
        let found =
          entry.decision.isCommit
          ? committed(purchase, customer, world) : aborted(purchase, customer, world)
        if let found { return finding(.atomicity, purchase.process, found) }
      }
    }
    return nil
  }

  private func committed(
    _ purchase: CustomerBooks.Purchase, _ customer: ModelCustomer, _ world: World
  ) -> String? {
    for bank in world.banks where bank.cheat == nil {
      let lines = purchase.lines.filter { $0.good.offer.claim.payee.bank == bank.name }
      guard !lines.isEmpty else { continue }
      let holds = bank.desk.books.holds.filter { $0.process == purchase.process }
      guard holds.contains(where: { $0.state == .posted }) else {
        return "committed, and \(bank.name) has not posted"
      }
    }
    for line in purchase.lines {
      let payee = line.good.offer.claim.payee
      let isPaid = world.banks.contains { $0.name == payee.bank && $0.cheat == nil }
      guard isPaid,
        let shop = world.shops.first(where: { $0.name == line.good.offer.issuer.party }),
        shop.cheat == nil
      else { continue }
      let isSold = shop.desk.books.holds.contains {
        $0.process == purchase.process && $0.offer == line.good.offer.id && $0.state == .sold
          && $0.quantity == line.quantity
      }
      guard isSold else { return "committed, and \(shop.name) has not sold" }
    }
    if purchase.state == .aborted { return "committed, and the customer was told abort" }
    guard let keys = purchase.keys else { return nil }
    // In the order of the offers' identifiers, as the process has them.
    let offers = purchase.lines.map(\.good.offer).sorted { $0.id < $1.id }
    let opens = keys.map { SymbolicKey.recipient(of: $0) }
    guard opens == offers.map(\.claim.container?.recipient) else {
      return "committed, and the keys do not open what was bought"
    }
    return nil
  }

  private func aborted(
    _ purchase: CustomerBooks.Purchase, _ customer: ModelCustomer, _ world: World
  ) -> String? {
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

  // MARK: - Evidence

  private func evidence(_ world: World) -> Finding? {
    for bank in world.banks where bank.cheat == nil {
      for hold in bank.desk.books.holds where hold.state == .posted || hold.state == .voided {
        guard let verdict = hold.verdict,
          verdict.proof == SymbolicEvidence.proof(of: verdict.verdict)
        else {
          return finding(.evidence, hold.process, "\(bank.name) cannot show why it ended a hold")
        }
      }
    }
    for shop in world.shops where shop.cheat == nil {
      if let found = evidence(of: shop, world) { return found }
    }
    for customer in world.customers where customer.cheat == nil {
      for purchase in customer.desk.books.purchases {
        if let found = evidence(of: purchase) { return finding(.evidence, purchase.process, found) }
      }
    }
    return nil
  }

  /// What was sold was paid: by transfers that the payee's bank signed.
  private func evidence(of shop: ModelShop, _ world: World) -> Finding? {
    for hold in shop.desk.books.holds where hold.state == .sold {
      let transfers = shop.desk.books.sales.filter { $0.process == hold.process }
        .flatMap(\.transfers)
        .compactMap { try? SymbolicEvidence.read($0, by: .party(hold.payee.bank)).claim }
        .filter { $0.process == hold.process && $0.payee == hold.payee }
      let owed = shop.desk.books.holds.filter {
        $0.process == hold.process && $0.payee == hold.payee && $0.state == .sold
      }.reduce(0) { $0 + $1.amount.minor }
      if transfers.reduce(0, { $0 + $1.amount.minor }) != owed {
        return finding(
          .evidence, hold.process, "\(shop.name) sold without transfers that pay for it")
      }
    }
    return nil
  }

  private func evidence(of purchase: CustomerBooks.Purchase) -> String? {
    if purchase.state != .undecided {
      guard let verdict = purchase.verdict,
        verdict.proof == SymbolicEvidence.proof(of: verdict.verdict)
      else { return "a customer has no proof of her verdict" }
    }
    if let signed = purchase.deliveryRequest {
      let signatory = Signatory.oneTime(purchase.order.oneTimeKey)
      guard let request = try? SymbolicEvidence.read(signed, by: signatory).claim,
        request.process == purchase.process, request.acceptances.count == purchase.lines.count
      else { return "a customer asked for delivery without a key for each good" }
    } else if purchase.state == .committed, !purchase.isForRogue {
      return "committed without a delivery request"
    }
    return nil
  }

  // MARK: - Progress

  /// Whether nothing is left to do, but for what a bank that breaks its promise keeps from its end: without
  /// its transfers a merchant does not confirm, and the coordinator goes on asking.
  package func isOver(_ world: World) -> Bool {
    let node = world.stage.node
    guard world.stage.network.messages.isEmpty, !node.isRecovering, !node.isBehindLog, node.isUp,
      !node.isWriting, !node.hasEffects, world.customers.allSatisfy(\.hasEnded)
    else { return false }
    guard node.openCount > 0 else { return true }
    let cheats = world.banks.filter { $0.cheat == .breaksPromises }.map(\.name)
    guard !cheats.isEmpty else { return false }
    var excused = 0
    for customer in world.customers {
      for purchase in customer.desk.books.purchases where node.isOpen(purchase.process) {
        guard purchase.state == .committed,
          purchase.lines.contains(where: { cheats.contains($0.good.offer.claim.payee.bank) })
        else { return false }
        excused += 1
      }
    }
    return excused == node.openCount
  }

  private func progress(_ world: World) -> Finding? {
    let node = world.stage.node
    if node.isBehindLog {
      return finding(
        .progress, nil, "the coordinator's journal is behind the log: it serves nobody")
    }
    if let failed = node.failed.first {
      return finding(.progress, failed, "the process cannot go on from its journal")
    }
    guard !isOver(world) else { return nil }
    let open = world.customers.flatMap(\.desk.books.purchases).filter {
      node.isOpen($0.process) || (!$0.isForRogue && $0.state == .undecided)
    }
    return finding(
      .progress, open.first?.process,
      "not at its end: \(node.openCount) processes open, "
        + "\(world.stage.network.messages.count) messages under way")
  }
}
