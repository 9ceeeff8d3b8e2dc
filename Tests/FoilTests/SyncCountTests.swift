// That every answer follows a sync: no party shows anybody a statement that it could still lose.

import Foundation
import Programs
import Testing

@Suite(
  "Nothing is answered before it is durable",
  .enabled("strace is not installed, or may not trace") { await SystemCalls.canBeTraced() })
struct SyncCountTests {
  private struct Receipt: Decodable {
    struct Entry: Decodable { let statement: Statement }
    struct Statement: Decodable {
      struct Signature: Decodable { let signature: String }
      let payload: String
      let signatures: [Signature]
    }
    let statements: [Entry]
  }

  private struct Claim: Decodable {
    struct Issuer: Decodable { let party: String }
    let kind: String
    let issuer: Issuer
    let keyBundle: String?
  }

  private struct Conclusion: Decodable { let receipt: String }

  /// The parties of a home share one process, but each has a database of its own. So a statement is
  /// handed over when it first turns up in the database of somebody else, and by then the one who made
  /// it must have synced it.
  @Test("in a purchase each statement is synced by its signer before anybody else has it")
  func purchase() async throws {
    let home = try await DemoHome.copied()
    let (traced, trace) = try await SystemCalls.of(
      foil: [
        "buy", "again-contract.txt", "again-tally.svg", "--yes", "--json", "--home", home.path,
      ],
      below: home.path("state"))
    let run = try #require(traced)
    #expect(run.status == 0, "\(run.errors)")
    let receipt = try JSONDecoder().decode(
      Receipt.self,
      from: try Data(contentsOf: URL(filePath: try run.json(as: Conclusion.self).receipt)))

    var handedOver: [String: Int] = [:]
    for statement in receipt.statements.map(\.statement) {
      let claim = try JSONDecoder().decode(
        Claim.self, from: try #require(Data(base64URL: statement.payload)))
      // The offers were there before.
      guard claim.kind != "offer" else { continue }
      let writes = trace.firstWrites(of: Self.marks(of: statement))
      let maker = try #require(writes.first, "\(claim.kind)")
      let synced = try #require(trace.sync(of: maker.file, after: maker.place), "\(claim.kind)")
      for other in writes.dropFirst() {
        #expect(
          other.place > synced, "\(claim.kind): \(maker.file) had not synced before \(other.file)")
        handedOver[claim.kind, default: 0] += 1
      }
      switch claim.kind {
      case "order", "delivery-request":
        #expect(maker.file == "wallet/wallet.sqlite-wal")
      case "reservation", "transfer": #expect(maker.file == "bank.example/bank.sqlite-wal")
      case "deposit", "settlement":
        #expect(maker.file == "\(claim.issuer.party)/shop.sqlite-wal")
      case "acceptance": #expect(maker.file == Self.journal)
      case "verdict":
        try expectDecided(claim, before: maker, in: trace)
      default: break
      }
    }
    // So the loop above has looked at something.
    for kind in ["order", "reservation", "deposit", "delivery-request", "verdict", "transfer"] {
      #expect(handedOver[kind, default: 0] > 0, "\(kind)")
    }
  }

  @Test("whatever a purchase has written is synced before it says how it ended")
  func lastWord() async throws {
    let home = try await DemoHome.copied()
    let (traced, trace) = try await SystemCalls.of(
      foil: ["buy", "again-contract.txt", "again-tally.svg", "--yes", "--home", home.path],
      below: home.path)
    #expect(try #require(traced).status == 0)
    let word = try #require(
      trace.firstWrites(of: [Array("committed: purchase".utf8)])
        .first { $0.file == SystemCalls.standardOutput })
    let unsynced = trace.unsynced(at: word.place).filter {
      // A write-ahead log's index holds nothing that a log does not. The log's static files follow its rows,
      // from which they can be made again; nobody waits for them.
      !$0.hasSuffix("-shm") && !$0.hasPrefix("log/") && $0 != SystemCalls.standardOutput
    }
    #expect(unsynced.isEmpty)
    let databases = Set(
      trace.calls.compactMap { call -> String? in
        if case .sync(let file) = call, file.hasSuffix("-wal") { file } else { nil }
      })
    #expect(databases.count == 6, "bank, two shops, wallet, coordinator, log with its witness")
  }

  @Test("a trace is read by when writes begin and syncs return")
  func reader() {
    func hex(_ text: String) -> String {
      text.utf8.map { "\\x" + String($0, radix: 16) }.joined()
    }
    let (one, two, far) = (hex("/home/one"), hex("/home/two"), hex("/far"))
    let trace = SystemCalls(
      """
      7 pwrite64(3<\(one)>, "\(hex("abc"))", 3, 0) = 3
      7 fdatasync(3<\(one)> <unfinished ...>
      8 pwrite64(4<\(two)>, "\(hex("xabcx"))", 5, 0 <unfinished ...>
      9 write(5<\(far)>, "\(hex("abc"))", 3) = 3
      7 <... fdatasync resumed>) = 0
      8 <... pwrite64 resumed>) = 5
      7 write(1<\(far)>, "\(hex("abc"))", 3) = 3
      """, below: "/home")
    let writes = trace.firstWrites(of: [Array("abc".utf8)])
    #expect(writes.map(\.file) == ["one", "two", SystemCalls.standardOutput])
    #expect(writes.map(\.place) == [0, 1, 3])
    #expect(trace.sync(of: "one", after: 0) == 2, "after the other file has it")
    #expect(trace.sync(of: "two", after: 1) == nil)
    #expect(trace.unsynced(at: 3) == ["two"])
  }

  /// The verdict is signed when the decision is on record: the journal names the key bundle, and is
  /// synced, before anything of the verdict is written anywhere.
  private func expectDecided(
    _ verdict: Claim, before first: (file: String, place: Int), in trace: SystemCalls
  ) throws {
    let bundle = try #require(verdict.keyBundle.flatMap { Data(hex: $0) })
    let record = try #require(
      trace.firstWrites(of: [Array(bundle)]).first { $0.file == Self.journal })
    let decided = try #require(trace.sync(of: record.file, after: record.place))
    #expect(decided < first.place, "the decision was durable before it was told")
  }

  private static let journal = "coordinator.example/journal.sqlite-wal"

  /// Pieces of a signature, as it stands in a database. A page may end within it, but not within all of
  /// them.
  private static func marks(of statement: Receipt.Statement) -> [[UInt8]] {
    let signature = Array((statement.signatures.first?.signature ?? "").utf8)
    return [0, 30, 60].compactMap { start in
      signature.count >= start + 26 ? Array(signature[start..<start + 26]) : nil
    }
  }
}
