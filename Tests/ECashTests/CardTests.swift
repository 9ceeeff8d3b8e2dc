// Cards: authorised, captured, voided; and what happens to somebody who tries them out.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct CardTests {
  private func world(fees: Fees = Fees()) async throws -> CashWorld {
    let world = try await CashWorld(values: [1, 2, 4], fees: fees, hasAllMethods: true)
    for shop in ["shop", "shop-b"] { _ = try await world.account(shop) }
    return world
  }

  /// An account of `CashWorld` and its key.
  private func means(of account: AccountName) throws -> AccountMeans {
    let seed = SecretBytes(copying: SHA256.digest(Bytes("account \(account)".utf8)).bytes)
    return AccountMeans(account: account, key: try Ed25519.PrivateKey(seed: seed))
  }

  private func request(
    of account: AccountMeans, in world: CashWorld, at bank: PartyName? = nil,
    goodFor seconds: Int64 = 60
  ) -> CardRequest {
    var entropy = SystemEntropy()
    return account.cardRequest(
      at: bank ?? world.bankName, validUntil: world.clock.now().adding(seconds: seconds),
      from: &entropy)
  }

  /// What stands on a card, as text.
  private func lines(of card: CardDetails) -> [String] {
    let text = card.withText { span in
      String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
    }
    return text.split(separator: "\n").map(String.init)
  }

  private func card(_ lines: [String]) throws -> CardDetails {
    try CardDetails(SecretBytes(copying: Bytes(lines.joined(separator: "\n").utf8)))
  }

  /// The same card with another code.
  private func wrong(_ card: CardDetails, by offset: Int) throws -> CardDetails {
    let lines = lines(of: card)
    let code = ((Int(lines[2]) ?? 0) + offset) % 1000
    return try self.card([lines[0], lines[1], String("00\(code)".suffix(3))])
  }

  @Test func authoriseAndCapture() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let order = try world.order([("shop", 60), ("shop-b", 40)], method: .card)
    #expect(await world.reserve(order, with: card).value != nil)
    var books = try await world.checkBooks()
    #expect(books.balance(of: .held(.card)) == 100)
    #expect(await world.post(order, world.commit(order.process)).value?.count == 2)
    books = try await world.checkBooks()
    #expect(books.balance(of: .held(.card)) == 0)
    #expect(try await world.balance("shop") == 60)
    let owed = books.balances.filter { balance in
      if case .card = balance.account { true } else { false }
    }
    #expect(owed.map(\.minor) == [-100], "the cardholder owes it")
  }

  @Test func limitHoldsOverSeveralPurchases() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let first = try world.order([("shop", 60)], method: .card)
    #expect(await world.reserve(first, with: card).value != nil)
    let second = try world.order([("shop", 41)], method: .card)
    #expect(await world.reserve(second, with: card).heldUntil != nil, "the first may be aborted")
    #expect(await world.post(first, world.commit(first.process)).value != nil)
    #expect(await world.reserve(second, with: card).refusal == .declined, "over the limit for good")
    let third = try world.order([("shop", 40)], method: .card)
    #expect(await world.reserve(third, with: card).value != nil, "up to the limit")
    try await world.checkBooks()
  }

  @Test func cardOfAnAccountSharesItsMoneyWithTransfers() async throws {
    let world = try await world()
    let key = try await world.account("alice", holding: 10)
    let alice = try #require(AccountName("alice"))
    let account = try means(of: alice)
    let card = try await world.cards.issue(.account(request(of: account, in: world)))
    let first = try world.order([("shop", 7)], method: .card)
    #expect(await world.reserve(first, with: card).value != nil)
    let second = try world.order([("shop", 7)], method: .transfer)
    #expect(await world.reserve(second, with: account).heldUntil != nil)
    let request = try world.withdrawal(
      BlindedCoins([4], under: world.keyset).coins, total: 4, from: "alice", by: key)
    #expect(await world.bank.withdraw(request).refusal == .insufficientFunds, "held is held")
    #expect(await world.void(first, world.abort(first.process)).value != nil)
    #expect(await world.reserve(second, with: account).value != nil)
    #expect(await world.post(second, world.commit(second.process)).value != nil)
    #expect(try await world.balance("alice") == 3)
    try await world.checkBooks()
  }

  @Test func wrongCodesBlockTheCard() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    for number in 1...CardIssuer.largestFailedTries {
      let order = try world.order([("shop", 1)], method: .card)
      let request = world.request(order, world.instrument(order, try wrong(card, by: number)))
      let outcome = await world.bank.reserve(request)
      #expect(outcome.refusal == .declined && outcome.signedRefusal != nil)
      for _ in 0..<5 { #expect(await world.bank.reserve(request).refusal == .declined) }
    }
    let right = try world.order([("shop", 1)], method: .card)
    #expect(
      await world.reserve(right, with: card).refusal == .declined, "too late for the right one")
    let still = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(still, with: card).refusal == .declined)
    let standing = try #require(await world.cards.cards().first)
    #expect(standing.isBlocked && standing.failedTries == 3)
    try await world.cards.unblock(standing.id)
    #expect(await world.cards.cards().map(\.isBlocked) == [false])
    let lifted = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(lifted, with: card).value != nil)
    try await world.checkBooks()
  }

  /// Whoever tries all codes of three digits gets as far as anybody else: three tries.
  @Test func codesCannotBeTriedOut() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let lines = lines(of: card)
    var accepted = 0
    for code in 0..<30 {
      let guess = String("00\((Int(lines[2]) ?? 0) + 971 + code)".suffix(3))
      let order = try world.order([("shop", 1)], method: .card)
      let outcome = await world.reserve(order, with: try self.card([lines[0], lines[1], guess]))
      if outcome.value != nil { accepted += 1 }
    }
    #expect(accepted == 0, "the thirtieth guess is right, and too late")
    #expect(await world.store.read { $0.cards().map(\.failedTries) } == [3])
  }

  /// A request that is repeated is one try, and the right code begins a new count.
  @Test func repeatedRequestIsOneTry() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let order = try world.order([("shop", 1)], method: .card)
    let request = world.request(order, world.instrument(order, try wrong(card, by: 1)))
    for _ in 0..<9 { #expect(await world.bank.reserve(request).refusal == .declined) }
    #expect(await world.store.read { $0.cards().map(\.failedTries) } == [1])
    let good = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(good, with: card).value != nil)
    #expect(await world.store.read { $0.cards().map(\.failedTries) } == [0])
  }

  /// Somebody tries a code after each payment of the holder: he gets no further, and the operator sees him.
  @Test func paymentsOfTheHolderDoNotHideATrial() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 1000))
    for number in 1...CardIssuer.largestAllFailedTries {
      let order = try world.order([("shop", 1)], method: .card)
      #expect(await world.reserve(order, with: try wrong(card, by: number)).refusal == .declined)
      guard number < CardIssuer.largestAllFailedTries else { break }
      let own = try world.order([("shop", 1)], method: .card)
      #expect(await world.reserve(own, with: card).value != nil)
      let standing = try #require(await world.cards.cards().first)
      #expect(standing.failedTries == 0 && standing.allFailedTries == number)
    }
    let standing = try #require(await world.cards.cards().first)
    #expect(standing.isBlocked && standing.failedTries == 1)
    let right = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(right, with: card).refusal == .declined)
    try await world.cards.unblock(standing.id)
    let lifted = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(lifted, with: card).value != nil)
    await #expect(throws: ECashError(code: .cardUnknown)) {
      try await world.cards.unblock(SHA256.digest([]).renamed())
    }
  }

  /// A card on an account takes the signature of the account's key, for this bank, once.
  @Test func nobodyHasACardOnSomebodyElsesAccount() async throws {
    let world = try await world()
    _ = try await world.account("alice", holding: 10)
    _ = try await world.account("mallory")
    let alice = try means(of: #require(AccountName("alice")))
    let mallory = try means(of: #require(AccountName("mallory")))
    let otherBank: PartyName = try #require(PartyName("other-bank.example"))
    let good = request(of: alice, in: world)
    let stolen = request(of: mallory, in: world)
    let until = good.validUntil
    func forged(
      _ account: AccountMeans, _ nonce: Nonce, _ signature: Bytes, until: Timestamp = until
    ) -> CardRequest {
      CardRequest(
        account: account.account, nonce: nonce, validUntil: until, signature: signature)
    }
    let wrong = [
      forged(alice, stolen.nonce, stolen.signature),
      forged(mallory, good.nonce, good.signature),
      forged(alice, stolen.nonce, good.signature),
      forged(alice, good.nonce, []),
      forged(alice, good.nonce, good.signature, until: until.adding(seconds: 1)),
      request(of: alice, in: world, at: otherBank),
      request(of: try means(of: #require(AccountName("nobody"))), in: world),
    ]
    for request in wrong {
      await #expect(throws: ECashError(code: .cardRequest)) {
        try await world.cards.issue(.account(request))
      }
    }
    _ = try await world.cards.issue(.account(good))
    await #expect(throws: ECashError(code: .cardRequest), "one request gives one card") {
      try await world.cards.issue(.account(good))
    }
    #expect(await world.cards.cards().count == 1)
  }

  /// A request that lies about gives nobody a card.
  @Test func aRequestIsGoodForADayAtMost() async throws {
    let world = try await world()
    _ = try await world.account("alice", holding: 10)
    let alice = try means(of: #require(AccountName("alice")))
    let request = request(of: alice, in: world, goodFor: 60)
    world.clock.set(CashWorld.start.adding(seconds: 60))
    let late = self.request(of: alice, in: world, goodFor: 0)
    let long = self.request(
      of: alice, in: world, goodFor: CardIssuer.largestRequestSeconds + 1)
    for request in [request, late, long] {
      await #expect(throws: ECashError(code: .cardRequestExpired)) {
        try await world.cards.issue(.account(request))
      }
    }
    for seconds in [1, CardIssuer.largestRequestSeconds] {
      _ = try await world.cards.issue(
        .account(self.request(of: alice, in: world, goodFor: seconds)))
    }
    #expect(await world.cards.cards().count == 2)
  }

  /// What the issuer cannot read now is not refused: the same request is answered when it can.
  @Test func aFaultOfTheIssuerRefusesNothing() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let key = SHA256.digest(Bytes("foil/card-number-key/v1".utf8))
    let sealed = try #require(await world.store.read { $0.record(of: .card, key) })
    let order = try world.order([("shop", 1)], method: .card)
    let request = world.request(order, world.instrument(order, card))
    await world.store.transact { $0.putRecord(Bytes(sealed.reversed()), of: .card, key) }
    for _ in 0..<2 {
      guard case .unknown = await world.bank.reserve(request) else {
        Issue.record("a fault is no answer")
        return
      }
    }
    await world.store.transact { $0.putRecord(sealed, of: .card, key) }
    // The card's own row, too.
    let row = try #require(await world.store.read { $0.cards().first })
    await world.store.transact {
      $0.put(CardRow(id: row.id, secrets: Bytes(row.secrets.reversed()), funds: row.funds))
    }
    guard case .unknown = await world.bank.reserve(request) else {
      Issue.record("a fault is no answer")
      return
    }
    await world.store.transact { $0.put(row) }
    #expect(await world.bank.reserve(request).value != nil)
    #expect(await world.cards.cards().map(\.allFailedTries) == [0])
  }

  @Test func cardsThatDoNotPay() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100), validMonths: 1)
    let lines = lines(of: card)
    let strange = try self.card(["4111 1111 1111 1111", lines[1], lines[2]])
    let order = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(order, with: strange).refusal == .declined, "an unknown number")
    let forever = try self.card([lines[0], "2099-12", lines[2]])
    let prolonged = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(prolonged, with: forever).refusal == .declined, "another expiry")
    world.clock.set(CashWorld.start.adding(seconds: 70 * CashWorld.day))
    let late = try world.order([("shop", 1)], method: .card)
    #expect(await world.reserve(late, with: card).refusal == .declined, "expired")
    let elsewhere = try world.order([("shop", 1)], method: .transfer)
    #expect(await world.reserve(elsewhere, with: card).refusal == .invalid, "another method's part")
    try await world.checkBooks()
  }

  @Test func authorisationNeverLapses() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 10))
    let order = try world.order([("shop", 10)], method: .card)
    #expect(await world.reserve(order, with: card).value != nil)
    world.clock.set(CashWorld.start.adding(seconds: 500 * CashWorld.day))
    let later = try world.order([("shop", 10)], method: .card)
    #expect(await world.reserve(later, with: card).heldUntil != nil, "it is still authorised")
    #expect(try await world.checkBooks().balance(of: .held(.card)) == 10)
    #expect(await world.post(order, world.commit(order.process)).value != nil, "still owed")
    #expect(try await world.balance("shop") == 10)
  }

  @Test(arguments: [
    ["9999990000000001", "2029-12", "123"], ["4111111111111112", "2029-12", "123"],
    ["4111111111111111", "2029-13", "123"], ["4111111111111111", "2029-00", "123"],
    ["4111111111111111", "12/29", "123"], ["4111111111111111", "2029-12", "12"],
    ["4111111111111111", "2029-12", "12345"], ["4111111111111111", "2029-12", "12a"],
    ["4111111111111111", "2029-12"], ["", "2029-12", "123"],
    ["4111111111111111", "2029-12", "123", "4"], ["41111111111", "2029-12", "123"],
  ])
  func noCard(_ lines: [String]) throws {
    #expect(throws: ECashError(code: .cardDetails)) { try card(lines) }
  }

  @Test func luhnDigitsOfPublishedNumbers() throws {
    for number in ["4111111111111111", "5500-0055-5555-5559", "3782 822463 10005"] {
      _ = try card([number, "2029-12", "1234"])
    }
  }

  @Test func issuedCardsAreValidAndDifferent() async throws {
    let world = try await world()
    var numbers: Set<String> = []
    for _ in 0..<20 {
      let lines = lines(of: try await world.cards.issue(.credit(limit: 1)))
      #expect(lines[0].hasPrefix("999999") && lines[0].count == 16)
      _ = try card(lines)
      numbers.insert(lines[0])
    }
    #expect(numbers.count == 20)
    await #expect(throws: ECashError(code: .amountOverflow)) {
      try await world.cards.issue(.credit(limit: CardIssuer.largestLimit + 1))
    }
  }

  /// Neither the bank's rows nor anything that is printed shows a card.
  @Test func cardsAreNotShown() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 100))
    let lines = lines(of: card)
    let order = try world.order([("shop", 1)], method: .card)
    let outcome = await world.reserve(order, with: card)
    #expect(outcome.value != nil)
    let posted = await world.post(order, world.commit(order.process))
    var text = ""
    dump(world.bank, to: &text)
    dump(world.store.snapshot(), to: &text)
    dump(card, to: &text)
    dump(posted, to: &text)
    text += "\(card)" + String(reflecting: card) + "\(outcome)"
    let number = Bytes(lines[0].utf8)
    #expect(!text.contains(lines[0]) && !text.contains(number.hex))
    #expect(!text.contains(Base64.url.string(number)))
    #expect(!text.contains(number.map(String.init).joined(separator: ", ")))
    let listing = number.map { "- \($0)" }.joined(separator: " ")
    let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(!flat.contains(listing))
    #expect(flat.contains("- 1 - "), "lists of bytes look like that")
    let digit = ((lines[0].last?.wholeNumberValue ?? 0) + 1) % 10
    let mistyped = String(lines[0].dropLast()) + "\(digit)"
    do {
      _ = try self.card([mistyped, lines[1], lines[2]])
      Issue.record("the last digit is wrong")
    } catch {
      #expect(!"\(error)".contains(mistyped))
    }
  }

  @Test func cardOwesNoMoreThanItsLimit() async throws {
    let world = try await world()
    let card = try await world.cards.issue(.credit(limit: 10))
    let order = try world.order([("shop", 10)], method: .card)
    #expect(await world.reserve(order, with: card).value != nil)
    await world.store.transact { rows in
      for card in rows.cards() {
        rows.put(CardRow(id: card.id, secrets: card.secrets, funds: .credit(limit: 9)))
      }
    }
    await #expect(throws: ECashError(code: .booksUnbalanced)) {
      try await world.bank.trialBalance()
    }
  }

  @Test func feesOfTransfersAreTakenFromEveryMethod() async throws {
    let world = try await world(fees: Fees(perTransfer: 3))
    let card = try await world.cards.issue(.credit(limit: 100))
    let order = try world.order([("shop", 10), ("shop-b", 2)], method: .card)
    #expect(await world.reserve(order, with: card).value != nil)
    let transfers = try #require(await world.post(order, world.commit(order.process)).value)
    let claims = try transfers.map { try world.trust.verify($0, at: CashWorld.start).claim }
    #expect(claims.map(\.amount.minor) == [10, 2] && claims.map(\.fee?.minor) == [3, 2])
    #expect(try await world.balance("shop") == 7)
    #expect(try await world.checkBooks().balance(of: .fees) == 5)
  }
}
