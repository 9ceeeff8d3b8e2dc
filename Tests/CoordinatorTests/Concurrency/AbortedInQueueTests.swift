// An aborted process whose release does not succeed keeps nobody else from a good.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct AbortedInQueueTests {
  private let shelf = Resource(owner: ModelWorld.merchantNames[0], name: "shelf")

  private func standings(in shell: MachineShell) -> [LockStanding] {
    shell.machine.places(on: shelf).map(\.standing)
  }

  /// One holds the last piece, and so many were told to wait.
  private func shell(waiting count: Int) throws -> (
    shell: MachineShell, holder: ProcessID, waiting: [ProcessID]
  ) {
    var shell = MachineShell()
    let all = try (0...count).map { _ in try shell.beginReserved(stock: "shelf") }
    try shell.answer(.deposit, of: all[0], shell.deposited())
    for process in all.dropFirst() { try shell.answer(.deposit, of: process, shell.held) }
    #expect(standings(in: shell) == [.holding] + Array(repeating: .contended, count: count))
    return (shell, all[0], Array(all.dropFirst()))
  }

  /// Aborts a process and publishes that, so that its release is asked for.
  private func abort(_ process: ProcessID, in shell: inout MachineShell) throws {
    try shell.cancel(process)
    try shell.answer(.recordAbort, of: process, shell.published())
    #expect(shell.count(.release, of: process) == 1)
  }

  @Test func aReleaseThatNeverSucceedsBlocksNobody() throws {
    var (shell, holder, waiting) = try shell(waiting: 2)
    try abort(waiting[0], in: &shell)
    try shell.answer(.release, of: waiting[0], .unknown)
    // The next one asks in its place, and hears that the holder is still there.
    #expect(standings(in: shell) == [.holding, .holding, .asking])
    try shell.answer(.deposit, of: waiting[1], shell.held)
    let asked = shell.count(.deposit, of: waiting[1])

    try abort(holder, in: &shell)
    try shell.answer(.release, of: holder, .ended(.released(shell.exhibit())))
    #expect(standings(in: shell) == [.holding, .asking])
    #expect(shell.count(.deposit, of: waiting[1]) == asked + 1)
    #expect(shell.count(.deposit, of: waiting[0]) == 1, "an aborted process asks no more")
    try shell.answer(.deposit, of: waiting[1], shell.deposited())
    #expect(standings(in: shell) == [.holding, .holding])

    // Nor those who come later.
    let newcomer = try shell.beginReserved(stock: "shelf")
    #expect(shell.count(.deposit, of: newcomer) == 1)
    // The place goes with the release.
    #expect(shell.machine.places(on: shelf).map(\.process).contains(waiting[0]))
    try shell.step(.retry(waiting[0]))
    try shell.answer(.release, of: waiting[0], .ended(.released(shell.exhibit())))
    #expect(!shell.machine.places(on: shelf).map(\.process).contains(waiting[0]))
  }

  /// Its turn may have come just before.
  @Test func nobodyWaitsForTheAnswerOfTheDead() throws {
    var (shell, holder, waiting) = try shell(waiting: 2)
    try abort(holder, in: &shell)
    try shell.answer(.release, of: holder, .ended(.released(shell.exhibit())))
    #expect(standings(in: shell) == [.asking, .contended])
    let asked = shell.count(.deposit, of: waiting[1])
    try abort(waiting[0], in: &shell)
    try shell.answer(.release, of: waiting[0], .unknown)
    #expect(standings(in: shell) == [.holding, .asking])
    #expect(shell.count(.deposit, of: waiting[1]) == asked + 1)
  }

  /// What it may have got is sold once: others wait until it is certain that it is back.
  @Test func aGoodThatIsSoldOnceIsWaitedForAllTheSame() throws {
    var shell = MachineShell()
    let offer = shell.world.order(goods: [0], isIndividual: true)
    let other = PurchaseSubmission(
      order: shell.world.order(goods: [0], isIndividual: true).order, parts: offer.parts,
      offers: offer.offers, instruments: offer.instruments)
    let dead = try shell.begin(offer)
    try shell.answer(.reserve, of: dead, .ended(.reserved(shell.exhibit())))
    let next = try shell.begin(other)
    try shell.answer(.reserve, of: next, .ended(.reserved(shell.exhibit())))
    try abort(dead, in: &shell)
    try shell.answer(.release, of: dead, .unknown)
    #expect(shell.count(.deposit, of: next) == 0)
    try shell.step(.retry(dead))
    try shell.answer(.release, of: dead, .ended(.released(shell.exhibit())))
    #expect(shell.count(.deposit, of: next) == 1)
  }
}
