// A customer: a wallet, offers from several merchants, one order over all of them.
//
//   offers ──inspect──▶ Selection ──plan──▶ PurchasePlan ──place──▶ purchase on record, coins locked
//                                                                        │ submit, answer, conclude
//                                                                        ▼
//                                                          committed: keys │ aborted: coins free

public import ECash
public import Evidence
import Goods
import Coordinator
import PaymentCrypto
public import PaymentModel

/// A customer's side of purchases, on the wallet's durable state.
public final class Customer: Sendable {
  /// How much time the coordinator gets beyond the merchants' limits, in seconds.
  static let slackSeconds: Int64 = 60

  public let wallet: Wallet
  public let trust: TrustStore
  let verdicts: any VerdictReader
  let clock: any WallClock
  let makeEntropy: @Sendable () -> any Entropy & Sendable

  public convenience init(
    wallet: Wallet, trust: TrustStore, verdicts: any VerdictReader, clock: any WallClock
  ) {
    self.init(
      wallet: wallet, trust: trust, verdicts: verdicts, clock: clock,
      makeEntropy: { SystemEntropy() })
  }

  /// A customer who draws her randomness elsewhere.
  package init(
    wallet: Wallet, trust: TrustStore, verdicts: any VerdictReader, clock: any WallClock,
    makeEntropy: @escaping @Sendable () -> any Entropy & Sendable
  ) {
    self.wallet = wallet
    self.trust = trust
    self.verdicts = verdicts
    self.clock = clock
    self.makeEntropy = makeEntropy
  }

  // MARK: - Offers

  /// Verifies an offer: the merchant's signature, its form and its terms, now.
  ///
  /// - Throws: `offer`.
  public func inspect(_ offer: Signed<Offer>) throws(PartyError) -> Verified<Offer> {
    do {
      let verified = try trust.verify(offer, at: clock.now())
      try OfferRules.check(verified.claim, at: clock.now())
      return verified
    } catch {
      throw PartyError(.offer, "\(error)")
    }
  }

  /// Verifies a coordinator's terms: its signature with the key that orders name, their form, and that they hold now.
  /// They may begin `Terms.graceSeconds` from now: her clock may be behind the coordinator's.
  ///
  /// - Throws: `fee`.
  public func inspect(
    _ terms: Signed<Terms>, of coordinator: Thumbprint
  ) throws(PartyError) -> Verified<Terms> {
    let verified: Verified<Terms>
    do {
      verified = try trust.verify(terms, at: clock.now())
    } catch {
      throw PartyError(.fee, error.message)
    }
    guard verified.issuer.key == coordinator else {
      throw PartyError(.fee, "the terms are another coordinator's")
    }
    let now = clock.now()
    guard verified.claim.validFrom <= now.adding(seconds: Terms.graceSeconds),
      now < verified.claim.validUntil
    else {
      throw PartyError(.fee, "the coordinator's terms do not hold now")
    }
    return verified
  }

  // MARK: - Ordering

  /// Draws up an order over several offers: all or nothing.
  ///
  /// One payment for each bank. A payee is paid in a way that all its offers accept: through a bank that was
  /// chosen, otherwise with coins of the usual bank, otherwise of the one that keeps the account, otherwise of
  /// another one.
  ///
  /// - Parameters:
  ///   - coordinator: whom the order lets decide; all offers must allow it.
  ///   - template: the digest of the template from which the process is generated.
  ///   - decideWithinSeconds: until when it must be decided; without one, the offers' limits and a minute.
  ///   - methods: by which method each of these banks is to pay; the others pay with coins.
  ///   - keysets: the present ones of the banks; what they keep of a transfer is put into the order. A bank that
  ///     is not named is taken to keep nothing, and refuses otherwise.
  ///   - terms: what the coordinator charges; nothing unless said otherwise.
  ///   - largestFee: the most that she pays it, in smallest units of whatever currency it is charged in; without a
  ///     limit, what the terms ask.
  ///   - usual: the bank where she keeps her coins.
  ///   - mask: a commitment to an identity, which `MaskOpening` can open later; without one, the order's mask
  ///     is random and nobody can.
  /// - Throws: `order` when the offers cannot be bought together; `fee` when the coordinator's fee is above the limit,
  ///   or cannot be paid as they are.
  public func plan(
    _ selections: [Selection], coordinator: Thumbprint, template: Digest,
    decideWithinSeconds: Int64? = nil, paying methods: [PartyName: PaymentMethod] = [:],
    under keysets: [AcceptedKeyset] = [], charged terms: Verified<Terms>? = nil,
    feeAtMost largestFee: UInt64? = nil, preferring usual: PartyName? = nil, mask: Digest? = nil
  ) async throws(PartyError) -> PurchasePlan {
    let items: [ItemPart]
    var payments: [PaymentPart]
    (items, payments) = try Self.parts(
      for: selections, coordinator: coordinator, paying: methods, under: keysets,
      preferring: usual)
    var fee: FeePart?
    if let terms {
      (payments, fee) = try PaymentRouting.payments(
        payments, charged: terms, besides: selections.map(\.offer.claim.payee))
      if let fee, let largestFee, fee.amount.minor > largestFee {
        throw PartyError(.fee, "the coordinator charges \(fee.amount), above the limit")
      }
    }
    let parts =
      items.map { OrderPart.item($0) } + payments.map { OrderPart.payment($0) }
      + (fee.map { [OrderPart.fee($0)] } ?? [])
    let now = clock.now()
    let decideBy = now.adding(seconds: decideWithinSeconds ?? Self.usualSeconds(for: selections))
    let number = await wallet.nextOrderNumber()
    var entropy = makeEntropy()
    do {
      let commitment = try OrderCommitment(parts, entropy: &entropy)
      let key = try wallet.orderSigner(number).publicKey
      let recipient = try wallet.orderIdentity(number).recipient
      guard let oneTimeKey = SigningKeyValue(key.bytes),
        let oneTimeRecipient = RecipientValue(recipient.bytes),
        let randomMask = Digest(entropy.bytes(Digest.byteCount))
      else { throw PartyError(.order, "the one-time keys are unusable") }
      return PurchasePlan(
        order: Order(
          oneTimeKey: oneTimeKey, recipient: oneTimeRecipient, root: commitment.root,
          entryCount: commitment.entryCount, coordinator: coordinator, template: template,
          decideBy: decideBy, mask: mask ?? randomMask),
        parts: commitment.parts, selections: selections, terms: fee == nil ? nil : terms,
        orderNumber: number,
        nonce: Nonce(from: &entropy))
    } catch {
      throw PartyError(.order, "\(error)")
    }
  }

  /// Signs a plan, locks the coins and puts the purchase on record, all at once. From here on the same bytes
  /// are sent.
  ///
  /// - Parameter means: what pays the parts that are not paid with coins, by bank.
  /// - Throws: `payment` when the wallet cannot pay the amounts exactly, or means are missing.
  public func place(
    _ plan: PurchasePlan, with means: [PartyName: any PaymentMeans] = [:]
  ) async throws(PartyError) -> ProcessID {
    let payments = try plan.payments()
    do {
      let signed = try wallet.orderSigner(plan.orderNumber).sign(plan.order, nonce: plan.nonce)
      let process: ProcessID = try UnverifiedStatement(signed.bytes).id.renamed()
      let offers = plan.selections.map(\.offer.signed)
      let parts = plan.parts
      let terms = plan.terms?.signed
      _ = try await wallet.pay(
        PayableOrder(order: signed, number: plan.orderNumber, payments: payments),
        with: means
      ) { instruments in
        PurchaseSubmission(
          order: signed, parts: parts, offers: offers, instruments: instruments, terms: terms
        ).encoded
      }
      return process
    } catch let error as ECashError {
      throw PartyError(.payment, error.message)
    } catch {
      throw PartyError(.order, "\(error)")
    }
  }

  /// What was put on record for the coordinator: always the same bytes.
  ///
  /// - Throws: `purchase` for one that this wallet did not make.
  public func submission(of process: ProcessID) async throws(PartyError) -> PurchaseSubmission {
    let row = try await purchase(process)
    guard let submission = try? PurchaseSubmission(encoded: row.submission) else {
      throw PartyError(.purchase, "the purchase on record is unreadable")
    }
    return submission
  }

  /// A purchase on record.
  ///
  /// - Throws: `purchase` for one that this wallet did not make.
  public func purchase(_ process: ProcessID) async throws(PartyError) -> PurchaseRow {
    guard let row = await wallet.purchase(process) else {
      throw PartyError(.purchase, "no such purchase")
    }
    return row
  }

  /// Ends a purchase by its verdict: coins are spent, or free again.
  ///
  /// - Returns: what was decided.
  /// - Throws: `purchase` when the verdict does not verify or another one ended it.
  @discardableResult
  public func conclude(
    _ process: ProcessID, with verdict: LoggedVerdict
  ) async throws(PartyError) -> PaymentModel.Decision {
    let row = try await purchase(process)
    do {
      try await wallet.conclude(process, with: verdict)
      return try verdicts.read(verdict, of: process, by: row.coordinator).claim.decision
    } catch let error as ECashError {
      throw PartyError(.purchase, error.message)
    } catch {
      throw PartyError(.purchase, "\(error)")
    }
  }

  // MARK: - Parts

  private static func usualSeconds(for selections: [Selection]) -> Int64 {
    let hold = selections.map(\.offer.claim.holdLimitSeconds).max() ?? 0
    let delivery = selections.map(\.offer.claim.deliveryLimitSeconds).max() ?? 0
    return Int64(hold + delivery) + slackSeconds
  }

  /// An item for each offer, a payment for each bank.
  private static func parts(
    for selections: [Selection], coordinator: Thumbprint,
    paying methods: [PartyName: PaymentMethod], under keysets: [AcceptedKeyset],
    preferring usual: PartyName?
  ) throws(PartyError) -> (items: [ItemPart], payments: [PaymentPart]) {
    guard !selections.isEmpty else { throw PartyError(.order, "an order needs an offer") }
    guard Set(selections.map(\.offer.id)).count == selections.count else {
      throw PartyError(.order, "an offer stands in the order twice")
    }
    for (index, selection) in selections.enumerated() {
      guard let stock = selection.offer.claim.stock else { continue }
      let merchant = selection.offer.stated.issuer.party
      let isShared = selections[..<index].contains {
        $0.offer.stated.issuer.party == merchant
          && $0.offer.claim.stock.map { Bytes($0.utf8) } == Bytes(stock.utf8)
      }
      guard !isShared else {
        throw PartyError(
          .order, "two offers of \(merchant) draw on one stock: order a quantity of one of them")
      }
    }
    for selection in selections {
      let offer = selection.offer.claim
      guard offer.coordinators.contains(coordinator) else {
        throw PartyError(.order, "'\(offer.title)' does not allow this coordinator")
      }
      guard (1...offer.maximumQuantity).contains(selection.quantity) else {
        throw PartyError(
          .order, "'\(offer.title)' is sold 1 to \(offer.maximumQuantity) at a time")
      }
    }
    let payments = try PaymentRouting.payments(
      for: selections, by: methods, under: keysets, preferring: usual)
    return (
      selections.map { ItemPart(offer: $0.offer.id, quantity: $0.quantity) }, payments
    )
  }
}
