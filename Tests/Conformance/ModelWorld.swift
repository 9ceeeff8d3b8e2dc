// A whole world of model participants, with orders to try on it.

public import Coordinator
public import PaymentModel
import Synchronization

/// One coordinator, two banks, three merchants, and a customer for each order.
public final class ModelWorld: Participants {
  public static let coordinatorName = name("coordinator.example")
  /// A coordinator that no order names.
  public static let foreignCoordinatorName = name("other-coordinator.example")
  public static let bankNames = [name("bank-a.example"), name("bank-b.example")]
  public static let merchantNames = [
    name("merchant-a.example"), name("merchant-b.example"), name("merchant-c.example"),
  ]

  public let evidence = ModelEvidence()
  public let clock: ModelClock
  public let log: ModelLog
  public let banks: [ModelBank]
  public let merchants: [ModelMerchant]
  public let notary: ModelNotary
  private let customers = Mutex<[ProcessID: ModelCustomer]>([:])
  private let entropy: Mutex<ModelEntropy>

  public init(seed: UInt64 = 1) {
    let clock = ModelClock(at: Timestamp(seconds: 1_800_000_000))
    let evidence = self.evidence
    self.clock = clock
    log = ModelLog(clock: clock)
    banks = Self.bankNames.map {
      ModelBank(
        name: $0, evidence: evidence, coordinator: Self.coordinatorName, clock: clock)
    }
    merchants = Self.merchantNames.map {
      ModelMerchant(
        name: $0, evidence: evidence, coordinator: Self.coordinatorName, clock: clock)
    }
    notary = ModelNotary(evidence: evidence, coordinator: Self.coordinatorName)
    entropy = Mutex(ModelEntropy(seed: seed))
  }

  public func bank(_ name: PartyName) -> (any PaymentAgent)? {
    banks.first { $0.name == name }
  }

  public func merchant(_ name: PartyName) -> (any MerchantAgent)? {
    merchants.first { $0.name == name }
  }

  public func customer(of process: ProcessID) -> (any CustomerAgent)? {
    modelCustomer(of: process)
  }

  public func modelCustomer(of process: ProcessID) -> ModelCustomer? {
    customers.withLock { $0[process] }
  }

  public func draw<Value>(_ body: (inout ModelEntropy) -> Value) -> Value {
    entropy.withLock { body(&$0) }
  }

  /// An order over one good of each of the given merchants, paid in equal parts by the given banks; without
  /// banks the goods are free.
  ///
  /// - coins: by bank; fresh ones otherwise.
  /// - quantity: so many pieces of each good.
  /// - transferFee: what the banks keep of each transfer.
  /// - hasContainers: otherwise they are payments without goods.
  /// - template: the standard one, unless said otherwise.
  /// - coordinator: the key that the order names; the coordinator's own otherwise.
  public func order(
    goods: [Int], banks bankNumbers: [Int] = [0], coins: [Int]? = nil, stock: String? = nil,
    quantity: Int = 1, isIndividual: Bool = false, hasContainers: Bool = true,
    transferFee: UInt64 = 0,
    template: ProcessTemplate = .standard, holdLimitSeconds: Int = 120,
    deliveryLimitSeconds: Int = 60, decideBySeconds: Int64 = 600, coordinator: Thumbprint? = nil
  ) -> PurchaseSubmission {
    let signedOffers = goods.map { number in
      merchants[number].offer(
        offer(
          of: number, banks: bankNumbers, stock: stock, isIndividual: isIndividual,
          hasContainer: hasContainers, holdLimitSeconds: holdLimitSeconds,
          deliveryLimitSeconds: deliveryLimitSeconds))
    }
    var parts: [CommittedPart] = []
    for signed in signedOffers {
      let id = ModelEvidence.digest(signed.bytes)
      parts.append(
        commit(.item(ItemPart(offer: id.renamed(), quantity: quantity)), index: parts.count))
    }
    for bank in bankNumbers {
      let payees = Array(Set(goods)).sorted().map { merchant in
        Payout(
          payee: payee(of: merchant, bank: bankNumbers[0]),
          amount: amount(
            UInt64(
              100 * quantity * goods.filter { $0 == merchant }.count / bankNumbers.count)))
      }
      let total = amount(payees.reduce(0) { $0 + $1.amount.minor })
      parts.append(
        commit(
          .payment(
            PaymentPart(
              bank: Self.bankNames[bank], method: .ecash, total: total, payouts: payees,
              transferFee: transferFee)),
          index: parts.count))
    }
    let key = SigningKeyValue(draw { $0.bytes(32) })
    let recipient = RecipientValue(draw { $0.bytes(32) })
    let order = Order(
      oneTimeKey: key ?? zero(), recipient: recipient ?? zero(),
      root: Digest(draw { $0.bytes(32) }) ?? zero(), entryCount: 64,
      coordinator: coordinator ?? ModelEvidence.key(of: .party(Self.coordinatorName)),
      template: ModelEvidence.digest(template.json),
      decideBy: clock.now().adding(seconds: decideBySeconds),
      mask: Digest(draw { $0.bytes(32) }) ?? zero())
    let signed = evidence.sign(
      order, by: .oneTime(order.oneTimeKey), nonce: draw { Nonce(from: &$0) })
    let process: ProcessID = ModelEvidence.digest(signed.bytes).renamed()
    let customer = ModelCustomer(oneTimeKey: order.oneTimeKey, evidence: evidence, clock: clock)
    customers.withLock { $0[process] = customer }
    let instruments = bankNumbers.indices.map { index in
      ModelBank.instrument(coin: coins?[index] ?? draw { $0.below(1 << 40) })
    }
    return PurchaseSubmission(
      order: signed, parts: parts, offers: signedOffers, instruments: instruments)
  }

  public static func process(of submission: PurchaseSubmission) -> ProcessID {
    ModelEvidence.digest(submission.order.bytes).renamed()
  }

  /// Where a merchant is paid.
  public func payee(of merchant: Int, bank: Int = 0) -> Payee {
    Payee(bank: Self.bankNames[bank], account: accounts[merchant])
  }

  /// A logged verdict that some coordinator gave, for talking to participants directly.
  public func verdict(
    _ decision: PaymentModel.Decision, of process: ProcessID,
    by coordinator: PartyName = ModelWorld.coordinatorName
  ) async -> LoggedVerdict {
    let verdict = Verdict(
      process: process, decision: decision, decidedAt: clock.now(),
      evidence: ModelEvidence.digest([]))
    return LoggedVerdict(
      verdict: evidence.sign(
        verdict, by: .party(coordinator), nonce: draw { Nonce(from: &$0) }),
      proof: ModelLog.proof)
  }

  private let accounts = ["account-a", "account-b", "account-c"].map(account)

  private func commit(_ part: OrderPart, index: Int) -> CommittedPart {
    evidence.commit(part, index: index, salt: draw { Salt(from: &$0) })
  }

  private func offer(
    of merchant: Int, banks: [Int], stock: String?, isIndividual: Bool, hasContainer: Bool,
    holdLimitSeconds: Int, deliveryLimitSeconds: Int
  ) -> Offer {
    let number = draw { $0.next() }
    let recipient = RecipientValue(draw { $0.bytes(32) }) ?? zero()
    return Offer(
      title: "good \(number)", description: "", fileName: "good", mediaType: "text/plain",
      container: hasContainer
        ? ContainerCommitment(
          recipient: recipient, header: [], payloadNonce: Bytes(repeating: 0, count: 16),
          ciphertextLength: 100, chunkCount: 1, goodsRoot: zero(), plaintextLength: 10) : nil,
      mode: stock != nil || isIndividual ? .individual : .catalogue, stock: stock,
      price: price(net: amount(banks.isEmpty ? 0 : 100), tax: amount(0)), maximumQuantity: 10,
      payee: payee(of: merchant, bank: banks.first ?? 0),
      accepts: (banks.isEmpty ? [0] : banks).map {
        AcceptedPayment(bank: Self.bankNames[$0], method: .ecash)
      },
      coordinators: [ModelEvidence.key(of: .party(Self.coordinatorName))],
      holdLimitSeconds: holdLimitSeconds, deliveryLimitSeconds: deliveryLimitSeconds,
      expiresAt: clock.now().adding(seconds: 86_400),
      retainedUntil: clock.now().adding(seconds: 864_000))
  }
}

// Values that are right by construction.

private func name(_ text: String) -> PartyName { PartyName(text) ?? .customer }

private func account(_ text: String) -> AccountName {
  guard let name = AccountName(text) else { fatalError("no account name: \(text)") }
  return name
}

private func zero<S>() -> Identifier<S> {
  guard let zero = Identifier<S>(Bytes(repeating: 0, count: 32)) else { fatalError("32 bytes") }
  return zero
}

private func amount(_ minor: UInt64) -> Amount {
  guard let currency = Currency("EUR"), let amount = try? Amount(minor: minor, currency: currency)
  else { fatalError("no amount: \(minor)") }
  return amount
}

private func price(net: Amount, tax: Amount) -> Price {
  guard let price = try? Price(net: net, tax: tax) else { fatalError("no price") }
  return price
}
