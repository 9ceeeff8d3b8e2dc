// SIGKILL of a real program with fifty purchases under way, on SQLite, at random moments: every process
// ends, and the books balance.

import Foundation
import Programs
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
    var (died, underWay, round) = (0, 0, 0)
    while died < Self.deaths, round < Self.deaths {
      let prepared = try await child("prepare-\(Self.purchases)", home)
      #expect(prepared.status == 0, "\(prepared.errors)")
      total += UInt64(Self.purchases) * 1725
      for attempt in 0..<Self.attemptsInARound where died < Self.deaths {
        // One in four before it may have begun: when the program starts, or goes on with what was left.
        let isAtWork = attempt % 4 != 3
        let milliseconds = Int(random.next() % (isAtWork ? 250 : 400))
        guard let count = try await dies(after: milliseconds, whenAtWork: isAtWork, home) else {
          continue
        }
        died += 1
        underWay += count
      }
      let end = try await child("crowd-0", home)
      #expect(end.status == 0, "seed \(seed) round \(round): \(end.errors)")
      let report = try end.json(as: Report.self)
      #expect(report.purchases == 1 + (round + 1) * Self.purchases, "seed \(seed)")
      #expect(report.committed + report.aborted == report.purchases, "seed \(seed)")
      #expect(report.open == 0, "seed \(seed)")
      #expect(sum(report.balances) == total, "seed \(seed)")
      // Nobody but the clock could have aborted one.
      #expect(report.committed * 2 > report.purchases, "seed \(seed)")
      let sold = UInt64(report.committed)
      #expect(report.balances["guide"] == sold * 1250, "seed \(seed)")
      #expect(report.balances["atelier"] == sold * 475, "seed \(seed)")
      round += 1
    }
    print(
      "CrowdCrashTests: \(died) died, with \(underWay) purchases under way, in \(round) rounds")
    #expect(died == Self.deaths, "seed \(seed)")
    #expect(underWay > Self.deaths, "seed \(seed)")
  }

  private func child(_ what: String, _ home: String) async throws -> Run {
    try await Command.foil(["demo", "--crash-child", what, "--home", home])
  }

  /// Starts a child and kills it.
  ///
  /// - Returns: how many purchases were under way, if it had said so; `nil` when it had ended by itself.
  private func dies(
    after milliseconds: Int, whenAtWork: Bool, _ home: String
  ) async throws -> Int? {
    let program = try Program(at: Command.foil.path).start(
      ["demo", "--crash-child", "crowd-0", "--home", home])
    while whenAtWork, try underWay(program) == nil, !program.hasEnded {
      try await Task.sleep(for: .milliseconds(2))
    }
    try await Task.sleep(for: .milliseconds(milliseconds))
    await program.kill()
    let count = try underWay(program)
    return try await program.end().status == 137 ? count ?? 0 : nil
  }

  private func underWay(_ program: RunningProgram) throws -> Int? {
    let line = try program.errors().split(separator: "\n").first { $0.hasSuffix(" under way") }
    return try line.map { try #require(Int($0.prefix { $0.isNumber })) }
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
