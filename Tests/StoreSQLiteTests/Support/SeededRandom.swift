// Randomness that a seed replays.

import PaymentModel

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64 = .random(in: 0...UInt64.max)) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func minor() -> UInt64 { UInt64.random(in: 0...Amount.largestMinor, using: &self) }

  mutating func flag() -> Bool { Bool.random(using: &self) }

  mutating func time() -> Timestamp {
    Timestamp(milliseconds: Int64.random(in: Int64.min...Int64.max, using: &self))
  }

  /// 0 to 40 bytes.
  mutating func bytes() -> Bytes {
    (0..<number(0..<41)).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  /// Bytes or nothing.
  mutating func someBytes() -> Bytes? { flag() ? bytes() : nil }

  /// One of so few identifiers that the same come again, or of all.
  mutating func identifier<Subject>(of pool: Int? = 5) -> Identifier<Subject> {
    var few = Bytes(repeating: 0, count: 32)
    if let pool {
      few[0] = UInt8(truncatingIfNeeded: number(0..<pool) &* 71)
      few[31] = 1
    } else {
      for index in few.indices { few[index] = UInt8.random(in: 0...255, using: &self) }
    }
    return Identifier(few) ?? identifier(of: pool)
  }

  mutating func party() -> PartyName { PartyName("bank-\(number(0..<3)).example") ?? .customer }

  mutating func account() -> AccountName? { AccountName("account-\(number(0..<4))") }

  mutating func currency() -> Currency? { Currency(flag() ? "EUR" : "CHF2") }

  mutating func amount() throws -> Amount {
    guard let currency = currency() else { throw NoValue() }
    return try Amount(minor: minor(), currency: currency)
  }

  mutating func verdict() -> LoggedVerdict? {
    flag() ? LoggedVerdict(verdict: Signed(bytes()), proof: bytes()) : nil
  }

  /// One of the elements.
  mutating func one<Element>(of elements: [Element]) throws -> Element {
    guard let element = elements.randomElement(using: &self) else { throw NoValue() }
    return element
  }

  struct NoValue: Error {}
}
