// Banks that pay into accounts elsewhere, and so need room there, are asked in turns, and all others at the same time.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct RoomTurnsTests {
  typealias Paying = [ModelWorld.CrossPayment]

  private let world = ModelWorld()

  private func process(
    _ paying: Paying, rules: ProtocolRules = .standard
  ) throws -> PaymentProcess {
    try PaymentProcess.generate(
      from: world.order(paying: paying), template: .standard,
      templateDigest: ModelEvidence.digest(ProcessTemplate.standard.json), rules: rules)
  }

  /// Pairs of reserves, one before the other.
  private func turns(of process: PaymentProcess) -> [Precedence] {
    process.root.precedence.filter { pair in
      [pair.before, pair.after].allSatisfy { $0.rawValue.hasPrefix("reserve/") }
    }
  }

  @Test func banksThatNeedRoomAreAskedByName() throws {
    let names = ModelWorld.bankNames.map(\.text)
    let process = try process([.init(from: 0, to: 1), .init(from: 1, to: 0)])
    #expect(process.checkGuaranteedTermination().isEmpty)
    #expect(
      turns(of: process).map { [$0.before.rawValue, $0.after.rawValue] } == [
        names.sorted().map { "reserve/\($0)" }
      ])
  }

  static let parallel: [Paying] = [
    [.init(from: 0, to: 0), .init(from: 1, to: 1)],
    [.init(from: 0, to: 1), .init(from: 1, to: 1)],
    [.init(from: 0, to: 0), .init(from: 1, to: 0)],
    [.init(from: 0, to: 1)],
  ]

  /// One that needs none waits for nobody, and the definition is what it is without the rule.
  @Test(arguments: parallel)
  func othersStayParallel(paying: Paying) throws {
    #expect(turns(of: try process(paying)).isEmpty)
    let order = try world.order(paying: paying)
    let digest = ModelEvidence.digest(ProcessTemplate.standard.json)
    var withoutTurns = ProtocolRules.standard
    withoutTurns.takesRoomInTurns = false
    func json(_ rules: ProtocolRules) throws -> Bytes {
      try PaymentProcess.generate(
        from: order, template: .standard, templateDigest: digest, rules: rules
      ).json
    }
    #expect(try json(.standard) == json(withoutTurns))
  }
}
