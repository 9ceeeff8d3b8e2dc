// Money: exact, in one currency, within limits.

import PaymentModel
import Testing

@Suite("Amounts")
struct AmountTests {
  let euro: Currency
  let yen: Currency

  init() throws {
    euro = try #require(Currency("EUR"))
    yen = try #require(Currency("JPY"))
  }

  func amount(_ minor: UInt64) throws(AmountError) -> Amount {
    try Amount(minor: minor, currency: euro)
  }

  @Test("sums, differences, products and order")
  func arithmetic() throws {
    let (small, large) = (try amount(5), try amount(12))
    #expect(try small.adding(large).minor == 17)
    #expect(try large.subtracting(small).minor == 7)
    #expect(try large.subtracting(large).isZero)
    #expect(try small.multiplied(by: 3).minor == 15)
    #expect(try small.isLess(than: large))
    #expect(try !large.isLess(than: large))
    #expect(try Amount.sum([small, large, small], in: euro).minor == 22)
    #expect(try Amount.sum([], in: euro) == .zero(euro))
  }

  @Test("no result wraps around or goes below zero")
  func limits() throws {
    let largest = try amount(Amount.largestMinor)
    #expect(Amount.largestMinor == 1 << 53 - 1)
    #expect(throws: AmountError.overflow) { try amount(Amount.largestMinor + 1) }
    #expect(throws: AmountError.overflow) { try amount(.max) }
    #expect(throws: AmountError.overflow) { try largest.adding(amount(1)) }
    #expect(throws: AmountError.overflow) { try largest.multiplied(by: 2) }
    #expect(throws: AmountError.overflow) { try largest.multiplied(by: .max) }
    #expect(throws: AmountError.negative) { try amount(1).subtracting(amount(2)) }
    #expect(throws: AmountError.overflow) { try Amount.sum([largest, amount(1)], in: euro) }
  }

  @Test("currencies do not mix")
  func currencies() throws {
    let (euros, yens) = (try amount(1), try Amount(minor: 1, currency: yen))
    let mismatch = AmountError.currencyMismatch(euro, yen)
    #expect(throws: mismatch) { try euros.adding(yens) }
    #expect(throws: mismatch) { try euros.subtracting(yens) }
    #expect(throws: mismatch) { try euros.isLess(than: yens) }
    #expect(throws: mismatch) { try Amount.sum([yens], in: euro) }
    #expect(euros != yens)
  }

  @Test("people read major units")
  func formatted() throws {
    #expect(try amount(1250).formatted(decimals: 2) == "12.50 EUR")
    #expect(try amount(5).formatted(decimals: 2) == "0.05 EUR")
    #expect(try amount(0).formatted(decimals: 2) == "0.00 EUR")
    #expect(try amount(1250).formatted(decimals: 0) == "1250 EUR")
    #expect(try amount(1).formatted(decimals: 8) == "0.00000001 EUR")
  }

  @Test(
    "a currency is 3 to 12 capitals and digits",
    arguments: ["EUR", "JPY", "TEST01", "ABCDEFGHIJKL"])
  func currency(code: String) {
    #expect(Currency(code)?.code == code)
  }

  @Test(
    "anything else is no currency",
    arguments: ["", "EU", "eur", "ABCDEFGHIJKLM", "EU R", "EÜR", "E\u{212A}R", "EUR\n", "ＥＵＲ"])
  func noCurrency(code: String) {
    #expect(Currency(code) == nil)
  }
}
