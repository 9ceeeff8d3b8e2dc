// What every store of a shop's rows must do. Run by each adapter on stores of its own.

package import Goods
import PaymentCrypto
package import PaymentModel

/// The conformance suite of `ShopRows`.
package enum ShopConformance {
  /// What was expected and did not happen.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One check on a store without rows.
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any Store<any ShopRows>) async throws -> Void
  }

  package static let cases = [
    Case(description: "a fresh store is empty", check: isEmpty),
    Case(description: "identities are kept by recipient", check: keepsIdentities),
    Case(description: "offers come in the order of their identifiers", check: ordersOffers),
    Case(description: "stock levels are replaced", check: keepsStock),
    Case(description: "holds are found by key and by process", check: findsHolds),
    Case(description: "undecided holds are summed up", check: sumsHolds),
    Case(description: "orders are kept and come in the order of their places", check: ordersOrders),
    Case(description: "verdicts are kept by coordinator and process", check: keepsVerdicts),
    Case(description: "replies are kept by request", check: keepsReplies),
    Case(description: "the outbox is a queue", check: queues),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
  ]

  // MARK: - Cases

  static func isEmpty(_ store: any Store<any ShopRows>) async throws {
    try await store.read { rows in
      try require(rows.sealedIdentity(of: recipient(1)) == nil, "no identity")
      try require(rows.offer(offer(1)) == nil, "no offer")
      try require(rows.offers(after: nil, atMost: 10).isEmpty, "no offers")
      try require(rows.stockLevel(of: "chairs") == nil, "no stock")
      try require(rows.hold(key(1, 1, 1)) == nil, "no hold")
      try require(rows.holds(coordinator: party(1), process: process(1)).isEmpty, "no holds")
      let nothing = ShopHoldSummary(count: 0, pieces: 0, firstDecideBy: nil)
      try require(rows.undecided(.all) == nothing, "nothing undecided")
      try require(!rows.isSold(offer(1)), "nothing sold")
      try require(rows.order(place(1, 1, 1)) == nil, "no order")
      let end = Timestamp(milliseconds: .max)
      try require(
        rows.orders(decidedBy: end, leavingAlone: nil, after: nil, atMost: 10).isEmpty, "no orders")
      try require(rows.verdict(coordinator: party(1), process: process(1)) == nil, "no verdict")
      try require(rows.reply(to: request(1, "a")) == nil, "no reply")
      try require(rows.outbox(atMost: 10).isEmpty, "nothing to log")
    }
  }

  static func keepsIdentities(_ store: any Store<any ShopRows>) async throws {
    await store.transact { rows in
      rows.putSealedIdentity([1, 2, 3], of: recipient(1))
      rows.putSealedIdentity([4], of: recipient(2))
      rows.putSealedIdentity([5, 6], of: recipient(2))
    }
    try await store.read { rows in
      try require(rows.sealedIdentity(of: recipient(1)) == [1, 2, 3], "the first")
      try require(rows.sealedIdentity(of: recipient(2)) == [5, 6], "the later one")
      try require(rows.sealedIdentity(of: recipient(3)) == nil, "no third")
    }
  }

  static func ordersOffers(_ store: any Store<any ShopRows>) async throws {
    let all = (1...9).map { ShopOfferRow(id: offer($0), signed: Signed([UInt8($0)])) }
    await store.transact { rows in
      for row in all.reversed() { rows.put(row) }
      rows.put(ShopOfferRow(id: offer(1), signed: Signed([99])))
    }
    let sorted = all.sorted { $0.id < $1.id }.map(\.id)
    try await store.read { rows in
      try require(rows.offers(after: nil, atMost: 100).map(\.id) == sorted, "all in order")
      try require(rows.offers(after: nil, atMost: 2).map(\.id) == Array(sorted[..<2]), "two")
      try require(
        rows.offers(after: sorted[4], atMost: 2).map(\.id) == Array(sorted[5...6]), "after one")
      try require(rows.offers(after: sorted[8], atMost: 2).isEmpty, "none after the last")
      try require(rows.offer(offer(1))?.signed == Signed([99]), "a put replaces")
      try require(rows.offer(offer(2))?.signed == Signed([2]), "the others stay")
    }
  }

  static func keepsStock(_ store: any Store<any ShopRows>) async throws {
    await store.transact { rows in
      rows.setStockLevel(3, of: "chairs")
      rows.setStockLevel(0, of: "tables")
      rows.setStockLevel(2, of: "chairs")
    }
    try await store.read { rows in
      try require(rows.stockLevel(of: "chairs") == 2, "the later level")
      try require(rows.stockLevel(of: "tables") == 0, "nothing left is not nothing known")
      try require(rows.stockLevel(of: "Chairs") == nil, "names are compared as they are")
    }
  }

  static func findsHolds(_ store: any Store<any ShopRows>) async throws {
    let holds = [
      hold(key(1, 1, 1)), hold(key(1, 1, 2)), hold(key(1, 2, 1)), hold(key(2, 1, 1)),
    ]
    await store.transact { rows in
      for row in holds.reversed() { rows.put(row) }
      var released = holds[0]
      released.state = .released
      rows.put(released)
    }
    try await store.read { rows in
      for row in holds.dropFirst() { try require(rows.hold(row.key) == row, "each by its key") }
      try require(rows.hold(holds[0].key)?.state == .released, "a put replaces")
      try require(rows.hold(key(2, 2, 2)) == nil, "no other")
      let ofProcess = rows.holds(coordinator: party(1), process: process(1)).map(\.key)
      try require(ofProcess == [key(1, 1, 1), key(1, 1, 2)].sorted(), "all of one process")
      try require(
        rows.holds(coordinator: party(2), process: process(1)).map(\.key) == [key(2, 1, 1)],
        "another coordinator's process is another one")
    }
  }

  static func sumsHolds(_ store: any Store<any ShopRows>) async throws {
    await store.transact { rows in
      rows.put(hold(key(1, 1, 1), stock: "chairs", quantity: 2, decideBy: 300))
      rows.put(hold(key(1, 2, 1), stock: "chairs", quantity: 3, decideBy: 100))
      rows.put(hold(key(1, 3, 2), stock: "tables", quantity: 7, decideBy: 200))
      rows.put(hold(key(1, 4, 3), stock: nil, quantity: 1, decideBy: 400))
      rows.put(hold(key(1, 5, 1), stock: "chairs", quantity: 50, decideBy: 1, state: .released))
      rows.put(hold(key(1, 6, 4), stock: "chairs", quantity: 60, decideBy: 2, state: .sold))
    }
    let gifts = (
      hold(key(2, 1, 5), stock: "gifts", quantity: 4, decideBy: 50, isFree: true),
      hold(key(2, 2, 6), stock: nil, quantity: 1, decideBy: 40, isFree: true)
    )
    func summary(_ count: Int, _ pieces: Int, _ decideBy: Int64?) -> ShopHoldSummary {
      ShopHoldSummary(
        count: count, pieces: pieces, firstDecideBy: decideBy.map { Timestamp(seconds: $0) })
    }
    let sums = (
      summary(4, 13, 100), summary(2, 5, 100), summary(1, 7, 200), summary(0, 0, nil)
    )
    try await store.read { rows in
      try require(rows.undecided(.all) == sums.0, "all")
      try require(rows.undecided(.stock("chairs")) == sums.1, "of one stock")
      try require(rows.undecided(.stock("tables")) == sums.2, "of another stock")
      try require(rows.undecided(.offer(offer(1))) == sums.1, "of one offer")
      try require(rows.undecided(.offer(offer(4))) == sums.3, "sold is decided")
      try require(rows.undecided(.stock("none")) == sums.3, "of no stock")
      for scope in [ShopHoldScope.free(ofStock: nil), .free(ofStock: "chairs")] {
        try require(rows.undecided(scope) == sums.3, "none for nothing")
      }
      try require(rows.isSold(offer(4)), "one is sold")
      try require(!rows.isSold(offer(1)), "the others are not")
    }
    await store.transact { rows in
      rows.put(gifts.0)
      rows.put(gifts.1)
    }
    let free = (summary(2, 5, 40), summary(1, 4, 50), summary(6, 18, 40))
    try await store.read { rows in
      try require(rows.undecided(.free(ofStock: nil)) == free.0, "all for nothing")
      try require(rows.undecided(.free(ofStock: "gifts")) == free.1, "of one stock")
      try require(rows.undecided(.free(ofStock: "chairs")) == sums.3, "what is paid for is not")
      try require(rows.undecided(.all) == free.2, "all")
    }
  }

  static func ordersOrders(_ store: any Store<any ShopRows>) async throws {
    let all = [(100, 2, 1), (100, 1, 2), (300, 1, 3), (200, 1, 4), (200, 1, 5), (200, 2, 4)]
      .map { decideBy, coordinator, number in
        order(place(Int64(decideBy), coordinator, number), askAt: Int64(decideBy))
      }
    let sorted = all.sorted { $0.place < $1.place }
    try require(sorted.map(\.place.decideBy.milliseconds).first == 100_000, "by time")
    await store.transact { rows in
      for row in all.reversed() { rows.put(row) }
    }
    @Sendable func places(
      _ rows: any ShopRows, decidedBy: Int64, leavingAlone: ClosedRange<Int64>? = nil,
      after place: ShopOrderPlace? = nil, atMost count: Int = 100
    ) -> [ShopOrderPlace] {
      rows.orders(
        decidedBy: Timestamp(seconds: decidedBy),
        leavingAlone: leavingAlone.map {
          Timestamp(seconds: $0.lowerBound)...Timestamp(seconds: $0.upperBound)
        }, after: place, atMost: count
      ).map(\.place)
    }
    let expected = sorted.map(\.place)
    try await store.read { rows in
      for row in all { try require(rows.order(row.place) == row, "each by its place") }
      try require(rows.order(place(100, 1, 1)) == nil, "no other")
      try require(places(rows, decidedBy: 1000) == expected, "all in order")
      try require(places(rows, decidedBy: 99).isEmpty, "none before its time")
      try require(places(rows, decidedBy: 200) == Array(expected[..<5]), "up to a time")
      try require(places(rows, decidedBy: 1000, atMost: 2) == Array(expected[..<2]), "two")
      for (index, place) in expected.enumerated() {
        try require(
          places(rows, decidedBy: 200, after: place, atMost: 2)
            == Array(expected[..<5].dropFirst(index + 1).prefix(2)), "a page after \(index)")
      }
      try require(
        places(rows, decidedBy: 1000, leavingAlone: 150...1000) == Array(expected[..<2]),
        "those to ask about")
      try require(
        places(rows, decidedBy: 1000, leavingAlone: 200...200)
          == Array(expected[..<2] + expected[5...]), "those before and after the range")
    }
    var later = sorted[1]
    later.askAt = Timestamp(seconds: 500)
    let postponed = later
    await store.transact { rows in
      rows.put(postponed)
      rows.removeOrder(expected[0])
      rows.removeOrder(place(100, 1, 1))
    }
    try await store.read { rows in
      try require(rows.order(expected[0]) == nil, "removed")
      try require(rows.order(expected[1]) == postponed, "a put replaces")
      try require(
        places(rows, decidedBy: 1000, leavingAlone: 500...600) == Array(expected[2...]),
        "without the later")
      try require(places(rows, decidedBy: 1000) == Array(expected[1...]), "the others stay")
    }
  }

  static func keepsVerdicts(_ store: any Store<any ShopRows>) async throws {
    let abort = ShopVerdictRow(
      coordinator: party(1), process: process(1), verdict: offer(7), isCommit: false)
    let commit = ShopVerdictRow(
      coordinator: party(2), process: process(1), verdict: offer(8), isCommit: true)
    await store.transact { rows in
      rows.put(abort)
      rows.put(commit)
    }
    try await store.read { rows in
      try require(rows.verdict(coordinator: party(1), process: process(1)) == abort, "abort")
      try require(rows.verdict(coordinator: party(2), process: process(1)) == commit, "commit")
      try require(rows.verdict(coordinator: party(1), process: process(2)) == nil, "no other")
    }
  }

  static func keepsReplies(_ store: any Store<any ShopRows>) async throws {
    let large = Bytes(repeating: 7, count: 100_000)
    let rows = [
      ReplyRow(request: request(1, "a"), body: digest(1), reply: []),
      ReplyRow(request: request(1, "b"), body: digest(2), reply: large),
      ReplyRow(request: request(2, "a"), body: digest(3), reply: [3]),
    ]
    await store.transact { store in
      for row in rows { store.put(row) }
    }
    try await store.read { store in
      for row in rows { try require(store.reply(to: row.request) == row, "each by its request") }
      try require(store.reply(to: request(2, "b")) == nil, "no other")
    }
  }

  static func queues(_ store: any Store<any ShopRows>) async throws {
    await store.transact { rows in
      for number in 1...4 { rows.enqueue(offer(number), kind: number == 1 ? .offer : .deposit) }
    }
    try await store.read { rows in
      let queue = rows.outbox(atMost: 10)
      try require(queue.map(\.number) == [1, 2, 3, 4], "numbers from 1")
      try require(queue.map(\.statement) == (1...4).map { offer($0) }, "in order")
      try require(queue.map(\.kind) == [.offer, .deposit, .deposit, .deposit], "with kinds")
      try require(rows.outbox(atMost: 2).map(\.number) == [1, 2], "the oldest first")
    }
    await store.transact { rows in rows.dropOutbox(through: 4) }
    await store.transact { rows in rows.enqueue(offer(5), kind: .release) }
    try await store.read { rows in
      try require(rows.outbox(atMost: 10).map(\.number) == [5], "no number comes twice")
    }
  }

  static func undoes(_ store: any Store<any ShopRows>) async throws {
    await store.transact { rows in rows.setStockLevel(1, of: "chairs") }
    do {
      try await store.transact { rows throws(Failure) in
        rows.setStockLevel(0, of: "chairs")
        rows.put(hold(key(1, 1, 1)))
        rows.put(order(place(1, 1, 1), askAt: 1))
        rows.enqueue(offer(1), kind: .deposit)
        throw Failure(description: "on purpose")
      }
      throw Failure(description: "the body's error is lost")
    } catch let error as Failure where error.description == "on purpose" {}
    try await store.read { rows in
      try require(rows.stockLevel(of: "chairs") == 1, "the stock is as before")
      try require(rows.hold(key(1, 1, 1)) == nil, "the hold is gone")
      try require(rows.order(place(1, 1, 1)) == nil, "the order is gone")
      try require(rows.outbox(atMost: 1).isEmpty, "the outbox is empty")
    }
  }

  // MARK: - Rows

  private static func digest(_ number: Int) -> Digest {
    SHA256.digest(Bytes(bigEndian: UInt64(number)))
  }

  private static func recipient(_ number: Int) -> RecipientValue { digest(number).renamed() }
  private static func offer(_ number: Int) -> StatementID { digest(number).renamed() }
  private static func process(_ number: Int) -> ProcessID { digest(number).renamed() }
  private static func party(_ number: Int) -> Thumbprint { digest(number).renamed() }

  private static func key(_ coordinator: Int, _ number: Int, _ offered: Int) -> ShopHoldKey {
    ShopHoldKey(
      coordinator: party(coordinator), process: process(number), offer: offer(offered))
  }

  private static func place(
    _ decideBy: Int64, _ coordinator: Int, _ number: Int
  ) -> ShopOrderPlace {
    ShopOrderPlace(
      decideBy: Timestamp(seconds: decideBy), coordinator: party(coordinator),
      process: process(number))
  }

  private static func order(_ place: ShopOrderPlace, askAt: Int64) -> ShopOrderRow {
    ShopOrderRow(
      place: place, signed: Signed(place.process.bytes), askAt: Timestamp(seconds: askAt))
  }

  private static func step(_ path: String) -> StepPath {
    guard let step = StepPath(rawValue: path) else { preconditionFailure("a step's path") }
    return step
  }

  private static func request(_ number: Int, _ path: String) -> RequestKey {
    RequestKey(coordinator: party(1), process: process(number), step: step(path))
  }

  private static func hold(
    _ key: ShopHoldKey, stock: String? = "chairs", quantity: Int = 1, decideBy: Int64 = 1000,
    state: ShopHoldRow.State = .held, isFree: Bool = false
  ) -> ShopHoldRow {
    guard let currency = Currency("EUR"), let bank = PartyName("bank.example"),
      let account = AccountName("merchant"), let one = try? Amount(minor: 1, currency: currency)
    else { preconditionFailure("names of the suite") }
    return ShopHoldRow(
      key: key, step: step("deposit/1"), stock: stock, quantity: quantity,
      amount: isFree ? .zero(currency) : one, payee: Payee(bank: bank, account: account),
      decideBy: Timestamp(seconds: decideBy), state: state)
  }

  private static func require(
    _ condition: Bool, _ expectation: String
  ) throws(Failure) {
    guard condition else { throw Failure(description: "expected: \(expectation)") }
  }
}
