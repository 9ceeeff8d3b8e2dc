// What real parties answer a coordinator: what they find right, unless they cheat, or follow one rule less.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

extension RealWorld {
  /// Answers a request, and says when.
  func answer(_ request: ParticipantRequest, at party: Party) async -> PartyAnswer {
    switch party {
    case .bank(let number): await bankAnswer(request, number)
    case .shop(let number): await shopAnswer(request, number)
    case .customer(let number): await customerAnswer(request, number)
    case .log:
      if case .publish(let verdict, let process, let bundle) = request {
        PartyAnswer(.published(await published(verdict, process, bundle)))
      } else {
        PartyAnswer(nil)
      }
    case .coordinator, .rogue: PartyAnswer(nil)
    }
  }

  private func published(
    _ verdict: Signed<Verdict>, _ process: ProcessID, _ bundle: Sealed<SealedContent.KeyBundle>?
  ) async -> Outcome<LoggedVerdict> {
    let outcome = await log.publish(verdict, process: process, bundle: bundle)
    if case .done(let logged) = outcome,
      let stated = try? VerdictVerifier(market.trust).read(
        logged, of: process, by: setting.coordinatorKey)
    {
      history.decided(process, stated.claim.decision.isCommit ? .commit : .abort)
    }
    return outcome
  }

  // MARK: - Banks

  private func bankAnswer(_ request: ParticipantRequest, _ number: Int) async -> PartyAnswer {
    let cheat = bankConducts[number].cheat
    bankConducts[number].requests += 1
    if cheat == .silent, bankConducts[number].requests.isMultiple(of: 2) {
      note(.bankSilence)
      return PartyAnswer(nil)
    }
    guard let reply = await bankReply(request, number) else { return PartyAnswer(nil) }
    guard let cheat else {
      await examine(reply, to: request, by: .bank(number))
      return PartyAnswer(reply)
    }
    let lie = lie(reply, to: request, by: number, cheat)
    guard cheat == .late,
      let lateness = Lateness.drawReal(for: request, lie, from: &bankConducts[number].entropy)
    else { return PartyAnswer(lie) }
    note(.bankLateness)
    return PartyAnswer(lie, lateness: lateness)
  }

  private func bankReply(
    _ request: ParticipantRequest, _ number: Int
  ) async -> ParticipantReply? {
    let bank = banks[number].bank
    switch request {
    case .reserve(let request, _):
      if let refusal = falseRefusal(of: request.id, by: number) { return .reserved(refusal) }
      let outcome = await bank.reserve(request)
      if case .done = outcome { await reserved(request.id, at: number) }
      return .reserved(outcome)
    case .post(let request, _):
      if bankConducts[number].cheat == .breaksPromises { return broken(request, by: number) }
      await willPost(request.id.process, at: number)
      return .transferred(await bank.post(request))
    case .void(let request, _): return .voided(await bank.void(request))
    default: return nil
    }
  }

  private func lie(
    _ reply: ParticipantReply, to request: ParticipantRequest, by number: Int, _ cheat: BankCheat
  ) -> ParticipantReply {
    switch (cheat, request, reply) {
    case (.falseClaim, .reserve, .reserved(.done(let signed))):
      note(.bankFalseClaim)
      return .reserved(.done(bankLies[number].reservation(instead: signed)))
    case (.twoFaced, .reserve(let request, _), .reserved):
      guard !bankConducts[number].isFirst(request.id) else { return reply }
      note(.bankTwoFaced)
      return .reserved(.refused(.conflict, bankLies[number].refusal(request.id, .conflict)))
    case (.keepsMore, .post, .transferred(.done(let signed))):
      let lie = bankLies[number].transfers(instead: signed, keeping: 2)
      if doKeepMore(lie, than: signed) { note(.bankKeepsMore) }
      return .transferred(.done(lie))
    default: return reply
    }
  }

  /// Whether more is kept of one of them than of the honest ones: all of a transfer is the most.
  private func doKeepMore(
    _ lies: [Signed<Transfer>], than honest: [Signed<Transfer>]
  ) -> Bool {
    zip(lies, honest).contains { lie, honest in
      RealLies.claim(of: lie)?.fee != RealLies.claim(of: honest)?.fee
    }
  }

  private func broken(_ request: VerdictRequest, by number: Int) -> ParticipantReply {
    note(.brokenPromise)
    return .transferred(
      .refused(.conflict, bankLies[number].refusal(request.id, .conflict)))
  }

  // MARK: - Merchants

  private func shopAnswer(_ request: ParticipantRequest, _ number: Int) async -> PartyAnswer {
    let cheat = shopConducts[number].cheat
    shopConducts[number].requests += 1
    if cheat == .silent, shopConducts[number].requests.isMultiple(of: 2) {
      note(.merchantSilence)
      return PartyAnswer(nil)
    }
    let before = cheat == nil ? holds(at: number) : []
    await lapse(at: number)
    guard let reply = await shopReply(request, number) else { return PartyAnswer(nil) }
    if cheat == nil {
      note(doneBy: number, since: before)
      note(reply, to: request, byShop: number)
    }
    if case (.settle(let request, _), .settled(.done)) = (request, reply) {
      collect(request.transfers, for: number)
    }
    guard let cheat else {
      await examine(reply, to: request, by: .shop(number))
      return PartyAnswer(reply)
    }
    let lie = lie(reply, to: request, by: number, cheat)
    guard cheat == .late,
      let lateness = Lateness.drawReal(for: request, lie, from: &shopConducts[number].entropy)
    else { return PartyAnswer(lie) }
    note(.merchantLateness)
    return PartyAnswer(lie, lateness: lateness)
  }

  private func shopReply(
    _ request: ParticipantRequest, _ number: Int
  ) async -> ParticipantReply? {
    switch request {
    case .deposit(let request, _):
      if let refusal = falseRefusal(of: request.id, byShop: number) { return .deposited(refusal) }
      return .deposited(await shops[number].deposit(request))
    case .release(let request, _): return .released(await shops[number].release(request))
    case .settle(let request, _): return .settled(await shops[number].settle(request))
    default: return nil
    }
  }

  private func lie(
    _ reply: ParticipantReply, to request: ParticipantRequest, by number: Int, _ cheat: ShopCheat
  ) -> ParticipantReply {
    guard case (.deposit(let request, _), .deposited(.done(let key))) = (request, reply) else {
      return reply
    }
    let lies = shopLies[number]
    let lie: DepositedKey?
    let occurrence: Occurrence
    switch cheat {
    case .falseClaim:
      (lie, occurrence) = (lies.deposit(overcharging: key), .merchantFalseClaim)
    case .wrongKey:
      (lie, occurrence) = (try? lies.deposit(ofWrongKey: key, trust: market.trust), .wrongKey)
    case .unreadableKey:
      (lie, occurrence) = (try? lies.deposit(withoutKey: key, trust: market.trust), .unreadableKey)
    case .twoFaced:
      guard !shopConducts[number].isFirst(request.id) else { return reply }
      note(.merchantTwoFaced)
      return .deposited(.refused(.conflict, lies.refusal(request.id, .conflict)))
    case .silent, .late: return reply
    }
    // A payment without a good has no key to lie about.
    guard let lie, lie != key else { return reply }
    note(occurrence)
    return .deposited(.done(lie))
  }

  // MARK: - Customers

  private func customerAnswer(
    _ request: ParticipantRequest, _ number: Int
  ) async -> PartyAnswer {
    switch request {
    case .requestDelivery(let query):
      guard buyers[number].cheat != .griefing else {
        note(.griefing)
        return PartyAnswer(nil)
      }
      guard let purchase = purchase(query.id.process, of: number) else { return PartyAnswer(nil) }
      var outcome = await purchase.wallet.requestDelivery(query)
      if buyers[number].cheat == .falseClaim, let other = await foreign(query, purchase) {
        note(.customerFalseClaim)
        outcome = .done(other)
      }
      let reply = ParticipantReply.requested(outcome)
      guard buyers[number].cheat == .late,
        let lateness = Lateness.drawReal(for: request, reply, from: &customerEntropy)
      else { return PartyAnswer(reply) }
      note(.customerLateness)
      return PartyAnswer(reply, lateness: lateness)
    case .notify(let notice):
      guard let purchase = purchase(notice.id.process, of: number) else { return PartyAnswer(nil) }
      let told = await purchase.wallet.notify(notice)
      if case .done = told { end(notice.id.process, of: number) }
      return PartyAnswer(.notified(told))
    default: return PartyAnswer(nil)
    }
  }

  /// A request for delivery in another process.
  private func foreign(
    _ query: DeliveryQuery, _ purchase: RealPurchase
  ) async -> Signed<DeliveryRequest>? {
    guard let row = try? await purchase.wallet.purchase(purchase.process),
      let signer = try? purchase.wallet.wallet.orderSigner(row.orderNumber),
      let nonce = Nonce(Bytes(SHA256.digest(purchase.process.bytes).bytes.prefix(16)))
    else { return nil }
    let acceptances = query.acceptances.compactMap { (try? UnverifiedStatement($0.bytes))?.id }
    let other: ProcessID = SHA256.digest(purchase.process.bytes).renamed()
    return signer.sign(
      DeliveryRequest(process: other, acceptances: acceptances.sorted()), nonce: nonce)
  }
}
