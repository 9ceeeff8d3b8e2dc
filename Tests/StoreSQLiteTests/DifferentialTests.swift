// The adapters tell what the rows in memory tell, whatever is done to both.

import Coordinator
import ECash
import Goods
import PaymentModel
import StoreSQLite
import Testing

@Suite struct DifferentialTests {
  @Test func journal() async throws {
    try await expectSameAnswers(
      memory: MemoryJournalRows() as any JournalRows, schema: .journal, transactions: 150,
      operations: Self.records)
  }

  @Test func bank() async throws {
    try await expectSameAnswers(
      memory: MemoryBankRows() as any BankRows, schema: .bank, transactions: 150,
      operations: Self.books + Self.issuing + Self.payments)
  }

  @Test func wallet() async throws {
    try await expectSameAnswers(
      memory: MemoryWalletRows() as any WalletRows, schema: .wallet, transactions: 150,
      operations: Self.coins + Self.purchases)
  }

  @Test func shop() async throws {
    try await expectSameAnswers(
      memory: MemoryShopRows() as any ShopRows, schema: .shop, transactions: 150,
      operations: Self.offers + Self.shopHolds)
  }

  // MARK: Journal

  private static let records: [RowOperation<any JournalRows>] = [
    RowOperation { rows, random in
      let process: ProcessID = random.identifier()
      let next = rows.rows(of: process).reduce(0) { $0 + $1.kinds.count }
      let sequence = random.flag() ? next : random.number(0..<next + 1)
      let kind: RecordKind =
        sequence == 0
        ? .begin : try random.one(of: [.intent, .result, .prepared, .verdict, .forward, .end])
      let row = JournalRow(
        process: process, sequence: sequence, kinds: random.flag() ? [kind] : [kind, .forward],
        records: random.bytes(),
        chain: random.identifier(of: nil))
      return "append \(rows.append(row))"
    },
    RowOperation { rows, random in
      let process: ProcessID = random.identifier()
      return "\(rows.rows(of: process))"
    },
    RowOperation { rows, random in
      let after: ProcessID? = random.flag() ? random.identifier() : nil
      let found = rows.processes(
        after: after, atMost: random.number(0..<6), onlyOpen: random.flag())
      return "processes \(found)"
    },
    RowOperation { rows, random in
      guard let owner = PartyName("shop.example") else { throw SeededRandom.NoValue() }
      let number = random.number(1..<8)
      let lock = LockRow(
        resource: Resource(owner: owner, name: "good \(number % 3)"), number: number,
        process: random.identifier())
      if random.flag() { rows.add(lock) } else { rows.remove(lock) }
      return "locks \(rows.locks())"
    },
  ]

  // MARK: Bank

  private static func ledgerAccount(_ random: inout SeededRandom) throws -> LedgerAccount {
    guard let name = random.account() else { throw SeededRandom.NoValue() }
    return try random.one(
      of: [
        .fees, .clearing, .holder(name), .outstanding(random.identifier(of: 2)), .held(.card),
        .correspondent(random.party()), .card(random.identifier(of: 2)), .issued(.transfer),
      ])
  }

  private static let books: [RowOperation<any BankRows>] = [
    RowOperation { rows, random in
      guard let name = random.account() else { throw SeededRandom.NoValue() }
      let before = rows.account(name)
      rows.put(
        AccountRow(name: name, key: random.identifier(of: nil), openedAt: random.time()))
      return "\(before, default: "none") \(rows.accounts())"
    },
    RowOperation { rows, random in
      let account = try ledgerAccount(&random)
      let before = rows.balance(of: account)
      rows.setBalance(
        Int64.random(in: Int64.min...Int64.max, using: &random), of: account)
      return "\(before) \(rows.balances())"
    },
    RowOperation { rows, random in
      let last = rows.lastPostingNumber()
      var lines: [LedgerBalance] = []
      for _ in 0..<random.number(0..<4) {
        lines.append(
          LedgerBalance(
            account: try ledgerAccount(&random), minor: Int64(random.number(-9..<9))))
      }
      let posting = Posting(
        number: last + 1, kind: try random.one(of: PostingKind.allCases),
        reference: random.identifier(of: nil), at: random.time(), lines: lines)
      rows.append(posting)
      let found = rows.posting(posting.kind, reference: posting.reference)
      let other = rows.posting(posting.kind, reference: random.identifier())
      let page = rows.postings(after: random.number(0..<last + 2), atMost: random.number(0..<4))
      return "\(last) \(found, default: "none") \(other, default: "none") \(page)"
    },
    RowOperation { rows, random in
      rows.enqueue(random.identifier(of: nil), kind: try random.one(of: StatementKind.allCases))
      if random.number(0..<3) == 0 { rows.dropOutbox(through: random.number(0..<30)) }
      return "\(rows.outbox(atMost: random.number(0..<5)))"
    },
  ]

  private static let issuing: [RowOperation<any BankRows>] = [
    RowOperation { rows, random in
      guard let currency = random.currency() else { throw SeededRandom.NoValue() }
      let period = random.number(0..<4)
      let before = rows.keyset(period: period)
      rows.put(
        KeysetRow(
          period: period, currency: currency,
          fees: Fees(perCoin: random.minor(), perTransfer: random.minor()),
          statement: Signed(random.bytes())))
      return "\(before, default: "none") \(rows.latestKeyset(), default: "none")"
    },
    RowOperation { rows, random in
      let id: DenominationID = random.identifier()
      let before = rows.denomination(id)
      rows.put(
        DenominationRow(
          id: id, period: random.number(0..<9),
          content: Denomination(
            value: 1 << UInt64(random.number(0..<50)), publicKey: random.bytes(),
            issuedFrom: random.time(), issuedUntil: random.time(), spentUntil: random.time(),
            redeemedUntil: random.time()),
          issued: random.minor(), reserved: random.minor(), redeemed: random.minor(),
          isStopped: random.flag()))
      return "\(before, default: "none") \(rows.denominations())"
    },
    RowOperation { rows, random in
      let id: DenominationID = random.identifier()
      let before = rows.sealedDenominationKey(id)
      rows.putSealedDenominationKey(random.bytes(), of: id)
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      let message: Digest = random.identifier()
      let before = rows.issuedCoin(message)
      rows.put(
        IssuedCoinRow(
          blindedMessage: message, denomination: random.identifier(),
          withdrawal: random.identifier(), blindSignature: random.someBytes()))
      return "\(before, default: "none") \(rows.issuedCoin(message), default: "none")"
    },
    RowOperation { rows, random in
      guard let account = random.account() else { throw SeededRandom.NoValue() }
      let id: StatementID = random.identifier()
      let before = rows.withdrawal(id)
      rows.put(
        WithdrawalRow(
          id: id, account: account, debit: random.minor(),
          issue: random.someBytes().map { Signed($0) }))
      return "\(before, default: "none") \(rows.withdrawal(id), default: "none")"
    },
  ]

  private static let payments: [RowOperation<any BankRows>] = [
    RowOperation { rows, random in
      let coin: CoinID = random.identifier()
      let before = rows.coin(coin)
      if random.number(0..<4) == 0 {
        rows.removeCoin(coin)
      } else {
        rows.put(
          CoinRow(
            coin: coin, denomination: random.identifier(),
            state: try random.one(of: [.reserved, .spent]),
            use: CoinUse(
              process: random.identifier(), bank: random.party(), signature: random.bytes())))
      }
      return "\(before, default: "none") \(rows.coin(coin), default: "none")"
    },
    RowOperation { rows, random in
      let process: ProcessID = random.identifier()
      let before = rows.hold(of: process)
      var payouts: [Payout] = []
      for _ in 0..<random.number(0..<4) {
        guard let account = random.account() else { throw SeededRandom.NoValue() }
        payouts.append(
          Payout(
            payee: Payee(bank: random.party(), account: account), amount: try random.amount()))
      }
      rows.put(
        HoldRow(
          process: process, coordinator: random.identifier(), decideBy: random.time(),
          total: try random.amount(), payouts: payouts, transferFee: random.minor(),
          method: try random.one(of: [.ecash, .card, .transfer]), held: random.bytes(),
          source: random.flag() ? try ledgerAccount(&random) : nil, moved: random.minor(),
          state: try random.one(of: [.reserved, .posted, .voided]), verdict: random.verdict(),
          verdictID: random.flag() ? random.identifier() : nil, reply: random.someBytes()))
      return """
        \(before, default: "none") \(rows.hold(of: process), default: "none") \
        \(rows.undecidedHolds(from: nil)) \(rows.undecidedHolds(from: try ledgerAccount(&random)))
        """
    },
    RowOperation { rows, random in
      let bank = random.party()
      let before = rows.correspondent(bank)
      rows.put(
        CorrespondentRow(
          bank: bank, largestClaim: random.minor(), largestDebt: random.minor(),
          drawn: random.minor(), credited: random.minor(), promised: random.minor(),
          promisedUntil: random.time()))
      return "\(before, default: "none") \(rows.correspondents())"
    },
    RowOperation { rows, random in
      let id: StatementID = random.identifier(of: 5)
      let before = rows.creditLine(id)
      let (creditor, debtor) = (random.party(), random.party())
      rows.put(
        CreditLineRow(
          id: id, creditor: creditor, debtor: debtor, limit: random.minor(),
          validFrom: random.time(), validUntil: random.time(),
          statement: Signed(random.bytes()), proof: random.someBytes()))
      return """
        \(before, default: "none") \(rows.latestCreditLine(from: creditor, to: debtor), default: "") \
        \(rows.latestCreditLine(from: debtor, to: creditor), default: "none")
        """
    },
    RowOperation { rows, random in
      let id: StatementID = random.identifier(of: 5)
      let before = rows.collected(id)
      let bank = random.party()
      let (one, other) = (random.minor(), random.minor())
      let payment: Digest = random.identifier(of: 2)
      rows.put(
        CollectedRow(
          transfer: id, bank: bank, payment: payment, net: min(one, other), total: max(one, other),
          statement: Signed(random.bytes()), proof: random.someBytes(),
          credit: Signed(random.bytes())))
      return """
        \(before, default: "none") \(rows.collected(of: payment)) \
        \(rows.collected(from: bank, above: min(one, other), upTo: max(one, other)))
        """
    },
    RowOperation { rows, random in
      let card: CardID = random.identifier(of: 3)
      let before = rows.card(card)
      guard let account = random.account() else { throw SeededRandom.NoValue() }
      rows.put(
        CardRow(
          id: card, secrets: random.bytes(),
          funds: random.flag() ? .credit(limit: random.minor()) : .account(account),
          failedTries: random.number(0..<4), allFailedTries: random.number(0..<9)))
      return "\(before, default: "none") \(rows.cards())"
    },
    RowOperation { rows, random in
      let key: Digest = random.identifier(of: 3)
      let method: PaymentMethod = try random.one(of: [.card, .transfer])
      let before = rows.record(of: method, key)
      rows.putRecord(random.bytes(), of: method, key)
      return "\(before, default: "none") \(rows.record(of: method, key), default: "none")"
    },
    RowOperation { rows, random in
      let coordinator: Thumbprint = random.identifier(of: 2)
      let process: ProcessID = random.identifier(of: 2)
      let before = rows.tombstone(coordinator: coordinator, process: process)
      rows.put(
        TombstoneRow(
          coordinator: coordinator, process: process, verdictID: random.identifier(),
          reply: random.bytes()))
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      guard let step = StepPath(rawValue: "reserve/\(random.number(0..<2))") else {
        throw SeededRandom.NoValue()
      }
      let request = RequestKey(
        coordinator: random.identifier(of: 2), process: random.identifier(of: 2), step: step)
      let before = rows.reply(to: request)
      rows.put(ReplyRow(request: request, body: random.identifier(), reply: random.bytes()))
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      let process: ProcessID = random.identifier()
      let before = rows.sealedDetails(of: process)
      rows.putSealedDetails(random.bytes(), of: process)
      return "\(before, default: "none")"
    },
  ]

  // MARK: Wallet

  private static func coinKey(_ random: inout SeededRandom) -> CoinKey {
    CoinKey(denomination: random.identifier(of: 3), counter: UInt64(random.number(0..<9)))
  }

  private static let coins: [RowOperation<any WalletRows>] = [
    RowOperation { rows, random in
      let before = rows.sealedSeed()
      rows.putSealedSeed(random.bytes())
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      let name: CounterName = random.flag() ? .orders : .coins(random.identifier(of: 2))
      let before = rows.counter(name)
      rows.setCounter(name, to: random.minor())
      return "\(before) \(rows.counter(name))"
    },
    RowOperation { rows, random in
      let id: StatementID = random.identifier()
      let before = rows.withdrawal(id)
      rows.put(
        WalletWithdrawalRow(
          id: id, bank: random.party(),
          coins: (0..<random.number(0..<4)).map { _ in coinKey(&random) },
          statement: Signed(random.bytes()), keyset: Signed(random.bytes()),
          madeAt: random.time(), state: try random.one(of: [.inFlight, .done, .refused])))
      return "\(before, default: "none") \(rows.withdrawalsInFlight())"
    },
    RowOperation { rows, random in
      let key = coinKey(&random)
      let before = rows.coin(key)
      rows.put(
        WalletCoinRow(
          key: key, bank: random.party(), value: try random.amount(), signature: random.bytes(),
          spentUntil: random.time(), state: try random.one(of: [.free, .locked, .spent]),
          process: random.flag() ? random.identifier(of: 2) : nil, isShown: random.flag(),
          isNamed: random.flag()))
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      let state: WalletCoinRow.State = try random.one(of: [.free, .locked, .spent])
      return "\(rows.coins(at: random.party(), in: state))"
    },
    RowOperation { rows, random in
      let currency = try random.amount().currency
      return "\(rows.spendableCoins(at: random.party(), in: currency, after: random.time()))"
    },
    RowOperation { rows, random in "\(rows.coins(lockedBy: random.identifier(of: 2)))" },
  ]

  private static let purchases: [RowOperation<any WalletRows>] = [
    RowOperation { rows, random in
      let process: ProcessID = random.identifier()
      let before = rows.purchase(process)
      rows.put(
        PurchaseRow(
          process: process, orderNumber: random.next(), coordinator: random.identifier(),
          decideBy: random.time(), madeAt: random.time(), submission: random.bytes(),
          state: try random.one(of: [.undecided, .committed, .aborted]),
          verdict: random.verdict(), deliveryRequest: random.someBytes(),
          cancellation: random.someBytes(), receipt: random.someBytes()))
      return "\(before, default: "none") \(rows.purchases(atMost: random.number(0..<6))) "
        + "\(rows.withdrawnPurchases())"
    }
  ]

  // MARK: Shop

  private static let offers: [RowOperation<any ShopRows>] = [
    RowOperation { rows, random in
      let recipient: RecipientValue = random.identifier()
      let before = rows.sealedIdentity(of: recipient)
      rows.putSealedIdentity(random.bytes(), of: recipient)
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      let id: StatementID = random.identifier()
      let before = rows.offer(id)
      rows.put(ShopOfferRow(id: id, signed: Signed(random.bytes())))
      let after: StatementID? = random.flag() ? random.identifier() : nil
      let page = rows.offers(after: after, atMost: random.number(0..<6))
      return "\(before, default: "none") \(page)"
    },
    RowOperation { rows, random in
      let name = try random.one(of: stocks)
      let before = rows.stockLevel(of: name)
      rows.setStockLevel(random.number(0..<99), of: name)
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      rows.enqueue(random.identifier(of: nil), kind: try random.one(of: StatementKind.allCases))
      if random.number(0..<3) == 0 { rows.dropOutbox(through: random.number(0..<30)) }
      return "\(rows.outbox(atMost: random.number(0..<5)))"
    },
  ]

  private static let stocks = ["", "chairs", "d\u{0}esks", "Stühle"]

  private static let shopHolds: [RowOperation<any ShopRows>] = [
    RowOperation { rows, random in
      let key = ShopHoldKey(
        coordinator: random.identifier(of: 2), process: random.identifier(of: 3),
        offer: random.identifier(of: 3))
      let before = rows.hold(key)
      guard let account = random.account(),
        let step = StepPath(rawValue: "deposit/\(random.number(0..<9))")
      else { throw SeededRandom.NoValue() }
      rows.put(
        ShopHoldRow(
          key: key, step: step, stock: random.flag() ? try random.one(of: stocks) : nil,
          quantity: random.number(0..<99), amount: try random.amount(),
          payee: Payee(bank: random.party(), account: account), decideBy: random.time(),
          state: try random.one(of: [.held, .held, .released, .sold])))
      let all = rows.holds(coordinator: key.coordinator, process: key.process)
      return "\(before, default: "none") \(all)"
    },
    RowOperation { rows, random in
      let offer: StatementID = random.identifier(of: 3)
      let scope: ShopHoldScope = try random.one(
        of: [
          .all, .offer(offer), .stock(try random.one(of: stocks)), .free(ofStock: nil),
          .free(ofStock: try random.one(of: stocks)),
        ])
      return "\(rows.undecided(scope)) \(rows.isSold(offer))"
    },
    RowOperation { rows, random in
      let times = [Timestamp(milliseconds: .min), .init(seconds: -1), .init(seconds: 1)]
      let place = ShopOrderPlace(
        decideBy: try random.one(of: times), coordinator: random.identifier(of: 2),
        process: random.identifier(of: 3))
      let before = rows.order(place)
      if random.number(0..<3) == 0 {
        rows.removeOrder(place)
      } else {
        rows.put(
          ShopOrderRow(place: place, signed: Signed(random.bytes()), askAt: random.time()))
      }
      let end = Timestamp(milliseconds: .max)
      let page = rows.orders(
        decidedBy: try random.one(of: times),
        leavingAlone: random.flag() ? nil : random.time()...end,
        after: random.flag() ? place : nil, atMost: random.number(0..<6))
      let all = rows.orders(decidedBy: end, leavingAlone: nil, after: nil, atMost: 99)
      return "\(before, default: "none") \(page) \(all)"
    },
    RowOperation { rows, random in
      let coordinator: Thumbprint = random.identifier(of: 2)
      let process: ProcessID = random.identifier(of: 2)
      let before = rows.verdict(coordinator: coordinator, process: process)
      rows.put(
        ShopVerdictRow(
          coordinator: coordinator, process: process, verdict: random.identifier(),
          isCommit: random.flag()))
      return "\(before, default: "none")"
    },
    RowOperation { rows, random in
      guard let step = StepPath(rawValue: "deposit/\(random.number(0..<2))") else {
        throw SeededRandom.NoValue()
      }
      let request = RequestKey(
        coordinator: random.identifier(of: 2), process: random.identifier(of: 2), step: step)
      let before = rows.reply(to: request)
      rows.put(ReplyRow(request: request, body: random.identifier(), reply: random.bytes()))
      return "\(before, default: "none")"
    },
  ]
}
