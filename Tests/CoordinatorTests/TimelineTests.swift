// When what happened: read from a journal, as text and as a picture.

import Conformance
import Coordinator
import Foundation
import PaymentModel
import Testing

@Suite struct TimelineTests {
  /// A machine whose every record has the time of its step.
  private struct TimedDriver {
    var driver: MachineDriver
    private(set) var entries: [JournalEntry] = []

    init(goods: [Int], banks: [Int] = [0]) throws {
      driver = try MachineDriver(goods: goods, banks: banks)
      note()
    }

    mutating func note() {
      entries += driver.records.dropFirst(entries.count)
        .map { JournalEntry(at: driver.now, record: $0) }
    }

    /// Answers after so many milliseconds.
    mutating func answer(_ number: Int, after milliseconds: Int64, _ outcome: ActivityOutcome) {
      driver.now = driver.now.adding(milliseconds: milliseconds)
      driver.answer(number, outcome)
      note()
    }

    /// Answers everything, each after 7 ms more.
    mutating func run(until stop: (MachineDriver) -> Bool = { _ in false }) {
      while !stop(driver), let number = driver.asked.first {
        answer(number, after: 7, driver.success(of: number))
      }
    }

    func timeline(attempts: [Int]? = nil, now: Timestamp? = nil) -> ProcessTimeline {
      ProcessTimeline(driver.machine.definition, entries: entries, attempts: attempts, now: now)
    }
  }

  @Test func aCommitShowsWhoWasAskedAndWhenTheAnswerCame() throws {
    var timed = try TimedDriver(goods: [0, 1], banks: [0, 1])
    timed.run()
    let timeline = timed.timeline()
    #expect(timeline.moments.map(\.milestone) == [.begun, .prepared, .committed, .ended])
    // Two payments, two reservations, two deposits, the customer, and then the four kinds of the first way.
    #expect(timeline.spans.count == 2 + 2 + 2 + 1 + 1 + 2 + 2 + 1)
    #expect(timeline.spans.allSatisfy { $0.ending == .done && $0.attempts == nil })
    let reserves = timeline.spans.filter { $0.activity.verb == .reserve }
    #expect(reserves.map { $0.askedAt.milliseconds(since: timeline.begin) } == [0, 0])
    #expect(reserves.map { $0.endedAt?.milliseconds(since: timeline.begin) } == [7, 14])
    let deposits = timeline.spans.filter { $0.activity.verb == .deposit }
    #expect(deposits.allSatisfy { $0.askedAt.milliseconds(since: timeline.begin) == 14 })
    #expect(timeline.end.milliseconds(since: timeline.begin) == 7 * 11)
    #expect(timed.timeline(now: timeline.end.adding(seconds: 9)).end == timeline.end)
  }

  @Test func theTextIsAligned() throws {
    var timed = try TimedDriver(goods: [0, 1], banks: [0, 1])
    timed.run()
    let timeline = timed.timeline()
    let lines = timeline.text(barWidth: 30).split(separator: "\n")
    #expect(lines.count == 1 + timeline.spans.count + timeline.moments.count)
    // The bars of milestones reach over the whole width: they begin in one column.
    let rulers = lines.compactMap { line -> [Int]? in
      guard line.contains("◆") else { return nil }
      let columns = Array(line).enumerated().filter { $0.element == "·" || $0.element == "│" }
      return columns.map(\.offset)
    }
    #expect(rulers.count == 4 && Set(rulers).count == 1 && rulers[0].count == 30)
    let bars = lines.filter { $0.contains("━") }
    #expect(bars.count == timeline.spans.count)
    for bar in bars {
      let columns = Array(bar).enumerated().filter { $0.element == "━" }.map(\.offset)
      #expect(columns.allSatisfy(rulers[0].contains))
    }
    #expect(lines.contains { $0.hasSuffix("│") && $0.contains("77") && $0.contains("◆  ended") })
    #expect(
      lines.contains { $0.hasPrefix("    0") && $0.contains("7  ✓  Check Validity of Payment") })
  }

  @Test func anAbortShowsTheRefusalAndWhatTheVerdictOvertook() throws {
    var timed = try TimedDriver(goods: [0, 1])
    timed.run { driver in driver.asked.contains { driver.activity($0).verb == .deposit } }
    let deposits = timed.driver.numbers(.deposit)
    timed.answer(deposits[0], after: 1234, .ended(.refused(.soldOut, nil)))
    timed.run()
    let timeline = timed.timeline()
    #expect(
      timeline.moments.map(\.milestone) == [.begun, .aborted(.refused), .ended])
    #expect(timeline.spans.first { $0.number == deposits[0] }?.ending == .refused(.soldOut))
    let other = try #require(timeline.spans.first { $0.number == deposits[1] })
    #expect(other.ending == .overtaken && other.endedAt == timeline.moments[1].at)
    let text = timeline.text()
    #expect(text.contains("refused: sold-out") && text.contains("the verdict came first"))
    #expect(text.contains("1,241") && text.contains("◆  aborted: refused"))
    let svg = timeline.svg()
    #expect(svg.contains("aborted: refused 1,241 ms") && svg.contains("stroke-dasharray"))
  }

  @Test func whatIsOpenReachesToTheTimeOfLooking() throws {
    var timed = try TimedDriver(goods: [0])
    timed.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = timed.driver.numbers(.post)[0]
    let now = timed.driver.now.adding(seconds: 60)
    var attempts = timed.driver.machine.definition.activities.map { _ in 0 }
    attempts[post] = 3
    let timeline = timed.timeline(attempts: attempts, now: now)
    #expect(timeline.end == now)
    let span = try #require(timeline.spans.first { $0.number == post })
    #expect(span.ending == .open && span.endedAt == nil && span.attempts == 3)
    #expect(timeline.text().contains("no final answer yet, asked 3 times"))
    #expect(timeline.svg().contains("asked 3×"))
    // The clock was set back meanwhile: nothing is drawn before the begin.
    let early = timed.timeline(now: timeline.begin.adding(seconds: -60))
    #expect(early.end > timeline.begin && !early.svg().contains("x=\"-"))
  }

  @Test func thePictureIsWellFormedWhateverTheSizes() throws {
    for (goods, banks) in [([0], [0]), ([0, 1, 2, 0, 1, 2], [0, 1]), ([0, 1], [0])] {
      for pause in [Int64(0), 1, 40_000] {
        var timed = try TimedDriver(goods: goods, banks: banks)
        while let number = timed.driver.asked.first {
          timed.answer(number, after: pause, timed.driver.success(of: number))
          let svg = timed.timeline().svg()
          #expect(XMLDocumentCheck(svg).isWellFormed)
        }
        let timeline = timed.timeline()
        let svg = timeline.svg()
        #expect(svg.components(separatedBy: "<g><title>").count == timeline.spans.count + 1)
        #expect(!svg.contains("href") && !svg.contains("script") && !svg.contains("nan"))
        // Bars of one lane that are not below each other do not meet.
        #expect(!timeline.text().isEmpty)
      }
    }
  }

  @Test func nothingHasHappenedYet() throws {
    let driver = try MachineDriver(goods: [0])
    let timeline = ProcessTimeline(driver.machine.definition, entries: [])
    #expect(timeline.spans.isEmpty && timeline.moments.isEmpty)
    #expect(XMLDocumentCheck(timeline.svg()).isWellFormed)
    #expect(timeline.text().split(separator: "\n").count == 1)
  }

  @Test(.timeLimit(.minutes(5))) func theJournalKeepsTheTimes() async throws {
    let driver = EngineDriver()
    let begin = driver.world.clock.now()
    let engine = driver.engine()
    let process = try await engine.submit(driver.world.order(goods: [0, 1])).process
    _ = try await engine.outcome(of: process)
    let file = try await engine.file(of: process)
    #expect(file.times.count == file.records.count)
    #expect(file.times.first == begin && file.phaseSince == file.times.last)
    let status = try await driver.engine().status(of: process)
    #expect(status.file == file && status.attempts == nil)
    #expect(ProcessTimeline(status.file) == ProcessTimeline(file))
  }
}
