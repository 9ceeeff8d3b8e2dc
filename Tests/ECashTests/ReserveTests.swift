// Holding coins for a process: every way to pay with what one may not.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ReserveTests {
  @Test func coinsAreHeld() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4])
    let order = try world.order([("shop", 7)])
    let reservation = try #require(try await world.reserve(order, coins).value)
    let claim = try world.trust.verify(
      reservation, by: world.bankName, at: CashWorld.start
    ).claim
    #expect(claim.process == order.process && claim.part == order.partDigest)
    #expect(claim.total == order.total && claim.decideBy == order.claim.decideBy)
    let books = try await world.checkBooks()
    #expect(books.coins.reduce(0) { $0 + $1.reserved } == 3)
    #expect(books.outstanding == 7, "held coins are still outstanding")
    #expect(try await world.balance("shop") == 0)
  }

  @Test func sameRequestHasSameAnswer() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let order = try world.order([("shop", 3)])
    let coins = try await world.coins([1, 2])
    let request = try world.request(order, world.instrument(order, coins))
    let first = try #require(await world.bank.reserve(request).value)
    world.clock.set(CashWorld.start.adding(seconds: 100 * CashWorld.day))
    #expect(await world.bank.reserve(request).value == first, "also after all limits")
    let other = try world.request(order, world.instrument(order, coins))
    #expect(await world.bank.reserve(other).refusal == .conflict, "sealed anew is another body")
    let step = ReserveRequest(
      id: order.id(.reserve, "/again"), order: request.order, part: request.part,
      instrument: request.instrument)
    #expect(await world.bank.reserve(step).refusal == .conflict, "one hold for each process")
    try await world.checkBooks()
  }

  @Test func refusalIsFinalAndSigned() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let order = try world.order([("shop", 4)])
    let coins = try await world.coins([1, 2])
    let request = try world.request(order, world.instrument(order, coins))
    let refused = await world.bank.reserve(request)
    #expect(refused.refusal == .amountMismatch)
    let refusal = try #require(refused.signedRefusal)
    let claim = try world.trust.verify(refusal, by: world.bankName, at: CashWorld.start).claim
    #expect(claim.process == order.process && claim.step == request.id.step)
    #expect(claim.reason == .amountMismatch && claim.details == nil)
    #expect(await world.bank.reserve(request).signedRefusal == refusal)
  }

  /// An attack on one payment, and what the bank says to it.
  private struct Attack {
    let what: Comment
    let reason: RefusalReason
    let order: TestOrder
    let payment: Sealed<SealedContent.Instrument>

    init(
      _ what: Comment, _ reason: RefusalReason, _ order: TestOrder,
      _ payment: (TestOrder) throws -> Sealed<SealedContent.Instrument>
    ) rethrows {
      self.what = what
      self.reason = reason
      self.order = order
      self.payment = try payment(order)
    }
  }

  @Test func wrongPaymentsAreRefused() async throws {
    let world = try await CashWorld(values: [1, 2, 4])
    let elsewhere = try await CashWorld(values: [8], bank: "rival.example")
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4])
    let foreign = try await elsewhere.coins([8])
    let other = try #require(PartyName("other.example"))
    let earlier = try world.order([("shop", 7)])
    func order(_ minor: UInt64 = 7) throws -> TestOrder { try world.order([("shop", minor)]) }
    func changed(_ order: TestOrder, _ change: (UsedCoin) -> UsedCoin) throws
      -> Sealed<SealedContent.Instrument>
    {
      try world.instrument(order, coins) { [change($0[0])] + $0.dropFirst() }
    }
    var entropy = SystemEntropy()
    let garbage = Sealed<SealedContent.Instrument>([1, 2, 3], digest: SHA256.digest([1, 2, 3]))
    let noCoins = Age.seal(Bytes("{}".utf8).span, to: world.bank.recipient, from: &entropy)
    let notCanonical = Sealed<SealedContent.Instrument>(noCoins, digest: SHA256.digest(noCoins))

    let attacks = [
      try Attack("a coin twice", .invalid, order(8)) {
        try world.instrument($0, coins) { $0 + [$0[0]] }
      },
      try Attack("a coin of another bank", .denominationRefused, order(8)) {
        try world.instrument($0, foreign)
      },
      try Attack("one too much", .amountMismatch, order(6)) { try world.instrument($0, coins) },
      try Attack("one too little", .amountMismatch, order(8)) { try world.instrument($0, coins) },
      try Attack("no coins", .amountMismatch, order()) { try world.instrument($0, []) },
      try Attack("another process signed", .invalid, order()) {
        try world.instrument($0, coins, usedIn: earlier.process)
      },
      try Attack("another bank signed", .invalid, order()) {
        try world.instrument($0, coins, at: other)
      },
      try Attack("another order's blob", .invalid, order()) { _ in
        try world.instrument(earlier, coins)
      },
      try Attack("another process named", .invalid, order()) {
        try world.instrument($0, coins, process: earlier.process)
      },
      try Attack("another part named", .invalid, order()) {
        try world.instrument($0, coins, part: SHA256.digest([]))
      },
      try Attack("another total named", .invalid, order()) {
        try world.instrument($0, coins, total: world.amount(8))
      },
      try Attack("a flipped bit in the use", .invalid, order()) {
        try changed($0) { coin in
          UsedCoin(
            denomination: coin.denomination, coin: coin.coin, signature: coin.signature,
            use: [coin.use[0] ^ 1] + coin.use.dropFirst())
        }
      },
      try Attack("a flipped bit in the coin", .invalid, order()) {
        try changed($0) { coin in
          UsedCoin(
            denomination: coin.denomination, coin: coin.coin,
            signature: coin.signature.dropLast() + [coin.signature[255] ^ 1], use: coin.use)
        }
      },
      try Attack("a coin under another denomination", .invalid, order(10)) {
        try changed($0) { coin in
          UsedCoin(
            denomination: coins[2].denomination, coin: coin.coin, signature: coin.signature,
            use: coin.use)
        }
      },
      try Attack("the identity as a coin", .invalid, order()) {
        try changed($0) { coin in
          UsedCoin(
            denomination: coin.denomination,
            coin: CoinID([1] + Bytes(repeating: 0, count: 31)) ?? coin.coin,
            signature: coin.signature, use: coin.use)
        }
      },
      try Attack("an unknown denomination", .denominationRefused, order()) {
        try changed($0) { coin in
          UsedCoin(
            denomination: SHA256.digest([]).renamed(), coin: coin.coin,
            signature: coin.signature, use: coin.use)
        }
      },
      try Attack("no age file", .invalid, order()) { _ in garbage },
      try Attack("no payment", .invalid, order()) { _ in notCanonical },
      try Attack("a digest of something else", .invalid, order()) {
        Sealed(try world.instrument($0, coins).bytes, digest: SHA256.digest([]))
      },
    ]
    for attack in attacks {
      let outcome = await world.bank.reserve(world.request(attack.order, attack.payment))
      #expect(outcome.refusal == attack.reason, attack.what)
      #expect(outcome.signedRefusal != nil, attack.what)
    }
    #expect(try await world.checkBooks().coins.allSatisfy { $0.reserved == 0 })
    #expect(try await world.reserve(order(), coins).value != nil, "the coins are still good")
  }

  @Test func wrongOrdersAreRefused() async throws {
    let world = try await CashWorld(terms: BankTerms(largestHoldSeconds: 3600))
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4])
    let other = try #require(PartyName("other.example"))
    let lowOrder = try #require(RecipientValue(Bytes(repeating: 0, count: 32)))
    let card = try #require(PaymentMethod(rawValue: "card"))
    let dollars = try #require(Currency("USD"))
    let cases: [(Comment, RefusalReason, TestOrder)] = try [
      ("another bank's part", .invalid, world.order([("shop", 7)], bank: other)),
      ("a payee elsewhere", .noClearing, world.order([("shop", 7)], payeeBank: other)),
      ("an unknown payee", .payeeUnknown, world.order([("nobody", 7)])),
      ("another method", .methodRefused, world.order([("shop", 7)], method: card)),
      ("another currency", .notOffered, world.order([("shop", 7)], currency: dollars)),
      ("too late", .tooLate, world.order([("shop", 7)], decideIn: 0)),
      ("too far away", .notOffered, world.order([("shop", 7)], decideIn: 3601)),
      ("a low-order recipient", .invalid, world.order([("shop", 7)], recipient: lowOrder)),
    ]
    for (what, reason, order) in cases {
      #expect(try await world.reserve(order, coins).refusal == reason, what)
    }
    #expect(try await world.reserve(world.order([("shop", 7)]), coins).value != nil)
    try await world.checkBooks()
  }

  @Test func nothingIsKeptForStrangers() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4])
    let stranger = try world.order(
      [("shop", 7)], coordinator: CashWorld.signer("stranger.example"))
    let outcome = try await world.reserve(stranger, coins)
    #expect(outcome.refusal == .coordinatorRefused && outcome.signedRefusal == nil)
    let bank = try world.order([("shop", 7)], coordinator: world.bankSigner)
    #expect(try await world.reserve(bank, coins).refusal == .coordinatorRefused, "not its use")

    let order = try world.order([("shop", 7)])
    let other = try world.order([("shop", 7)])
    let payment = try world.instrument(order, coins)
    let wrong: [(Comment, Signed<Order>, RequestID, CommittedPart)] = [
      ("another process", order.signed, other.id(.reserve), order.part),
      ("another order", other.signed, order.id(.reserve), order.part),
      ("no order", Signed([1, 2]), order.id(.reserve), order.part),
    ]
    for (what, signed, id, part) in wrong {
      let request = ReserveRequest(id: id, order: signed, part: part, instrument: payment)
      let outcome = await world.bank.reserve(request)
      #expect(outcome.refusal == .invalid && outcome.signedRefusal == nil, what)
    }
    #expect(await world.bank.unlogged(atMost: 99).count == 1, "one withdrawal and no refusal")
    #expect(await world.bank.reserve(world.request(order, payment)).value != nil)
  }

  @Test func partOfAnotherOrderIsRefusedAndForgotten() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1])
    let (order, other) = (try world.order([("shop", 1)]), try world.order([("shop", 1)]))
    let payment = try world.instrument(order, coins)
    let part = order.part
    let untied = CommittedPart(
      part: part.part, salt: other.part.salt, index: part.index, path: part.path)
    for wrong in [other.part, untied] {
      let request = ReserveRequest(
        id: order.id(.reserve), order: order.signed, part: wrong, instrument: payment)
      let outcome = await world.bank.reserve(request)
      #expect(outcome.refusal == .invalid && outcome.signedRefusal == nil)
    }
    #expect(await world.bank.unlogged(atMost: 99).count == 1, "one withdrawal and no refusal")
    #expect(await world.bank.reserve(world.request(order, payment)).value != nil)
  }

  @Test func partOfAnotherBankIsRefusedAndForgotten() async throws {
    let world = try await CashWorld()
    let order = try world.order([("shop", 1)], bank: PartyName("other.example"))
    let outcome = try await world.reserve(order, [])
    #expect(outcome.refusal == .invalid && outcome.signedRefusal == nil)
    #expect(await world.bank.unlogged(atMost: 9).isEmpty)
  }

  @Test func raceForTheSameCoinsHasOneWinner() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4, 8])
    let requests = try (0..<8).map { _ in
      let order = try world.order([("shop", 15)])
      return try world.request(order, world.instrument(order, coins))
    }
    let outcomes = await withTaskGroup(of: Outcome<Signed<Reservation>>.self) { group in
      for request in requests { group.addTask { await world.bank.reserve(request) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count { $0.value != nil } == 1)
    #expect(outcomes.count { $0.heldUntil != nil } == 7)
    #expect(try await world.checkBooks().coins.reduce(0) { $0 + $1.reserved } == 4)
  }

  @Test func coinsAreSpentWithinTheirWindow() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2])
    let end = CashWorld.start.adding(seconds: 60 * CashWorld.day)
    world.clock.set(end)
    let late = try world.order([("shop", 3)])
    #expect(try await world.reserve(late, coins).refusal == .denominationRefused)
    world.clock.set(end.adding(milliseconds: -1))
    let order = try world.order([("shop", 3)])
    #expect(try await world.reserve(order, coins).value != nil)
    world.clock.set(end.adding(seconds: 1000))
    #expect(await world.post(order, world.commit(order.process)).value != nil, "checked at reserve")
    try await world.checkBooks()
  }

  @Test func sumsDoNotOverflow() async throws {
    let keys = try TestDenominationKeys.shared.get().denominations
    let world = try await CashWorld(denominations: [(1 << 52, keys[0].publicKey)])
    _ = try await world.account("shop")
    let coins = try await world.coins([1 << 52])
    let order = try world.order([("shop", 1 << 52)])
    let payment = try world.instrument(order, coins) { used in
      used
        + (1...4).map { number in
          UsedCoin(
            denomination: used[0].denomination, coin: SHA256.digest([number]).renamed(),
            signature: used[0].signature, use: used[0].use)
        }
    }
    #expect(
      await world.bank.reserve(world.request(order, payment)).refusal == .amountMismatch)
    let next = try world.order([("shop", 1 << 52)])
    #expect(try await world.reserve(next, coins).value != nil)
    try await world.checkBooks()
  }

  @Test func moreCoinsThanIssuedStopTheDenomination() async throws {
    let world = try await CashWorld(values: [1, 2])
    _ = try await world.account("shop")
    let real = try await world.coins([1])
    let key = try TestDenominationKeys.key(2)
    var entropy = SystemEntropy()
    let coin = Ed25519.PrivateKey.generate(from: &entropy)
    let message = BlindRSA.PreparedMessage(coin.publicKey.bytes, variant: .pssDeterministic)
    let blinding = try key.publicKey.blind(message, from: &entropy)
    let signature = try key.publicKey.finalize(
      key.blindSign([blinding.blindedMessage])[0], for: message, blinding: blinding)
    let forged = HeldCoin(key: coin, denomination: key.publicKey.id, signature: signature)
    let order = try world.order([("shop", 2)])
    #expect(try await world.reserve(order, [forged]).refusal == .denominationRefused)
    let books = try await world.checkBooks()
    #expect(books.coins.map(\.isStopped).count { $0 } == 1)
    let signer = try await world.account("payer", holding: 3)
    let request = try world.withdrawal(
      BlindedCoins([2], under: world.keyset).coins, total: 2, from: "payer", by: signer)
    #expect(await world.bank.withdraw(request).refusal == .denominationClosed)
    #expect(
      try await world.reserve(world.order([("shop", 1)]), real).value != nil, "not the others")
  }
}
