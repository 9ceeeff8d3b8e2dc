// SIGKILL of a real program with fifty purchases under way, on SQLite, at random moments: every process
// ends, and the books balance.

import Foundation
import Testing

@Suite("Fifty purchases and SIGKILL", .timeLimit(.minutes(15))) struct CrowdCrashTests {
  private struct Report: Decodable {
    let purchases: Int
    let committed: Int
    let aborted: Int
    let open: Int
    let balances: [String: UInt64]
  }

  /// Deaths in all, attempts in one round, purchases in a round.
  private static let (deaths, attemptsInARound, purchases) =
    Command.isTier2 ? (200, 20, 50) : (4, 3, 8)

  @Test("killed at random moments, all purchases end and no money is lost or made")
  func killedAtRandomMoments() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("CrowdCrashTests seed \(seed)")
    var random = SplitMix(state: seed)
    let folder = try ScratchFolder()
    let home = folder.path("home")
    let first = try await Command.foil(["demo", "--json", "--scenario", "commit", "--home", home])
    #expect(first.status == 0, "\(first.errors)")
    var total = sum(try first.json(as: DemoStory.self).balances.after)
    var died = 0
    var round = 0
    while died < Self.deaths, round < Self.deaths {
      let prepared = try await child("prepare-\(Self.purchases)", home)
      #expect(prepared.status == 0, "\(prepared.errors)")
      total += UInt64(Self.purchases) * 1725
      for _ in 0..<Self.attemptsInARound where died < Self.deaths {
        let milliseconds = 20 + Int(random.next() % 400)
        if try await dies(after: milliseconds, home) { died += 1 }
      }
      let end = try await child("crowd-0", home)
      #expect(end.status == 0, "seed \(seed) round \(round): \(end.errors)")
      let report = try end.json(as: Report.self)
      #expect(report.purchases == 1 + (round + 1) * Self.purchases, "seed \(seed)")
      #expect(report.committed + report.aborted == report.purchases, "seed \(seed)")
      #expect(report.open == 0, "seed \(seed)")
      #expect(sum(report.balances) == total, "seed \(seed)")
      // Nobody but the clock could have aborted one.
      let sold = UInt64(report.committed)
      #expect(report.balances["guide"] == sold * 1250, "seed \(seed)")
      #expect(report.balances["atelier"] == sold * 475, "seed \(seed)")
      round += 1
    }
    print("CrowdCrashTests: \(died) died at work, in \(round) rounds")
    #expect(died == Self.deaths, "seed \(seed)")
  }

  private func child(_ what: String, _ home: String) async throws -> Run {
    try await Command.foil(["demo", "--crash-child", what, "--home", home])
  }

  /// Starts a child and kills it; `false` when it had ended by itself.
  private func dies(after milliseconds: Int, _ home: String) async throws -> Bool {
    let run = try await Command.pasted(
      "timeout --signal=KILL \(Double(milliseconds) / 1000) "
        + "\(Command.foil.path) demo --crash-child crowd-0 --home '\(home)'")
    return run.status == 137
  }
}

/// A seeded source of numbers.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
