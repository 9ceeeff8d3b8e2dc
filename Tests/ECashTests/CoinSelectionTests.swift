// Exact payments and splits that allow them, compared with trying everything.

@testable import ECash
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct CoinSelectionTests {
  private func row(_ value: UInt64, _ counter: UInt64, isShown: Bool = false) -> SpendableCoin {
    SpendableCoin(
      key: CoinKey(denomination: SHA256.digest([1]).renamed(), counter: counter), minor: value,
      spentUntil: Timestamp(seconds: 1), isShown: isShown)
  }

  /// All sums of subsets.
  private func sums(_ values: [UInt64]) -> Set<UInt64> {
    values.reduce(into: [0]) { sums, value in sums.formUnion(sums.map { $0 + value }) }
  }

  @Test func coinsAreFoundWheneverThereAreSome() throws {
    for seed in UInt64(0)..<60 {
      var entropy = SeededEntropy(seed: seed)
      let values = entropy.bytes(Int(entropy.bytes(1)[0] % 9)).map { UInt64(1) << UInt64($0 % 6) }
      let coins = values.enumerated().map { row($1, UInt64($0)) }
      let payable = sums(values)
      for amount in 0...((payable.max() ?? 0) + 2) {
        let chosen = try? CoinSelection.choose(amount, from: coins)
        #expect((chosen != nil) == payable.contains(amount), "seed \(seed), \(amount)")
        if let chosen {
          #expect(chosen.reduce(0) { $0 + $1.minor } == amount, "seed \(seed)")
          #expect(Set(chosen.map(\.key)).count == chosen.count, "seed \(seed): no coin twice")
        }
      }
    }
  }

  @Test func nearestAmountsAreNamed() throws {
    let coins = [4, 4, 16].enumerated().map { row(UInt64($1), UInt64($0)) }
    let error = #expect(throws: ECashError(code: .notPayable)) {
      try CoinSelection.choose(13, from: coins)
    }
    #expect(error?.message.contains("8 or 16") == true)
    #expect(throws: ECashError(code: .notPayable)) { try CoinSelection.choose(25, from: coins) }
  }

  @Test func shownCoinsComeLast() throws {
    let shown = row(4, 0, isShown: true)
    let fresh = row(4, 1)
    #expect(try CoinSelection.choose(4, from: [shown, fresh]) == [fresh])
  }

  @Test func everyAmountUpToTheBalanceCanBePaid() throws {
    let sets: [[UInt64]] = [
      (0..<12).map { 1 << $0 }, [1, 2, 4], [4, 8, 16], [1, 4, 16], [1], [8], [1, 1024],
    ]
    for values in sets {
      let smallest = values[0]
      for amount in stride(from: 0, through: 200 * smallest, by: Int(smallest)) {
        let plan = try WithdrawalPlan.values(for: amount, of: values.reversed())
        #expect(plan.reduce(0, +) == amount)
        let wanted = stride(from: 0, through: amount, by: Int(smallest))
        #expect(sums(plan) == Set(wanted), "\(amount) in \(values)")
      }
    }
  }

  @Test func planCountsWhatIsHeld() throws {
    let values = (0..<8).map { UInt64(1) << $0 }
    let first = try WithdrawalPlan.values(for: 100, of: values)
    let second = try WithdrawalPlan.values(for: 100, of: values, holding: first)
    #expect(second.count < first.count)
    #expect(sums(first + second) == Set(0...200))
  }

  @Test func impossiblePlansAreRefused() throws {
    for (amount, values) in [(UInt64(3), [UInt64(2), 4]), (1, []), (5, [2, 3])] {
      #expect(throws: ECashError(code: .notWithdrawable)) {
        try WithdrawalPlan.values(for: amount, of: values)
      }
    }
    for amount in [2000, Amount.largestMinor] {
      #expect(throws: ECashError(code: .tooManyCoins)) {
        try WithdrawalPlan.values(for: amount, of: [1])
      }
    }
  }
}
