// A lost wake-up is seen by the books whenever time would pass, and nothing is seen where nobody has lost one.

import PaymentModel
import Testing

@testable import Laboratory

@Suite("Waits", .onOneThread)
struct WaitBooksTests {
  /// Two orders for one last piece, of which the first may be cancelled.
  private static let market = ScarceMarket(.stock(1), [.init(0, temper: .cancels), .init(0)])
  private static let walks: ClosedRange<UInt64> = 1...600

  /// What the books see at any time of a run without faults, in which time does not pass.
  private func finding(seed: UInt64, flaw: Flaw?) -> Books.Finding? {
    var entropy = SimulationEntropy(seed: seed)
    var world = Self.market.world(flaw: flaw)
    let books = Books(of: world)
    for _ in 0..<400 {
      if let finding = books.idleWait(in: world) { return finding }
      let choices = world.choices().filter {
        switch $0 {
        case .deliver, .sync, .carryOut, .act: true
        default: false
        }
      }
      guard !choices.isEmpty else { return nil }
      world.apply(entropy.pick(choices))
    }
    return nil
  }

  @Test("who does not ask again after a departure waits for a pause, and the books see it")
  func lostWakeUp() throws {
    let found = Self.walks.lazy.compactMap { finding(seed: $0, flaw: .losesWakeUps) }.first
    #expect(try #require(found).property == .progress)
  }

  @Test("where everybody is woken the books see nothing")
  func woken() {
    for seed in Self.walks { #expect(finding(seed: seed, flaw: nil) == nil, "seed \(seed)") }
  }
}
