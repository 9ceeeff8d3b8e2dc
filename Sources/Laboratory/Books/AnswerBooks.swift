// What parties answered: one final answer to each step, and no refusal that is not true.

import Coordinator
import PaymentModel

extension Books {
  /// A step has one final answer: in the books of whoever gave it, and, since a crash may take those back,
  /// among the answers that have left him. Only who breaks its promise says two things in writing.
  func answers(_ world: World) -> Finding? {
    for bank in world.banks where bank.cheat != .breaksPromises {
      if let note = contradiction(in: bank.desk.books.statements) {
        return finding(
          .answers, note.process, "\(bank.name) signed two answers: \(note.kind.rawValue)")
      }
    }
    for shop in world.shops {
      if let note = contradiction(in: shop.desk.books.statements) {
        return finding(
          .answers, note.process, "\(shop.name) signed two answers: \(note.kind.rawValue)")
      }
    }
    if let (party, process) = world.record.contradiction {
      return finding(.answers, process, "two signed answers of \(party) were under way")
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

  func refusals(_ world: World) -> Finding? {
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
      if let found = declined(by: bank, world) { return found }
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
        // A use in a process that was aborted before the other one proves nothing: she shows that
        // verdict.
        if owner?.cheat == nil, !isAborted(process, before: proof.verdict, of: owner, in: world) {
          return finding(.refusals, process, "an honest customer is called a double spender")
        }
      }
    }
    return nil
  }

  /// What is left on an account or a card never grows: what is enough at the end was enough before. And an
  /// honest customer does not order what she cannot pay.
  private func declined(by bank: ModelBank, _ world: World) -> Finding? {
    for refusal in bank.desk.books.declined {
      let purse = bank.desk.books.purses.first { $0.id == refusal.purse }
      if let purse, purse.limit - purse.spent >= refusal.total {
        return finding(
          .refusals, refusal.process, "\(bank.name) declined what it could have paid")
      }
      let owner = world.customers.first { $0.desk.books.purses.contains { $0.id == refusal.purse } }
      if let owner, owner.cheat == nil {
        return finding(
          .refusals, refusal.process, "an honest customer ordered more than she can pay")
      }
    }
    return nil
  }

  /// Pieces that are left or held never grow in number, so what is enough at the end was enough before.
  func isLeft(_ refusal: ShopBooks.SoldOut, at shop: ModelShop) -> Bool {
    let books = shop.desk.books
    // A limited good's offer is for one sale.
    let mode = shop.goods.first { $0.offer.id == refusal.offer }?.offer.claim.mode
    if mode == .individual,
      books.holds.contains(where: { $0.offer == refusal.offer && $0.state == .sold })
    {
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
}
