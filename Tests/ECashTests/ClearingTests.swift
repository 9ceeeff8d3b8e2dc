// Money goes to accounts at other banks: what the banks owe each other adds up to nothing.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ClearingTests {
  private static let names = ["bank.example", "other-bank.example"]

  /// Two banks that clear with each other up to 100.
  private func worlds(
    fees: Fees = Fees(), limit: UInt64 = 100
  ) async throws -> (CashWorld, CashWorld) {
    let parties = try Self.names.map { try #require(PartyName($0)) }
    let terms = BankTerms(correspondents: [parties[0]: limit, parties[1]: limit])
    let worlds = (
      try await CashWorld(
        values: [1, 2, 4, 8], fees: fees, bank: Self.names[0], terms: terms, hasAllMethods: true,
        banks: Self.names),
      try await CashWorld(
        values: [1, 2, 4, 8], bank: Self.names[1], terms: terms, hasAllMethods: true,
        banks: Self.names)
    )
    _ = try await worlds.1.account("shop")
    return worlds
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
    let (paying, receiving) = try await worlds(limit: 50)
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
    // Signed again, it is the same transfer; over another sum it is a contradiction.
    try await receiving.bank.collect(signed(own, by: paying.bankSigner))
    #expect(try await receiving.balance("shop") == 4)
    let more = try signed(own, minor: 5, by: paying.bankSigner)
    await #expect(throws: ECashError(code: .referenceConflict)) {
      try await receiving.bank.collect(more)
    }
    let nobody = Payee(bank: receiving.bankName, account: try #require(AccountName("nobody")))
    let lost = try signed(nobody, by: paying.bankSigner)
    await #expect(throws: ECashError(code: .accountUnknown)) {
      try await receiving.bank.collect(lost)
    }
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
    #expect(await alone.reserve(order, with: card).refusal == .notOffered)
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
