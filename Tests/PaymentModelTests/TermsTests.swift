// Terms one after another: which are in force, and when an order without a fee may still come.

import PaymentModel
import Testing

@Suite struct TermsTests {
  private static let currency: Currency = {
    guard let euro = Currency("EUR") else { fatalError("EUR is a currency") }
    return euro
  }()

  private func terms(
    _ number: UInt8, minor: UInt64, from: Int64, until: Int64
  ) throws -> Stated<Terms> {
    let bank = try #require(PartyName("bank.example"))
    let charges =
      minor == 0
      ? []
      : [
        Charge(
          amount: try Amount(minor: minor, currency: Self.currency),
          payees: [Payee(bank: bank, account: try #require(AccountName("coordinator")))],
          accepts: [AcceptedPayment(bank: bank, method: .ecash)])
      ]
    let id = try #require(StatementID(Bytes(repeating: number, count: 32)))
    return Stated(
      id: id,
      issuer: Issuer(party: try #require(PartyName("coordinator.example")), key: id.renamed()),
      claim: Terms(
        charges: charges, validFrom: Timestamp(seconds: from),
        validUntil: Timestamp(seconds: until)))
  }

  @Test func theLatestThatHoldAreInForce() throws {
    let first = try terms(1, minor: 5, from: 0, until: 1000)
    let second = try terms(2, minor: 7, from: 100, until: 200)
    let published = PublishedTerms([second, first])
    for (time, expected) in [
      (-1, nil), (0, first), (99, first), (100, second), (199, second), (200, nil),
      (999, nil), (1000, nil),
    ] as [(Int64, Stated<Terms>?)] {
      #expect(published.inForce(at: Timestamp(seconds: time)) == expected, "\(time)")
    }
    var again = published
    again.add(first)
    #expect(again == published)
  }

  /// Free terms that end sooner than the paid ones before them end those for good; of the next ones that is true again.
  @Test func whatEndedTermsTookThePlaceOfDoesNotComeBack() throws {
    let paid = try terms(1, minor: 5, from: 0, until: 100_000)
    let free = try terms(2, minor: 0, from: 1000, until: 2000)
    var published = PublishedTerms([paid, free])
    for time in [2000, 2001, 50_000, 99_999] as [Int64] {
      #expect(published.inForce(at: Timestamp(seconds: time)) == nil, "\(time)")
      #expect(published.allowNoFee(in: [Self.currency], at: Timestamp(seconds: time)), "\(time)")
    }
    let again = try terms(3, minor: 6, from: 60_000, until: 70_000)
    published.add(again)
    #expect(published.inForce(at: Timestamp(seconds: 60_000)) == again)
    #expect(!published.allowNoFee(in: [Self.currency], at: Timestamp(seconds: 60_300)))
    #expect(published.inForce(at: Timestamp(seconds: 70_000)) == nil)
  }

  /// Against a look at every second of the last minutes.
  @Test(arguments: 0..<60)
  func anOrderWithoutAFee(seed: Int) throws {
    var chance = SplitMix(state: UInt64(seed))
    var all: [Stated<Terms>] = []
    for number in 0..<Int(1 + chance.below(4)) {
      let from = 40 * Int64(chance.below(30))
      all.append(
        try terms(
          UInt8(number), minor: chance.below(3), from: from,
          until: from + 40 * Int64(1 + chance.below(20))))
    }
    let published = PublishedTerms(all)
    for time in stride(from: Int64(0), through: 2400, by: 20) {
      let isFree = ((time - Terms.graceSeconds)...time).contains { second in
        let terms = published.inForce(at: Timestamp(seconds: second))
        return terms?.claim.charges.isEmpty ?? true
      }
      #expect(
        published.allowNoFee(in: [Self.currency], at: Timestamp(seconds: time)) == isFree,
        "seed \(seed), \(time)")
    }
    #expect(published.allowNoFee(in: [], at: Timestamp(seconds: 100)), "who pays nobody")
  }
}

private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return (mixed ^ (mixed >> 31)) % bound
  }
}
