// What every method of payment must do, seen through a bank that has it. The payer has 7 and no more.

package import ECash
import Evidence
package import PaymentModel

/// The conformance suite of `PaymentScheme`.
package enum SchemeConformance {
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    let check: @Sendable (SchemeWorld, SchemeSubject) async throws -> Void

    package func check(
      _ subject: SchemeSubject, in store: any Store<any BankRows>
    ) async throws {
      let world = try await SchemeWorld(subject, in: store, holding: 7)
      try await check(world, subject)
      _ = try await world.bank.trialBalance()
    }
  }

  package static let cases = [
    Case(description: "a commit pays each payee once", check: captures),
    Case(description: "an abort gives all of it back", check: frees),
    Case(description: "a hold has one end", check: hasOneEnd),
    Case(description: "a void before its reserve refuses the late reserve", check: refusesLate),
    Case(description: "the same request is answered again, and another one is not", check: replays),
    Case(description: "a blob of another order is refused", check: isBound),
    Case(description: "nobody else's verdict ends a hold", check: refusesForeignVerdicts),
    Case(description: "a second use waits for the first", check: waits),
    Case(description: "of many uses at once one succeeds", check: hasOneWinner),
    Case(description: "more than there is, is refused", check: hasLimit),
  ]

  private static let payouts: [(shop: String, minor: UInt64)] = [("shop-a", 3), ("shop-b", 4)]

  static func captures(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let purchase = try await world.order(payouts)
    let request = try await world.request(for: purchase)
    let reservation = try await world.bank.reserve(request).expectValue("the money is held")
    let claim = try world.trust.verify(reservation, at: SchemeWorld.start).claim
    try require(claim.total.minor == 7 && claim.process == purchase.process, "what is reserved")
    try require(try await world.balance("shop-a") == 0, "nothing is paid yet")
    _ = try await world.bank.trialBalance()
    let verdict = world.commit(purchase)
    let transfers = try await world.post(purchase, verdict).expectValue("the payees are paid")
    let amounts = try transfers.map {
      try world.trust.verify($0, at: SchemeWorld.start).claim.amount.minor
    }
    try require(amounts == [3, 4], "a transfer for each payee")
    try require(try await world.post(purchase, verdict).value == transfers, "the same answer again")
    try require(try await world.balance("shop-a") == 3, "shop-a is paid once")
    try require(try await world.balance("shop-b") == 4, "shop-b is paid once")
    try require(
      await world.bank.reserve(request).value == reservation, "the reserve is answered again")
  }

  static func frees(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    for round in 1...3 {
      let purchase = try await world.order(payouts)
      let request = try await world.request(for: purchase)
      _ = try await world.bank.reserve(request).expectValue("round \(round): held")
      _ = try await world.bank.trialBalance()
      let verdict = world.abort(purchase)
      let voided = try await world.void(purchase, verdict).expectValue("round \(round): freed")
      let claim = try world.trust.verify(voided, at: SchemeWorld.start).claim
      try require(claim.released?.minor == 7, "all of it")
      try require(try await world.void(purchase, verdict).value == voided, "the same answer again")
      try await world.wallet.conclude(purchase.process, with: verdict)
    }
    try require(try await world.balance("shop-a") == 0, "nobody was paid")
  }

  static func hasOneEnd(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let voided = try await world.order(payouts)
    let request = try await world.request(for: voided)
    _ = try await world.bank.reserve(request).expectValue("held")
    let abort = world.abort(voided)
    _ = try await world.void(voided, abort).expectValue("freed")
    try require(try await world.post(voided, world.commit(voided)).refusal == .conflict, "no post")
    try require(try await world.void(voided, world.abort(voided)).refusal == .conflict, "one abort")
    try await world.wallet.conclude(voided.process, with: abort)

    let posted = try await world.order(payouts)
    let next = try await world.request(for: posted)
    _ = try await world.bank.reserve(next).expectValue("held again")
    _ = try await world.post(posted, world.commit(posted)).expectValue("paid")
    try require(try await world.void(posted, world.abort(posted)).refusal == .conflict, "no void")
    try require(
      try await world.post(posted, world.commit(posted)).refusal == .conflict, "one commit")
    try require(try await world.balance("shop-b") == 4, "paid once")
  }

  static func refusesLate(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let purchase = try await world.order(payouts)
    let request = try await world.request(for: purchase)
    let verdict = world.abort(purchase)
    _ = try await world.void(purchase, verdict).expectValue("a mark")
    let late = await world.bank.reserve(request)
    try require(late.refusal == .voided && late.isSigned, "the late reserve is refused, signed")
    try await world.wallet.conclude(purchase.process, with: verdict)
    let next = try await world.order(payouts)
    _ = try await world.bank.reserve(world.request(for: next)).expectValue("nothing was held")
  }

  static func replays(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let copy = try await world.copiedWallet()
    let purchase = try await world.order(payouts)
    let request = try await world.request(for: purchase)
    let first = try await world.bank.reserve(request).expectValue("held")
    for _ in 0..<3 {
      try require(await world.bank.reserve(request).value == first, "the same answer")
    }
    // The same payment sealed anew is another body under the same request.
    let other = try await world.request(for: purchase, by: copy)
    try require(other.instrument != request.instrument, "sealed anew")
    try require(await world.bank.reserve(other).refusal == .conflict, "another body")
    _ = try await world.bank.trialBalance()
  }

  static func isBound(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let purchase = try await world.order(payouts)
    let request = try await world.request(for: purchase)
    let others: [(String, [(shop: String, minor: UInt64)])] = [
      ("the same again", payouts), ("less", [("shop-a", 1)]),
      ("other payouts", [("shop-a", 4), ("shop-b", 3)]), ("one payee", [("shop-a", 7)]),
    ]
    for (what, payouts) in others {
      let other = try await world.order(payouts)
      let stolen = try world.request(for: other, with: request.instrument.bytes)
      let outcome = await world.bank.reserve(stolen)
      try require(outcome.refusal == .invalid && outcome.isSigned, "\(what): refused")
    }
    let flipped = request.instrument.bytes.dropLast() + [(request.instrument.bytes.last ?? 0) ^ 1]
    let broken = try await world.order(payouts)
    let refused = try await world.bank.reserve(world.request(for: broken, with: Bytes(flipped)))
    try require(refused.refusal == .invalid, "a flipped bit")
    _ = try await world.bank.reserve(request).expectValue("where it belongs, it still pays")
  }

  static func refusesForeignVerdicts(
    _ world: SchemeWorld, _ subject: SchemeSubject
  ) async throws {
    let purchase = try await world.order(payouts)
    _ = try await world.bank.reserve(world.request(for: purchase)).expectValue("held")
    let foreign = world.otherCoordinator
    let other = try await world.order(payouts)
    for verdict in [
      world.commit(purchase, by: foreign), world.commit(other), world.abort(purchase),
      LoggedVerdict(verdict: world.commit(purchase).verdict, proof: []),
    ] {
      try require(try await world.post(purchase, verdict).refusal == .invalid, "no post")
    }
    let void = try await world.void(purchase, world.abort(purchase, by: foreign))
    try require(void.refusal == .invalid, "no void")
    try require(
      try await world.void(purchase, world.commit(purchase)).refusal == .invalid, "no void")
    try require(try await world.balance("shop-a") == 0, "nobody was paid")
    _ = try await world.post(purchase, world.commit(purchase)).expectValue("it is still held")
  }

  static func waits(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let (thief, other) = (try await world.copiedWallet(), try await world.copiedWallet())
    let first = try await world.order(payouts)
    _ = try await world.bank.reserve(world.request(for: first)).expectValue("held")
    let second = try await world.order(payouts)
    let request = try await world.request(for: second, by: thief)
    let waiting = await world.bank.reserve(request)
    guard case .held(let until) = waiting else {
      throw SchemeFailure(description: "expected: the second use waits; it was \(waiting)")
    }
    try require(until == SchemeWorld.start.adding(seconds: 600), "until the first is decided")
    _ = try await world.void(first, world.abort(first)).expectValue("freed")
    _ = try await world.bank.reserve(request).expectValue("now the second holds it")
    _ = try await world.post(second, world.commit(second)).expectValue("paid")
    let third = try await world.order(payouts)
    let refused = try await world.bank.reserve(world.request(for: third, by: other))
    try require(refused.refusal == subject.spent && refused.isSigned, "it is gone")
    try require(try await world.balance("shop-a") == 3, "paid once")
  }

  static func hasOneWinner(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    var requests: [ReserveRequest] = []
    var wallets: [Wallet] = []
    for _ in 0..<6 { wallets.append(try await world.copiedWallet()) }
    for wallet in wallets {
      requests.append(try await world.request(for: world.order(payouts), by: wallet))
    }
    let outcomes = await withTaskGroup(of: Outcome<Signed<Reservation>>.self) { group in
      for request in requests { group.addTask { await world.bank.reserve(request) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    try require(outcomes.count { $0.value != nil } == 1, "one holds it")
    let waiting = outcomes.count { outcome in
      if case .held = outcome { true } else { false }
    }
    try require(waiting == 5, "the others wait")
  }

  /// Of coins the wallet itself finds no more; so a wallet that has paid with all of them is asked again.
  static func hasLimit(_ world: SchemeWorld, _ subject: SchemeSubject) async throws {
    let purchase = try await world.order([("shop-a", 8)])
    if subject.method == .ecash {
      do {
        _ = try await world.request(for: purchase)
      } catch let error as ECashError where error.code == .notPayable {
        return
      }
      throw SchemeFailure(description: "expected: the wallet has no coins for that")
    }
    let outcome = try await world.bank.reserve(world.request(for: purchase))
    try require(outcome.refusal == .declined && outcome.isSigned, "declined")
    try require(
      await world.bank.refusalDetails(of: purchase.process) == nil, "and nobody is told why")
    try await world.wallet.conclude(purchase.process, with: world.abort(purchase))
    let next = try await world.order(payouts)
    _ = try await world.bank.reserve(world.request(for: next)).expectValue("what there is, pays")
  }

  // MARK: - Expectations

  private static func require(_ condition: Bool, _ expectation: String) throws {
    guard condition else { throw SchemeFailure(description: "expected: \(expectation)") }
  }
}

extension Outcome {
  fileprivate var value: Value? {
    if case .done(let value) = self { value } else { nil }
  }

  fileprivate var refusal: RefusalReason? {
    if case .refused(let reason, _) = self { reason } else { nil }
  }

  fileprivate var isSigned: Bool {
    if case .refused(_, .some) = self { true } else { false }
  }

  fileprivate func expectValue(_ expectation: String) throws -> Value {
    guard let value else {
      throw SchemeFailure(description: "expected: \(expectation); it was \(self)")
    }
    return value
  }
}
