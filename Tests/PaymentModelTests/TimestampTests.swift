// Points in time: added up without wrapping, printed as RFC 3339.

import PaymentModel
import Testing

@Suite("Timestamps")
struct TimestampTests {
  @Test(
    "RFC 3339 in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_790_000_000_000, "2026-09-21T14:13:20.000Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (.max, "292278994-08-17T07:12:55.807Z"), (.min, "-292275055-05-16T16:47:04.192Z"),
    ] as [(Int64, String)])
  func description(milliseconds: Int64, text: String) {
    #expect("\(Timestamp(milliseconds: milliseconds))" == text)
  }

  @Test("sums and differences stay at the ends instead of wrapping")
  func saturation() {
    let time = Timestamp(seconds: 100)
    #expect(time.adding(seconds: 5).milliseconds == 105_000)
    #expect(time.adding(seconds: -5).milliseconds == 95_000)
    #expect(time.adding(milliseconds: 1).milliseconds(since: time) == 1)
    #expect(time.adding(seconds: .max).milliseconds == .max)
    #expect(Timestamp(milliseconds: .min).adding(milliseconds: -1).milliseconds == .min)
    #expect(Timestamp(milliseconds: .max).milliseconds(since: Timestamp(milliseconds: -1)) == .max)
    #expect(Timestamp(milliseconds: .min).milliseconds(since: Timestamp(milliseconds: 1)) == .min)
    #expect(Timestamp(milliseconds: 1) < Timestamp(milliseconds: 2))
  }
}
