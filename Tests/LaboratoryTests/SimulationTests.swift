// Whole markets with faults: nothing is violated, and a seed is a world.

import Coordinator
import Foundation
import PaymentModel
import Testing

@testable import Laboratory

enum Tier {
  private static let value = ProcessInfo.processInfo.environment["FOIL_TIER"]
  static let isSecond = value == "2" || isThird
  /// What takes minutes, and a gigabyte.
  static let isThird = value == "3"
}

@Suite("Simulation", .onOneThread)
struct SimulationTests {
  /// Runs in which together everything happens that can be counted.
  private static let varied: [UInt64] = [
    340, 141, 87, 419, 330, 335, 241, 235, 258, 659, 406,
  ]

  @Test("a fixed set of runs violates nothing, and commits most of what nobody spoils")
  func fixedSet() {
    let report = Campaign.run(seed: 1, runs: Tier.isSecond ? 3000 : 80)
    #expect(report.violations.isEmpty, "\(report.violations)")
    #expect(report.committed > 0 && report.aborted > 0 && report.crashes > 0)
    #expect(report.purchases >= report.committed + report.aborted)
    #expect(2 * report.honestCommitted >= report.honest && report.honest > 100, "\(report.honest)")
  }

  /// A merchant that names the next second again and again to a coordinator whose clock is ahead; a lost answer to
  /// a release, beside another good of the same process that is still held; an answer that is older than news and
  /// comes twice, too late.
  @Test(
    "runs that have found something find nothing now",
    arguments: [205_800_912_299, 293_124_809_551, 115_247_389_731])
  func found(seed: UInt64) {
    let report = Simulation.run(seed: seed)
    #expect(report.violation == nil)
  }

  @Test("every fault and every cheat happens, and every way to pay, and nothing is violated")
  func everythingHappens() {
    var report = CampaignReport()
    for seed in Self.varied { report.add(Simulation.run(seed: seed)) }
    if Tier.isSecond {
      report = Campaign.run(seed: 1, runs: 1000)
    }
    #expect(report.violations.isEmpty, "\(report.violations)")
    for occurrence in Occurrence.allCases where !Occurrence.realOnly.contains(occurrence) {
      #expect(report.tally[occurrence] > 0, "\(occurrence.rawValue)")
    }
  }

  @Test("a fresh set of runs violates nothing", .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func freshSet() {
    let seed = UInt64.random(in: 1...(1 << 40))
    print("simulation: fresh seed \(seed)")
    let report = Campaign.run(seed: seed, runs: 3000)
    #expect(report.violations.isEmpty, "\(report.violations)")
  }

  @Test("the same seed gives the same world on every machine")
  func recordedFingerprints() {
    #expect(
      Campaign.run(seed: 1, runs: 5).fingerprint.hex
        == "a50ca30a542d39c3fe7268834ed4931ec0a286face7cf3867593b6854f1cee2d")
  }

  @Test("the same seed gives the same run twice, another one another")
  func determinism() {
    let first = Simulation.run(seed: 77)
    #expect(Simulation.run(seed: 77) == first)
    #expect(Simulation.run(seed: 78).fingerprint != first.fingerprint)
  }

  @Test("sizes are kept to", arguments: [(1, 1, 1), (3, 2, 1), (12, 4, 3)])
  func sizes(_ size: (customers: Int, merchants: Int, banks: Int)) {
    let report = Simulation.run(
      seed: 5,
      size: PopulationSize(customers: size.customers, merchants: size.merchants, banks: size.banks)
    ) { world, _ in
      #expect(world.customers.count == size.customers)
      #expect(world.shops.count == size.merchants && world.banks.count == size.banks)
    }
    #expect(report.violation == nil)
  }

  @Test("each choice of a run is among those that the world names")
  func choices() {
    for seed in 1...6 as ClosedRange<UInt64> {
      var number = 0
      _ = Simulation.run(seed: seed) { world, choice in
        number += 1
        guard number.isMultiple(of: 7) else { return }
        switch choice {
        // Any time may pass, and any clock be set, or run at another rate.
        case .advance, .setClock, .setRate: break
        default: #expect(world.choices().contains(choice), "seed \(seed), step \(number)")
        }
      }
    }
  }

  @Test("doubles are late, and no other message where none is")
  func lateDoubles() {
    var (late, doubles) = (0, 0)
    for seed in 1...12 as ClosedRange<UInt64> {
      var start: World?
      _ = Simulation.run(seed: seed) { world, _ in if start == nil { start = world } }
      guard var world = start else { continue }
      var faults = Faults()
      faults.duplicate = 200
      faults.steps = 400
      var chooser = Chooser(faults: faults, entropy: SimulationEntropy(seed: seed))
      var copies: Set<Int> = []
      while let choice = chooser.next(in: world, isOver: { true }), chooser.calmSince == nil {
        for message in world.stage.network.messages where chooser.isLate(message.number) {
          #expect(copies.contains(message.number), "seed \(seed), message \(message.number)")
        }
        if case .duplicate = choice { copies.insert(world.stage.network.sent + 1) }
        world.apply(choice)
      }
      doubles += copies.count
      late += chooser.lateCount
    }
    #expect(doubles > 100 && 3 * late > doubles && 3 * late < 2 * doubles, "\(late) of \(doubles)")
  }

  @Test("the rogue shows everybody verdicts of both kinds on others' processes")
  func rogue() {
    var shown: Set<String> = []
    for seed in 1...200 as ClosedRange<UInt64> where shown.count < 12 {
      _ = Simulation.run(seed: seed) { world, choice in
        guard case .rogue(let move) = choice,
          case .present(let process, let isCommit, let isLogged, let party, _) = move,
          world.purchase(process)?.isForRogue == false
        else { return }
        let role =
          switch party {
          case .bank: "bank"
          case .shop: "merchant"
          default: "customer"
          }
        shown.insert("\(role) \(isCommit) \(isLogged)")
      }
    }
    #expect(shown.count == 12, "\(shown.sorted())")
  }

  @Test("a payment with one coin in it twice is refused, wherever it stands")
  func repeatedCoins() {
    var (refused, apart) = (0, 0)
    for seed in 1...400 as ClosedRange<UInt64> where refused == 0 || apart == 0 {
      var processes: [ProcessID] = []
      var last: World?
      _ = Simulation.run(seed: seed, size: PopulationSize(customers: 6, banks: 1)) { world, _ in
        last = world
        for message in world.stage.network.messages {
          guard case .request(let request, _) = message.content,
            case .reserve(let asked, _) = request,
            let numbers = SymbolicInstrument(asked.instrument)?.numbers,
            Set(numbers).count < numbers.count, !processes.contains(asked.id.process)
          else { continue }
          processes.append(asked.id.process)
          if !zip(numbers, numbers.dropFirst()).contains(where: { $0 == $1 }) { apart += 1 }
        }
      }
      let holds = last?.banks[0].desk.books.holds ?? []
      #expect(!holds.contains { processes.contains($0.process) }, "seed \(seed)")
      refused += processes.count
    }
    #expect(refused > 0 && apart > 0)
  }

  @Test("a world is a value: a copy goes its own way, and the same choices make the same world")
  func worldsAreValues() {
    var choices: [Choice] = []
    var start: World?
    _ = Simulation.run(seed: 9) { world, choice in
      if start == nil { start = world }
      choices.append(choice)
    }
    guard var one = start, var other = start, let first = start else {
      Issue.record("the run had no step")
      return
    }
    for choice in choices.prefix(300) {
      one.apply(choice)
      other.apply(choice)
    }
    #expect(one == other && one.hashValue == other.hashValue)
    #expect(one != first)
    if let choice = other.choices().first {
      other.apply(choice)
      #expect(one != other)
    }
  }

  @Test("everything may happen to anybody at any time: no order of choices breaks the world itself")
  func arbitraryChoices() {
    for seed in 1...4 as ClosedRange<UInt64> {
      var start: World?
      _ = Simulation.run(seed: seed) { world, _ in if start == nil { start = world } }
      guard var world = start else { continue }
      let books = Books(of: world)
      var entropy = SimulationEntropy(seed: seed)
      for _ in 0..<400 {
        let choices = world.choices()
        guard !choices.isEmpty else { break }
        world.apply(entropy.pick(choices))
      }
      // What may not wait for the end holds in the middle, too.
      for shop in world.shops.indices { #expect(books.checkDeposits(at: shop, in: world) == nil) }
    }
  }
}
