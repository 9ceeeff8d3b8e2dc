// Kills a real process at every journal record in turn, and starts it again.
//
//   one stage, prepared once ──copy──▶ child: order, and SIGKILL itself before or after record k
//                                      read the journal: which verdict does it imply?
//                                      child again: recover, conclude ──▶ verdict, balances, goods

import Coordinator
import ECash
import Evidence
import Foundation
import PaymentModel
import PaymentParties
import StoreSQLite

/// Where a child kills itself.
struct DeathPoint {
  enum Moment: String, CaseIterable {
    /// The record is written nowhere.
    case before
    /// The record is durable, and nobody has heard of it.
    case after
  }

  let record: Int
  let moment: Moment

  /// A hook that ends the process there, as `kill -9` would.
  var hook: JournalHook {
    @Sendable func dieIfReached(_ number: Int, _ now: Moment) {
      if number == record, now == moment { kill(getpid(), SIGKILL) }
    }
    return JournalHook(
      beforeWrite: { _, number in dieIfReached(number, .before) },
      afterCommit: { _, number in dieIfReached(number, .after) })
  }
}

/// Tells the story of a coordinator that dies again and again.
struct CrashStory {
  let stage: DemoStage
  let say: (String) -> Void

  func tell() async throws -> StoryReport {
    let market = try await stage.openMarket()
    _ = try await stage.seal(in: market)
    try await market.close()
    let scratch = FileManager.default.temporaryDirectory.appending(path: "foil-crash-\(UUID())")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }

    say("A real process is killed at every journal record in turn, and started again:")
    var crashes: [StoryReport.Crash] = []
    for record in 0..<1000 {
      var isPastTheEnd = false
      for moment in DeathPoint.Moment.allCases {
        let home = scratch.appending(path: "\(record)-\(moment.rawValue)").path
        try FileManager.default.copyItem(atPath: stage.home.path, toPath: home)
        let point = DeathPoint(record: record, moment: moment)
        guard try await dies(at: point, home: home) else {
          isPastTheEnd = true
          break
        }
        crashes.append(try await recover(from: point, home: home))
        try FileManager.default.removeItem(atPath: home)
      }
      if isPastTheEnd { break }
    }
    var report = try await Self.order(on: stage, resuming: false, hook: .none)
    report.crashes = crashes
    let isSound = crashes.allSatisfy {
      $0.conserved && ($0.implied == nil || $0.implied == $0.verdict)
    }
    say(
      "    \(crashes.count) deaths: \(isSound ? "each time one verdict, the journal's, and the money conserved" : "NOT SOUND")"
    )
    return report
  }

  /// Whether the journal of every death implied what came of it, and no money was lost or made.
  static func isSound(_ report: StoryReport) -> Bool {
    guard let crashes = report.crashes, !crashes.isEmpty else { return false }
    return crashes.allSatisfy {
      $0.conserved && ($0.implied == nil || $0.implied == $0.verdict)
    }
  }

  // MARK: - In the child

  /// What a child does: orders all goods and concludes; or, resuming, goes on with what is on record.
  static func order(
    on stage: DemoStage, resuming: Bool, hook: JournalHook
  ) async throws -> StoryReport {
    let market = try await stage.openMarket(journalHook: hook)
    let goods = stage.sealed(in: stage.home)
    let before = try stage.plannedBalances()
    _ = await market.recover()
    let process: ProcessID
    if resuming, let row = await market.customer.wallet.purchases(atMost: 1).first {
      process = row.process
    } else {
      let selections = try goods.map { Selection(try market.inspect($0.locked)) }
      process = try await market.customer.place(try await market.plan(selections))
    }
    let concluded = try await market.conclude(process)
    let report = try await Storyteller(stage: stage) { _ in }.report(
      concluded, .crash, goods: goods, before: before, in: market)
    try await market.close()
    return report
  }

  // MARK: - In the parent

  /// Runs a child that is to die; `false` when it lived to the end.
  private func dies(at point: DeathPoint, home: String) async throws -> Bool {
    let (status, _) = try run([
      "demo", "--home", home, "--crash-child", "\(point.record)-\(point.moment.rawValue)",
    ])
    switch status {
    case 128 + SIGKILL: return true
    case 0: return false
    default:
      throw Failure(
        .no, "the child that was to die at record \(point.record) ended with status \(status)")
    }
  }

  private func recover(
    from point: DeathPoint, home: String
  ) async throws -> StoryReport.Crash {
    let (durable, implied) = try await journal(of: home)
    let (status, output) = try run(["demo", "--home", home, "--crash-child", "resume"])
    guard status == 0, let report = try? JSONDecoder().decode(StoryReport.self, from: output) else {
      throw Failure(
        .no, "after death \(point.moment.rawValue) record \(point.record): exit status \(status)")
    }
    return StoryReport.Crash(
      record: point.record, when: point.moment.rawValue, durable: durable, implied: implied,
      verdict: report.verdict,
      conserved: report.balances.areConserved && report.receiptsVerified
        && report.goods.allSatisfy { $0.opened == (report.verdict == "commit") })
  }

  /// How many records of its journal the dead process left, and the verdict among them.
  private func journal(
    of home: String
  ) async throws -> (durable: Int, implied: String?) {
    let home = HomeFolder(home)
    let wallet = try SQLiteStore.wallet(in: StateFolder(at: home.wallet))
    let process = await wallet.read { $0.purchases(atMost: 1).first?.process }
    try await wallet.close()
    let trust = try TrustStore(
      Signed(Bytes(try Data(contentsOf: URL(filePath: home.trust)))))
    guard let coordinator = trust.keys(role: .coordinator).first?.party else {
      throw Failure(.notChecked, "no coordinator in the trust list")
    }
    let store = try SQLiteStore.journal(in: StateFolder(at: home.state(of: coordinator)))
    var rows: [JournalRow] = []
    if let process { rows = await store.read { $0.rows(of: process) } }
    try await store.close()
    let records = try rows.flatMap { try $0.read().map(\.record) }
    var implied: String?
    for case .verdict(let verdict) in records {
      implied = verdict.decision.isCommit ? "commit" : "abort"
    }
    return (records.count, implied)
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: Data) {
    let child = Process()
    child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = arguments + (stage.passphraseFile.map { ["--passphrase-file", $0] } ?? [])
    let pipe = Pipe()
    child.standardOutput = pipe
    child.standardError = FileHandle.nullDevice
    child.standardInput = FileHandle.nullDevice
    try child.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    child.waitUntilExit()
    let status =
      child.terminationReason == .exit ? child.terminationStatus : 128 + child.terminationStatus
    return (status, output)
  }
}
