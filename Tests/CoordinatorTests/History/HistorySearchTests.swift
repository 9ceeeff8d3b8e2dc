// The history checker agrees with a search through all reductions.

import Coordinator
import PaymentModel
import Testing

@Suite struct HistorySearchTests {
  /// Answers of both about one history.
  private func compare(
    seed: UInt64, events: Int, refusedAbort: Bool
  ) throws -> (checked: HistoryAnswer, searched: Int?, history: History) {
    var source = try HistorySource(
      seed: seed, processes: 2 + Int(seed % 2), resources: ["x", "y"], refusedAbort: refusedAbort)
    source.draw(events)
    let search = ReductionSearch(stock: source.stock)
    return (
      source.history.checkPrefixReducibility(), search.shortestViolation(of: source.history),
      source.history
    )
  }

  @Test func agreesWithTheDefinition() throws {
    var reducible = 0
    var lengths: Set<Int> = []
    for seed in UInt64(0)..<4_000 {
      let (checked, searched, history) = try compare(
        seed: seed, events: 4 + Int(seed % 3), refusedAbort: true)
      #expect(checked.violation?.prefix == searched, "seed \(seed): \(history.brief) \(checked)")
      if let violation = checked.violation { #expect(violation.rule == .reducible) }
      if checked.isReducible { reducible += 1 }
      if let searched { lengths.insert(searched) }
    }
    // Neither answer is rare, and violations are found at every length that can have one.
    #expect(reducible > 400 && reducible < 3_600, "\(reducible)")
    #expect(lengths.isSuperset(of: 2...6), "\(lengths)")
  }

  @Test func neverAnswersReducibleWrongly() throws {
    var strict = 0
    for seed in UInt64(10_000)..<14_000 {
      let (checked, searched, history) = try compare(
        seed: seed, events: 4 + Int(seed % 3), refusedAbort: false)
      if let searched {
        let prefix = try #require(
          checked.violation?.prefix, "seed \(seed): \(history.brief)")
        #expect(prefix <= searched, "seed \(seed): \(history.brief)")
      }
      if checked.violation?.prefix != searched { strict += 1 }
    }
    // Where it is stricter than it must be is rare.
    #expect(strict < 40, "\(strict)")
  }
}
