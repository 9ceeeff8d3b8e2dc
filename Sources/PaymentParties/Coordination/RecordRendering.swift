// A journal record as people and programs read it: names for numbers, claims for signed bytes.

import Coordinator
import Evidence
import PaymentModel

/// Writes one entry of an exported journal.
struct RecordRendering {
  private let entry: JournalEntry
  private let definition: PaymentProcess

  init(_ entry: JournalEntry, of definition: PaymentProcess) {
    self.entry = entry
    self.definition = definition
  }

  func write(to writer: inout CanonicalWriter) {
    writer.text("at", entry.at.description)
    writer.text("record", entry.record.kind.name)
    switch entry.record {
    case .begin(let begin): write(begin, to: &writer)
    case .intent(let number): writer.text("activity", path(number))
    case .result(let number, let result), .forward(let number, let result),
      .compensated(let number, let result):
      writer.text("activity", path(number))
      write(result, to: &writer)
    case .prepared(let prepared): writer.text("answerBy", prepared.answerBy.description)
    case .verdict(let verdict): write(verdict, to: &writer)
    case .end: break
    case .called(let call):
      writer.text("activity", path(call.activity))
      writer.number("attempts", UInt64(clamping: call.attempts))
    }
  }

  private func path(_ number: Int) -> String {
    definition.activities.indices.contains(number)
      ? definition.activities[number].path.rawValue : "activity \(number)"
  }

  // MARK: - Records

  private func write(_ begin: BeginRecord, to writer: inout CanonicalWriter) {
    writer.identifier("template", begin.template)
    writer.identifier("definition", begin.definition)
    switch begin.source {
    case .submission(let submission):
      writer.text("source", "submission")
      let terms = submission.terms.map { [$0.bytes] } ?? []
      writer.objects(
        "statements", [submission.order.bytes] + submission.offers.map(\.bytes) + terms
      ) { Self.write($1, to: &$0) }
      writer.objects("parts", submission.parts) { writer, part in
        writer.bytes("part", part.part)
        writer.bytes("salt", part.salt.bytes)
        writer.number("index", UInt64(clamping: part.index))
      }
      writer.identifiers("instruments", submission.instruments.map(\.digest))
    case .presented(let order, _, let decideBy):
      writer.text("source", "presented")
      writer.text("decideBy", decideBy.description)
      writer.objects("statements", [order.bytes]) { Self.write($1, to: &$0) }
    }
  }

  private func write(_ verdict: VerdictRecord, to writer: inout CanonicalWriter) {
    writer.text("decidedAt", verdict.decidedAt.description)
    writer.identifiers("evidence", verdict.evidence)
    switch verdict.ruling {
    case .commit(let bundle):
      writer.text("verdict", "commit")
      writer.identifier("keyBundle", bundle.digest)
    case .abort(let reason, let owed, let cancellation):
      writer.text("verdict", "abort")
      writer.text("reason", reason.rawValue)
      writer.texts("owed", owed.map(path))
      if let cancellation {
        writer.objects("statements", [cancellation.signed.bytes]) { Self.write($1, to: &$0) }
      }
    }
  }

  private func write(_ result: ActivityResult, to writer: inout CanonicalWriter) {
    writer.text("result", result.name)
    var statements: [Bytes] = []
    switch result {
    case .reserved(let exhibit): statements = [exhibit.signed.bytes]
    case .deposited(let key):
      statements = [key.deposit.signed.bytes, key.acceptance.signed.bytes]
      writer.text("heldUntil", key.heldUntil.description)
      writer.identifier("sealedKey", key.key.digest)
    case .requested(let exhibit): statements = [exhibit.signed.bytes]
    case .published(let verdict):
      statements = [verdict.logged.verdict.bytes]
      writer.bytes("proof", verdict.logged.proof)
    case .transferred(let exhibits): statements = exhibits.map(\.signed.bytes)
    case .settled(let exhibit): statements = [exhibit.signed.bytes]
    case .voided(let exhibit): statements = [exhibit.signed.bytes]
    case .released(let exhibit): statements = [exhibit.signed.bytes]
    case .refused(let reason, let exhibit):
      writer.text("reason", reason.rawValue)
      statements = exhibit.map { [$0.signed.bytes] } ?? []
    case .wrongKey(let exhibit, let revealed):
      statements = [exhibit.signed.bytes]
      writer.bytes("revealed", revealed)
    case .notified, .unreached: break
    }
    if !statements.isEmpty {
      writer.objects("statements", statements) { Self.write($1, to: &$0) }
    }
  }

  // MARK: - Statements

  /// The signed bytes, and what they claim where they are a statement.
  private static func write(_ bytes: Bytes, to writer: inout CanonicalWriter) {
    writer.bytes("bytes", bytes)
    guard let statement = try? UnverifiedStatement(bytes) else { return }
    writer.identifier("id", statement.id)
    writer.canonicalObject("claim", statement.payload)
  }
}

extension RecordKind {
  /// As the format names it.
  fileprivate var name: String {
    switch self {
    case .begin: "BEGIN"
    case .intent: "INTENT"
    case .result: "RESULT"
    case .prepared: "PREPARED"
    case .verdict: "VERDICT"
    case .forward: "FORWARD"
    case .compensated: "COMPENSATED"
    case .end: "END"
    case .called: "CALLED"
    }
  }
}

extension ActivityResult {
  /// As the format names it.
  fileprivate var name: String {
    switch self {
    case .reserved: "reserved"
    case .deposited: "deposited"
    case .requested: "delivery-requested"
    case .published: "published"
    case .transferred: "transferred"
    case .settled: "settled"
    case .voided: "voided"
    case .released: "released"
    case .notified: "notified"
    case .unreached: "not-reached"
    case .refused: "refused"
    case .wrongKey: "wrong-key"
    }
  }
}
