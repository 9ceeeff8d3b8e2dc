// All that a coordinator has on file for one process, as one file that proves its own journal.

public import Coordinator
import Evidence
import PaymentCrypto
public import PaymentModel

/// The journal of one process, to be handed to an auditor or put into a report of a fault.
///
/// What is sealed to somebody stands in it as its digest only. The journal's chain is made over exactly
/// that, so whoever has the file can check the chain without what was left out
/// (Docs/Formats/Process.md, "Exported processes").
public struct ProcessExport: Hashable, Sendable {
  /// How many bytes are read at most.
  public static let largestByteCount = 16 << 20

  /// Records that became durable together, as they can be shown.
  public struct Row: Hashable, Sendable {
    /// The number of the first record.
    public let sequence: Int
    public let entries: [JournalEntry]
    /// The chain after them.
    public let chain: Digest
  }

  public let process: ProcessID
  public let definition: PaymentProcess
  public let rows: [Row]

  /// All records with their times.
  public var entries: [JournalEntry] { rows.flatMap(\.entries) }

  /// How the process stood after the last record.
  public let state: ProcessState

  /// - Throws: `export-refuted` when the rows are not the chain of a process with that definition, or a record
  ///   does not follow from those before it.
  private init(definition: PaymentProcess, rows: [Row]) throws(PartyError) {
    process = definition.process
    self.definition = definition
    self.rows = rows
    var chain = JournalChain(of: process)
    var next = 0
    for row in rows {
      guard !row.entries.isEmpty, row.sequence == next,
        chain.take(shown: row.entries, digest: { SHA256.digest($0) }) == row.chain
      else {
        throw PartyError(.exportRefuted, "the row of record \(row.sequence) does not fit its chain")
      }
      next += row.entries.count
    }
    guard case .begin(let begin) = rows.first?.entries.first?.record else {
      throw PartyError(.exportRefuted, "the journal does not begin")
    }
    guard SHA256.digest(definition.json) == begin.definition else {
      throw PartyError(.exportRefuted, "the definition is not the one that the process began with")
    }
    do throws(CoordinatorError) {
      // No time is looked at in a replay.
      let terms = ProcessTerms(process: process, decideBy: begin.at, deliveryLimitSeconds: 0)
      state = try ProcessMachine(
        definition: definition, terms: terms,
        replaying: rows.flatMap { $0.entries.map(\.record) }
      ).state
    } catch {
      throw PartyError(.exportRefuted, error.message)
    }
  }

  /// Exports stored rows.
  ///
  /// - Throws: `export`, `export-refuted`.
  public init(of definition: PaymentProcess, rows: [JournalRow]) throws(PartyError) {
    var shown: [Row] = []
    for row in rows {
      do throws(CoordinatorError) {
        shown.append(
          Row(
            sequence: row.sequence,
            entries: try row.read().map { entry in entry.shown { SHA256.digest($0) } },
            chain: row.chain))
      } catch {
        throw PartyError(.export, error.message)
      }
    }
    try self.init(definition: definition, rows: shown)
  }

  // MARK: - The file

  /// The file: canonical JSON, in which each row stands as its bytes and as what they say.
  public var json: Bytes {
    CanonicalJSON.encode { writer in
      writer.text("format", Self.format)
      writer.identifier("definitionDigest", SHA256.digest(definition.json))
      writer.object("definition") { definition.write(to: &$0) }
      writer.objects("journal", rows) { writer, row in
        writer.number("sequence", UInt64(clamping: row.sequence))
        writer.identifier("chain", row.chain)
        writer.bytes("shown", JournalEntry.bytes(of: row.entries))
        writer.objects("records", row.entries) { writer, entry in
          RecordRendering(entry, of: definition).write(to: &writer)
        }
      }
    }
  }

  /// Reads a file, and checks that the definition is the journal's, that the journal is a whole chain, that
  /// the machine can have written it, and that what is said about each row is what its bytes say. Signatures are not looked at: receipts are
  /// for that.
  ///
  /// - Throws: `export` for what is no exported process, `export-refuted` for one that does not hold.
  public init(_ json: Bytes) throws(PartyError) {
    let read: ProcessExport
    do {
      let (definition, rows) = try CanonicalJSON.decode(
        json, limit: Self.largestByteCount
      ) { reader throws(ClaimError) in
        guard try reader.text("format", atMost: 64) == Self.format else {
          throw ClaimError("format", .badValue)
        }
        let _: Digest = try reader.identifier("definitionDigest")
        let definition = try reader.object("definition") { reader throws(ClaimError) in
          try PaymentProcess(from: &reader)
        }
        let rows = try reader.objects("journal", atMost: Self.mostRows) {
          reader throws(ClaimError) in try Row(from: &reader)
        }
        return (definition, rows)
      }
      read = try ProcessExport(definition: definition, rows: rows)
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.export, "it is no exported process: \(error)")
    }
    guard read.json == json else {
      throw PartyError(
        .exportRefuted, "what it says about a record is not what the record's bytes say")
    }
    self = read
  }

  /// Reads a file that may end with a line feed.
  ///
  /// - Throws: `export`.
  public init(file: Bytes) throws(PartyError) {
    try self.init(file.last == UInt8(ascii: "\n") ? Bytes(file.dropLast()) : file)
  }

  private static let format = "foilstock-process-export/1"
  private static let mostRows = 65_536
}

extension ProcessExport.Row {
  fileprivate init(from reader: inout CanonicalReader) throws(ClaimError) {
    let sequence = Int(clamping: try reader.number("sequence"))
    let chain: Digest = try reader.identifier("chain")
    let bytes = try reader.bytes("shown", atMost: ProcessExport.largestByteCount)
    // They are written again from the bytes, and compared.
    _ = try reader.canonicalObjects(
      "records", atMost: 65_536, eachAtMost: ProcessExport.largestByteCount)
    guard let entries = try? JournalEntry.read(bytes) else { throw ClaimError("shown", .badValue) }
    self.init(sequence: sequence, entries: entries, chain: chain)
  }
}

extension CoordinatorHost {
  /// Everything that is durable of a process.
  ///
  /// - Throws: `export` for an unknown process, or one whose journal cannot be read.
  public func export(of process: ProcessID) async throws(PartyError) -> ProcessExport {
    let definition: PaymentProcess
    let rows: [JournalRow]
    do throws(CoordinatorError) {
      definition = try await engine.file(of: process).definition
      rows = try await engine.journal(of: process)
    } catch {
      throw PartyError(.export, error.message)
    }
    do {
      return try ProcessExport(of: definition, rows: rows)
    } catch {
      throw PartyError(.export, error.message)
    }
  }
}
