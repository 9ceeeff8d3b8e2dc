// A coordinator that charges takes an order only with its fee: the one of its terms, to its account, once.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite struct FeeAdmissionTests {
  private typealias World = AdmissionWorld
  private var world: AdmissionWorld
  private var entropy = SystemEntropy()

  init() throws { world = try AdmissionWorld() }

  private static let till = Payee(bank: Fair.bank, account: Fair.account("coordinator"))
  private static let thief = Payee(bank: Fair.bank, account: Fair.account("thief"))
  private static let fee: UInt64 = 3

  // MARK: - Terms and orders

  /// Signs terms that began an hour ago and hold for an hour, unless said otherwise.
  private mutating func terms(
    minor: UInt64 = fee, currency: Currency = Fair.euro, payee: Payee = till,
    largestFee: UInt64 = 0, from: Int64 = -3600, until: Int64 = 3600,
    by signer: StatementSigner? = nil
  ) throws -> Signed<Terms> {
    let charge = Charge(
      amount: try Amount(minor: minor, currency: currency), payees: [payee],
      accepts: [AcceptedPayment(bank: Fair.bank, method: .ecash, largestFee: largestFee)])
    return (signer ?? world.coordinator).sign(
      Terms(
        charges: [charge], validFrom: World.now.adding(seconds: from),
        validUntil: World.now.adding(seconds: until)), entropy: &entropy)
  }

  private func publish(_ signed: Signed<Terms>) throws {
    let statement = try UnverifiedStatement(signed.bytes)
    world.notary.publish(
      Stated(
        id: statement.id, issuer: statement.issuer, claim: try statement.unverifiedClaim()))
  }

  private static func part(
    of terms: Signed<Terms>, minor: UInt64 = fee, to payee: Payee = till
  ) throws -> OrderPart {
    .fee(
      FeePart(
        terms: try UnverifiedStatement(terms.bytes).id, amount: try Fair.amount(minor),
        payee: payee))
  }

  private static func payout(minor: UInt64 = fee, to payee: Payee = till) throws -> Payout {
    Payout(payee: payee, amount: try Fair.amount(minor))
  }

  /// A good order under these terms, changed.
  private mutating func submission(
    under terms: Signed<Terms>, _ change: (inout AdmissionWorld.Draft) throws -> Void = { _ in }
  ) throws -> PurchaseSubmission {
    var draft = try world.draft()
    draft.pay([try World.payout(0), try World.payout(1), try Self.payout()])
    draft.parts.append(try Self.part(of: terms))
    draft.terms = terms
    try change(&draft)
    return try world.submission(draft)
  }

  /// Expects a code for a changed order of the coordinator's present terms.
  private mutating func expect(
    _ code: String?, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout AdmissionWorld.Draft) throws -> Void
  ) throws {
    let terms = try terms()
    try publish(terms)
    #expect(
      try world.refusal(of: submission(under: terms, change)) == code,
      sourceLocation: sourceLocation)
  }

  // MARK: - What is taken

  @Test mutating func theFeeIsPaidInTheSamePayment() throws {
    let terms = try terms()
    try publish(terms)
    let admitted = try world.notary.admit(submission(under: terms), at: World.now)
    #expect(admitted.payments.map(\.content.total.minor) == [18 + Self.fee])
    #expect(admitted.payments[0].content.payouts.contains(try Self.payout()))
  }

  @Test mutating func theFeeMayBeSplitAmongPayments() throws {
    let both = Charge(
      amount: try Fair.amount(3), payees: [Self.till],
      accepts: World.banks.map { AcceptedPayment(bank: $0, method: .ecash) })
    let terms = world.coordinator.sign(
      Terms(
        charges: [both], validFrom: World.now, validUntil: World.now.adding(seconds: 60)),
      entropy: &entropy)
    try publish(terms)
    var draft = try world.draft()
    draft.offers[1] = try world.offer(1) { $0.banks = World.banks }
    draft.parts = [
      try World.item(draft.offers[0]), try World.item(draft.offers[1]),
      World.payment([try World.payout(0), try Self.payout(minor: 1)]),
      World.payment([try World.payout(1), try Self.payout(minor: 2)], bank: World.banks[1]),
      try Self.part(of: terms),
    ]
    draft.instrumentCount = 2
    draft.terms = terms
    #expect(world.refusal(of: try world.submission(draft)) == nil)
    // A payment that pays the coordinator alone has nobody who confirms it.
    draft.parts[2] = World.payment([try World.payout(0), try World.payout(1)])
    draft.parts[3] = World.payment([try Self.payout()], bank: World.banks[1])
    #expect(world.refusal(of: try world.submission(draft)) == "payment")
  }

  @Test mutating func withoutTermsNothingIsPaid() throws {
    #expect(world.refusal(of: try world.submission(try world.draft())) == nil)
    let free = world.coordinator.sign(
      Terms(charges: [], validFrom: World.now, validUntil: World.now.adding(seconds: 60)),
      entropy: &entropy)
    try publish(free)
    #expect(world.refusal(of: try world.submission(try world.draft())) == nil)
    // Nor in a currency that the terms do not name.
    let dollars = try terms(currency: try #require(Currency("USD")))
    try publish(dollars)
    #expect(
      world.refusal(
        of: try world.submission(try world.draft()), at: World.now.adding(seconds: 400)) == nil)
  }

  // MARK: - Customers who get around it

  @Test mutating func aFeeThatIsLeftOut() throws {
    try expect("fee") {
      $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1)])
      $0.terms = nil
    }
    // The payment without the part that explains it, and the part without the payment.
    try expect("fee") {
      $0.parts.removeLast()
      $0.terms = nil
    }
    try expect("fee") { $0.parts.removeLast() }
    try expect("fee") {
      let fee = $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1)])
      $0.parts.append(fee)
    }
    try expect("fee") { $0.terms = nil }
  }

  @Test(arguments: [0, 1, 2, 4, 6] as [UInt64])
  mutating func aFeeOfAnotherAmount(minor: UInt64) throws {
    // Paid so, and said to be so.
    try expect("fee") {
      let fee = $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1), try Self.payout(minor: minor)])
      $0.parts.append(fee)
    }
    let terms = try terms()
    try publish(terms)
    let told = try submission(under: terms) {
      $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1), try Self.payout(minor: minor)])
      $0.parts.append(try Self.part(of: terms, minor: minor))
    }
    #expect(world.refusal(of: told) == "fee")
  }

  @Test mutating func aFeeToAnotherAccount() throws {
    let terms = try terms()
    try publish(terms)
    for payee in [Self.thief, Fair.payee(of: Fair.red)] {
      let told = try submission(under: terms) {
        $0.parts.removeLast()
        $0.pay(
          [
            try World.payout(0, minor: payee == Self.thief ? 11 : 14), try World.payout(1),
          ] + (payee == Self.thief ? [try Self.payout(to: payee)] : []))
        $0.parts.append(try Self.part(of: terms, to: payee))
      }
      #expect(world.refusal(of: told) == "fee", "\(payee)")
    }
    try expect("fee") {
      let fee = $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1), try Self.payout(to: Self.thief)])
      $0.parts.append(fee)
    }
    // Beside the fee nobody is paid whom nothing asks for.
    try expect("payment") {
      let fee = $0.parts.removeLast()
      $0.pay([
        try World.payout(0), try World.payout(1), try Self.payout(),
        try Self.payout(to: Self.thief),
      ])
      $0.parts.append(fee)
    }
  }

  @Test mutating func aFeeThatIsPaidTwice() throws {
    try expect("fee") {
      let fee = $0.parts.removeLast()
      $0.pay([try World.payout(0), try World.payout(1), try Self.payout(minor: 6)])
      $0.parts += [fee, fee]
    }
    try expect("fee") { $0.parts.append($0.parts[$0.parts.count - 1]) }
  }

  @Test mutating func aMerchantThatHasTheCoordinatorsAccount() throws {
    let shared = try terms(payee: Fair.payee(of: Fair.red))
    try publish(shared)
    let together = try submission(under: shared) {
      $0.parts.removeLast()
      $0.pay([try World.payout(0, minor: 14), try World.payout(1)])
      $0.parts.append(try Self.part(of: shared, to: Fair.payee(of: Fair.red)))
    }
    #expect(world.refusal(of: together) == "fee")
  }

  @Test mutating func aWayToPayThatTheCoordinatorDoesNotTake() throws {
    let open = try world.offer(0) { $0.largestFee = 2 }
    let other = try world.offer(1) { $0.largestFee = 2 }
    func pay(_ draft: inout AdmissionWorld.Draft, fee: UInt64) throws {
      draft.offers = [open, other]
      let part = draft.parts.removeLast()
      draft.parts = try draft.offers.map { try World.item($0) }
      draft.parts += [
        World.payment(
          [try World.payout(0), try World.payout(1), try Self.payout()], transferFee: fee), part,
      ]
    }
    let strict = try terms()
    try publish(strict)
    #expect(world.refusal(of: try submission(under: strict) { try pay(&$0, fee: 2) }) == "fee")
    let bearing = try terms(largestFee: 2)
    try publish(bearing)
    #expect(world.refusal(of: try submission(under: bearing) { try pay(&$0, fee: 2) }) == nil)
  }

  /// The fee is one part more than the goods and the payments.
  @Test mutating func asManyGoodsAsAProcessMayHave() throws {
    let terms = try terms()
    try publish(terms)
    let count = 256
    let offers = try (0..<count).map { number in
      try world.offer(0) { $0.title = "Good \(number)" }
    }
    let order = try submission(under: terms) {
      let fee = $0.parts.removeLast()
      $0.offers = offers
      $0.parts = try offers.map { try World.item($0) }
      $0.parts += [
        World.payment([
          try World.payout(0, minor: World.prices[0] * UInt64(count)), try Self.payout(),
        ]), fee,
      ]
    }
    #expect(order.parts.count == count + 2)
    #expect(world.refusal(of: order) == nil)
  }

  // MARK: - Other terms

  @Test mutating func termsThatAreNotTheCoordinators() throws {
    try publish(try terms())
    var stranger = SystemEntropy()
    let forger = StatementSigner(
      party: Fair.coordinator, key: Ed25519.PrivateKey.generate(from: &stranger))
    for signer in [forger, world.former, try #require(world.signers[Fair.red])] {
      let other = try terms(minor: 3, by: signer)
      #expect(world.refusal(of: try submission(under: other)) == "fee")
    }
    // Others than the order names.
    let (own, cheaper) = (try terms(), try terms(minor: 1))
    #expect(world.refusal(of: try submission(under: own) { $0.terms = cheaper }) == "fee")
    #expect(world.refusal(of: try submission(under: cheaper)) == "fee")
  }

  @Test mutating func termsThatDoNotHoldNow() throws {
    let ended = try terms(from: -3600, until: -Terms.graceSeconds)
    let ending = try terms(from: -3600, until: 1 - Terms.graceSeconds)
    let coming = try terms(from: 1)
    for (terms, code) in [(ended, "fee"), (ending, nil), (coming, "fee")] {
      try publish(terms)
      #expect(world.refusal(of: try submission(under: terms)) == code)
    }
    // What a customer has been promised is kept, although newer terms ask for more.
    let promised = try terms()
    try publish(try terms(minor: 9, from: -1))
    #expect(world.refusal(of: try submission(under: promised)) == nil)
  }

  /// What was taken is read back, whatever terms have been signed since, and whenever those say that they began.
  @Test mutating func anOrderThatWasTakenIsReadBackUnderTermsOfWhichNobodyKnew() throws {
    let free = try world.submission(try world.draft())
    let taken = try world.notary.admit(free, at: World.now)
    try publish(try terms())
    #expect(world.refusal(of: free) == "fee")
    #expect(try world.notary.readmit(free, at: World.now) == taken)
    // A fee that an order does pay is that of its terms all the same, and so is all else.
    let promised = try terms(minor: 2)
    let other = try submission(under: promised)
    #expect(throws: NotAdmitted.self) { try world.notary.readmit(other, at: World.now) }
    let paid = try submission(under: try terms())
    #expect(throws: Never.self) { try world.notary.readmit(paid, at: World.now) }
    #expect(throws: NotAdmitted.self) {
      try world.notary.readmit(free, at: World.now.adding(seconds: 600))
    }
  }

  /// A coordinator with a new key charges when it has signed terms with that one.
  @Test mutating func termsOfAnOlderKey() throws {
    try publish(try terms(by: world.former))
    #expect(world.refusal(of: try world.submission(try world.draft())) == nil)
    try publish(try terms())
    #expect(world.refusal(of: try world.submission(try world.draft())) == "fee")
  }

  /// Whoever has signed before terms began, or after others ended, is not refused for that.
  @Test mutating func theFirstMinutesOfTerms() throws {
    try publish(try terms(from: 0, until: 1000))
    let free = try world.submission(try world.draft())
    for (seconds, code) in [(0, nil), (Terms.graceSeconds, nil)] as [(Int64, String?)] {
      #expect(
        world.refusal(
          of: free, at: World.now.adding(seconds: seconds).adding(milliseconds: -1)) == code)
    }
    #expect(world.refusal(of: free, at: World.now.adding(seconds: Terms.graceSeconds)) == "fee")
  }
}
