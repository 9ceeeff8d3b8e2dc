// Random bytes and numbers of a simulation: the same seed gives the same ones on every machine.

package import PaymentModel

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
package struct SimulationEntropy: Entropy, Hashable, Sendable {
  private var state: UInt64
  private let isStill: Bool

  package init(seed: UInt64) {
    state = seed
    isStill = false
  }

  /// A source that gives the same number for ever: what is drawn from it does not tell when it was drawn.
  package init(still number: UInt64) {
    state = number
    isStill = true
  }

  package mutating func next() -> UInt64 {
    guard !isStill else { return state }
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A source of its own, so that what one party draws does not move what another one draws.
  package mutating func fork() -> SimulationEntropy { SimulationEntropy(seed: next()) }

  /// A number from 0 up to, and without, `bound`.
  package mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(max(1, bound)))
  }

  package mutating func number(in range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// Whether something happens that happens so often in a thousand times.
  package mutating func happens(perMille: Int) -> Bool { below(1000) < perMille }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  package mutating func bytes(_ count: Int) -> Bytes {
    var bytes = Bytes()
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      let word = next()
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  package mutating func identifier<S>() -> Identifier<S> {
    guard let drawn = Identifier<S>(bytes(32)) else { fatalError("32 bytes make an identifier") }
    return drawn
  }
}
