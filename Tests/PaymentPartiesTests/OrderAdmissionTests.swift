// A coordinator takes an order only when everything about it fits: each test breaks one thing, and the
// refusal's code says which.

import Coordinator
import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite struct OrderAdmissionTests {
  private typealias World = AdmissionWorld
  private var world: AdmissionWorld

  init() throws { world = try AdmissionWorld() }

  /// Changes the good draft, and expects that code.
  private mutating func expect(
    _ code: String?, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout AdmissionWorld.Draft) throws -> Void
  ) throws {
    var draft = try world.draft()
    try change(&draft)
    #expect(
      try world.refusal(of: world.submission(draft)) == code, sourceLocation: sourceLocation)
  }

  @Test mutating func aGoodOrderIsTaken() throws {
    let draft = try world.draft()
    let submission = try world.submission(draft)
    let admitted = try world.notary.admit(submission, at: World.now)
    #expect(
      try admitted.process == UnverifiedStatement(submission.order.bytes).id.renamed())
    #expect(Set(admitted.items.map(\.merchant)) == Set(World.merchants))
    #expect(admitted.items.map(\.offer.id) == admitted.items.map(\.offer.id).sorted())
    #expect(admitted.payments.map(\.content.total.minor) == [18])
    #expect(admitted.payments.map(\.content.bank) == [Fair.bank])
  }

  @Test mutating func severalPiecesAndSeveralBanksAreTaken() throws {
    var draft = try world.draft()
    let abroad = Payee(bank: World.banks[1], account: Fair.account("till-abroad"))
    draft.offers[1] = try world.offer(1) {
      $0.banks = World.banks
      $0.payee = abroad
    }
    let paid = Payout(payee: abroad, amount: try World.payout(1).amount)
    draft.parts = [
      try World.item(draft.offers[0], quantity: 2), try World.item(draft.offers[1]),
      World.payment([try World.payout(0, minor: 22)]),
      World.payment([paid], bank: World.banks[1]),
    ]
    draft.instrumentCount = 2
    #expect(try world.refusal(of: world.submission(draft)) == nil)
    // A bank pays into its own accounts only.
    draft.parts[3] = World.payment([paid])
    draft.parts.remove(at: 2)
    draft.instrumentCount = 1
    #expect(try world.refusal(of: world.submission(draft)) == "payment")
  }

  /// One transfer would be the sum of both sales, and neither merchant could take it as its own.
  @Test mutating func aPayeeThatTwoMerchantsShare() throws {
    var draft = try world.draft()
    draft.offers[1] = try world.offer(1) { $0.payee = Fair.payee(of: World.merchants[0]) }
    draft.parts[1] = try World.item(draft.offers[1])
    draft.pay([try World.payout(0, minor: World.prices[0] + World.prices[1])])
    #expect(try world.refusal(of: world.submission(draft)) == "payment")
  }

  // MARK: - Codes

  @Test mutating func tooLarge() throws {
    let good = try world.submission(world.draft())
    let many = 257
    let parts = PurchaseSubmission(
      order: good.order,
      parts: Array(repeating: good.parts[0], count: PaymentProcess.largestPartCount + 1),
      offers: good.offers,
      instruments: good.instruments)
    let offers = PurchaseSubmission(
      order: good.order, parts: good.parts, offers: Array(repeating: good.offers[0], count: many),
      instruments: good.instruments)
    let instruments = PurchaseSubmission(
      order: good.order, parts: good.parts, offers: good.offers,
      instruments: Array(repeating: good.instruments[0], count: many))
    for submission in [parts, offers, instruments] {
      #expect(world.refusal(of: submission) == "too-large")
    }
  }

  @Test mutating func anOrderThatDoesNotVerify() throws {
    let good = try world.submission(world.draft())
    let other = try world.submission(world.draft())
    var flipped = good.order.bytes
    flipped[flipped.count - 20] ^= 1
    for bytes in [flipped, [], Bytes("{}".utf8), good.offers[0].bytes] {
      let changed = PurchaseSubmission(
        order: Signed(bytes), parts: good.parts, offers: good.offers,
        instruments: good.instruments)
      #expect(world.refusal(of: changed) == "order")
    }
    // Another order, signed by somebody, has other parts.
    let swapped = PurchaseSubmission(
      order: other.order, parts: good.parts, offers: good.offers, instruments: good.instruments)
    #expect(world.refusal(of: swapped) == "part")
  }

  @Test mutating func anotherCoordinator() throws {
    try expect("coordinator") { $0.coordinator = SHA256.digest([1]).renamed() }
  }

  /// What an older key of the coordinator began is read back as of then; nothing new is begun under it.
  @Test mutating func anOlderKeyOfTheCoordinator() throws {
    let former = world.former.issuer.key
    var draft = try world.draft()
    draft.coordinator = former
    draft.offers = [
      try world.offer(0) { $0.coordinator = former },
      try world.offer(1) { $0.coordinator = former },
    ]
    draft.parts = try draft.offers.map { try World.item($0) } + [draft.parts[2]]
    let submission = try world.submission(draft)
    #expect(world.refusal(of: submission) == "coordinator")
    let then = World.now.adding(seconds: -45)
    #expect(try world.notary.admit(submission, at: then).order.coordinator == former)
    let planner = ProcessPlanner(
      coordinator: Fair.coordinator, notary: world.notary, templates: [.standard])
    var entropy = SystemEntropy()
    let order = try planner.admit(submission, at: then)
    #expect {
      try planner.begin(order, of: submission, at: then, nonce: Nonce(from: &entropy))
    } throws: { ($0 as? CoordinatorError)?.code == .notAdmitted }
    // Its offers must have allowed that key, and not the present one.
    draft.offers = [try world.offer(0), try world.offer(1)]
    draft.parts = try draft.offers.map { try World.item($0) } + [draft.parts[2]]
    let mixed = try world.submission(draft)
    #expect {
      try world.notary.admit(mixed, at: then)
    } throws: { ($0 as? NotAdmitted)?.code == "offer" }
  }

  @Test(arguments: [(-1, "deadline"), (0, "deadline"), (7 * 86_400 + 1, "deadline")])
  mutating func aDeadlineThatNobodyCanKeep(seconds: Int64, code: String) throws {
    try expect(code) { $0.decideAfterSeconds = seconds }
  }

  @Test(arguments: [1, 7 * 86_400])
  mutating func theFirstAndTheLastDeadline(seconds: Int64) throws {
    try expect(nil) { $0.decideAfterSeconds = seconds }
  }

  @Test mutating func anOfferThatDoesNotHold() throws {
    let offers = [
      try world.offer(0, signer: StatementSigner(party: Fair.red, key: Self.newKey())),
      try world.offer(0) { $0.expiresAfterSeconds = -1 },
      try world.offer(0) { $0.expiresAfterSeconds = 0 },
      try world.offer(0) { $0.title = " " },
      try world.offer(0) { $0.coordinator = SHA256.digest([1]).renamed() },
      try world.offer(0) { $0.banks = [] },
      Signed<Offer>([]),
    ]
    for offer in offers {
      try expect("offer") {
        $0.offers[0] = offer
        if let item = try? World.item(offer) { $0.parts[0] = item }
      }
    }
    try expect("offer") { $0.offers.append($0.offers[0]) }
  }

  @Test mutating func aTamperedPart() throws {
    let good = try world.submission(world.draft())
    func changed(_ change: (CommittedPart) throws -> CommittedPart) rethrows -> PurchaseSubmission {
      PurchaseSubmission(
        order: good.order, parts: [try change(good.parts[0])] + good.parts.dropFirst(),
        offers: good.offers, instruments: good.instruments)
    }
    let salt = try #require(Salt(Bytes(repeating: 7, count: Salt.byteCount)))
    let submissions = [
      changed {
        CommittedPart(part: $0.part + [32], salt: $0.salt, index: $0.index, path: $0.path)
      },
      changed { CommittedPart(part: $0.part, salt: salt, index: $0.index, path: $0.path) },
      changed { CommittedPart(part: $0.part, salt: $0.salt, index: $0.index ^ 1, path: $0.path) },
      changed { CommittedPart(part: $0.part, salt: $0.salt, index: 64, path: $0.path) },
      changed { CommittedPart(part: $0.part, salt: $0.salt, index: -1, path: $0.path) },
      changed {
        CommittedPart(part: $0.part, salt: $0.salt, index: $0.index, path: $0.path.dropLast())
      },
      changed { CommittedPart(part: $0.part, salt: $0.salt, index: $0.index, path: []) },
    ]
    for submission in submissions { #expect(world.refusal(of: submission) == "part") }
  }

  @Test mutating func aPartThatStandsThereTwice() throws {
    let good = try world.submission(world.draft())
    let twice = PurchaseSubmission(
      order: good.order, parts: good.parts + [good.parts[0]], offers: good.offers,
      instruments: good.instruments)
    #expect(world.refusal(of: twice) == "part")
  }

  /// A total that is not the sum of its payouts is no payment part.
  @Test(arguments: [UInt64(17), 19]) mutating func sumsThatAreOffByOne(total: UInt64) throws {
    let payouts = [try World.payout(0), try World.payout(1)].sorted { $0.payee < $1.payee }
    try expect("part") {
      $0.parts[2] = .payment(
        PaymentPart(
          bank: Fair.bank, method: .ecash, total: try Fair.amount(total), payouts: payouts))
    }
  }

  @Test mutating func itemsAndOffersThatDoNotMatch() throws {
    let unused = try world.offer(1) { $0.title = "Another good" }
    try expect("item") { $0.offers.removeFirst() }
    try expect("item") { $0.offers.append(unused) }
    try expect("item") { $0.parts.append($0.parts[0]) }
    try expect("item") { $0.parts.remove(at: 1) }
    try expect("item") {
      $0.parts[0] = try World.item($0.offers[0], quantity: World.maximumQuantity + 1)
      $0.pay([try World.payout(0, minor: 44), try World.payout(1)])
    }
  }

  @Test mutating func aPaymentThatIsNotWhatIsBought() throws {
    let (red, blue) = (try World.payout(0), try World.payout(1))
    let thief = Payout(
      payee: Payee(bank: Fair.bank, account: Fair.account("thief")), amount: red.amount)
    let usd = try #require(Currency("USD"))
    let card = try #require(PaymentMethod(rawValue: "card"))
    // Too little, too much, to somebody else, to too few, to too many.
    try expect("payment") { $0.pay([try World.payout(0, minor: 10), blue]) }
    try expect("payment") { $0.pay([try World.payout(0, minor: 12), blue]) }
    try expect("payment") {
      $0.pay([try World.payout(0, minor: 10), try World.payout(1, minor: 8)])
    }
    try expect("payment") { $0.pay([thief, blue]) }
    try expect("payment") { $0.pay([red]) }
    try expect("payment") { $0.pay([red, blue, thief]) }
    try expect("payment") { $0.pay([]) }
    // Two pieces for the price of one.
    try expect("payment") { $0.parts[0] = try World.item($0.offers[0], quantity: 2) }
    // Another bank, another method, another currency.
    try expect("payment") { $0.pay([red, blue], bank: World.banks[1]) }
    try expect("payment") { $0.pay([red, blue], method: card) }
    try expect("payment") {
      $0.pay([
        try World.payout(0, currency: usd), try World.payout(1, currency: usd),
      ])
    }
    // Nothing, and too much, to seal to the bank.
    try expect("payment") { $0.instrumentCount = 0 }
    try expect("payment") { $0.instrumentCount = 2 }
    try expect("payment") {
      $0.parts.removeLast()
      $0.instrumentCount = 0
    }
    // One bank in two parts.
    try expect("payment") {
      $0.pay([red])
      $0.parts.append(World.payment([blue]))
      $0.instrumentCount = 2
    }
  }

  /// A bank keeps what all offers to which it pays allow.
  @Test(arguments: [(0, 3), (3, 0), (3, 3)] as [(UInt64, UInt64)])
  mutating func aFeeThatAnOfferDoesNotAllow(largest: (UInt64, UInt64)) throws {
    var draft = try world.draft()
    draft.offers = [
      try world.offer(0) { $0.largestFee = largest.0 },
      try world.offer(1) { $0.largestFee = largest.1 },
    ]
    for number in 0..<2 { draft.parts[number] = try World.item(draft.offers[number]) }
    for fee in 0...4 as ClosedRange<UInt64> {
      draft.pay([try World.payout(0), try World.payout(1)], transferFee: fee)
      #expect(
        world.refusal(of: try world.submission(draft))
          == (fee <= min(largest.0, largest.1) ? nil : "payment"), "\(fee)")
    }
  }

  /// A price that several banks pay costs the payee no more than one payment may.
  @Test mutating func feesThatAddUp() throws {
    let banks = [Fair.bank] + (1...3).map { Fair.party("bank-\($0).example") }
    let offer = try world.offer(0) {
      $0.banks = banks
      $0.largestFee = 3
    }
    var draft = try world.draft()
    draft.offers = [offer]
    draft.instrumentCount = banks.count
    for (fee, code) in [(0, nil), (1, "payment"), (3, "payment")] as [(UInt64, String?)] {
      draft.parts = [try World.item(offer)]
      for (bank, minor) in zip(banks, [3, 3, 3, 2] as [UInt64]) {
        let payout = try World.payout(0, minor: minor)
        draft.parts.append(World.payment([payout], bank: bank, transferFee: fee))
      }
      #expect(world.refusal(of: try world.submission(draft)) == code, "\(fee)")
    }
    draft.parts = [
      try World.item(offer), World.payment([try World.payout(0)], transferFee: 3),
    ]
    draft.instrumentCount = 1
    #expect(world.refusal(of: try world.submission(draft)) == nil, "one bank keeps as much")
  }

  @Test mutating func twoCurrenciesForOnePayee() throws {
    let usd = try #require(Currency("USD"))
    let foreign = try world.offer(0) { terms in
      terms.currency = usd
      terms.title = "An imported good"
    }
    try expect("payment") {
      $0.offers[1] = foreign
      $0.parts[1] = try World.item(foreign)
      $0.pay([try World.payout(0, minor: 22)])
    }
  }

  private static func newKey() -> Ed25519.PrivateKey {
    var entropy = SystemEntropy()
    return Ed25519.PrivateKey.generate(from: &entropy)
  }
}
