// Orders that need room between banks never stand in a circle: banks that pay into accounts elsewhere are asked in
// turns, and all others at the same time.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct RoomTurnsTests {
  private let world = ModelWorld()

  /// An order that is paid by the banks of these numbers, each into accounts at the other number.
  private func order(paying: [(from: Int, to: Int)]) throws -> AdmittedOrder {
    let admitted = try world.notary.admit(
      world.order(goods: [0], banks: [0, 1]), at: world.clock.now())
    let payments = try paying.map { from, to in
      let given = try #require(
        admitted.payments.first { $0.content.bank == ModelWorld.bankNames[from] })
      let handover = try #require(given.handover)
      return AdmittedOrder.Payment(
        content: PaymentPart(
          bank: given.content.bank, method: .ecash, total: given.content.total,
          payouts: given.content.payouts.map {
            Payout(payee: world.payee(of: 0, bank: to), amount: $0.amount)
          }),
        part: handover.part, partDigest: given.partDigest, instrument: handover.instrument)
    }
    return AdmittedOrder(
      process: admitted.process, signedOrder: admitted.signedOrder, order: admitted.order,
      items: admitted.items, payments: payments)
  }

  private func process(
    _ paying: [(from: Int, to: Int)], rules: ProtocolRules = .standard
  ) throws -> PaymentProcess {
    try PaymentProcess.generate(
      from: order(paying: paying), template: .standard,
      templateDigest: ModelEvidence.digest(ProcessTemplate.standard.json), rules: rules)
  }

  private var withoutTurns: ProtocolRules {
    var rules = ProtocolRules.standard
    rules.takesRoomInTurns = false
    return rules
  }

  /// Pairs of reserves, one before the other.
  private func turns(of process: PaymentProcess) -> [Precedence] {
    process.root.precedence.filter { pair in
      [pair.before, pair.after].allSatisfy { $0.rawValue.hasPrefix("reserve/") }
    }
  }

  @Test func banksThatNeedRoomAreAskedByName() throws {
    let names = ModelWorld.bankNames.map(\.text)
    let process = try process([(0, 1), (1, 0)])
    #expect(process.checkGuaranteedTermination().isEmpty)
    #expect(
      turns(of: process).map { [$0.before.rawValue, $0.after.rawValue] } == [
        names.sorted().map { "reserve/\($0)" }
      ])
  }

  /// One that needs none waits for nobody, and the definition is what it is without the rule.
  @Test(arguments: [[(0, 0), (1, 1)], [(0, 1), (1, 1)], [(0, 0), (1, 0)], [(0, 1)]])
  func othersStayParallel(paying: [(from: Int, to: Int)]) throws {
    let process = try process(paying)
    #expect(turns(of: process).isEmpty)
    let order = try order(paying: paying)
    let digest = ModelEvidence.digest(ProcessTemplate.standard.json)
    func json(_ rules: ProtocolRules) throws -> Bytes {
      try PaymentProcess.generate(
        from: order, template: .standard, templateDigest: digest, rules: rules
      ).json
    }
    #expect(try json(.standard) == json(withoutTurns))
  }

  /// Two orders, each of which needs all of the room at both banks, asked in every interleaving.
  @Test func twoOrdersNeverWaitForEachOther() throws {
    let turns = try [process([(0, 1), (1, 0)]), process([(1, 0), (0, 1)])]
    #expect(standstills(of: turns) == 0)
    let atOnce = try [
      process([(0, 1), (1, 0)], rules: withoutTurns),
      process([(1, 0), (0, 1)], rules: withoutTurns),
    ]
    #expect(standstills(of: atOnce) > 0, "without turns they do")
  }

  /// In how many reachable states some process still waits, and none can go on. What one holds, no other gets before
  /// it has all of its reserves and ends.
  private func standstills(of processes: [PaymentProcess]) -> Int {
    let wanted = processes.map { process in
      process.activities.filter { $0.verb == .reserve }.map(\.path)
    }
    var seen: Set<[[StepPath]]> = []
    var open: [[[StepPath]]] = [processes.map { _ in [] }]
    var standstills = 0
    while let state = open.popLast() {
      guard seen.insert(state).inserted else { continue }
      let waiting = processes.indices.filter { state[$0].count < wanted[$0].count }
      let moves = waiting.flatMap { number in
        wanted[number].filter { path in
          let before = turns(of: processes[number]).filter { $0.after == path }.map(\.before)
          let isFree = waiting.allSatisfy { !state[$0].contains(path) }
          return !state[number].contains(path) && before.allSatisfy(state[number].contains)
            && isFree
        }.map { (number, $0) }
      }
      if moves.isEmpty && !waiting.isEmpty { standstills += 1 }
      for (number, path) in moves {
        var next = state
        next[number] = (next[number] + [path]).sorted()
        open.append(next)
      }
    }
    return standstills
  }
}
