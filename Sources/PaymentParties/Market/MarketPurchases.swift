// A purchase from the order on record to the receipt.

public import Coordinator
import ECash
public import Evidence
import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

/// A purchase that has its verdict.
public struct ConcludedPurchase: Sendable {
  public let process: ProcessID
  public let decision: PaymentModel.Decision
  /// Whether everybody has carried out the verdict. Otherwise some of it is still pending in the receipt.
  public let isSettled: Bool
  public let receipt: Receipt
  /// What the receipt proves.
  public let report: ReceiptReport
  /// The proof that coins had been spent before, when that is why it was refused; verified.
  public let doubleSpend: Verified<DoubleSpend>?
}

extension Market {
  /// Withdraws coins for the wallet from its account at the bank. The keyset must be signed and logged.
  ///
  /// - Returns: the values of the new coins, in minor units.
  /// - Throws: `payment`.
  public func withdraw(
    _ amount: Amount, from account: AccountName
  ) async throws(PartyError) -> [UInt64] {
    let keyset = try await keyset()
    do {
      return try await customer.wallet.withdraw(amount, from: account, under: keyset, at: bank)
    } catch {
      throw PartyError(.payment, error.message)
    }
  }

  /// Verifies an offer, and checks its container against it, where it has one.
  ///
  /// - Throws: `offer` with the first that is not what it says.
  public func inspect(_ good: LockedGood) throws(PartyError) -> Verified<Offer> {
    let offer = try customer.inspect(good.offer)
    guard let container = offer.claim.container else { return offer }
    do {
      try Container.check(
        FileSource(path: good.container), chunkList: FileSource(path: good.chunkList),
        against: container)
    } catch {
      throw PartyError(.offer, "\(good.container): \(error.message)")
    }
    return offer
  }

  /// Draws up an order over these offers, for this market's coordinator.
  ///
  /// - Parameter largestFee: the most that the coordinator is paid, in smallest units; without a limit, what its terms
  ///   ask.
  /// - Throws: `order`, `fee`.
  public func plan(
    _ selections: [Selection], decideWithinSeconds: Int64? = nil,
    paying methods: [PartyName: PaymentMethod] = [:], feeAtMost largestFee: UInt64? = nil
  ) async throws(PartyError) -> PurchasePlan {
    try await customer.plan(
      selections, coordinator: coordinator.key, template: coordinator.template,
      decideWithinSeconds: decideWithinSeconds, paying: methods, under: try await keysets(),
      charged: try terms(), feeAtMost: largestFee, preferring: bank.name)
  }

  /// Goes on with all processes that an earlier run left open.
  public func recover() async -> RecoveryReport {
    await coordinator.engine.recover()
  }

  /// Sends all withdrawals again that an earlier run left in flight. One that is still not answered stays
  /// in flight.
  ///
  /// - Returns: the values of the coins that came, in minor units.
  /// - Throws: `payment`, at the end, with the first that did not come.
  @discardableResult
  public func resumeWithdrawals() async throws(PartyError) -> [UInt64] {
    do {
      return try await customer.wallet.resumeWithdrawals(from: bank.name, at: bank)
    } catch {
      throw PartyError(.payment, error.message)
    }
  }

  /// Hands in a purchase that is on record, waits for its verdict, settles the wallet, and keeps the
  /// receipt. A purchase that was handed in before goes on where it was; one that has ended gets a receipt
  /// with all that has come since. Of one that the customer has withdrawn, that is handed in instead.
  ///
  /// - Parameters:
  ///   - customer: whose purchase it is; this market's own customer unless said otherwise.
  ///   - settlementSeconds: how long to wait, after the verdict, for everybody to carry it out. Whoever is
  ///     silent then must not keep the receipt from the customer.
  /// - Throws: `submission` when the coordinator does not take it, `cancellation` when it does not take that it is
  ///   withdrawn, and `undecided` when that may change; `purchase`, `receipt`; `home` for kept terms of the coordinator that nobody has signed.
  public func conclude(
    _ process: ProcessID, for customer: Customer? = nil, settlementSeconds: Int64 = 10
  ) async throws(PartyError) -> ConcludedPurchase {
    let customer = customer ?? self.customer
    let verdict = try await verdict(of: process, for: customer)
    let decision = try await customer.conclude(process, with: verdict)
    let isSettled = await isSettled(process, withinSeconds: settlementSeconds)
    let proof = await doubleSpendProof(of: process, for: customer)
    if let proof {
      do {
        _ = try await customer.wallet.discard(proof)
      } catch {
        throw PartyError(.purchase, error.message)
      }
    }
    try await logStatements()
    let submission = try await customer.submission(of: process)
    let receipt = try await coordinator.receipt(
      of: process,
      adding: submission.offers.map(\.bytes) + (proof.map { [$0.signed.bytes] } ?? []),
      parts: submission.parts)
    do {
      try await customer.wallet.keep(receipt: receipt.bytes, of: process)
    } catch {
      throw PartyError(.receipt, error.message)
    }
    return ConcludedPurchase(
      process: process, decision: decision, isSettled: isSettled, receipt: receipt,
      report: ReceiptVerification(trust).verify(receipt), doubleSpend: proof)
  }

  /// Opens what a committed purchase bought.
  ///
  /// - Parameter customer: whose purchase it is; this market's own customer unless said otherwise.
  /// - Throws: `purchase`.
  public func open(
    _ process: ProcessID, for customer: Customer? = nil
  ) async throws(PartyError) -> [BoughtGood] {
    guard let bundle = try await keyBundle(of: process) else {
      throw PartyError(.purchase, "the log has no keys of this purchase")
    }
    return try await (customer ?? self.customer).open(
      process, with: bundle, goods: LockedGood.all(in: home.locked), into: home)
  }

  /// The sealed keys of a committed purchase, as the log serves them; `nil` when it has none.
  ///
  /// - Throws: `purchase` when the log does not answer.
  public func keyBundle(
    of process: ProcessID
  ) async throws(PartyError) -> Sealed<SealedContent.KeyBundle>? {
    do throws(ReceiptsError) {
      return try await log.bundle(of: process)
    } catch {
      throw PartyError(.purchase, "the log does not answer: \(error.message)")
    }
  }

  /// The verdict of a purchase, for which its order, or that she has withdrawn it, is handed in.
  func verdict(
    of process: ProcessID, for customer: Customer
  ) async throws(PartyError) -> LoggedVerdict {
    let submission = try await customer.submission(of: process)
    if let cancellation = try await customer.purchase(process).cancellation {
      return try await verdict(of: process, withdrawn: submission.order, by: Signed(cancellation))
    }
    try readTerms()
    do {
      _ = try await coordinator.engine.submit(submission)
    } catch {
      return try await verdict(of: process, notTaken: submission, because: error)
    }
    return try await verdict(of: process)
  }

  /// Waits for a verdict that will come.
  func verdict(of process: ProcessID) async throws(PartyError) -> LoggedVerdict {
    do {
      return try await coordinator.engine.verdict(of: process).verdict
    } catch {
      throw PartyError(.undecided, error.message)
    }
  }

  /// Waits for a while for everybody to carry out the verdict.
  private func isSettled(
    _ process: ProcessID, withinSeconds seconds: Int64
  ) async -> Bool {
    let until = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < until {
      guard let state = try? await coordinator.engine.state(of: process) else { return false }
      if state.hasEnded { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  /// An order that is not taken may have been taken earlier; one that never was is aborted once its time
  /// has passed.
  private func verdict(
    of process: ProcessID, notTaken submission: PurchaseSubmission, because reason: CoordinatorError
  ) async throws(PartyError) -> LoggedVerdict {
    do {
      do throws(CoordinatorError) {
        return try await coordinator.engine.verdict(of: process).verdict
      } catch  where error.code == .waitCancelled {
        throw PartyError(.undecided, error.message)
      } catch {}
      let order = try trust.verifyOrder(submission.order).claim
      let answer = try await coordinator.engine.verdictOrAbort(
        for: submission.order, oneTimeKey: order.oneTimeKey)
      if case .decided(let verdict) = answer { return verdict }
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.submission, "\(error)")
    }
    throw PartyError(.submission, reason.message)
  }

  /// The double-spend proof behind a refusal, opened with the order's one-time identity; `nil` when there
  /// is none that verifies. The signed refusal stands in the receipt either way.
  private func doubleSpendProof(
    of process: ProcessID, for customer: Customer
  ) async -> Verified<DoubleSpend>? {
    guard let file = try? await coordinator.engine.file(of: process),
      let row = try? await customer.purchase(process),
      let identity = try? customer.wallet.orderIdentity(row.orderNumber)
    else { return nil }
    let now = customer.clock.now()
    for refusal in file.refusals where refusal.reason == .doubleSpend {
      guard let signed = refusal.exhibit?.signed,
        let refused = try? trust.verify(signed, at: now), let digest = refused.claim.details,
        let bank = bank(refused.issuer.party),
        let sealed = await bank.refusalDetails(of: process),
        let details = try? RefusalDetails(opening: sealed, with: identity, digest: digest),
        let proof = try? trust.verify(details.proof, by: bank.name, at: now),
        (try? proof.claim.check(with: customer.verdicts)) != nil
      else { continue }
      return proof
    }
    return nil
  }
}
