// What a verdict does at a model merchant: release, or settle.

import Coordinator
import PaymentModel

// MARK: - What a verdict does

extension ModelShop {
  private func verdict(
    _ logged: LoggedVerdict, of process: ProcessID, _ setting: Setting
  ) -> Stated<Verdict>? {
    guard let stated = SymbolicEvidence.read(logged, of: process, flaw: setting.flaw),
      setting.isCoordinator(stated.issuer.key)
    else { return nil }
    return stated
  }

  /// Whose rows a verdict reaches: its coordinator's.
  private func coordinator(of verdict: Stated<Verdict>, _ setting: Setting) -> Thumbprint {
    guard setting.flaw == .believesAnyCoordinator else { return verdict.issuer.key }
    return desk.books.holds.first { $0.process == verdict.claim.process }?.coordinator
      ?? verdict.issuer.key
  }

  /// Keeps the verdict. `false` when the shop has acted on another one.
  private mutating func actOn(
    _ verdict: Stated<Verdict>, of coordinator: Thumbprint, _ logged: LoggedVerdict
  ) -> Bool {
    let process = verdict.claim.process
    if let earlier = desk.books.verdicts.first(where: {
      $0.coordinator == coordinator && $0.process == process
    }) {
      return earlier.verdict == verdict.id
    }
    desk.books.verdicts.append(
      ShopBooks.ActedOn(
        coordinator: coordinator, process: process, verdict: verdict.id,
        isCommit: verdict.claim.decision.isCommit, logged: logged))
    desk.touch()
    return true
  }

  mutating func release(
    _ request: VerdictRequest, _ setting: Setting
  ) -> Outcome<Signed<Release>> {
    guard let verdict = verdict(request.verdict, of: request.id.process, setting),
      let offer = Self.offer(of: request.id.step)
    else { return .refused(.invalid, nil) }
    let coordinator = coordinator(of: verdict, setting)
    let key = RequestKey(
      coordinator: coordinator, process: request.id.process, step: request.id.step)
    let whole = ParticipantRequest.release(request, merchant: name)
    if setting.flaw != .noIdempotency, let (reply, isSame) = stored(key, whole) {
      guard isSame, case .released(let outcome) = reply else { return .refused(.conflict, nil) }
      return outcome
    }
    guard !verdict.claim.decision.isCommit else { return .refused(.invalid, nil) }
    guard actOn(verdict, of: coordinator, request.verdict) else { return .refused(.conflict, nil) }
    let place = desk.books.holds.firstIndex {
      $0.coordinator == coordinator && $0.process == key.process && $0.offer == offer
        && $0.state == .held
    }
    if let place {
      desk.books.holds[place].state = .released
      note(undone: desk.books.holds[place])
      move(desk.books.holds[place].quantity, to: desk.books.holds[place].stock)
    }
    let release = sign(
      Release(process: key.process, offer: offer, verdict: verdict.id), process: key.process,
      of: coordinator, part: number(of: offer))
    store(.released(.done(release)), key, whole)
    return .done(release)
  }

  mutating func settle(
    _ request: SettleRequest, _ setting: Setting
  ) -> Outcome<Signed<Settlement>> {
    let process = request.id.process
    guard let verdict = verdict(request.verdict, of: process, setting) else {
      return .refused(.invalid, nil)
    }
    let coordinator = coordinator(of: verdict, setting)
    let key = RequestKey(coordinator: coordinator, process: process, step: request.id.step)
    let whole = ParticipantRequest.settle(request, merchant: name)
    if setting.flaw != .noIdempotency, let (reply, isSame) = stored(key, whole) {
      guard isSame, case .settled(let outcome) = reply else { return .refused(.conflict, nil) }
      return outcome
    }
    guard verdict.claim.decision.isCommit else { return .refused(.invalid, nil) }
    let holds = desk.books.holds.filter {
      $0.coordinator == coordinator && $0.process == process
    }
    guard !holds.isEmpty else { return .refused(.notOffered, nil) }
    if setting.flaw != .settlesWithoutTransfers {
      guard pays(request.transfers, for: holds, under: verdict) else {
        return .refused(.amountMismatch, nil)
      }
    }
    guard actOn(verdict, of: coordinator, request.verdict) else { return .refused(.conflict, nil) }
    for place in desk.books.holds.indices
    where desk.books.holds[place].coordinator == coordinator
      && desk.books.holds[place].process == process && desk.books.holds[place].state == .held
    {
      desk.books.holds[place].state = .sold
    }
    desk.books.sales.append(ShopBooks.Sale(process: process, transfers: request.transfers))
    let settlement = sign(
      Settlement(
        process: process, verdict: verdict.id,
        transfers: request.transfers.map { SymbolicEvidence.id(of: $0) }.sorted()),
      process: process, of: coordinator, part: 0)
    store(.settled(.done(settlement)), key, whole)
    return .done(settlement)
  }

  /// Whether transfers under that verdict give each payee what the deposits say, no more and no less.
  private func pays(
    _ transfers: [Signed<Transfer>], for holds: [ShopBooks.Hold], under verdict: Stated<Verdict>
  ) -> Bool {
    var paid: [Payout] = []
    for signed in transfers {
      guard let key = SymbolicEvidence.issuerKey(of: signed),
        let bank = SymbolicEvidence.party(of: key),
        let transfer = try? SymbolicEvidence.read(signed, by: .party(bank)).claim,
        transfer.process == verdict.claim.process, transfer.verdict == verdict.id,
        transfer.payee.bank == bank, isAllowed(transfer.fee, of: bank, holds),
        !paid.contains(where: { $0.payee == transfer.payee })
      else { return false }
      paid.append(Payout(payee: transfer.payee, amount: transfer.amount))
    }
    var owed: [Payout] = []
    for hold in holds where !hold.amount.isZero {
      if let place = owed.firstIndex(where: { $0.payee == hold.payee }) {
        guard let sum = try? owed[place].amount.adding(hold.amount) else { return false }
        owed[place] = Payout(payee: hold.payee, amount: sum)
      } else {
        owed.append(Payout(payee: hold.payee, amount: hold.amount))
      }
    }
    return paid.count == owed.count && owed.allSatisfy(paid.contains)
  }

  /// Whether the offers allow the bank to keep so much.
  private func isAllowed(
    _ fee: Amount?, of bank: PartyName, _ holds: [ShopBooks.Hold]
  ) -> Bool {
    holds.allSatisfy { hold in
      let offer = goods.first { $0.offer.id == hold.offer }?.offer.claim
      return offer?.accepts.contains { $0.bank == bank && fee?.minor ?? 0 <= $0.largestFee } == true
    }
  }
}
