// The histories that concurrency control is about, and what the checker says of each.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct HistoryTests {
  private let one = HistorySource.processes[0]
  private let two = HistorySource.processes[1]
  private let three = HistorySource.processes[2]
  private let a = HistorySource.path("deposit/a")
  private let b = HistorySource.path("deposit/b")
  private let send = HistorySource.path("confirm/shop")
  private let lastA: ResourceUse
  private let lastB: ResourceUse
  private let good: ResourceUse

  init() throws {
    lastA = ResourceUse(try HistorySource.resource("a"), .counted(1))
    lastB = ResourceUse(try HistorySource.resource("b"), .counted(1))
    good = ResourceUse(try HistorySource.resource("good"))
  }

  private func violation(_ history: History) throws -> HistoryViolation {
    try #require(history.checkPrefixReducibility().violation)
  }

  // MARK: The last a and the last b

  @Test func refusedBecauseOfAHoldThatIsUndone() throws {
    var history = History()
    history.did(one, a, lastA)
    history.did(two, b, lastB)
    history.refused(one, b, lastB, left: 0)
    history.refused(two, a, lastA, left: 0)
    for (process, step) in [(one, a), (two, b)] {
      history.decided(process, .abort)
      history.undid(process, step)
      history.ended(process)
    }
    // The first refusal already: nothing says that the other will commit.
    let found = try violation(history)
    #expect(found.rule == .reducible)
    #expect(found.prefix == 3)
    #expect(found.processes == [two, one])
    #expect(found.cycle.map(\.from.moment) == [.event(1), .event(2)])
    #expect(found.cycle.map(\.to.moment) == [.event(2), .undoToCome])
    #expect(found.cycle.allSatisfy { $0.resource == lastB.resource })
  }

  @Test func waitingInsteadOfRefusing() throws {
    var history = History()
    history.did(one, a, lastA)
    // `two` takes a before b, as everybody does, and waits. `one` goes on, and commits.
    history.did(one, b, lastB)
    history.decided(one, .commit)
    history.refused(two, a, lastA, left: 0)
    history.decided(two, .abort)
    history.ended(two)
    history.ended(one)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: [one, two]))
  }

  @Test func theFirstAbortsAndTheSecondGetsBoth() throws {
    var history = History()
    history.did(one, a, lastA)
    history.decided(one, .abort)
    history.undid(one, a)
    history.did(two, a, lastA)
    history.ended(one)
    history.did(two, b, lastB)
    history.decided(two, .commit)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: [two]))
  }

  /// Refusal and release as separate steps: between verdict and release the good is still somebody's.
  @Test func refusedBetweenVerdictAndRelease() throws {
    var history = History()
    history.did(one, a, lastA)
    history.decided(one, .abort)
    history.refused(two, a, lastA, left: 0)
    history.undid(one, a)
    #expect(try violation(history).prefix == 3)
  }

  @Test func refusedBetweenCommitAndTransfer() throws {
    var history = History()
    history.began(one, forward: [HistoryStep(send)])
    history.did(one, a, lastA)
    history.decided(one, .commit)
    history.refused(two, a, lastA, left: 0)
    history.did(one, send, guarantee: .retriable)
    history.ended(one)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: [one, two]))
  }

  // MARK: Stock

  @Test func plentyOfStockCommutes() throws {
    var history = History()
    // Interleaved on two stocks, against each other, one of them undone in between.
    history.did(one, a, lastA)
    history.did(two, b, lastB)
    history.did(three, a, lastA)
    history.did(two, a, lastA)
    history.did(one, b, lastB)
    history.decided(three, .abort)
    history.decided(two, .commit)
    history.undid(three, a)
    history.decided(one, .commit)
    #expect(history.checkPrefixReducibility().isReducible)

    // The same with goods that are operated on in ways that nobody knows.
    let exclusive = History(
      history.events.map { event in
        guard case .done(let step, let guarantee) = event.kind else { return event }
        return HistoryEvent(
          process: event.process,
          kind: .done(
            HistoryStep(step.path, uses: step.uses.map { ResourceUse($0.resource) }), guarantee))
      })
    #expect(!exclusive.checkPrefixReducibility().isReducible)
  }

  /// Four of five pieces are sold, the fifth is held: who wants two is refused whatever becomes of it,
  /// who wants one is not.
  @Test func aRefusalMustNotRestOnWhatMayBeGivenBack() throws {
    var history = History()
    let four = ResourceUse(lastA.resource, .counted(4))
    let pair = ResourceUse(lastA.resource, .counted(2))
    history.did(one, a, four)
    history.decided(one, .commit)
    history.did(two, a, lastA)
    var wantsTwo = history
    wantsTwo.refused(three, a, pair, left: 0)
    #expect(wantsTwo.checkPrefixReducibility() == .reducible(serialOrder: [one, three]))
    var wantsOne = history
    wantsOne.refused(three, a, lastA, left: 0)
    #expect(try violation(wantsOne).processes == [two, three])
    // How much was left is not known: any hold may be the reason.
    var unknown = history
    unknown.refused(three, a, pair)
    #expect(!unknown.checkPrefixReducibility().isReducible)
  }

  /// Each hold alone is not the reason, both together are.
  @Test func twoHoldsTogetherAreAReason() throws {
    var history = History()
    history.did(one, a, lastA)
    history.did(two, a, lastA)
    history.refused(three, a, ResourceUse(lastA.resource, .counted(3)), left: 1)
    let found = try violation(history)
    #expect(found.prefix == 3)
    #expect(found.processes == [one, three, two])
  }

  /// The refused process did something that the taker saw: it would have to be before and after it.
  @Test func aRefusalInACycle() throws {
    let both = ResourceUse(lastA.resource, .counted(2))
    var history = History()
    history.did(two, send, good, guarantee: .retriable)
    history.did(one, b, good, guarantee: .retriable)
    history.did(one, a, both)
    history.decided(one, .commit)
    // Of three pieces one is left. Somebody else is refused first, and the last one sold.
    history.refused(three, a, both, left: 1)
    history.did(three, b, lastA, guarantee: .retriable)
    var tooMuch = history
    tooMuch.refused(two, a, ResourceUse(lastA.resource, .counted(4)), left: 0)
    #expect(
      tooMuch.checkPrefixReducibility().isReducible, "four were never there, whoever took some")
    history.refused(two, a, both, left: 0)
    let found = try violation(history)
    #expect(found.prefix == 7)
    #expect(Set(found.processes) == [one, two])
    #expect(Set(found.cycle.map(\.resource)) == [good.resource, lastA.resource])
    let refusal = try #require(found.cycle.first { $0.resource == lastA.resource })
    #expect(refusal.from.moment == .event(2) && refusal.to.moment == .event(6))
  }

  // MARK: Dirty uses

  @Test func whatMayBeReleasedIsUsedByACommit() throws {
    var history = History()
    history.did(one, a, good)
    history.did(two, a, good)
    // Still harmless: both can be undone, the second first.
    #expect(history.checkPrefixReducibility().isReducible)
    history.decided(two, .commit)
    let found = try violation(history)
    #expect(found.prefix == 3)
    #expect(found.cycle.map(\.from.process) == [one, two])
    let last = try #require(found.cycle.last?.to)
    #expect(last.process == one && last.step == a && last.moment == .undoToCome)
  }

  /// Process recoverability: the first one commits first.
  @Test func theOtherWayRoundTheUseIsClean() throws {
    var history = History()
    history.did(one, a, good)
    history.did(two, a, good)
    history.decided(one, .commit)
    history.decided(two, .commit)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: [one, two]))
  }

  @Test func whatCannotBeUndoneWaitsForTheVerdict() throws {
    var history = History()
    history.did(one, a, good)
    history.did(two, a, good, guarantee: .pivot)
    #expect(try violation(history).prefix == 2)
  }

  @Test func compensationsOutOfOrder() throws {
    var history = History()
    history.did(one, a, good)
    history.did(two, a, good)
    history.undid(two, a)
    history.undid(one, a)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: []))

    var wrong = History()
    wrong.did(one, a, good)
    wrong.did(two, a, good)
    wrong.undid(one, a)
    wrong.undid(two, a)
    let found = try violation(wrong)
    #expect(found.prefix == 3)
    #expect(
      found.cycle.map { [$0.from.moment, $0.to.moment] }
        == [[.event(0), .event(1)], [.event(1), .event(2)]])
  }

  /// Within a process only compensations that touch the same thing must keep the reverse order.
  @Test func compensationsOfOneProcess() throws {
    var history = History()
    history.did(one, a, lastA)
    history.did(one, b, good)
    history.undid(one, a)
    history.undid(one, b)
    #expect(history.checkPrefixReducibility().isReducible)
    var wrong = History()
    wrong.did(one, a, good)
    wrong.did(one, b, good)
    wrong.undid(one, a)
    #expect(try violation(wrong).processes == [one])
  }

  // MARK: After the verdict

  @Test func aLateStepThatConflicts() throws {
    var history = History()
    history.did(one, a, good)
    history.decided(one, .commit)
    history.did(two, a, good)
    history.decided(two, .commit)
    history.did(one, send, good, guarantee: .retriable)
    let late = try violation(history)
    #expect(late.prefix == 5)
    #expect(late.processes == [one, two] || late.processes == [two, one])

    // Whoever knows that the step is to come sees it sooner: no order is left when `two` commits.
    var known = History()
    known.began(one, forward: [HistoryStep(send, uses: [good])])
    for event in history.events { known.append(event) }
    let early = try violation(known)
    #expect(early.prefix == 5)
    #expect(known.events[early.prefix - 1].kind == .decided(.commit))
    #expect(early.cycle.contains { $0.to.moment == .stepToCome })
  }

  @Test func twoResourcesInOppositeOrders() throws {
    let other = ResourceUse(try HistorySource.resource("other"))
    var history = History()
    history.did(one, a, good, guarantee: .retriable)
    history.did(two, b, other, guarantee: .retriable)
    history.did(two, a, good, guarantee: .retriable)
    history.did(one, b, other, guarantee: .retriable)
    let found = try violation(history)
    #expect(found.prefix == 4)
    #expect(found.cycle.count == 2)
    for (arc, next) in zip(found.cycle, found.cycle.dropFirst() + found.cycle.prefix(1)) {
      #expect(arc.to.process == next.from.process)
      #expect(arc.from.process != arc.to.process)
    }
  }

  @Test func rulesOfSingleEvents() throws {
    func rule(_ build: (inout History) -> Void) throws -> HistoryRule {
      var history = History()
      history.did(one, a, good)
      build(&history)
      let found = try violation(history)
      #expect(found.prefix == history.events.count)
      return found.rule
    }
    var seen: [HistoryRule] = []
    seen.append(
      try rule {
        $0.decided(one, .abort)
        $0.decided(one, .commit)
      })
    seen.append(try rule { $0.did(one, a, good) })
    seen.append(
      try rule {
        $0.decided(one, .commit)
        $0.undid(one, a)
      })
    seen.append(
      try rule {
        $0.decided(one, .abort)
        $0.ended(one)
      })
    seen.append(
      try rule {
        $0.decided(one, .commit)
        $0.ended(one)
        $0.did(one, b, good)
      })
    #expect(seen == [.oneVerdict, .stepOnce, .commitStands, .endComplete, .endIsLast])
    #expect(
      try rule {
        $0.undid(one, a)
        $0.ended(one)
      } == .endComplete)
    #expect(
      try rule {
        $0.began(one, forward: [HistoryStep(send)])
        $0.decided(one, .commit)
        $0.ended(one)
      } == .endComplete)
    // Told twice is no second verdict; undoing what was not done is nothing.
    var history = History()
    history.undid(two, a)
    history.decided(two, .abort)
    history.decided(two, .abort)
    history.ended(two)
    #expect(history.checkPrefixReducibility() == .reducible(serialOrder: []))
  }

  // MARK: From definitions

  /// A generated process: what undoes what, and what follows the commit, stand in the definition.
  @Test func eventsOfADefinition() throws {
    let driver = try MachineDriver(goods: [0, 1], stock: "shelf")
    let definition = driver.machine.definition
    let deposits = definition.activities.filter { $0.verb == .deposit }
    let releases = definition.activities.filter { $0.verb == .release }
    let held = try #require(deposits.first { !$0.resources.isEmpty })
    #expect(deposits.count == 2 && releases.count == 2)

    var undone = History()
    undone.began(definition)
    for deposit in deposits { undone.did(deposit, of: definition) }
    undone.decided(definition.process, .abort)
    for release in releases { undone.did(release, of: definition) }
    undone.ended(definition.process)
    #expect(undone.checkPrefixReducibility() == .reducible(serialOrder: []))
    #expect(undone.events.contains { $0.kind == .undone(held.path) })

    var committed = History()
    committed.began(definition)
    for deposit in deposits { committed.did(deposit, of: definition) }
    committed.decided(definition.process, .commit)
    var tooSoon = committed
    tooSoon.ended(definition.process)
    #expect(try violation(tooSoon).rule == .endComplete)
    for verb in [Verb.publish, .post, .confirm, .notify] {
      for step in definition.activities
      where step.verb == verb && !step.path.rawValue.hasSuffix("abort") {
        committed.did(step, of: definition)
      }
    }
    committed.ended(definition.process)
    #expect(
      committed.checkPrefixReducibility() == .reducible(serialOrder: [definition.process]))

    var refused = History()
    refused.did(two, a, ResourceUse(try #require(held.resources.last).resource))
    refused.refused(held, of: definition)
    #expect(try violation(refused).processes == [two, definition.process])
  }
}
