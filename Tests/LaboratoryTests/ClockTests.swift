// Clocks that are set and that drift.

import Coordinator
import Laboratory
import PaymentModel
import Testing

@Suite("Clocks")
struct ClockTests {
  private func stage() -> Stage {
    let setting = Setting(banks: 1, shops: 1, flaw: nil)
    return Stage(
      node: CoordinatorNode(entropy: SimulationEntropy(seed: 1), conduct: setting.conduct))
  }

  @Test("a clock gains what its rate says, from when it began to", arguments: [50_000, -50_000, 7])
  func rate(perMillion: Int64) {
    var stage = stage()
    stage.advance(milliseconds: 10_000)
    stage.setRate(of: .bank(0), toPerMillion: perMillion)
    #expect(stage.clock(of: .bank(0)) == stage.now)
    stage.advance(milliseconds: 1_000_000)
    #expect(stage.clock(of: .bank(0)).milliseconds(since: stage.now) == perMillion)
    // Another rate goes on from there, and so does another setting.
    stage.setRate(of: .bank(0), toPerMillion: 0)
    stage.setClock(of: .bank(0), by: 300)
    stage.advance(milliseconds: 1_000_000)
    #expect(stage.clock(of: .bank(0)).milliseconds(since: stage.now) == perMillion + 300)
    #expect(stage.clock(of: .shop(0)) == stage.now)
  }

  @Test("the moment of a time is the first at which the clock shows it")
  func moments() {
    var entropy = SimulationEntropy(seed: 4)
    for _ in 0..<500 {
      var stage = stage()
      stage.advance(milliseconds: entropy.number(in: 0...100_000))
      stage.setClock(of: .log, by: entropy.number(in: -5000...5000))
      stage.setRate(of: .log, toPerMillion: entropy.number(in: -50_000...50_000))
      let wanted = stage.now.adding(milliseconds: entropy.number(in: 10_000...1_000_000))
      let moment = stage.moment(of: wanted, at: .log)
      stage.advance(milliseconds: moment.milliseconds(since: stage.now) - 1)
      #expect(stage.clock(of: .log) < wanted)
      stage.advance(milliseconds: 1)
      #expect(stage.clock(of: .log) >= wanted)
    }
  }

  @Test("a time that never comes is one on every clock, and one that is over is over")
  func extremes() {
    var stage = stage()
    stage.setClock(of: .log, by: -700)
    stage.setRate(of: .log, toPerMillion: 50_000)
    for time in [.max, .max / 2, 9_000_000_000_000] as [Int64] {
      #expect(stage.moment(of: Timestamp(milliseconds: time), at: .log) > stage.now)
    }
    #expect(stage.moment(of: Timestamp(milliseconds: 0), at: .log) < stage.now)
  }
}
