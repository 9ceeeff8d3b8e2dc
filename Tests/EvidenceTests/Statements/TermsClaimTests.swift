// What a coordinator's terms and an order's fee may say, and what is none.

import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Terms and fees as claims")
struct TermsClaimTests {
  private func read(_ terms: Terms) throws -> Terms {
    try CanonicalJSON.decode(CanonicalJSON.encode { terms.write(to: &$0) }) {
      reader throws(ClaimError) in try Terms(from: &reader)
    }
  }

  private func charge(
    _ minor: UInt64, _ code: String = "EUR", payees: [Payee] = [SampleClaims.payee],
    accepts: [AcceptedPayment]? = nil
  ) throws -> Charge {
    Charge(
      amount: try Amount(minor: minor, currency: try #require(Currency(code))), payees: payees,
      accepts: accepts ?? [AcceptedPayment(bank: SampleClaims.payee.bank, method: .ecash)])
  }

  private func terms(_ charges: [Charge], seconds: Int64 = 60) -> Terms {
    Terms(
      charges: charges, validFrom: SampleClaims.time,
      validUntil: SampleClaims.time.adding(seconds: seconds))
  }

  @Test("terms come back as they were, in the order of their currencies")
  func roundTrip() throws {
    let all = terms([try charge(3, "USD"), try charge(2), try charge(7, "CHF")])
    #expect(all.charges.map(\.amount.currency.code) == ["CHF", "EUR", "USD"])
    #expect(try read(all) == all)
    #expect(try read(terms([])) == terms([]))
  }

  @Test("a charge has as many ways to be paid as a process has banks, by four methods each")
  func waysToPay() throws {
    let methods: [PaymentMethod] = [.ecash, .transfer, .card, .coinsAndCard]
    let ways = try (0..<17).flatMap { number in
      let bank = try #require(PartyName("bank-\(number).example"))
      return methods.map { AcceptedPayment(bank: bank, method: $0) }
    }
    let most = terms([try charge(1, accepts: Array(ways.prefix(64)))])
    #expect(try read(most) == most)
    let more = terms([try charge(1, accepts: Array(ways.prefix(65)))])
    #expect(throws: EvidenceError.self) { try read(more) }
  }

  @Test("charges of nothing, to nobody, twice, or for no time are no terms")
  func malformed() throws {
    let way = AcceptedPayment(bank: SampleClaims.payee.bank, method: .ecash, largestFee: 1)
    let bad = [
      terms([try charge(0)]), terms([try charge(1, payees: [])]),
      terms([try charge(1, payees: [SampleClaims.payee, SampleClaims.payee])]),
      terms([try charge(1, accepts: [])]), terms([try charge(1, accepts: [way, way])]),
      terms([try charge(1), try charge(2)]), terms([try charge(1)], seconds: 0),
    ]
    for terms in bad {
      #expect(throws: EvidenceError.self, "\(terms)") { try read(terms) }
    }
  }

  @Test("a fee part comes back as it was, and names what its terms ask for")
  func feePart() throws {
    let claim = SampleClaims.terms
    let payee = claim.charges[0].payees[0]
    let part = FeePart(
      terms: identifier("terms"), amount: claim.charges[0].amount, payee: payee)
    let bytes = CanonicalJSON.encode { OrderPart.fee(part).write(to: &$0) }
    let back = try CanonicalJSON.decode(bytes) { reader throws(ClaimError) in
      try OrderPart(from: &reader)
    }
    #expect(back == .fee(part))
    let euro = SampleClaims.currency
    #expect(part.charge(of: claim, in: [euro]) == claim.charges[0])
    #expect(part.charge(of: claim, in: []) == nil)
    let others = [
      FeePart(terms: part.terms, amount: SampleClaims.amount(24), payee: payee),
      FeePart(terms: part.terms, amount: part.amount, payee: SampleClaims.payee),
    ]
    #expect(others.allSatisfy { $0.charge(of: claim, in: [euro]) == nil })
  }
}
