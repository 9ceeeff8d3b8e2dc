// Money goes to accounts at other banks: what the banks owe each other adds up to nothing.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ClearingTests {
  private static let names = ["bank.example", "other-bank.example"]

  /// Two banks that clear with each other.
  private func worlds(
    fees: Fees = Fees(), limit: UInt64 = 1000
  ) async throws -> (CashWorld, CashWorld) {
    let worlds = (
      try await CashWorld(
        values: [1, 2, 4, 8], fees: fees, bank: Self.names[0], hasAllMethods: true,
        banks: Self.names),
      try await CashWorld(
        values: [1, 2, 4, 8], bank: Self.names[1], hasAllMethods: true, banks: Self.names)
    )
    try await clear(worlds.0, worlds.1, limit: limit)
    _ = try await worlds.1.account("shop")
    return worlds
  }

  /// Has two banks agree on how much each may owe.
  private func clear(_ one: CashWorld, _ other: CashWorld, limit: UInt64) async throws {
    let limit = try one.amount(limit)
    try await one.bank.clear(with: other.bankName, claiming: limit, owing: limit)
    try await other.bank.clear(with: one.bankName, claiming: limit, owing: limit)
  }

  /// An order of a card of the first bank that pays an account at the second, and what became of it.
  private func reserve(
    _ minor: UInt64, from paying: CashWorld, to receiving: CashWorld, decideIn seconds: Int64 = 600
  ) async throws -> (order: TestOrder, outcome: Outcome<Signed<Reservation>>) {
    let card = try await paying.cards.issue(.credit(limit: minor))
    let order = try paying.order(
      [("shop", minor)], payeeBank: receiving.bankName, method: .card, decideIn: seconds)
    return (order, await paying.reserve(order, with: card))
  }

  /// A transfer of the first bank to an account at the second.
  private func transfer(
    _ minor: UInt64, from paying: CashWorld, to receiving: CashWorld, account: String = "shop"
  ) async throws -> Signed<Transfer> {
    let card = try await paying.cards.issue(.credit(limit: minor))
    let order = try paying.order(
      [(account, minor)], payeeBank: receiving.bankName, method: .card)
    #expect(await paying.reserve(order, with: card).value != nil)
    return try #require(await paying.post(order, paying.commit(order.process)).value?.first)
  }

  private func cleared(_ one: CashWorld, _ other: CashWorld) async throws -> Int64 {
    let books = (try await one.checkBooks(), try await other.checkBooks())
    return books.0.balance(of: .correspondent(other.bankName))
      + books.1.balance(of: .correspondent(one.bankName))
  }

  @Test func transferIsCollectedOnce() async throws {
    let (paying, receiving) = try await worlds()
    let transfer = try await transfer(40, from: paying, to: receiving)
    #expect(try await cleared(paying, receiving) == 40, "on the way")
    for _ in 0..<3 {
      #expect(try await receiving.bank.collect(transfer).minor == 40)
    }
    #expect(try await receiving.balance("shop") == 40)
    #expect(try await cleared(paying, receiving) == 0)
  }

  @Test func feeStaysWithThePayingBank() async throws {
    let (paying, receiving) = try await worlds(fees: Fees(perTransfer: 3))
    let transfer = try await transfer(40, from: paying, to: receiving)
    #expect(try await receiving.bank.collect(transfer).minor == 37)
    #expect(try await receiving.balance("shop") == 37)
    #expect(try await paying.checkBooks().balance(of: .fees) == 3)
    #expect(try await cleared(paying, receiving) == 0)
  }

  @Test func banksOweEachOtherBothWays() async throws {
    let (one, other) = try await worlds()
    _ = try await one.account("shop")
    try await other.bank.collect(transfer(40, from: one, to: other))
    try await one.bank.collect(transfer(70, from: other, to: one))
    let books = try await one.checkBooks()
    #expect(books.balance(of: .correspondent(other.bankName)) == 40 - 70)
    #expect(try await cleared(one, other) == 0)
  }

  @Test func aBankOwesNoMoreThanItMay() async throws {
    let (paying, receiving) = try await worlds()
    let most = try receiving.amount(50)
    try await receiving.bank.clear(with: paying.bankName, claiming: most, owing: most)
    try await receiving.bank.collect(transfer(50, from: paying, to: receiving))
    let next = try await transfer(1, from: paying, to: receiving)
    await #expect(throws: ECashError(code: .clearingLimit)) {
      try await receiving.bank.collect(next)
    }
    #expect(try await receiving.balance("shop") == 50)
    try await receiving.checkBooks()
  }

  @Test func whatIsNotACheckedTransferIsRefused() async throws {
    let (paying, receiving) = try await worlds()
    let good = try await transfer(4, from: paying, to: receiving)
    let own = Payee(bank: receiving.bankName, account: try #require(AccountName("shop")))
    let elsewhere = Payee(bank: paying.bankName, account: own.account)
    let claim = try receiving.trust.verify(good, at: CashWorld.start).claim
    func signed(
      _ payee: Payee, minor: UInt64 = 4, by signer: StatementSigner
    ) throws -> Signed<Transfer> {
      var entropy = SystemEntropy()
      return signer.sign(
        Transfer(
          process: claim.process, verdict: claim.verdict, payee: payee,
          amount: try receiving.amount(minor)),
        entropy: &entropy)
    }
    let stranger = try CashWorld.signer("stranger.example")
    let wrong: [(Comment, Signed<Transfer>)] = [
      ("nobody's", try signed(own, by: stranger)),
      ("its own", try signed(own, by: receiving.bankSigner)),
      ("no bank's", try signed(own, by: receiving.coordinator)),
      ("into another bank", try signed(elsewhere, by: paying.bankSigner)),
      ("nothing", Signed([1, 2])),
    ]
    for (what, transfer) in wrong {
      await #expect(throws: ECashError(code: .transferInvalid), what) {
        try await receiving.bank.collect(transfer)
      }
    }
    try await receiving.bank.collect(good)
    // Signed again, it is the same transfer.
    try await receiving.bank.collect(signed(own, by: paying.bankSigner))
    #expect(try await receiving.balance("shop") == 4)
    let nobody = Payee(bank: receiving.bankName, account: try #require(AccountName("nobody")))
    let lost = try signed(nobody, by: paying.bankSigner)
    await #expect(throws: ECashError(code: .accountUnknown)) {
      try await receiving.bank.collect(lost)
    }
  }

  /// A bank that signs several transfers of one payment owes the largest, whichever is shown first.
  @Test(arguments: [[1, 40], [40, 1], [1, 7, 40, 39, 40]] as [[UInt64]])
  func aSmallerTransferShownFirstKeepsNobodyFromItsMoney(sums: [UInt64]) async throws {
    let (paying, receiving) = try await worlds()
    let good = try await transfer(40, from: paying, to: receiving)
    let claim = try receiving.trust.verify(good, at: CashWorld.start).claim
    for minor in sums {
      var entropy = SystemEntropy()
      let shown =
        minor == 40
        ? good
        : paying.bankSigner.sign(
          Transfer(
            process: claim.process, verdict: claim.verdict, payee: claim.payee,
            amount: try receiving.amount(minor)), entropy: &entropy)
      try await receiving.bank.collect(shown)
    }
    #expect(try await receiving.bank.collect(good).minor == 40)
    #expect(try await receiving.balance("shop") == 40)
    #expect(try await cleared(paying, receiving) == 0)
  }

  @Test func aTransferOutlivesTheKeyThatSignedIt() async throws {
    let (paying, receiving) = try await worlds()
    let transfer = try await transfer(40, from: paying, to: receiving)
    let logged = TestVerdicts.proof(at: receiving.clock.now())
    receiving.clock.set(CashWorld.start.adding(seconds: 1001 * CashWorld.day))
    let late = TestVerdicts.proof(at: receiving.clock.now())
    for proof in [nil, late, Bytes("nowhere".utf8)] {
      await #expect(throws: ECashError(code: .transferInvalid)) {
        try await receiving.bank.collect(transfer, proof: proof)
      }
    }
    try await receiving.bank.collect(transfer, proof: logged)
    #expect(try await receiving.balance("shop") == 40)
  }

  @Test func nothingIsReservedThatTheOtherBankWouldNotTake() async throws {
    let (paying, receiving) = try await worlds(fees: Fees(perTransfer: 1), limit: 50)
    #expect(try await reserve(52, from: paying, to: receiving).outcome.refusal == .clearingLimit)
    // 40 is promised, of which 39 reach the other bank: 11 are left.
    let first = try await reserve(40, from: paying, to: receiving)
    #expect(first.outcome.value != nil)
    #expect(await paying.bank.clearings().map(\.promised) == [39])
    let second = try await reserve(13, from: paying, to: receiving)
    guard case .held(let until) = second.outcome else {
      Issue.record("it waits for what may come to nothing: \(second.outcome)")
      return
    }
    #expect(until == first.order.claim.decideBy)
    #expect(try await reserve(12, from: paying, to: receiving).outcome.value != nil)
    try await paying.checkBooks()

    // What was promised is owed, and room comes back with nothing but a payment.
    let transfers = await paying.post(first.order, paying.commit(first.order.process)).value
    #expect(try await receiving.bank.collect(#require(transfers?.first)).minor == 39)
    #expect(await paying.bank.clearings().map(\.owed) == [39])
    #expect(await paying.bank.clearings().map(\.promised) == [11])
    #expect(try await reserve(13, from: paying, to: receiving).outcome.refusal == .clearingLimit)
    let payment = SHA256.digest(Bytes("a wire".utf8))
    try await paying.bank.settle(
      paying.amount(39), .paid, receiving.bankName, reference: payment)
    #expect(try await reserve(13, from: paying, to: receiving).outcome.value != nil)
    try await paying.checkBooks()
  }

  @Test func whatAnAbortGivesFreeIsPromisedNoMore() async throws {
    let (paying, receiving) = try await worlds(limit: 50)
    let first = try await reserve(50, from: paying, to: receiving)
    #expect(first.outcome.value != nil)
    #expect(await paying.void(first.order, paying.abort(first.order.process)).value != nil)
    #expect(await paying.bank.clearings().map(\.promised) == [0])
    let coins = try await paying.coins([2, 4])
    let order = try paying.order([("shop", 6)], payeeBank: receiving.bankName)
    #expect(try await paying.reserve(order, coins).value != nil)
    #expect(await paying.bank.clearings().map(\.promised) == [6], "coins, too")
    try await paying.checkBooks()
  }

  @Test func aBankThatIsOwedPromisesNoMoreThanItsLimit() async throws {
    let (one, other) = try await worlds(limit: 50)
    _ = try await one.account("shop")
    try await one.bank.collect(transfer(30, from: other, to: one))
    #expect(await one.bank.clearings().map(\.owed) == [-30])
    #expect(try await reserve(51, from: one, to: other).outcome.refusal == .clearingLimit)
    #expect(try await reserve(50, from: one, to: other).outcome.value != nil)
    try await one.checkBooks()
  }

  @Test func banksPayEachOtherOnceForEachReference() async throws {
    let (paying, receiving) = try await worlds(limit: 50)
    try await receiving.bank.collect(transfer(50, from: paying, to: receiving))
    let reference = SHA256.digest(Bytes("a wire".utf8))
    func settle(_ minor: UInt64) async throws {
      try await paying.bank.settle(
        paying.amount(minor), .paid, receiving.bankName, reference: reference)
      try await receiving.bank.settle(
        receiving.amount(minor), .received, paying.bankName, reference: reference)
    }
    await #expect(throws: ECashError(code: .notOwed)) { try await settle(51) }
    await #expect(throws: ECashError(code: .amountZero)) { try await settle(0) }
    for _ in 0..<3 { try await settle(30) }
    await #expect(throws: ECashError(code: .referenceConflict)) { try await settle(20) }
    #expect(await paying.bank.clearings().map(\.owed) == [20])
    #expect(await receiving.bank.clearings().map(\.owed) == [-20])
    #expect(try await cleared(paying, receiving) == 0)
    // The limit is free again by as much.
    try await receiving.bank.collect(transfer(30, from: paying, to: receiving))
    #expect(try await receiving.balance("shop") == 80)
  }

  @Test func anAgreementIsWithAKnownBankInTheSameCurrency() async throws {
    let (paying, receiving) = try await worlds()
    let dollars = try Amount(minor: 5, currency: #require(Currency("USD")))
    let euros = try paying.amount(5)
    await #expect(throws: ECashError(code: .currency)) {
      try await paying.bank.clear(with: receiving.bankName, claiming: dollars, owing: dollars)
    }
    for name in ["nobody.example", Self.names[0], "coordinator.example"] {
      let party = try #require(PartyName(name))
      await #expect(throws: ECashError(code: .correspondentUnknown)) {
        try await paying.bank.clear(with: party, claiming: euros, owing: euros)
      }
    }
    #expect(await paying.bank.clearings().map(\.largestDebt) == [1000], "nothing has changed")
  }

  @Test func banksThatDoNotClearPayEachOtherNothing() async throws {
    let (paying, _) = try await worlds()
    let alone = try await CashWorld(
      values: [1], bank: Self.names[1], hasAllMethods: true, banks: Self.names)
    _ = try await alone.account("shop")
    let transfer = try await transfer(4, from: paying, to: alone)
    await #expect(throws: ECashError(code: .correspondentUnknown)) {
      try await alone.bank.collect(transfer)
    }
    let card = try await alone.cards.issue(.credit(limit: 10))
    let order = try alone.order([("shop", 4)], payeeBank: paying.bankName, method: .card)
    #expect(await alone.reserve(order, with: card).refusal == .noClearing)
  }

  @Test func coinsPayIntoOtherBanksToo() async throws {
    let (paying, receiving) = try await worlds()
    let coins = try await paying.coins([1, 2, 4])
    let order = try paying.order([("shop", 7)], payeeBank: receiving.bankName)
    #expect(try await paying.reserve(order, coins).value != nil)
    let transfers = try #require(
      await paying.post(order, paying.commit(order.process)).value)
    try await receiving.bank.collect(transfers[0])
    #expect(try await receiving.balance("shop") == 7)
    #expect(try await cleared(paying, receiving) == 0)
  }
}
