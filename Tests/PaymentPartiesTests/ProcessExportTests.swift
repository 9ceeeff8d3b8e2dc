// An exported process: what an auditor gets who has no access to the coordinator.

import Coordinator
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProcessExportTests {
  /// A purchase that has ended, exported, with what the coordinator knows about it.
  private func exported() async throws -> (
    export: ProcessExport, status: ProcessStatus, rows: [JournalRow]
  ) {
    let market = try await Fair.open()
    let process = try await market.order()
    _ = try await market.conclude(process)
    let engine = market.coordinator.engine
    let exported = (
      try await market.coordinator.export(of: process), try await engine.status(of: process),
      try await engine.journal(of: process)
    )
    try await market.close()
    return exported
  }

  @Test func whatIsReadBackIsTheJournal() async throws {
    let (export, status, rows) = try await exported()
    let read = try ProcessExport(export.json)
    #expect(read == export)
    #expect(try ProcessExport(file: export.json + [0x0A]) == export)
    #expect(read.process == status.definition.process)
    #expect(read.definition == status.definition && read.state == status.state)
    guard case .begin(let begin) = read.entries.first?.record else {
      Issue.record("it does not begin")
      return
    }
    #expect(SHA256.digest(read.definition.json) == begin.definition)
    #expect(read.rows.map(\.chain) == rows.map(\.chain))
    #expect(read.entries.map(\.at) == status.file.times)
    #expect(read.state.phase == .ended(wasCommitted: true))
    #expect(ProcessTimeline(status.definition, entries: read.entries).moments.count == 4)
  }

  @Test func whatIsSealedStandsInItAsItsDigestOnly() async throws {
    let (export, status, _) = try await exported()
    let text = String(decoding: export.json, as: UTF8.self)
    let submission = try #require(status.file.submission)
    let sealed =
      submission.instruments.map { ($0.bytes, $0.digest) }
      + status.file.deposits.map { ($0.key.bytes, $0.key.digest) }
      + [try #require(status.file.bundle)].map { ($0.bytes, $0.digest) }
    #expect(sealed.count == 4)
    for (bytes, digest) in sealed {
      #expect(text.contains(digest.hex))
      // The longest run of whole groups of three, wherever the blob would begin.
      for offset in 0..<3 {
        let middle = Bytes(bytes.dropFirst(bytes.count / 2 + offset).prefix(48))
        #expect(!text.contains(Base64.url.string(middle)))
        #expect(!text.contains(middle.hex))
      }
      #expect(export.json.firstRange(of: bytes.prefix(40)) == nil)
    }
    // The statements are there, signed and in clear.
    #expect(text.contains(Base64.url.string(try #require(status.file.order).bytes)))
    #expect(text.contains("\"record\":\"VERDICT\"") && text.contains("\"verdict\":\"commit\""))
    #expect(text.contains("\"activity\":\"reserve/bank.example\""))
  }

  @Test func nothingCanBeChangedUnseen() async throws {
    let (export, _, rows) = try await exported()
    let text = String(decoding: export.json, as: UTF8.self)
    for (old, new) in [
      // What is said about a record.
      ("\"verdict\":\"commit\"", "\"verdict\":\"cOmmit\""),
      ("\"activity\":\"reserve/bank.example\"", "\"activity\":\"reserve/bank.exemple\""),
      // The definition.
      ("\"guarantee\":\"pivot\"", "\"guarantee\":\"pivat\""),
      // A row's place, its chain, its bytes.
      ("\"sequence\":0", "\"sequence\":1"),
      (rows[1].chain.hex, rows[0].chain.hex),
      ("\"shown\":\"", "\"shown\":\"AAAA"),
      ("process-export/1", "process-export/2"),
    ] {
      let changed = text.replacing(old, with: new, maxReplacements: 1)
      #expect(changed != text, "\(old)")
      #expect(throws: PartyError.self, "\(old)") { try ProcessExport(Bytes(changed.utf8)) }
    }
    #expect(throws: PartyError.self) { try ProcessExport(Bytes(export.json.dropLast())) }
    #expect(throws: PartyError.self) { try ProcessExport([]) }
  }

  @Test func oneChangedByteIsSeenWhereverItStands() async throws {
    let (export, _, _) = try await exported()
    let json = export.json
    for place in stride(from: 0, to: json.count, by: max(1, json.count / 60)) {
      var changed = json
      changed[place] ^= 1
      #expect(throws: PartyError.self, "byte \(place)") { try ProcessExport(changed) }
    }
  }

  @Test func aJournalThatLacksARowIsNotExported() async throws {
    let (_, status, rows) = try await exported()
    #expect(rows.count == 4)
    for broken in [Array(rows.dropFirst()), [rows[0]] + rows.dropFirst(2), []] {
      #expect(throws: PartyError.self) { try ProcessExport(of: status.definition, rows: broken) }
    }
    // A beginning is a journal: the process was open then.
    let begun = try ProcessExport(of: status.definition, rows: Array(rows.prefix(2)))
    let kinds = try ProcessExport(begun.json).entries.map(\.record.kind)
    #expect(kinds.contains(.prepared) && !kinds.contains(.verdict))
  }

  @Test func anUnknownProcessIsNotExported() async throws {
    let market = try await Fair.open()
    let nobody = SHA256.digest([1]).renamed() as ProcessID
    await #expect(throws: PartyError.self) { try await market.coordinator.export(of: nobody) }
    try await market.close()
  }
}
