// Answers that are signed, and say something else than they should: they count as no answer. But a transfer of which more
// was kept than was agreed on convicts its bank: it is kept.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct LyingParticipantTests {
  /// What a lie changes.
  enum Lie: String, CaseIterable, Sendable {
    case reservationOfOtherProcess, reservationOfOtherPart, reservationOfLess
    case reservationForShorter, reservationByMerchant
    case depositForMore, depositToOtherPayee, depositOfOtherOffer, depositOfMorePieces
    case depositForLonger, depositByOtherMerchant, depositWithOtherKeyDigest
    case requestForOtherProcess, requestForFewer, requestByOtherKey
    case transfersMissing, transferOfLess, transferOnOtherVerdict, transferThatKeepsMore
    case transferThatDrawsAtHome
    case settlementOfNothing, unsignedRefusalToPost, refusalOfOtherStep
  }

  /// Where a bank keeps something of each transfer, and where it keeps nothing.
  @Test(arguments: Lie.allCases.filter { $0 != .transferThatKeepsMore }, [0, 3] as [UInt64])
  func nothingFollowsFromALie(lie: Lie, transferFee: UInt64) async throws {
    let world = ModelWorld()
    let submission = world.order(goods: [0, 1], transferFee: transferFee)
    let process = ModelWorld.process(of: submission)
    let liar = Liar(world: world, lie: lie)
    let store = MemoryStore<any JournalRows>(MemoryJournalRows())
    let engine = Engine(
      coordinator: ModelWorld.coordinatorName,
      ports: CoordinatorPorts(
        notary: world.notary, examiner: ModelExaminer(), log: world.log, participants: liar,
        clock: world.clock, journal: store, makeEntropy: { ModelEntropy(seed: 5) }))
    _ = try await engine.submit(submission)
    // Each lie is told three times, and each time the same is asked again.
    try await eventually("\(lie) is told again") {
      if liar.count < 3, world.clock.now() < Timestamp(seconds: 1_800_000_030) {
        world.clock.advance(to: world.clock.now().adding(milliseconds: 100))
      }
      return liar.count >= 3
    }
    let rows = await store.read { $0.rows(of: process) }
    #expect(!rows.contains { $0.kinds.contains(.end) })
    let state = try await engine.status(of: process).state
    #expect(state.isCommitted == (lie.isAfterCommit ? true : nil))
    // The truth is believed when it comes.
    liar.repent()
    try await eventually("the truth after \(lie)") {
      if world.clock.now() < Timestamp(seconds: 1_800_000_055) {
        world.clock.advance(to: world.clock.now().adding(milliseconds: 500))
      }
      return store.snapshot().rows(of: process).contains { $0.kinds.contains(.end) }
    }
    #expect(try await engine.outcome(of: process).decision.isCommit)
  }

  /// It is no lie, but a promise that was broken in writing: nothing is asked again, the payee decides, and what names the
  /// bank is on file.
  @Test(arguments: [0, 3] as [UInt64])
  func transfersThatKeepMoreAreKept(transferFee: UInt64) async throws {
    let world = ModelWorld()
    let submission = world.order(goods: [0, 1], transferFee: transferFee)
    let process = ModelWorld.process(of: submission)
    let liar = Liar(world: world, lie: .transferThatKeepsMore)
    let store = MemoryStore<any JournalRows>(MemoryJournalRows())
    let engine = Engine(
      coordinator: ModelWorld.coordinatorName,
      ports: CoordinatorPorts(
        notary: world.notary, examiner: ModelExaminer(), log: world.log, participants: liar,
        clock: world.clock, journal: store, makeEntropy: { ModelEntropy(seed: 5) }))
    _ = try await engine.submit(submission)
    try await eventually("its end") {
      store.snapshot().rows(of: process).contains { $0.kinds.contains(.end) }
    }
    let file = try await engine.file(of: process)
    #expect(file.transfers.count == 2 && file.settlements.count == 2)
    for exhibit in file.transfers {
      let transfer = try #require(
        ModelWorld.bankNames.lazy.compactMap {
          try? world.evidence.read(exhibit.signed, by: .party($0)).claim
        }.first)
      #expect(transfer.fee?.minor == transferFee + 1)
    }
    #expect(liar.count <= 2)
  }
}

extension LyingParticipantTests.Lie {
  var isAfterCommit: Bool {
    switch self {
    case .transfersMissing, .transferOfLess, .transferOnOtherVerdict, .transferThatKeepsMore,
      .transferThatDrawsAtHome,
      .settlementOfNothing, .unsignedRefusalToPost, .refusalOfOtherStep:
      true
    default: false
    }
  }
}
