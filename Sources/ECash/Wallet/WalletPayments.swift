// Payments: coins are chosen, locked, and sign one process; a verdict ends it.
//
//   free ──pay──▶ locked(process) ──commit──▶ spent
//     ▲ │              │ │                     ▲
//     └─┼─abort, shown─┘ │                     │
//       └────────────────┴──double-spend proof─┘

public import Evidence
import PaymentCrypto
public import PaymentModel

/// An order that is signed and can be paid.
public struct PayableOrder: Sendable {
  public let order: Signed<Order>
  /// The number of the one-time keys that signed it.
  public let number: UInt64
  /// The parts that banks pay, each with what ties it to the order.
  public let payments: [CommittedPart]

  public init(order: Signed<Order>, number: UInt64, payments: [CommittedPart]) {
    self.order = order
    self.number = number
    self.payments = payments
  }
}

extension Wallet {
  /// Pays an order: chooses coins that add up exactly, locks them, and puts what is submitted on record,
  /// in one transaction. For an order that was paid before, what is on record is returned.
  ///
  /// - Parameters:
  ///   - means: what pays the parts that are not paid with coins, by bank.
  ///   - submission: puts together what is sent to the coordinator, from one sealed blob for each
  ///     payment part, in their order. It must be a function.
  /// - Returns: what to send, as it is on record.
  /// - Throws: `orderInvalid` when the order does not verify, is not of that number, or a part does not hang
  ///   below it; `recipientUnknown`; `meansMissing`; `notPayable`.
  public func pay(
    _ payable: PayableOrder, with means: [PartyName: any PaymentMeans] = [:],
    submission: @escaping @Sendable ([Sealed<SealedContent.Instrument>]) -> Bytes
  ) async throws(ECashError) -> Bytes {
    let order = try verify(payable)
    let process: ProcessID = order.id.renamed()
    let payments = try payable.payments.map { part throws(ECashError) in
      try payment(part, under: order.claim, with: means)
    }
    let now = clock.now()
    let entropy = makeEntropy()
    return try await store.transact { rows throws(ECashError) in
      if let row = rows.purchase(process) { return row.submission }
      var entropy = entropy
      var blobs: [Sealed<SealedContent.Instrument>] = []
      for payment in payments {
        let binding = InstrumentBinding(
          process: process, part: payment.digest, total: payment.content.total)
        let coins = try payment.coins.map { amount throws(ECashError) in
          try self.lock(amount, of: payment, for: process, at: now, in: &rows)
        }
        blobs.append(
          binding.sealed(to: payment.recipient, from: &entropy) { writer in
            if let coins { UsedCoin.write(coins, to: &writer) }
            payment.means?.write(for: binding, to: &writer)
          })
      }
      let row = PurchaseRow(
        process: process, orderNumber: payable.number, coordinator: order.claim.coordinator,
        decideBy: order.claim.decideBy, madeAt: now, submission: submission(blobs))
      rows.put(row)
      return row.submission
    }
  }

  /// Ends a purchase by its logged verdict: after a commit its coins are spent, after an abort they are
  /// free again. The same verdict again changes nothing.
  ///
  /// - Throws: `purchaseUnknown`; `verdictInvalid`; `purchaseEnded` when another verdict ended it.
  public func conclude(
    _ process: ProcessID, with verdict: LoggedVerdict
  ) async throws(ECashError) {
    guard let purchase = await purchase(process) else {
      throw ECashError(.purchaseUnknown, "no such purchase")
    }
    let stated: Stated<Verdict>
    do {
      stated = try verdicts.read(verdict, of: process, by: purchase.coordinator)
    } catch {
      throw ECashError(.verdictInvalid, "the verdict does not verify: \(error.message)")
    }
    let isCommit = stated.claim.decision.isCommit
    try await store.transact { rows throws(ECashError) in
      guard var row = rows.purchase(process) else {
        throw ECashError(.purchaseUnknown, "no such purchase")
      }
      let end: PurchaseRow.State = isCommit ? .committed : .aborted
      guard row.state == .undecided else {
        guard row.state == end else {
          throw ECashError(.purchaseEnded, "another verdict has ended the purchase")
        }
        return
      }
      row.state = end
      row.verdict = verdict
      rows.put(row)
      for var coin in rows.coins(lockedBy: process) {
        coin.state = isCommit ? .spent : .free
        coin.isShown = true
        if !isCommit { coin.process = nil }
        rows.put(coin)
      }
    }
  }

  /// Gives up a coin that a bank has proven to be spent, so that no payment is refused for it again. Only
  /// the coin can have signed both uses, and one was committed: which came first does not matter here.
  ///
  /// - Returns: whether a coin of this wallet was given up. `false` when it has no such coin, or it counts as
  ///   spent already.
  /// - Throws: `proofInvalid` when the proof does not hold or is not about a coin at the bank that signed it.
  public func discard(_ proof: Verified<DoubleSpend>) async throws(ECashError) -> Bool {
    let claim = proof.claim
    let bank = proof.issuer.party
    guard claim.first.bank == bank else {
      throw ECashError(.proofInvalid, "the proof is about a coin of another bank")
    }
    try claim.check(with: verdicts)
    return try await store.transact { rows throws(ECashError) in
      for var coin in rows.coins(at: bank, in: .free) + rows.coins(at: bank, in: .locked) {
        guard try self.seed.coin(coin.key, at: bank).publicKey.coinID == claim.coin else {
          continue
        }
        coin.state = .spent
        coin.process = claim.first.process
        coin.isShown = true
        rows.put(coin)
        return true
      }
      return false
    }
  }

  // MARK: - Checks

  private struct Payment: Sendable {
    let content: PaymentPart
    /// SHA-256 of the part's canonical JSON.
    let digest: Digest
    let recipient: Age.Recipient
    /// `nil` for coins of the wallet alone.
    let means: (any PaymentMeans)?
    /// How much coins pay; `nil` for nothing.
    let coins: Amount?
  }

  private func verify(_ payable: PayableOrder) throws(ECashError) -> Verified<Order> {
    let key = try orderSigner(payable.number).publicKey
    guard let order = try? trust.verifyOrder(payable.order), order.key == key else {
      throw ECashError(.orderInvalid, "the order is not signed with the keys of its number")
    }
    return order
  }

  private func payment(
    _ part: CommittedPart, under order: Order, with means: [PartyName: any PaymentMeans]
  ) throws(ECashError) -> Payment {
    guard case .payment(let content)? = try? part.verify(against: order) else {
      throw ECashError(.orderInvalid, "a payment part does not belong to the order")
    }
    let chosen = content.method == .ecash ? nil : means[content.bank]
    guard content.method == .ecash || chosen?.method == content.method else {
      throw ECashError(
        .meansMissing, "nothing is given to pay \(content.bank) by \(content.method.rawValue)")
    }
    let coins = chosen == nil ? content.total : chosen?.coins
    if chosen != nil, let coins {
      guard let rest = try? content.total.subtracting(coins), !rest.isZero, !coins.isZero else {
        throw ECashError(.notPayable, "the coins are to pay nothing, or all there is to pay")
      }
    }
    guard let recipient = trust.recipient(of: content.bank, role: .bank) else {
      throw ECashError(.recipientUnknown, "the trust list does not say where to seal for the bank")
    }
    return Payment(
      content: content, digest: SHA256.digest(part.part), recipient: recipient, means: chosen,
      coins: coins)
  }

  // MARK: - Coins

  /// Chooses coins, locks them, and lets each sign its use.
  ///
  /// Coins that went to the bank beside something that names their owner never pay alone.
  private func lock(
    _ total: Amount, of payment: Payment, for process: ProcessID, at time: Timestamp,
    in rows: inout any WalletRows
  ) throws(ECashError) -> [UsedCoin] {
    let bank = payment.content.bank
    let isNamed = payment.means != nil
    let coins = rows.spendableCoins(at: bank, in: total.currency, after: time)
    let chosen = try CoinSelection.choose(
      total.minor, from: isNamed ? coins : coins.filter { !$0.isNamed })
    guard chosen.count <= PaymentInstrument.largestCoinCount else {
      throw ECashError(.tooManyCoins, "the payment takes more coins than one may have")
    }
    let purpose = CoinUse.message(in: process, at: bank)
    var used: [UsedCoin] = []
    for choice in chosen {
      guard var coin = rows.coin(choice.key) else {
        throw ECashError(.notPayable, "a coin is not in the wallet any more")
      }
      let key = try seed.coin(coin.key, at: bank)
      used.append(
        UsedCoin(
          denomination: coin.key.denomination, coin: key.publicKey.coinID,
          signature: coin.signature, use: key.sign(purpose)))
      coin.state = .locked
      if isNamed { coin.isNamed = true }
      coin.process = process
      rows.put(coin)
    }
    return used
  }
}
