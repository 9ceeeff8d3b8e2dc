// Accounts: money comes in once, and never more than can be counted.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct AccountTests {
  @Test func accountBelongsToOneKey() async throws {
    let world = try await CashWorld(values: [1])
    let name = try #require(AccountName("alice"))
    let signer = try await world.account("alice", holding: 5)
    try await world.bank.openAccount(name, key: signer.publicKey)
    #expect(try await world.balance("alice") == 5)
    await #expect(throws: ECashError(code: .accountExists)) {
      try await world.bank.openAccount(name, key: world.bankSigner.publicKey)
    }
    let nobody = try #require(AccountName("nobody"))
    await #expect(throws: ECashError(code: .accountUnknown)) {
      try await world.bank.balance(of: nobody)
    }
  }

  @Test func balancesNameEveryAccount() async throws {
    let world = try await CashWorld(values: [1])
    _ = try await world.account("bob", holding: 3)
    _ = try await world.account("alice")
    let balances = try await world.bank.balances()
    #expect(balances.map(\.account.text) == ["alice", "bob"])
    #expect(balances.map(\.balance.minor) == [0, 3])
  }

  @Test func creditCountsOncePerReference() async throws {
    let world = try await CashWorld(values: [1])
    let alice = try #require(AccountName("alice"))
    let bob = try #require(AccountName("bob"))
    for name in ["alice", "bob"] { _ = try await world.account(name) }
    let reference = SHA256.digest([1])
    for _ in 0..<3 {
      try await world.bank.credit(world.amount(7), to: alice, reference: reference)
    }
    #expect(try await world.balance("alice") == 7)
    for (account, minor) in [(alice, UInt64(8)), (bob, 7)] {
      await #expect(throws: ECashError(code: .referenceConflict)) {
        try await world.bank.credit(world.amount(minor), to: account, reference: reference)
      }
    }
    try await world.checkBooks()
  }

  @Test func creditNeedsAccountCurrencyAndRoom() async throws {
    let world = try await CashWorld(values: [1])
    let alice = try #require(AccountName("alice"))
    let reference = SHA256.digest([1])
    await #expect(throws: ECashError(code: .accountUnknown)) {
      try await world.bank.credit(world.amount(1), to: alice, reference: reference)
    }
    _ = try await world.account("alice")
    let dollars = try Amount(minor: 1, currency: #require(Currency("USD")))
    await #expect(throws: ECashError(code: .currency)) {
      try await world.bank.credit(dollars, to: alice, reference: reference)
    }
    try await world.bank.credit(
      world.amount(Amount.largestMinor), to: alice, reference: reference)
    await #expect(throws: ECashError(code: .amountOverflow)) {
      try await world.bank.credit(world.amount(1), to: alice, reference: SHA256.digest([2]))
    }
    #expect(try await world.balance("alice") == Amount.largestMinor)
    try await world.checkBooks()
  }

  @Test func postingsHaveOneLineForEachAccount() async throws {
    let world = try await CashWorld(fees: Fees(perCoin: 1))
    let signer = try await world.account("payer", holding: 9)
    let request = try world.withdrawal(
      BlindedCoins([1, 1, 4], under: world.keyset).coins, total: 6, from: "payer", by: signer)
    #expect(await world.bank.withdraw(request).issued != nil)
    let posting = try #require(
      await world.store.read { rows in rows.postings(after: 1, atMost: 9).first })
    #expect(posting.kind == .withdrawal && posting.number == 2)
    #expect(posting.reference == (try UnverifiedStatement(request.statement.bytes).id.renamed()))
    #expect(posting.lines.map(\.minor).sorted() == [-9, 2, 3, 4])
    #expect(posting.lines == posting.lines.sorted { $0.account < $1.account })
  }

  @Test func ledgerAccountsReadBack() throws {
    let accounts: [LedgerAccount] = [
      .clearing, .fees, .holder(try #require(AccountName("a.b-c"))),
      .outstanding(SHA256.digest([1]).renamed()), .card(SHA256.digest([2]).renamed()),
      .correspondent(try #require(PartyName("bank.example"))), .held(.card), .issued(.transfer),
    ]
    for account in accounts { #expect(LedgerAccount(text: account.text) == account) }
    for text in [
      "", "holder", "holder/", "holder/A", "fees/", "outstanding/00", "other/a", "clearing/",
      "clearing/A", "held", "held/", "held/A", "issued/", "card", "card/4111111111111111",
    ] {
      #expect(LedgerAccount(text: text) == nil, "\(text)")
    }
  }
}
