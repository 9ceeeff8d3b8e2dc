// Whose turn it is to take what may run out: the table of turns by itself.

import Foundation
import PaymentModel
import Testing

@testable import Coordinator

@Suite struct LockTableTests {
  private let stock: Resource

  init() throws {
    stock = Resource(owner: try #require(PartyName("merchant.example")), name: "stock")
  }

  private static func process(_ number: Int) -> ProcessID {
    var bytes = Bytes(repeating: 0, count: 32)
    for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
    guard let process = ProcessID(bytes) else { fatalError("32 bytes make an identifier") }
    return process
  }

  private let one = process(1)
  private let two = process(2)
  private let three = process(3)

  private func piece(_ count: Int = 1) -> ResourceUse { ResourceUse(stock, .counted(count)) }

  // MARK: - Turns

  @Test func piecesOfAStockAreAskedForAtOnceUntilOneIsToldToWait() {
    var table = LockTable()
    #expect(table.acquire(piece(), for: one, activity: 4).map(\.process) == [one])
    #expect(table.acquire(piece(), for: two, activity: 4).map(\.process) == [two])
    #expect(table.hold(piece(), for: one, activity: 4) == [])
    #expect(table.meetScarcity(stock, for: two) == [])
    // Whoever comes now stands behind.
    #expect(table.acquire(piece(), for: three, activity: 4) == [])
    // The first who was told to wait asks again, and the next one when it has got its piece.
    #expect(table.leave(stock, for: one).map(\.process) == [two])
    #expect(table.hold(piece(), for: two, activity: 4).map(\.process) == [three])
  }

  @Test func whatIsSoldOnceIsAskedForByOneAtATime() {
    var table = LockTable()
    let all = ResourceUse(stock, .exclusive)
    #expect(table.acquire(all, for: one, activity: 4).map(\.process) == [one])
    #expect(table.acquire(all, for: two, activity: 4) == [])
    #expect(table.acquire(all, for: three, activity: 4) == [])
    #expect(table.leave(stock, for: two) == [])
    #expect(table.leave(stock, for: one).map(\.process) == [three])
  }

  @Test func anAnswerThatIsOlderThanADepartureIsAskedForAgain() {
    var table = LockTable()
    _ = table.acquire(piece(), for: one, activity: 4)
    _ = table.acquire(piece(), for: two, activity: 4)
    _ = table.hold(piece(), for: one, activity: 4)
    // The merchant has told two to wait; while that is under way one leaves, and nobody is there to be woken.
    #expect(table.leave(stock, for: one) == [])
    let turn = table.meetScarcity(stock, for: two)
    #expect(turn == [LockTurn(process: two, activity: 4, resource: stock)])
    // The next answer is newer than all that was given back.
    #expect(table.meetScarcity(stock, for: two) == [])
    #expect(table.places(on: stock).map(\.standing) == [.contended])
  }

  @Test func whoAsksAgainIsOvertakenLikeEverybodyElse() {
    var table = LockTable()
    let four = Self.process(4)
    for process in [one, two, three, four] { _ = table.acquire(piece(), for: process, activity: 4) }
    _ = table.hold(piece(), for: one, activity: 4)
    _ = table.hold(piece(), for: two, activity: 4)
    #expect(table.meetScarcity(stock, for: three) == [])
    #expect(table.meetScarcity(stock, for: four) == [])
    #expect(table.leave(stock, for: one).map(\.process) == [three])
    // A foreign order took that piece, and two's comes free while three is told so.
    #expect(table.leave(stock, for: two) == [])
    #expect(table.meetScarcity(stock, for: three).map(\.process) == [three])
    // Three knows for both of them.
    #expect(table.meetScarcity(stock, for: three) == [])
    #expect(table.meetScarcity(stock, for: four) == [])
  }

  @Test func withoutTheRuleTheAnswerStands() {
    var rules = ProtocolRules()
    rules.asksAgainAfterDepartures = false
    var table = LockTable(rules: rules)
    _ = table.acquire(piece(), for: one, activity: 4)
    _ = table.acquire(piece(), for: two, activity: 4)
    _ = table.leave(stock, for: one)
    #expect(table.meetScarcity(stock, for: two) == [])
  }

  @Test func placesOutlastARestart() {
    var table = LockTable()
    _ = table.acquire(piece(), for: one, activity: 4)
    _ = table.acquire(piece(), for: two, activity: 4)
    let rows = table.takeChanges().compactMap { change -> LockRow? in
      if case .add(let row) = change { row } else { nil }
    }
    #expect(rows.map(\.process) == [one, two])
    var later = LockTable(restoring: rows)
    // Newcomers wait for those who have not come back yet.
    #expect(later.acquire(piece(), for: three, activity: 4) == [])
    #expect(later.acquire(piece(), for: one, activity: 4).map(\.process) == [one])
    #expect(later.settle(one) == [])
    #expect(later.settleAll().map(\.process) == [three])
    #expect(later.places(on: stock).map(\.process) == [one, three])
  }

  /// Rows have no chain: whoever can write to the store can write any number.
  @Test func anImpossibleNumberLosesItsPlaceAndNoOther() {
    let rows = [.min, -1, 0, 7, Int.max].enumerated().map { place, number in
      LockRow(resource: stock, number: number, process: Self.process(place + 1))
    }
    var table = LockTable(restoring: rows)
    #expect(table.places(on: stock).map(\.process) == [Self.process(4)])
    #expect(table.acquire(piece(), for: Self.process(9), activity: 4) == [])
    let added = table.takeChanges()
    #expect(
      added == [.add(LockRow(resource: stock, number: 8, process: Self.process(9)))])
    #expect(table.settleAll().map(\.process) == [Self.process(9)])
  }

  // MARK: - Against the plain rules

  @Test func anyOrderOfEventsGivesTheTurnsThatThePlainRulesGive() {
    var random = SplitMix(state: 5)
    var turns = 0
    var scarce = 0
    for _ in 0..<600 {
      var table = LockTable()
      var plain = PlainLockQueue()
      let processes = (1...(2 + random.below(7))).map(Self.process)
      let exclusive = processes.filter { _ in random.below(5) == 0 }
      for step in 0..<80 {
        let process = processes[random.below(processes.count)]
        let isExclusive = exclusive.contains(process)
        let use = ResourceUse(stock, isExclusive ? .exclusive : .counted(1))
        let stands = table.places(on: stock).first { $0.process == process }?.standing
        let (given, expected): ([LockTurn], [ProcessID])
        switch (random.below(4), stands) {
        case (0, _), (_, nil):
          given = table.acquire(use, for: process, activity: 1)
          expected = plain.acquire(process, isExclusive: isExclusive)
        case (1, .some(let standing)) where standing != .waiting && standing != .holding:
          given = table.meetScarcity(stock, for: process)
          expected = plain.meetScarcity(process)
        case (2, .some(let standing)) where standing != .waiting:
          given = table.hold(use, for: process, activity: 1)
          expected = plain.hold(process)
        default:
          given = table.leave(stock, for: process)
          expected = plain.leave(process)
        }
        #expect(given.map(\.process) == expected, "step \(step)")
        turns += expected.count
      }
      if plain.wasEverScarce { scarce += 1 }
    }
    #expect(turns > 10_000 && scarce > 300, "\(turns) turns, \(scarce) scarce")
  }

  // MARK: - Crowds

  /// Four times the crowd takes some four times as long, and not sixteen times.
  @Test(arguments: Crowd.allCases) private func aCrowdIsNoDearerForEachOfThoseInIt(_ crowd: Crowd) {
    let ratio = (0..<5).map { _ in
      seconds { crowd.run(20_000, piece(), Self.process) }
        / seconds { crowd.run(5_000, piece(), Self.process) }
    }.min()
    #expect(ratio.map { $0 < 12 } == true, "\(crowd): \(String(describing: ratio))")
  }

  private func seconds(_ body: () -> Void) -> Double {
    var start = timespec()
    var end = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
    body()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
    return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
  }

  private enum Crowd: CaseIterable {
    /// For one piece, one after another.
    case forOnePiece
    /// All ask for the last one, and all but one are refused.
    case forTheLast
    /// Most give up before it is their turn, the last first.
    case thatGivesUp

    func run(_ count: Int, _ piece: ResourceUse, _ process: (Int) -> ProcessID) {
      var table = LockTable()
      let use = self == .forTheLast ? piece : ResourceUse(piece.resource, .exclusive)
      var left = 0
      for number in 0..<count { _ = table.acquire(use, for: process(number), activity: 1) }
      switch self {
      case .forOnePiece:
        for number in 0..<count {
          _ = table.hold(use, for: process(number), activity: 1)
          left += table.leave(use.resource, for: process(number)).count
        }
      case .forTheLast:
        _ = table.hold(use, for: process(0), activity: 1)
        for number in 1..<count { _ = table.meetScarcity(use.resource, for: process(number)) }
        for number in 0..<count { left += table.leave(use.resource, for: process(number)).count }
      case .thatGivesUp:
        for number in (1..<count).reversed() {
          left += table.leave(use.resource, for: process(number)).count
        }
      }
      #expect(left == (self == .thatGivesUp ? 0 : count - 1))
      _ = table.takeChanges()
    }
  }
}

/// SplitMix64: the same numbers each time.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
