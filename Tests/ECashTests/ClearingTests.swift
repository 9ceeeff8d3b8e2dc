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
    try await renewLines(one, other)
  }

  /// Each lets the other draw what it may owe now.
  private func renewLines(_ one: CashWorld, _ other: CashWorld) async throws {
    try await one.bank.accept(other.bank.creditLine(for: one.bankName))
    try await other.bank.accept(one.bank.creditLine(for: other.bankName))
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
      #expect(try await receiving.bank.collect(transfer).amount.minor == 40)
    }
    #expect(try await receiving.balance("shop") == 40)
    #expect(try await cleared(paying, receiving) == 0)
  }

  @Test func feeStaysWithThePayingBank() async throws {
    let (paying, receiving) = try await worlds(fees: Fees(perTransfer: 3))
    let transfer = try await transfer(40, from: paying, to: receiving)
    #expect(try await receiving.bank.collect(transfer).amount.minor == 37)
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

  /// What was signed is kept: a lower limit is for what is signed later.
  @Test func loweringALimitTakesNothingBack() async throws {
    let (paying, receiving) = try await worlds(limit: 60)
    let promised = try await reserve(50, from: paying, to: receiving)
    #expect(promised.outcome.value != nil)
    let least = try receiving.amount(5)
    try await receiving.bank.clear(with: paying.bankName, claiming: least, owing: least)
    try await renewLines(paying, receiving)
    let transfers = await paying.post(promised.order, paying.commit(promised.order.process)).value
    try await receiving.bank.collect(#require(transfers?.first))
    try await receiving.bank.collect(transfer(10, from: paying, to: receiving))
    #expect(try await receiving.balance("shop") == 60)

    // Once it is paid, the lower limit holds.
    let wire = SHA256.digest(Bytes("a wire".utf8))
    try await paying.bank.settle(paying.amount(60), .paid, receiving.bankName, reference: wire)
    try await receiving.bank.settle(
      receiving.amount(60), .received, paying.bankName, reference: wire)
    try await renewLines(paying, receiving)
    #expect(await paying.bank.clearings().map(\.mayDraw) == [65])
    #expect(try await reserve(6, from: paying, to: receiving).outcome.refusal == .clearingLimit)
    #expect(try await reserve(5, from: paying, to: receiving).outcome.value != nil)
    try await paying.checkBooks()
    try await receiving.checkBooks()
  }

  /// A bank that signs transfers that no line covers, or two that claim one part of it, gets nothing by it.
  @Test func whatIsNotDrawnWithinALineIsNotTaken() async throws {
    let (paying, receiving) = try await worlds(limit: 50)
    let good = try await transfer(40, from: paying, to: receiving)
    let claim = try receiving.trust.verify(good, at: CashWorld.start).claim
    let line = try #require(claim.draw?.line)
    #expect(claim.draw?.total == 40)
    let own = try await receiving.bank.creditLine(for: paying.bankName)
    #expect(try UnverifiedStatement(own.bytes).id == line)
    let back = try await paying.bank.creditLine(for: receiving.bankName)
    func drawn(
      _ minor: UInt64, _ draw: Draw?, for process: String = "another"
    ) throws -> Signed<Transfer> {
      var entropy = SystemEntropy()
      return paying.bankSigner.sign(
        Transfer(
          process: SHA256.digest(Bytes(process.utf8)).renamed(), verdict: claim.verdict,
          payee: claim.payee, amount: try receiving.amount(minor), draw: draw),
        entropy: &entropy)
    }
    try await receiving.bank.collect(good)
    let wrong: [(ECashError.Code, Signed<Transfer>)] = [
      (.lineUnknown, try drawn(1, nil)),
      (.lineUnknown, try drawn(1, Draw(line: SHA256.digest([]).renamed(), total: 41))),
      (.lineUnknown, try drawn(1, Draw(line: UnverifiedStatement(back.bytes).id, total: 41))),
      (.clearingLimit, try drawn(11, Draw(line: line, total: 51))),
      (.clearingLimit, try drawn(11, Draw(line: line, total: 10))),
      (.drawnTwice, try drawn(1, Draw(line: line, total: 40))),
      (.drawnTwice, try drawn(1, Draw(line: line, total: 1))),
      (.drawnTwice, try drawn(50, Draw(line: line, total: 50))),
    ]
    for (code, transfer) in wrong {
      await #expect(throws: ECashError(code: code)) {
        try await receiving.bank.collect(transfer)
      }
    }
    // What convicts the other bank is at hand.
    let twice = try drawn(1, Draw(line: line, total: 40))
    let evidence = await receiving.bank.collected(
      contradicting: try receiving.trust.verify(twice, at: CashWorld.start).claim,
      of: paying.bankName)
    #expect(evidence.map(\.transfer) == [good])
    #expect(await receiving.bank.creditLine(line) == own)
    // The rest of the line is another payment's.
    try await receiving.bank.collect(drawn(10, Draw(line: line, total: 50)))
    #expect(try await receiving.balance("shop") == 50)
    try await receiving.checkBooks()
  }

  /// The payee's bank says that it has credited the account, to the same transfer the same.
  @Test func aCreditIsSigned() async throws {
    let (paying, receiving) = try await worlds()
    let transfer = try await transfer(40, from: paying, to: receiving)
    let credit = try await receiving.bank.collect(transfer).statement
    let stated = try paying.trust.verify(credit, at: CashWorld.start)
    #expect(stated.issuer.party == receiving.bankName)
    #expect(stated.claim.transfer == (try UnverifiedStatement(transfer.bytes).id))
    #expect(stated.claim.account.text == "shop" && stated.claim.amount.minor == 40)
    #expect(try await receiving.bank.collect(transfer).statement == credit)
    let logged = await receiving.bank.unlogged(atMost: 100).map(\.kind)
    #expect(logged.filter { $0 == .credit }.count == 1 && logged.contains(.creditLine))
  }

  // MARK: - Lines

  @Test func nothingIsPromisedWithoutALine() async throws {
    let paying = try await CashWorld(
      values: [1], bank: Self.names[0], hasAllMethods: true, banks: Self.names)
    let receiving = try await CashWorld(
      values: [1], bank: Self.names[1], hasAllMethods: true, banks: Self.names)
    _ = try await receiving.account("shop")
    for (one, other) in [(paying, receiving), (receiving, paying)] {
      let most = try one.amount(50)
      try await one.bank.clear(with: other.bankName, claiming: most, owing: most)
    }
    #expect(try await reserve(4, from: paying, to: receiving).outcome.refusal == .noClearing)
    try await paying.bank.accept(receiving.bank.creditLine(for: paying.bankName))
    #expect(try await reserve(4, from: paying, to: receiving).outcome.value != nil)
    // It ends when the order may not be decided yet.
    let end = CashWorld.start.adding(seconds: BankTerms().creditLineSeconds)
    for world in [paying, receiving] { world.clock.set(end.adding(seconds: -600)) }
    #expect(
      try await reserve(4, from: paying, to: receiving, decideIn: 601).outcome.refusal
        == .noClearing)
    #expect(
      try await reserve(4, from: paying, to: receiving, decideIn: 600).outcome.value != nil)
    try await renewLines(paying, receiving)
    #expect(
      try await reserve(4, from: paying, to: receiving, decideIn: 601).outcome.value != nil)
    try await paying.checkBooks()
  }

  /// A commit that comes long after the line has ended is posted and taken all the same.
  @Test func aPromiseOutlivesItsLine() async throws {
    let (paying, receiving) = try await worlds()
    let promised = try await reserve(40, from: paying, to: receiving)
    for world in [paying, receiving] {
      world.clock.set(CashWorld.start.adding(seconds: 2 * BankTerms().creditLineSeconds))
    }
    let commit = paying.commit(promised.order.process)
    let transfer = try #require(await paying.post(promised.order, commit).value?.first)
    #expect(try await receiving.bank.collect(transfer).amount.minor == 40)
    #expect(try await cleared(paying, receiving) == 0)
  }

  @Test func aLineIsSignedAnewWhenItSaysMore() async throws {
    let (paying, receiving) = try await worlds(limit: 50)
    let first = try await receiving.bank.creditLine(for: paying.bankName)
    #expect(try await receiving.bank.creditLine(for: paying.bankName) == first)
    try await receiving.bank.collect(transfer(40, from: paying, to: receiving))
    #expect(try await receiving.bank.creditLine(for: paying.bankName) == first)
    let wire = SHA256.digest(Bytes("a wire".utf8))
    try await receiving.bank.settle(
      receiving.amount(30), .received, paying.bankName, reference: wire)
    let second = try await receiving.bank.creditLine(for: paying.bankName)
    let claim = try paying.trust.verify(second, at: CashWorld.start).claim
    // 40 were drawn, 10 of them are owed, and 50 may be.
    #expect(second != first && claim.limit.minor == 80 && claim.debtor == paying.bankName)
  }

  @Test func aLineIsOfAnotherBankForThisOneAndTakesNothingBack() async throws {
    let (paying, receiving) = try await worlds(limit: 50)
    let start = CashWorld.start
    func line(
      _ limit: UInt64, until: Timestamp, from: Timestamp = CashWorld.start,
      for debtor: PartyName? = nil,
      by signer: StatementSigner? = nil, currency: String = "EUR"
    ) throws -> Signed<CreditLine> {
      var entropy = SystemEntropy()
      return (signer ?? receiving.bankSigner).sign(
        CreditLine(
          debtor: debtor ?? paying.bankName,
          limit: try Amount(minor: limit, currency: #require(Currency(currency))),
          validFrom: from, validUntil: until), entropy: &entropy)
    }
    let end = start.adding(seconds: BankTerms().creditLineSeconds)
    let wrong: [(ECashError.Code, Signed<CreditLine>)] = [
      (.lineTakesBack, try line(49, until: end.adding(seconds: 9))),
      (.lineTakesBack, try line(60, until: end.adding(seconds: -1))),
      (.lineInvalid, try line(60, until: end, for: receiving.bankName)),
      (.lineInvalid, try line(60, until: end, by: paying.bankSigner)),
      (.lineInvalid, try line(60, until: end, by: paying.coordinator)),
      (.lineInvalid, try line(60, until: end, by: CashWorld.signer("stranger.example"))),
      (.lineInvalid, Signed([1, 2])),
      (.currency, try line(60, until: end, currency: "USD")),
      (
        .lineInvalid,
        try line(60, until: end.adding(seconds: 999), from: start.adding(seconds: 301))
      ),
    ]
    for (code, line) in wrong {
      await #expect(throws: ECashError(code: code)) { try await paying.bank.accept(line) }
    }
    #expect(await paying.bank.clearings().map(\.mayDraw) == [50])
    let first = try await receiving.bank.creditLine(for: paying.bankName)
    try await paying.bank.accept(line(60, until: end, from: start.adding(seconds: 300)))
    #expect(await paying.bank.clearings().map(\.mayDraw) == [60])
    try await paying.bank.accept(first)
    #expect(await paying.bank.clearings().map(\.mayDraw) == [60], "an earlier one again")
    // The bank's own limit is another one.
    #expect(try await reserve(51, from: paying, to: receiving).outcome.refusal == .clearingLimit)
    await #expect(throws: ECashError(code: .correspondentUnknown)) {
      _ = try await paying.bank.creditLine(for: #require(PartyName("nobody.example")))
    }
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
          amount: try receiving.amount(minor), draw: claim.draw),
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
            amount: try receiving.amount(minor), draw: claim.draw), entropy: &entropy)
      try await receiving.bank.collect(shown)
    }
    #expect(try await receiving.bank.collect(good).amount.minor == 40)
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
    #expect(try await receiving.bank.collect(#require(transfers?.first)).amount.minor == 39)
    #expect(await paying.bank.clearings().map(\.owed) == [39])
    #expect(await paying.bank.clearings().map(\.promised) == [11])
    #expect(try await reserve(13, from: paying, to: receiving).outcome.refusal == .clearingLimit)
    let payment = SHA256.digest(Bytes("a wire".utf8))
    try await paying.bank.settle(
      paying.amount(39), .paid, receiving.bankName, reference: payment)
    #expect(
      try await reserve(13, from: paying, to: receiving).outcome.refusal == .clearingLimit,
      "the other bank has not said so yet")
    try await receiving.bank.settle(
      receiving.amount(39), .received, paying.bankName, reference: payment)
    try await renewLines(paying, receiving)
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
    try await renewLines(paying, receiving)
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
