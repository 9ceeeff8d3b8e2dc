// Withdrawals: paid for once, answered always, and only for what was signed.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Synchronization
import Testing

@Suite struct WithdrawalTests {
  @Test func accountMoneyBecomesCoins() async throws {
    let world = try await CashWorld()
    let coins = try await world.coins([1, 2, 1024])
    for coin in coins {
      let denomination = try #require(world.keyset.denomination(coin.denomination))
      let message = BlindRSA.PreparedMessage(
        coin.key.publicKey.bytes, variant: .pssDeterministic)
      #expect(denomination.key.isValid(signature: coin.signature, for: message))
    }
    let books = try await world.checkBooks()
    #expect(books.outstanding == 1027)
    #expect(try await world.balance("payer") == 0)
  }

  @Test func bankSignsWhatItIssued() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 10)
    let blinded = try BlindedCoins([2, 4], under: world.keyset)
    let request = try world.withdrawal(blinded.coins, total: 6, from: "payer", by: signer)
    let issued = try #require(await world.bank.withdraw(request).issued)
    let issue = try world.trust.verify(issued.statement, by: world.bankName, at: CashWorld.start)
    let statement = try UnverifiedStatement(request.statement.bytes)
    #expect(issue.claim.withdrawal == statement.id)
    #expect(issue.claim.debit == (try world.amount(6)))
    #expect(issue.claim.blindSignatures == IssuedCoins.digest(of: issued.blindSignatures))
    #expect(await world.bank.unlogged(atMost: 9).map(\.statement) == [issue.id])
  }

  @Test func repeatedRequestIsAnsweredAgainAndDebitedOnce() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 10)
    let blinded = try BlindedCoins([2, 4], under: world.keyset)
    let request = try world.withdrawal(blinded.coins, total: 6, from: "payer", by: signer)
    let first = try #require(await world.bank.withdraw(request).issued)
    world.clock.set(CashWorld.start.adding(seconds: 300 * CashWorld.day))
    #expect(await world.bank.withdraw(request).issued == first, "also long after the window")
    #expect(try await world.balance("payer") == 4)
    try await world.checkBooks()
  }

  @Test func repeatedBlindedMessageCostsNothing() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 10)
    let old = try BlindedCoins([2, 4], under: world.keyset)
    let new = try BlindedCoins([1], under: world.keyset)
    let first = try #require(
      await world.bank.withdraw(
        world.withdrawal(old.coins, total: 6, from: "payer", by: signer)
      ).issued)
    let mixed = try world.withdrawal(
      new.coins + old.coins, total: 7, from: "payer", by: signer)
    let second = try #require(await world.bank.withdraw(mixed).issued)
    #expect(Array(second.blindSignatures.dropFirst()) == first.blindSignatures)
    let issue = try world.trust.verify(second.statement, at: CashWorld.start)
    #expect(issue.claim.debit.minor == 1)
    #expect(try await world.balance("payer") == 3)
    #expect(try await world.checkBooks().outstanding == 7)
    #expect(
      await world.bank.signatures(of: new.coins + old.coins) == second.blindSignatures)
  }

  @Test func refusedRequestsDebitNothing() async throws {
    let world = try await CashWorld(values: [1, 2])
    let signer = try await world.account("payer", holding: 10)
    let stranger = try await world.account("stranger", holding: 10)
    let good = try BlindedCoins([1, 2], under: world.keyset).coins
    let modulus = try #require(world.keyset.denominations.first).key.modulusBytes
    func tampered(_ message: Bytes) -> [BlindedCoin] {
      [BlindedCoin(denomination: good[0].denomination, blindedMessage: message), good[1]]
    }
    func request(
      _ coins: [BlindedCoin], total: UInt64 = 3, from account: String = "payer",
      by key: StatementSigner? = nil, bank: PartyName? = nil, count: Int? = nil,
      digestOf: [BlindedCoin]? = nil
    ) throws -> WithdrawalRequest {
      try world.withdrawal(
        coins, total: total, from: account, by: key ?? signer, bank: bank, count: count,
        digestOf: digestOf)
    }
    let unknown = BlindedCoin(
      denomination: SHA256.digest([]).renamed(), blindedMessage: good[0].blindedMessage)
    let other = try BlindedCoins([1, 2], under: world.keyset).coins
    let cases: [(ECashError.Code, WithdrawalRequest)] = [
      (.withdrawalSignature, try request(good, by: stranger)),
      (.accountUnknown, try request(good, from: "nobody")),
      (.withdrawalBank, try request(good, bank: PartyName("other.example"))),
      (.withdrawalDigest, try request(good, digestOf: other)),
      (.withdrawalDigest, try request(good, digestOf: good.reversed())),
      (.withdrawalDigest, try request(good, count: 3)),
      (.withdrawalDigest, try request([good[0], good[0]], total: 2)),
      (.withdrawalTotal, try request(good, total: 2)),
      (.withdrawalTotal, try request(good, total: 4)),
      (.denominationUnknown, try request([unknown, good[1]])),
      (.blindedMessage, try request(tampered(modulus))),
      (.blindedMessage, try request(tampered(Bytes(repeating: 0xFF, count: 256)))),
      (.blindedMessage, try request(tampered(Bytes(good[0].blindedMessage.dropFirst())))),
      (.blindedMessage, try request(tampered([0] + good[0].blindedMessage))),
      (.blindedMessage, try request(tampered([]))),
      (.tooManyCoins, try request([], total: 0)),
    ]
    for (code, request) in cases {
      #expect(await world.bank.withdraw(request).refusal == code)
    }
    #expect(try await world.balance("payer") == 10)
    #expect(try await world.checkBooks().outstanding == 0)
    #expect(await world.bank.withdraw(try request(good)).issued != nil)
  }

  @Test func accountCannotBeOverdrawn() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 5)
    let request = try world.withdrawal(
      BlindedCoins([2, 4], under: world.keyset).coins, total: 6, from: "payer", by: signer)
    #expect(await world.bank.withdraw(request).refusal == .insufficientFunds)
    #expect(try await world.balance("payer") == 5)
    try await world.credit(1, to: "payer")
    #expect(await world.bank.withdraw(request).issued != nil, "once there is enough")
    #expect(try await world.balance("payer") == 0)
    try await world.checkBooks()
  }

  @Test func coinsAreIssuedWithinTheirWindow() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 10)
    for (offset, isOpen) in [(Int64(-1), false), (30 * CashWorld.day, false), (0, true)] {
      world.clock.set(CashWorld.start.adding(seconds: offset))
      let request = try world.withdrawal(
        BlindedCoins([2], under: world.keyset).coins, total: 2, from: "payer", by: signer)
      let outcome = await world.bank.withdraw(request)
      #expect(isOpen ? outcome.issued != nil : outcome.refusal == .denominationClosed)
    }
  }

  @Test func feesArePostedToTheBank() async throws {
    let world = try await CashWorld(fees: Fees(perCoin: 1))
    let signer = try await world.account("payer", holding: 8)
    let blinded = try BlindedCoins([2, 4], under: world.keyset)
    let request = try world.withdrawal(blinded.coins, total: 6, from: "payer", by: signer)
    let issued = try #require(await world.bank.withdraw(request).issued)
    #expect(try world.trust.verify(issued.statement, at: CashWorld.start).claim.debit.minor == 8)
    #expect(try await world.checkBooks().balance(of: .fees) == 2)
  }

  /// Signs when it is told to.
  private final class ReluctantSigner: DenominationSigner {
    let keys: TestDenominationKeys
    let isWilling = Mutex(false)
    init(_ keys: TestDenominationKeys) { self.keys = keys }

    func sign(
      _ blindedMessages: [Bytes], with denomination: DenominationID
    ) async throws(ECashError) -> [Bytes] {
      isWilling.withLock { $0 } ? try await keys.sign(blindedMessages, with: denomination) : []
    }
  }

  @Test func signatureThatFailedAfterTheDebitIsMadeUpFor() async throws {
    let signer = ReluctantSigner(try TestDenominationKeys.shared.get())
    let world = try await CashWorld(signer: signer)
    let account = try await world.account("payer", holding: 6)
    let blinded = try BlindedCoins([2, 4], under: world.keyset)
    let request = try world.withdrawal(blinded.coins, total: 6, from: "payer", by: account)
    guard case .unknown = await world.bank.withdraw(request) else {
      Issue.record("nobody can know what became of it")
      return
    }
    #expect(try await world.balance("payer") == 0, "it was debited")
    try await world.checkBooks()
    signer.isWilling.withLock { $0 = true }
    let issued = try #require(await world.bank.withdraw(request).issued)
    #expect(try blinded.finalize(issued).count == 2)
    #expect(try await world.checkBooks().outstanding == 6)
  }

  @Test func manyRequestsAtOnceDebitOnce() async throws {
    let world = try await CashWorld()
    let signer = try await world.account("payer", holding: 6)
    let blinded = try BlindedCoins([2, 4], under: world.keyset)
    let request = try world.withdrawal(blinded.coins, total: 6, from: "payer", by: signer)
    let answers = await withTaskGroup(of: IssuedCoins?.self) { group in
      for _ in 0..<8 { group.addTask { await world.bank.withdraw(request).issued } }
      return await group.reduce(into: Set<IssuedCoins?>()) { $0.insert($1) }
    }
    #expect(answers.count == 1 && !answers.contains(nil))
    #expect(try await world.checkBooks().outstanding == 6)
  }
}
