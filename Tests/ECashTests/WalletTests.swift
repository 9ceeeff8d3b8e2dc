// A wallet: nothing lost in a crash, nothing used twice, everything out of the seed.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Synchronization
import Testing

@Suite struct WalletTests {
  private let alice = AccountName("alice")

  /// A wallet that holds so much in coins.
  private func funded(
    _ minor: UInt64, in world: CashWorld,
    store: MemoryStore<any WalletRows> = MemoryStore(MemoryWalletRows())
  ) async throws -> Wallet {
    let wallet = try await world.wallet("alice", holding: minor, in: store)
    try await wallet.withdraw(
      world.amount(minor), from: #require(alice), under: world.keyset, at: world.bank)
    return wallet
  }

  @Test func withdrawnCoinsPayAnyAmount() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(100, in: world)
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 100)
    for minor in [UInt64(37), 1, 62] {
      let made = try await world.order([("shop", minor)], by: wallet)
      #expect(try await world.pay(made, with: wallet).value != nil)
      let verdict = world.commit(made.order.process)
      #expect(await world.post(made.order, verdict).value != nil)
      try await wallet.conclude(made.order.process, with: verdict)
      try await world.checkBooks()
    }
    #expect(try await world.balance("shop") == 100)
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).isZero)
    #expect(await wallet.purchases(atMost: 9).map(\.state) == [.committed, .committed, .committed])
  }

  @Test func lockedCoinsAreNotSpentElsewhere() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(10, in: world)
    let first = try await world.order([("shop", 8)], by: wallet)
    #expect(try await world.pay(first, with: wallet).value != nil)
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 2)
    let second = try await world.order([("shop", 3)], by: wallet)
    await #expect(throws: ECashError(code: .notPayable)) {
      try await wallet.pay(second.payable) { $0[0].bytes }
    }
    #expect(await wallet.purchase(second.order.process) == nil, "nothing is half done")
  }

  @Test func payingAgainSendsTheSameBytes() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(10, in: world)
    let made = try await world.order([("shop", 4)], by: wallet)
    let first = try await wallet.pay(made.payable) { $0[0].bytes }
    #expect(try await wallet.pay(made.payable) { _ in [] } == first)
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 6)
  }

  @Test func abortGivesCoinsBackAndRemembersThatTheyWereShown() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let wallet = try await funded(10, in: world, store: store)
    let made = try await world.order([("shop", 10)], by: wallet)
    #expect(try await world.pay(made, with: wallet).value != nil)
    let verdict = world.abort(made.order.process)
    #expect(await world.void(made.order, verdict).value != nil)
    try await wallet.conclude(made.order.process, with: verdict)
    try await wallet.conclude(made.order.process, with: verdict)
    await #expect(throws: ECashError(code: .purchaseEnded)) {
      try await wallet.conclude(made.order.process, with: world.commit(made.order.process))
    }
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 10)
    let coins = await store.read { rows in rows.coins(at: world.bankName, in: .free) }
    #expect(coins.allSatisfy { $0.isShown && $0.process == nil })
    let next = try await world.order([("shop", 10)], by: wallet)
    #expect(try await world.pay(next, with: wallet).value != nil)
  }

  /// The bank has seen them with the name of their owner: what they paid alone would not be anonymous.
  @Test func coinsBesideACardNeverPayAlone() async throws {
    let world = try await CashWorld(hasAllMethods: true)
    _ = try await world.account("shop")
    let wallet = try await funded(10, in: world)
    let card = try await world.cards.issue(.credit(limit: 50))
    let means = CoinsAndCard(coins: try world.amount(6), card: card)
    func mixed() async throws -> WalletOrder {
      try await world.order([("shop", 20)], by: wallet, method: .coinsAndCard)
    }
    let first = try await mixed()
    #expect(try await world.pay(first, with: wallet, means: [world.bankName: means]).value != nil)
    let verdict = world.abort(first.order.process)
    #expect(await world.void(first.order, verdict).value != nil)
    try await wallet.conclude(first.order.process, with: verdict)

    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 10)
    let alone = await wallet.coinValues(at: world.bankName, in: world.currency)
    #expect(alone.reduce(0, +) == 4)
    let tooMuch = try await world.order([("shop", 5)], by: wallet)
    await #expect(throws: ECashError(code: .notPayable)) {
      try await wallet.pay(tooMuch.payable) { $0[0].bytes }
    }
    let rest = try await world.order([("shop", 4)], by: wallet)
    #expect(try await world.pay(rest, with: wallet).value != nil)
    let second = try await mixed()
    #expect(try await world.pay(second, with: wallet, means: [world.bankName: means]).value != nil)
  }

  @Test func onlyTheOrdersCoordinatorEndsAPurchase() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(4, in: world)
    let made = try await world.order([("shop", 4)], by: wallet)
    _ = try await world.pay(made, with: wallet)
    let process = made.order.process
    let wrong = [
      world.verdict(process, .abort(.timeout), by: world.otherCoordinator),
      world.abort(try world.order([("shop", 1)]).process),
      LoggedVerdict(verdict: world.abort(process).verdict, proof: []),
    ]
    for verdict in wrong {
      await #expect(throws: ECashError(code: .verdictInvalid)) {
        try await wallet.conclude(process, with: verdict)
      }
    }
    #expect(await wallet.purchase(process)?.state == .undecided)
    let unknown = try world.order([("shop", 1)]).process
    await #expect(throws: ECashError(code: .purchaseUnknown)) {
      try await wallet.conclude(unknown, with: world.abort(unknown))
    }
  }

  @Test func ordersOfOthersAreNotPaid() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(4, in: world)
    let made = try await world.order([("shop", 4)], by: wallet)
    let other = try world.order([("shop", 4)])
    let wrong = [
      PayableOrder(order: other.signed, number: made.payable.number, payments: [other.part]),
      PayableOrder(
        order: made.order.signed, number: made.payable.number + 1, payments: [made.order.part]),
      PayableOrder(
        order: made.order.signed, number: made.payable.number, payments: [other.part]),
    ]
    for payable in wrong {
      await #expect(throws: ECashError(code: .orderInvalid)) {
        try await wallet.pay(payable) { $0[0].bytes }
      }
    }
  }

  @Test func bankMustBeTrustedWithPayments() async throws {
    let world = try await CashWorld()
    let wallet = try await funded(4, in: world)
    let stranger = try #require(PartyName("stranger.example"))
    let made = try await world.order([("shop", 4)], by: wallet, bank: stranger)
    await #expect(throws: ECashError(code: .recipientUnknown)) {
      try await wallet.pay(made.payable) { $0[0].bytes }
    }
  }

  @Test func coinsThatRanOutAreNotOffered() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(4, in: world)
    world.clock.set(CashWorld.start.adding(seconds: 60 * CashWorld.day))
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).isZero)
    let made = try await world.order([("shop", 4)], by: wallet)
    await #expect(throws: ECashError(code: .notPayable)) {
      try await wallet.pay(made.payable) { $0[0].bytes }
    }
  }

  @Test func deliveryRequestAndReceiptAreKept() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(4, in: world)
    let made = try await world.order([("shop", 4)], by: wallet)
    _ = try await wallet.pay(made.payable) { $0[0].bytes }
    let process = made.order.process
    #expect(try await wallet.keep(deliveryRequest: Signed([1]), of: process).bytes == [1])
    #expect(try await wallet.keep(deliveryRequest: Signed([2]), of: process).bytes == [1])
    try await wallet.keep(receipt: [3], of: process)
    let row = try #require(await wallet.purchase(process))
    #expect(row.deliveryRequest == [1] && row.receipt == [3] && row.submission.count > 100)
    let unknown: ProcessID = SHA256.digest([]).renamed()
    await #expect(throws: ECashError(code: .purchaseUnknown)) {
      try await wallet.keep(receipt: [3], of: unknown)
    }
  }

  @Test func aCancellationIsKeptAndNoDeliveryRequestAfterIt() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let wallet = try await funded(8, in: world)
    func paid() async throws -> ProcessID {
      let made = try await world.order([("shop", 1)], by: wallet)
      _ = try await wallet.pay(made.payable) { $0[0].bytes }
      return made.order.process
    }
    let process = try await paid()
    #expect(try await wallet.keep(cancellation: Signed([1]), of: process).bytes == [1])
    #expect(try await wallet.keep(cancellation: Signed([2]), of: process).bytes == [1])
    #expect(await wallet.purchase(process)?.cancellation == [1])
    await #expect(throws: ECashError(code: .purchaseWithdrawn)) {
      try await wallet.keep(deliveryRequest: Signed([3]), of: process)
    }
    #expect(await wallet.purchase(process)?.deliveryRequest == nil)
    // A request that was signed before stays what it is.
    let asked = try await paid()
    _ = try await wallet.keep(deliveryRequest: Signed([3]), of: asked)
    #expect(try await wallet.keep(cancellation: Signed([1]), of: asked).bytes == [1])
    #expect(try await wallet.keep(deliveryRequest: Signed([4]), of: asked).bytes == [3])
    let unknown: ProcessID = SHA256.digest([]).renamed()
    await #expect(throws: ECashError(code: .purchaseUnknown)) {
      try await wallet.keep(cancellation: Signed([1]), of: unknown)
    }
  }

  @Test func copiedWalletIsCaught() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let wallet = try await funded(8, in: world, store: store)
    let copy = try await world.wallet(
      "alice", holding: 0, in: MemoryStore<any WalletRows>(store.snapshot()))
    let first = try await world.order([("shop", 8)], by: wallet)
    #expect(try await world.pay(first, with: wallet).value != nil)
    let second = try await world.order([("shop", 8)], by: copy)
    #expect(try await world.pay(second, with: copy).heldUntil == first.order.claim.decideBy)
    #expect(await world.post(first.order, world.commit(first.order.process)).value != nil)
    let refused = try await world.pay(second, with: copy)
    #expect(refused.refusal == .doubleSpend)
    let refusal = try world.trust.verify(#require(refused.signedRefusal), at: CashWorld.start)
    let sealed = try #require(await world.bank.refusalDetails(of: second.order.process))
    let details = try RefusalDetails(
      opening: sealed, with: copy.orderIdentity(second.payable.number),
      digest: #require(refusal.claim.details))
    try world.trust.verify(details.proof, at: CashWorld.start).claim.check(with: world.verdicts)
    try await world.checkBooks()
  }

  // MARK: - Coins that are proven to be spent

  /// A wallet whose copy has spent one of its coins, an order with that coin, and the bank's proof.
  private func robbed(
    _ world: CashWorld, _ store: MemoryStore<any WalletRows>
  ) async throws -> (wallet: Wallet, order: WalletOrder, proof: Verified<DoubleSpend>) {
    _ = try await world.account("shop")
    let wallet = try await funded(8, in: world, store: store)
    let copy = try await world.wallet(
      "alice", holding: 0, in: MemoryStore<any WalletRows>(store.snapshot()))
    let first = try await world.order([("shop", 1)], by: copy)
    #expect(try await world.pay(first, with: copy).value != nil)
    #expect(await world.post(first.order, world.commit(first.order.process)).value != nil)
    let order = try await world.order([("shop", 8)], by: wallet)
    let refused = try await world.pay(order, with: wallet)
    let refusal = try world.trust.verify(#require(refused.signedRefusal), at: CashWorld.start)
    let sealed = try #require(await world.bank.refusalDetails(of: order.order.process))
    let details = try RefusalDetails(
      opening: sealed, with: wallet.orderIdentity(order.payable.number),
      digest: #require(refusal.claim.details))
    return (wallet, order, try world.trust.verify(details.proof, at: CashWorld.start))
  }

  @Test(arguments: [false, true])
  func spentCoinIsDiscardedForGood(whileLocked: Bool) async throws {
    let world = try await CashWorld()
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let (wallet, order, proof) = try await robbed(world, store)
    let verdict = world.abort(order.order.process)
    if whileLocked { #expect(try await wallet.discard(proof)) }
    try await wallet.conclude(order.order.process, with: verdict)
    if !whileLocked {
      #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 8)
      #expect(try await wallet.discard(proof))
    }
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 7)
    #expect(try await !wallet.discard(proof), "a second time changes nothing")
    let again = try await world.wallet("alice", holding: 0, in: store)
    #expect(try await again.balance(at: world.bankName, in: world.currency).minor == 7)
    let next = try await world.order([("shop", 7)], by: again)
    #expect(try await world.pay(next, with: again).value != nil, "the others are good")
    let stranger = try await world.wallet("bob", holding: 0)
    #expect(try await !stranger.discard(proof))
  }

  @Test func nothingIsDiscardedWithoutAProof() async throws {
    let world = try await CashWorld()
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let (wallet, order, proof) = try await robbed(world, store)
    try await wallet.conclude(order.order.process, with: world.abort(order.order.process))
    let claim = proof.claim
    let elsewhere = try #require(PartyName("other.example"))
    let coin = try #require(try await world.coins([1]).first)
    func use(_ process: ProcessID) throws -> CoinUse {
      CoinUse(
        process: process, bank: elsewhere,
        signature: try coin.used(in: process, at: elsewhere).use)
    }
    let wrong = [
      DoubleSpend(
        coin: claim.coin, denomination: claim.denomination, first: claim.first,
        second: claim.second, verdict: world.abort(claim.first.process)),
      DoubleSpend(
        coin: try coin.id, denomination: coin.denomination, first: try use(claim.first.process),
        second: try use(claim.second.process), verdict: claim.verdict),
    ]
    var entropy = SystemEntropy()
    for claim in wrong {
      let signed = world.bankSigner.sign(claim, entropy: &entropy)
      let proof = try world.trust.verify(signed, at: CashWorld.start)
      await #expect(throws: ECashError(code: .proofInvalid)) {
        try await wallet.discard(proof)
      }
    }
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 8)
  }

  // MARK: - Withdrawals

  /// Hands requests on, loses answers when told to, and remembers what was asked.
  private final class LossyBank: WithdrawalAgent {
    enum Fault { case none, requestLost, answerLost, answerForged }

    let bank: Bank
    let fault = Mutex(Fault.none)
    let requests = Mutex<[WithdrawalRequest]>([])

    init(_ bank: Bank) { self.bank = bank }

    func withdraw(_ request: WithdrawalRequest) async -> WithdrawalOutcome {
      requests.withLock { $0.append(request) }
      switch fault.withLock({ $0 }) {
      case .none: return await bank.withdraw(request)
      case .requestLost: return .unknown("lost")
      case .answerLost:
        _ = await bank.withdraw(request)
        return .unknown("lost")
      case .answerForged:
        guard case .issued(let issued) = await bank.withdraw(request) else { return .unknown("") }
        let forged = issued.blindSignatures.map { [$0[0]] + $0.dropFirst(2) + [$0[1] ^ 1] }
        return .issued(IssuedCoins(statement: issued.statement, blindSignatures: forged))
      }
    }
  }

  @Test(arguments: [0, 1, 2])
  func lostWithdrawalIsResumed(fault: Int) async throws {
    let world = try await CashWorld()
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let wallet = try await world.wallet("alice", holding: 20, in: store)
    let agent = LossyBank(world.bank)
    let (faults, codes): ([LossyBank.Fault], [ECashError.Code]) = (
      [.requestLost, .answerLost, .answerForged], [.unanswered, .unanswered, .issueInvalid]
    )
    agent.fault.withLock { $0 = faults[fault] }
    await #expect(throws: ECashError(code: codes[fault])) {
      try await wallet.withdraw(
        world.amount(20), from: #require(alice), under: world.keyset, at: agent)
    }
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).isZero)

    let again = try await world.wallet("alice", holding: 0, in: store)
    agent.fault.withLock { $0 = .none }
    let values = try await again.resumeWithdrawals(from: world.bankName, at: agent)
    #expect(values.reduce(0, +) == 20)
    #expect(try await again.balance(at: world.bankName, in: world.currency).minor == 20)
    #expect(Set(agent.requests.withLock { $0 }).count == 1, "the same bytes both times")
    #expect(try await again.resumeWithdrawals(from: world.bankName, at: agent).isEmpty)
    #expect(try await world.checkBooks().outstanding == 20)
  }

  /// Replaces the statement of an answer.
  private struct MisstatingBank: WithdrawalAgent {
    let bank: Bank
    let restate: @Sendable (PaymentModel.Issue) -> Signed<PaymentModel.Issue>
    let trust: TrustStore

    func withdraw(_ request: WithdrawalRequest) async -> WithdrawalOutcome {
      guard case .issued(let issued) = await bank.withdraw(request),
        let issue = try? trust.verify(issued.statement, at: CashWorld.start)
      else { return .unknown("") }
      return .issued(
        IssuedCoins(
          statement: restate(issue.claim), blindSignatures: issued.blindSignatures))
    }
  }

  @Test func issueMustSpeakOfTheWithdrawal() async throws {
    let world = try await CashWorld()
    let wallet = try await world.wallet("alice", holding: 9)
    let (bank, coordinator, nonce) = (
      world.bankSigner, world.coordinator, try #require(Nonce(Bytes(repeating: 1, count: 16)))
    )
    @Sendable func issue(
      _ issue: PaymentModel.Issue, withdrawal: StatementID? = nil, account: AccountName? = nil,
      debit: Amount? = nil, signatures: Digest? = nil
    ) -> PaymentModel.Issue {
      PaymentModel.Issue(
        withdrawal: withdrawal ?? issue.withdrawal, account: account ?? issue.account,
        debit: debit ?? issue.debit, blindSignatures: signatures ?? issue.blindSignatures)
    }
    let bob = try #require(AccountName("bob"))
    let more = try world.amount(10)
    let dollars = try Amount(minor: 9, currency: #require(Currency("USD")))
    let misstatements: [@Sendable (PaymentModel.Issue) -> Signed<PaymentModel.Issue>] = [
      { bank.sign(issue($0, withdrawal: SHA256.digest([]).renamed()), nonce: nonce) },
      { bank.sign(issue($0, signatures: SHA256.digest([])), nonce: nonce) },
      { bank.sign(issue($0, account: bob), nonce: nonce) },
      { bank.sign(issue($0, debit: more), nonce: nonce) },
      { bank.sign(issue($0, debit: dollars), nonce: nonce) },
      { coordinator.sign($0, nonce: nonce) },
      { _ in Signed([1, 2]) },
    ]
    await #expect(throws: ECashError(code: .issueInvalid)) {
      let agent = MisstatingBank(
        bank: world.bank, restate: misstatements[0], trust: world.trust)
      try await wallet.withdraw(
        world.amount(9), from: #require(alice), under: world.keyset, at: agent)
    }
    for restate in misstatements {
      let agent = MisstatingBank(bank: world.bank, restate: restate, trust: world.trust)
      await #expect(throws: ECashError(code: .issueInvalid)) {
        try await wallet.resumeWithdrawals(from: world.bankName, at: agent)
      }
    }
    #expect(
      try await wallet.resumeWithdrawals(from: world.bankName, at: world.bank).reduce(0, +) == 9)
  }

  @Test func issueDebitsFeesOfTheKeysetAndNoMore() async throws {
    let world = try await CashWorld(values: [1, 2], fees: Fees(perCoin: 1))
    let wallet = try await world.wallet("alice", holding: 5)
    let (bank, nonce) = (world.bankSigner, try #require(Nonce(Bytes(repeating: 1, count: 16))))
    let more = try world.amount(6)
    let greedy = MisstatingBank(
      bank: world.bank,
      restate: { issue in
        bank.sign(
          PaymentModel.Issue(
            withdrawal: issue.withdrawal, account: issue.account, debit: more,
            blindSignatures: issue.blindSignatures), nonce: nonce)
      }, trust: world.trust)
    await #expect(throws: ECashError(code: .issueInvalid), "3 in two coins cost 5") {
      try await wallet.withdraw(
        world.amount(3), from: #require(alice), under: world.keyset, at: greedy)
    }
    #expect(
      try await wallet.resumeWithdrawals(from: world.bankName, at: world.bank).reduce(0, +) == 3)
    #expect(try await world.balance("alice") == 0)
  }

  /// Does not answer one request.
  private struct DeafBank: WithdrawalAgent {
    let bank: Bank
    let unheard: Signed<Withdrawal>?

    func withdraw(_ request: WithdrawalRequest) async -> WithdrawalOutcome {
      request.statement == unheard ? .unknown("lost") : await bank.withdraw(request)
    }
  }

  @Test func withdrawalThatFailsDoesNotKeepOthersBack() async throws {
    let world = try await CashWorld()
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let wallet = try await world.wallet("alice", holding: 14, in: store)
    let agent = LossyBank(world.bank)
    agent.fault.withLock { $0 = .answerLost }
    for minor in [UInt64(9), 5] {
      await #expect(throws: ECashError(code: .unanswered)) {
        try await wallet.withdraw(
          world.amount(minor), from: #require(alice), under: world.keyset, at: agent)
      }
    }
    let first = await store.read { rows in rows.withdrawalsInFlight().first?.statement }
    await #expect(throws: ECashError(code: .unanswered)) {
      try await wallet.resumeWithdrawals(
        from: world.bankName, at: DeafBank(bank: world.bank, unheard: first))
    }
    #expect(try await wallet.balance(at: world.bankName, in: world.currency).minor == 5)
    #expect(
      try await wallet.resumeWithdrawals(from: world.bankName, at: world.bank).reduce(0, +) == 9)
  }

  @Test func refusedWithdrawalBurnsItsCounters() async throws {
    let world = try await CashWorld()
    let wallet = try await world.wallet("alice", holding: 3)
    let agent = LossyBank(world.bank)
    await #expect(throws: ECashError(code: .insufficientFunds)) {
      try await wallet.withdraw(
        world.amount(4), from: #require(alice), under: world.keyset, at: agent)
    }
    #expect(try await wallet.resumeWithdrawals(from: world.bankName, at: agent).isEmpty)
    try await world.credit(1, to: "alice")
    try await wallet.withdraw(
      world.amount(4), from: #require(alice), under: world.keyset, at: agent)
    let requests = agent.requests.withLock { $0 }
    #expect(Set(requests.flatMap(\.coins)).count == requests.flatMap(\.coins).count)
  }

  @Test func seedBringsTheSameCoinsBack() async throws {
    let world = try await CashWorld()
    let agent = LossyBank(world.bank)
    for _ in 0..<2 {
      let wallet = try await world.wallet("alice", holding: 9)
      try await wallet.withdraw(
        world.amount(9), from: #require(alice), under: world.keyset, at: agent)
    }
    let requests = agent.requests.withLock { $0 }
    #expect(requests.count == 2 && requests[0].coins == requests[1].coins)
    #expect(try await world.balance("alice") == 9, "the second time they cost nothing")
    #expect(try await world.checkBooks().outstanding == 9)
  }

  @Test func orderKeysAreFreshAndComeBack() async throws {
    let world = try await CashWorld()
    let wallet = try await world.wallet("alice", holding: 0)
    let again = try await world.wallet("alice", holding: 0)
    var keys: Set<Bytes> = []
    for number in UInt64(0)..<4 {
      #expect(await wallet.nextOrderNumber() == number)
      let key = try wallet.orderSigner(number).publicKey.bytes
      let recipient = try wallet.orderIdentity(number).recipient.bytes
      #expect(try again.orderSigner(number).publicKey.bytes == key)
      #expect(try again.orderIdentity(number).recipient.bytes == recipient)
      keys.formUnion([key, recipient])
    }
    keys.insert(try wallet.accountKey(at: world.bankName).bytes)
    let other = try #require(PartyName("other.example"))
    keys.insert(try wallet.accountKey(at: other).bytes)
    #expect(keys.count == 10)
  }

  @Test func storeHoldsOneWallet() async throws {
    let world = try await CashWorld()
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let key = try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 1, count: 32)))
    let wrong = try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 2, count: 32)))
    func open(_ key: borrowing AtRestKey) async throws(ECashError) -> Wallet {
      try await Wallet(
        store: store, atRest: key, trust: world.trust, verdicts: world.verdicts,
        clock: world.clock)
    }
    do {
      _ = try await open(key)
      Issue.record("an empty store holds no wallet")
    } catch { #expect(error.code == .walletSeed) }
    let short = SecretBytes(copying: [1, 2, 3])
    do {
      try await Wallet.create(in: store, seed: short, atRest: key)
      Issue.record("a seed has 32 bytes")
    } catch { #expect(error.code == .walletSeed) }
    let seed = SecretBytes(copying: Bytes(repeating: 7, count: 32))
    try await Wallet.create(in: store, seed: seed, atRest: key)
    do {
      try await Wallet.create(in: store, seed: seed, atRest: key)
      Issue.record("there is one already")
    } catch { #expect(error.code == .walletSeed) }
    _ = try await open(key)
    do {
      _ = try await open(wrong)
      Issue.record("the key is another one")
    } catch { #expect(error.code == .walletSealed) }
  }

  @Test func otherCurrencyIsNotWithdrawn() async throws {
    let world = try await CashWorld()
    let wallet = try await world.wallet("alice", holding: 5)
    let dollars = try Amount(minor: 5, currency: #require(Currency("USD")))
    await #expect(throws: ECashError(code: .currency)) {
      try await wallet.withdraw(
        dollars, from: #require(alice), under: world.keyset, at: world.bank)
    }
  }
}
