// Two orders, each of which needs all of the room at both banks, asked in every order that their definitions allow.

import Conformance
import Coordinator
import Laboratory
import PaymentModel
import Testing

@Suite("Room at banks")
struct RoomSearchTests {
  private let world = ModelWorld()

  /// Orders that are paid by both banks, each into accounts at the other.
  private func standstills(_ rules: ProtocolRules) throws -> Int {
    let there = ModelWorld.CrossPayment(from: 0, to: 1)
    let back = ModelWorld.CrossPayment(from: 1, to: 0)
    return RoomSearch.standstills(
      of: try [[there, back], [back, there]].map { paying in
        try PaymentProcess.generate(
          from: world.order(paying: paying), template: .standard,
          templateDigest: ModelEvidence.digest(ProcessTemplate.standard.json), rules: rules)
      })
  }

  @Test("processes that take room in turns never stand in a circle")
  func inTurns() throws {
    #expect(try standstills(.standard) == 0)
  }

  @Test(
    "each flaw that definitions show is found in them",
    arguments: Flaw.allCases.filter { $0.foundIn.contains(.definitions) })
  func found(_ flaw: Flaw) throws {
    #expect(try standstills(flaw.rules) > 0)
  }
}
