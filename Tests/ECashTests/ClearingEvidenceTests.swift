// What banks keep to show who is at fault, and how little a dishonest one can make another do.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ClearingEvidenceTests {
  /// Two banks that may owe each other 100; the second has an account `shop`.
  private struct Pair {
    let paying: CashWorld
    let receiving: CashWorld

    init() async throws {
      let names = ["bank.example", "other-bank.example"]
      paying = try await CashWorld(
        values: [1], bank: names[0], hasAllMethods: true, banks: names)
      receiving = try await CashWorld(
        values: [1], bank: names[1], hasAllMethods: true, banks: names)
      _ = try await receiving.account("shop")
      let most = try paying.amount(100)
      try await paying.bank.clear(with: receiving.bankName, claiming: most, owing: most)
      try await receiving.bank.clear(with: paying.bankName, claiming: most, owing: most)
    }

    func line() async throws -> Signed<CreditLine> {
      try await receiving.bank.creditLine(for: paying.bankName)
    }

    /// The first bank signs a transfer to the second's account.
    func transfer(
      _ minor: UInt64, upTo total: UInt64, of process: UInt8 = 1, fee: UInt64? = nil
    ) async throws -> Signed<Transfer> {
      var entropy = SystemEntropy()
      let draw = Draw(line: try UnverifiedStatement(await line().bytes).id, total: total)
      return paying.bankSigner.sign(
        Transfer(
          process: SHA256.digest([process]).renamed(), verdict: SHA256.digest([9]).renamed(),
          payee: Payee(bank: receiving.bankName, account: try #require(AccountName("shop"))),
          amount: try paying.amount(minor), fee: try fee.map { try paying.amount($0) },
          draw: draw), entropy: &entropy)
    }

    func claim(of transfer: Signed<Transfer>) throws -> Transfer {
      try receiving.trust.verify(transfer, at: CashWorld.start).claim
    }
  }

  /// A line is kept with the proof that it was logged, while the key that has signed it was good.
  @Test func aLineIsKeptWithItsProof() async throws {
    let pair = try await Pair()
    let bank = pair.paying.bank
    let line = try await pair.line()
    let id = try UnverifiedStatement(line.bytes).id
    await #expect(throws: ECashError(code: .lineInvalid)) {
      try await bank.accept(line, proof: Bytes("nowhere".utf8))
    }
    try await bank.accept(line)
    #expect(await bank.unlogged(atMost: 9).map(\.statement) == [id], "it logs what is not proven")
    #expect(await bank.proof(ofCreditLine: id) == nil)

    // Long after, when no key is valid any more, the proof is still good, and the first one stays.
    let proof = TestVerdicts.proof(at: CashWorld.start)
    pair.paying.clock.set(CashWorld.start.adding(seconds: 2000 * CashWorld.day))
    await #expect(throws: ECashError(code: .lineInvalid)) { try await bank.accept(line) }
    try await bank.accept(line, proof: proof)
    #expect(await bank.proof(ofCreditLine: id) == proof)
    try await bank.accept(
      line, proof: TestVerdicts.proof(at: CashWorld.start.adding(seconds: 1)))
    #expect(await bank.proof(ofCreditLine: id) == proof)
    #expect(await bank.unlogged(atMost: 9).count == 1)
  }

  @Test func aLineThatIsProvenNeedsNoLoggingByItsDebtor() async throws {
    let pair = try await Pair()
    let proof = TestVerdicts.proof(at: CashWorld.start)
    try await pair.paying.bank.accept(pair.line(), proof: proof)
    #expect(await pair.paying.bank.unlogged(atMost: 9).isEmpty)
    #expect(await pair.paying.bank.clearings().map(\.mayDraw) == [100])
  }

  /// What was collected can be shown later: the bank logs it itself, and keeps a proof that comes after it.
  @Test func whatIsCollectedStaysProvable() async throws {
    let pair = try await Pair()
    let bank = pair.receiving.bank
    let first = try await pair.transfer(40, upTo: 40)
    let id = try UnverifiedStatement(first.bytes).id
    let credit = try await bank.collect(first).statement
    #expect(await bank.unlogged(atMost: 9).map(\.statement).contains(id))
    let twice = try pair.claim(of: await pair.transfer(40, upTo: 40, of: 2))
    var shown = await bank.collected(contradicting: twice, of: pair.paying.bankName)
    #expect(shown.map(\.transfer) == [first] && shown.map(\.proof) == [nil])
    let proof = TestVerdicts.proof(at: CashWorld.start)
    #expect(try await bank.collect(first, proof: proof).statement == credit)
    shown = await bank.collected(contradicting: twice, of: pair.paying.bankName)
    #expect(shown.map(\.proof) == [proof])
    // What is proven is in a log already.
    let next = try await pair.transfer(10, upTo: 50, of: 3)
    try await bank.collect(next, proof: proof)
    let nextID = try UnverifiedStatement(next.bytes).id
    #expect(!(await bank.unlogged(atMost: 9).map(\.statement).contains(nextID)))
  }

  @Test func aTransferOfNothingIsTakenByNobody() async throws {
    let pair = try await Pair()
    let nothing = try await pair.transfer(40, upTo: 0, fee: 40)
    await #expect(throws: ECashError(code: .transferInvalid)) {
      try await pair.receiving.bank.collect(nothing)
    }
  }

  /// Of one payment so many transfers are looked at and no more: together with the next one they convict their bank.
  @Test func transfersOfOnePaymentAreCounted() async throws {
    let pair = try await Pair()
    let bank = pair.receiving.bank
    var taken: [Signed<Transfer>] = []
    for number in 1...UInt64(Transfer.mostForOnePayment) {
      let transfer = try await pair.transfer(number, upTo: 40)
      #expect(try await bank.collect(transfer).amount.minor == number)
      taken.append(transfer)
    }
    let entries = await bank.unlogged(atMost: 999).count
    let more = try await pair.transfer(40, upTo: 40)
    await #expect(throws: ECashError(code: .drawnTwice)) { try await bank.collect(more) }
    #expect(await bank.unlogged(atMost: 999).count == entries)
    let shown = await bank.collected(
      contradicting: try pair.claim(of: more), of: pair.paying.bankName)
    #expect(Set(shown.map(\.transfer)) == Set(taken))
    // What was taken is answered as before, and another payment is none of it.
    #expect(try await bank.collect(taken[0]).amount.minor == 1)
    try await bank.collect(pair.transfer(1, upTo: 41, of: 2))
    #expect(try await pair.receiving.balance("shop") == 17)
    try await pair.receiving.checkBooks()
  }

  /// When nothing more is to be owed, the last line is left to end.
  @Test func aLineEndsWhenNothingMoreIsClaimed() async throws {
    let pair = try await Pair()
    let line = try await pair.line()
    let bank = pair.receiving.bank
    let none = try pair.receiving.amount(0)
    try await bank.clear(with: pair.paying.bankName, claiming: none, owing: none)
    let end = CashWorld.start.adding(seconds: BankTerms().creditLineSeconds)
    for time in [CashWorld.start, end.adding(seconds: -1), end.adding(seconds: 1)] {
      pair.receiving.clock.set(time)
      #expect(try await pair.line() == line)
    }
    try await bank.clear(
      with: pair.paying.bankName, claiming: pair.receiving.amount(1), owing: none)
    #expect(try await pair.line() != line)
  }
}
