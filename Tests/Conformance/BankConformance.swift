// What every store of a bank's rows must do. Run by each adapter on stores of its own.

package import ECash
import PaymentCrypto
package import PaymentModel

/// The conformance suite of `BankRows`.
package enum BankConformance {
  /// What was expected and did not happen.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One check on a store without rows.
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any Store<any BankRows>) async throws -> Void
  }

  package static let cases = [
    Case(description: "a fresh store is empty", check: isEmpty),
    Case(description: "accounts are found by name, and ordered", check: keepsAccounts),
    Case(description: "balances are kept by account, and ordered", check: keepsBalances),
    Case(description: "postings are numbered and found by reference", check: keepsPostings),
    Case(description: "keysets are kept by period", check: keepsKeysets),
    Case(description: "denominations are replaced by identifier", check: keepsDenominations),
    Case(description: "issued coins and withdrawals are replaced", check: keepsIssues),
    Case(description: "coins come, change and go", check: keepsCoins),
    Case(description: "holds are replaced by process", check: keepsHolds),
    Case(description: "undecided holds are found by their source", check: findsUndecidedHolds),
    Case(description: "correspondents are replaced", check: keepsCorrespondents),
    Case(
      description: "credit lines are kept, and the one that gives most is found", check: keepsLines),
    Case(description: "collected transfers are found by what they draw", check: keepsCollected),
    Case(description: "cards and methods' records are replaced", check: keepsCards),
    Case(description: "tombstones are kept by coordinator and process", check: keepsTombstones),
    Case(description: "replies are kept by coordinator, process and step", check: keepsReplies),
    Case(description: "details are kept by process", check: keepsDetails),
    Case(description: "the outbox counts on", check: keepsOutbox),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
  ]

  static func isEmpty(_ store: any Store<any BankRows>) async throws {
    try await store.read { rows in
      try require(rows.accounts().isEmpty && rows.balances().isEmpty, "no accounts")
      try require(rows.balance(of: .clearing) == 0, "nothing on an account without a row")
      try require(rows.lastPostingNumber() == 0, "no postings")
      try require(rows.postings(after: 0, atMost: 10).isEmpty, "no postings")
      try require(rows.latestKeyset() == nil && rows.keyset(period: 1) == nil, "no keyset")
      try require(rows.denominations().isEmpty, "no denominations")
      try require(rows.coin(name("a")) == nil && rows.hold(of: name("a")) == nil, "no coins")
      try require(rows.outbox(atMost: 10).isEmpty, "an empty outbox")
    }
  }

  static func keepsAccounts(_ store: any Store<any BankRows>) async throws {
    let rows = try ["b", "a.a", "a"].map {
      AccountRow(name: try account($0), key: name($0), openedAt: Timestamp(milliseconds: 5))
    }
    await store.transact { stored in for row in rows { stored.put(row) } }
    try await store.read { stored in
      for row in rows { try require(stored.account(row.name) == row, "\(row.name)") }
      try require(stored.accounts() == [rows[2], rows[1], rows[0]], "in the order of names")
      try require(stored.account(try account("c")) == nil, "no other account")
    }
  }

  static func keepsBalances(_ store: any Store<any BankRows>) async throws {
    let holder = LedgerAccount.holder(try account("a"))
    let coins = LedgerAccount.outstanding(name("d"))
    let largest = Int64(Amount.largestMinor)
    await store.transact { rows in
      rows.setBalance(1, of: holder)
      rows.setBalance(-largest, of: .clearing)
      rows.setBalance(largest, of: coins)
      rows.setBalance(7, of: holder)
      rows.setBalance(0, of: .fees)
    }
    try await store.read { rows in
      try require(rows.balance(of: holder) == 7, "the last balance")
      try require(rows.balance(of: .clearing) == -largest, "a balance below zero")
      let expected = [
        LedgerBalance(account: .clearing, minor: -largest), LedgerBalance(account: .fees, minor: 0),
        LedgerBalance(account: holder, minor: 7), LedgerBalance(account: coins, minor: largest),
      ]
      try require(rows.balances() == expected, "all balances, ordered by account")
    }
  }

  static func keepsPostings(_ store: any Store<any BankRows>) async throws {
    let holder = LedgerAccount.holder(try account("a"))
    let postings = PostingKind.allCases.enumerated().map { index, kind in
      Posting(
        number: index + 1, kind: kind, reference: name("same reference"),
        at: Timestamp(milliseconds: Int64(index)),
        lines: [
          LedgerBalance(account: holder, minor: Int64(index) + 1),
          LedgerBalance(account: .clearing, minor: -Int64(index) - 1),
        ])
    }
    await store.transact { rows in for posting in postings { rows.append(posting) } }
    try await store.read { rows in
      try require(rows.lastPostingNumber() == postings.count, "the last number")
      for posting in postings {
        let found = rows.posting(posting.kind, reference: posting.reference)
        try require(found == posting, "\(posting.kind), by reference")
      }
      try require(rows.posting(.credit, reference: name("other")) == nil, "no other reference")
      try require(rows.postings(after: 0, atMost: 2) == Array(postings.prefix(2)), "a page")
      try require(rows.postings(after: 2, atMost: 9) == Array(postings.dropFirst(2)), "the rest")
    }
  }

  static func keepsKeysets(_ store: any Store<any BankRows>) async throws {
    let rows = try [2, 10, 1].map { period in
      KeysetRow(
        period: period, currency: try currency(), fees: Fees(perCoin: 1, perTransfer: 2),
        statement: Signed([UInt8(period)]))
    }
    await store.transact { stored in for row in rows { stored.put(row) } }
    try await store.read { stored in
      try require(stored.latestKeyset() == rows[1], "the highest period")
      for row in rows { try require(stored.keyset(period: row.period) == row, "\(row.period)") }
    }
  }

  static func keepsDenominations(_ store: any Store<any BankRows>) async throws {
    let ids = (0..<3).map { name("\($0)", as: Subject.Denomination.self) }.sorted()
    let content = Denomination(
      value: 1 << 52, publicKey: [1, 2, 3], issuedFrom: Timestamp(milliseconds: 1),
      issuedUntil: Timestamp(milliseconds: 2), spentUntil: Timestamp(milliseconds: 3),
      redeemedUntil: Timestamp(milliseconds: 4))
    let changed = DenominationRow(
      id: ids[1], period: 1, content: content, issued: 30, reserved: 20, redeemed: 10,
      isStopped: true)
    await store.transact { rows in
      for id in ids.reversed() { rows.put(DenominationRow(id: id, period: 1, content: content)) }
      rows.put(changed)
      rows.putSealedDenominationKey([1], of: ids[0])
      rows.putSealedDenominationKey([2], of: ids[0])
    }
    try await store.read { rows in
      try require(rows.denomination(ids[1]) == changed, "what was changed")
      try require(rows.denominations().map(\.id) == ids, "in the order of identifiers")
      try require(rows.denominations()[0].issued == 0, "the others as they were")
      try require(rows.sealedDenominationKey(ids[0]) == [2], "the last sealed key")
      try require(rows.sealedDenominationKey(ids[1]) == nil, "no other sealed key")
    }
  }

  static func keepsIssues(_ store: any Store<any BankRows>) async throws {
    var coin = IssuedCoinRow(
      blindedMessage: name("m"), denomination: name("d"), withdrawal: name("w"))
    var withdrawal = WithdrawalRow(id: name("w"), account: try account("a"), debit: 1 << 52)
    let (firstCoin, firstWithdrawal) = (coin, withdrawal)
    await store.transact { rows in
      rows.put(firstCoin)
      rows.put(firstWithdrawal)
    }
    try await store.read { rows in
      try require(rows.issuedCoin(name("m")) == firstCoin, "a coin without a signature")
      try require(rows.withdrawal(name("w")) == firstWithdrawal, "a withdrawal without an answer")
    }
    coin.blindSignature = Bytes(repeating: 7, count: 512)
    withdrawal.issue = Signed([1])
    let (lastCoin, lastWithdrawal) = (coin, withdrawal)
    await store.transact { rows in
      rows.put(lastCoin)
      rows.put(lastWithdrawal)
    }
    try await store.read { rows in
      try require(rows.issuedCoin(name("m")) == lastCoin, "its signature")
      try require(rows.withdrawal(name("w")) == lastWithdrawal, "its answer")
    }
  }

  static func keepsCoins(_ store: any Store<any BankRows>) async throws {
    let use = CoinUse(
      process: name("p"), bank: try bank(), signature: Bytes(repeating: 1, count: 64))
    let coin = CoinRow(coin: name("c"), denomination: name("d"), state: .reserved, use: use)
    await store.transact { rows in rows.put(coin) }
    try await store.read { rows in try require(rows.coin(name("c")) == coin, "reserved") }
    await store.transact { rows in
      var spent = coin
      spent.state = .spent
      rows.put(spent)
    }
    try await store.read { rows in
      try require(rows.coin(name("c"))?.state == .spent, "spent")
    }
    await store.transact { rows in
      rows.removeCoin(name("c"))
      rows.removeCoin(name("never there"))
    }
    try await store.read { rows in try require(rows.coin(name("c")) == nil, "gone") }
  }

  static func keepsHolds(_ store: any Store<any BankRows>) async throws {
    let payouts = try ["a", "b"].map {
      Payout(
        payee: Payee(bank: try bank(), account: try account($0)),
        amount: try Amount(minor: 5, currency: currency()))
    }
    let hold = HoldRow(
      process: name("p"), coordinator: name("k"), decideBy: Timestamp(milliseconds: 9),
      total: try Amount(minor: 10, currency: currency()), payouts: payouts, transferFee: 1,
      method: .ecash, held: [2, 1])
    await store.transact { rows in rows.put(hold) }
    try await store.read { rows in
      try require(rows.hold(of: name("p")) == hold, "payouts in their order")
      try require(rows.hold(of: name("k")) == nil, "no other hold")
    }
    var posted = hold
    posted.state = .posted
    posted.verdict = LoggedVerdict(verdict: Signed([1]), proof: [2])
    posted.verdictID = name("v")
    posted.reply = [3]
    let ended = posted
    await store.transact { rows in rows.put(ended) }
    try await store.read { rows in try require(rows.hold(of: name("p")) == ended, "its end") }
  }

  static func findsUndecidedHolds(_ store: any Store<any BankRows>) async throws {
    let payer = LedgerAccount.holder(try account("payer"))
    let sources: [LedgerAccount?] = [payer, nil, .card(name("card")), payer]
    var holds: [HoldRow] = []
    for (number, source) in sources.enumerated() {
      holds.append(
        HoldRow(
          process: name("\(number)"), coordinator: name("k"), decideBy: Timestamp(seconds: 1),
          total: try Amount(minor: 1, currency: currency()), payouts: [], transferFee: 0,
          method: .transfer, held: [UInt8(number)], source: source,
          moved: source == nil ? 0 : 1))
    }
    holds[3].state = .posted
    let all = holds
    await store.transact { rows in for hold in all { rows.put(hold) } }
    let undecided = holds.dropLast().sorted { $0.process < $1.process }
    try await store.read { rows in
      try require(rows.undecidedHolds(from: payer) == [all[0]], "the undecided one")
      try require(rows.undecidedHolds(from: nil) == undecided, "all, coins included")
      try require(rows.undecidedHolds(from: .fees).isEmpty, "none from another account")
    }
  }

  static func keepsCorrespondents(_ store: any Store<any BankRows>) async throws {
    func row(_ name: String, promised: UInt64) throws -> CorrespondentRow {
      guard let bank = PartyName(name) else { throw Failure(description: "a name") }
      return CorrespondentRow(
        bank: bank, largestClaim: 1 << 40, largestDebt: 7, drawn: 1 << 41, credited: 3,
        promised: promised, promisedUntil: Timestamp(milliseconds: 9))
    }
    let (late, early, last) = (
      try row("b.example", promised: 0), try row("a.example", promised: 1),
      try row("a.example", promised: 2)
    )
    await store.transact { rows in for row in [late, early, last] { rows.put(row) } }
    try await store.read { rows in
      try require(rows.correspondents() == [last, late], "in the order of names")
      try require(rows.correspondent(late.bank) == late, "by name")
      try require(rows.correspondent(try bank()) == nil, "no other")
    }
  }

  static func keepsLines(_ store: any Store<any BankRows>) async throws {
    let (own, other) = (try bank(), try party("b.example"))
    func row(
      _ text: String, from creditor: PartyName, to debtor: PartyName, _ limit: UInt64,
      until: Int64
    ) -> CreditLineRow {
      CreditLineRow(
        id: name(text), creditor: creditor, debtor: debtor, limit: limit,
        validFrom: Timestamp(milliseconds: 1), validUntil: Timestamp(milliseconds: until),
        statement: Signed(Bytes(text.utf8)), proof: limit == 7 ? [1] : nil)
    }
    let rows = [
      row("a", from: other, to: own, 5, until: 99),
      row("b", from: other, to: own, 1 << 50, until: 9),
      row("c", from: other, to: own, 1 << 50, until: 8),
      row("d", from: own, to: other, 7, until: 3),
    ]
    await store.transact { stored in for row in rows { stored.put(row) } }
    try await store.read { stored in
      for row in rows { try require(stored.creditLine(row.id) == row, "by identifier") }
      try require(stored.creditLine(name("e")) == nil, "no other")
      try require(
        stored.latestCreditLine(from: other, to: own) == rows[1], "most, and then longest")
      try require(stored.latestCreditLine(from: own, to: other) == rows[3], "the other way")
      try require(stored.latestCreditLine(from: own, to: own) == nil, "no other pair")
    }
  }

  static func keepsCollected(_ store: any Store<any BankRows>) async throws {
    let (one, other) = (try bank(), try party("b.example"))
    func row(
      _ text: String, from bank: PartyName, _ net: UInt64, upTo total: UInt64, proof: Bytes? = nil
    ) -> CollectedRow {
      CollectedRow(
        transfer: name(text), bank: bank, payment: name(net == 5 ? "five" : text), net: net,
        total: total, statement: Signed(Bytes(text.utf8)), proof: proof,
        credit: Signed(Bytes("credit".utf8)))
    }
    let rows = [
      row("a", from: one, 5, upTo: 5), row("b", from: one, 5, upTo: 10, proof: [1]),
      row("c", from: one, 5, upTo: 15), row("d", from: other, 5, upTo: 10),
      row("e", from: one, 1 << 40, upTo: 1 << 41), row("f", from: one, 1, upTo: (1 << 41) + 1),
    ]
    await store.transact { stored in for row in rows.reversed() { stored.put(row) } }
    try await store.read { stored in
      for row in rows { try require(stored.collected(row.transfer) == row, "by identifier") }
      try require(stored.collected(name("z")) == nil, "no other")
      let five = [rows[0]] + [rows[1], rows[3]].sorted { $0.transfer < $1.transfer } + [rows[2]]
      try require(stored.collected(of: name("five")) == five, "of one payment")
      try require(stored.collected(of: name("z")).isEmpty, "of none")
      for (above, upTo, found) in [
        (0, 15, Array(rows[0...2])), (5, 10, [rows[1]]), (9, 11, Array(rows[1...2])),
        (15, 20, []), (0, 0, []), (4, 5, [rows[0]]), (1 << 40, (1 << 40) + 1, [rows[4]]),
        ((1 << 41) - 1, 1 << 42, Array(rows[4...5])), (14, 1 << 40, [rows[2]]),
      ] as [(UInt64, UInt64, [CollectedRow])] {
        try require(
          stored.collected(from: one, above: above, upTo: upTo) == found, "\(above) to \(upTo)")
      }
    }
  }

  private static func party(_ text: String) throws -> PartyName {
    guard let name = PartyName(text) else { throw Failure(description: "a name") }
    return name
  }

  static func keepsCards(_ store: any Store<any BankRows>) async throws {
    let names = [name("1", as: Subject.Card.self), name("2")].sorted()
    let credit = CardRow(id: names[1], secrets: [1], funds: .credit(limit: 1 << 40))
    var debit = CardRow(id: names[0], secrets: [2], funds: .account(try account("a")))
    let first = debit
    debit.failedTries = 2
    debit.allFailedTries = 5
    let last = debit
    await store.transact { rows in
      for card in [credit, first, last] { rows.put(card) }
      rows.putRecord([1], of: .card, name("r"))
      rows.putRecord([2], of: .card, name("r"))
      rows.putRecord([3], of: .transfer, name("r"))
    }
    try await store.read { rows in
      try require(rows.cards() == [last, credit], "in the order of identifiers")
      try require(rows.card(names[1]) == credit && rows.card(name("3")) == nil, "by identifier")
      try require(rows.record(of: .card, name("r")) == [2], "the last record")
      try require(rows.record(of: .transfer, name("r")) == [3], "of each method its own")
      try require(rows.record(of: .card, name("s")) == nil, "no other record")
    }
  }

  static func keepsTombstones(_ store: any Store<any BankRows>) async throws {
    let row = TombstoneRow(
      coordinator: name("k"), process: name("p"), verdictID: name("v"), reply: [1])
    await store.transact { rows in rows.put(row) }
    try await store.read { rows in
      try require(rows.tombstone(coordinator: name("k"), process: name("p")) == row, "found")
      let foreign = rows.tombstone(coordinator: name("other"), process: name("p"))
      try require(foreign == nil, "not for another coordinator")
    }
  }

  static func keepsReplies(_ store: any Store<any BankRows>) async throws {
    let row = ReplyRow(request: try request("k", "p", "s"), body: name("b"), reply: [1, 2])
    await store.transact { rows in rows.put(row) }
    try await store.read { rows in
      try require(rows.reply(to: row.request) == row, "found")
      for other in try [request("x", "p", "s"), request("k", "x", "s"), request("k", "p", "S")] {
        try require(rows.reply(to: other) == nil, "not under another key")
      }
    }
  }

  static func keepsDetails(_ store: any Store<any BankRows>) async throws {
    await store.transact { rows in rows.putSealedDetails([1, 2], of: name("p")) }
    try await store.read { rows in
      try require(rows.sealedDetails(of: name("p")) == [1, 2], "found")
      try require(rows.sealedDetails(of: name("q")) == nil, "not of another process")
    }
  }

  static func keepsOutbox(_ store: any Store<any BankRows>) async throws {
    await store.transact { rows in
      for number in 1...3 { rows.enqueue(name("\(number)"), kind: .transfer) }
    }
    try await store.read { rows in
      try require(rows.outbox(atMost: 2).map(\.number) == [1, 2], "the oldest first")
      try require(rows.outbox(atMost: 9).map(\.statement) == (1...3).map { name("\($0)") }, "all")
    }
    await store.transact { rows in
      rows.dropOutbox(through: 3)
      rows.enqueue(name("4"), kind: .doubleSpend)
    }
    try await store.read { rows in
      let expected = OutboxRow(number: 4, statement: name("4"), kind: .doubleSpend)
      try require(rows.outbox(atMost: 9) == [expected], "numbers are not used again")
    }
  }

  static func undoes(_ store: any Store<any BankRows>) async throws {
    let row = AccountRow(name: try account("a"), key: name("a"), openedAt: Timestamp(seconds: 1))
    do {
      try await store.transact { rows in
        rows.put(row)
        rows.setBalance(1, of: .fees)
        rows.enqueue(name("s"), kind: .issue)
        throw Failure(description: "undo")
      }
      throw Failure(description: "the body's error was lost")
    } catch let error as Failure where error.description == "undo" {}
    try await isEmpty(store)
  }

  // MARK: - Values

  private static func name<S>(_ text: String, as: S.Type = S.self) -> Identifier<S> {
    SHA256.digest(Bytes(text.utf8)).renamed()
  }

  private static func account(_ text: String) throws -> AccountName {
    guard let name = AccountName(text) else { throw Failure(description: "no account name") }
    return name
  }

  private static func bank() throws -> PartyName {
    guard let name = PartyName("bank.example") else { throw Failure(description: "no party name") }
    return name
  }

  private static func currency() throws -> Currency {
    guard let currency = Currency("EUR") else { throw Failure(description: "no currency") }
    return currency
  }

  private static func request(
    _ coordinator: String, _ process: String, _ step: String
  ) throws -> RequestKey {
    guard let step = StepPath(rawValue: step) else { throw Failure(description: "no step") }
    return RequestKey(coordinator: name(coordinator), process: name(process), step: step)
  }

  private static func require(_ condition: Bool, _ expectation: String) throws {
    guard condition else { throw Failure(description: "expected: \(expectation)") }
  }
}
