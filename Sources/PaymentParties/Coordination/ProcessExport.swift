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
  /// The definition in canonical JSON.
  public let definition: Bytes
  public let rows: [Row]

  /// All records with their times.
  public var entries: [JournalEntry] { rows.flatMap(\.entries) }

  /// - Throws: `export` when the rows are not the chain of a process with that definition.
  init(process: ProcessID, definition: Bytes, rows: [Row]) throws(PartyError) {
    self.process = process
    self.definition = definition
    self.rows = rows
    var chain = JournalChain(of: process)
    var next = 0
    for row in rows {
      guard !row.entries.isEmpty, row.sequence == next,
        chain.take(shown: row.entries, digest: { SHA256.digest($0) }) == row.chain
      else {
        throw PartyError(.export, "the row of record \(row.sequence) does not fit its chain")
      }
      next += row.entries.count
    }
    guard case .begin(let begin) = rows.first?.entries.first?.record else {
      throw PartyError(.export, "the journal does not begin")
    }
    guard SHA256.digest(definition) == begin.definition else {
      throw PartyError(.export, "the definition is not the one that the process began with")
    }
  }

  /// Exports stored rows.
  ///
  /// - Throws: `export`.
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
    try self.init(process: definition.process, definition: definition.json, rows: shown)
  }

  // MARK: - The file

  /// The file: canonical JSON, in which each row stands as its bytes and as what they say.
  public var json: Bytes {
    let paths = DefinitionPaths(definition).paths
    return CanonicalJSON.encode { writer in
      writer.text("format", Self.format)
      writer.identifier("process", process)
      writer.identifier("definitionDigest", SHA256.digest(definition))
      writer.canonicalObject("definition", definition)
      writer.objects("journal", rows) { writer, row in
        writer.number("sequence", UInt64(clamping: row.sequence))
        writer.identifier("chain", row.chain)
        writer.bytes("shown", JournalEntry.bytes(of: row.entries))
        writer.objects("records", row.entries) { writer, entry in
          RecordRendering(entry, paths: paths).write(to: &writer)
        }
      }
    }
  }

  /// Reads a file, and checks that the definition is the journal's, that the journal is a whole chain, and
  /// that what is said about each row is what its bytes say. Signatures are not looked at: receipts are
  /// for that.
  ///
  /// - Throws: `export`.
  public init(_ json: Bytes) throws(PartyError) {
    let read: ProcessExport
    do {
      let (process, definition, rows) = try CanonicalJSON.decode(
        json, limit: Self.largestByteCount
      ) { reader throws(ClaimError) in
        guard try reader.text("format", atMost: 64) == Self.format else {
          throw ClaimError("format", .badValue)
        }
        let process: ProcessID = try reader.identifier("process")
        let _: Digest = try reader.identifier("definitionDigest")
        let definition = try reader.canonicalObject("definition", atMost: Self.largestByteCount)
        let rows = try reader.objects("journal", atMost: Self.mostRows) {
          reader throws(ClaimError) in try Row(from: &reader)
        }
        return (process, definition, rows)
      }
      read = try ProcessExport(process: process, definition: definition, rows: rows)
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.export, "it is no exported process: \(error)")
    }
    guard read.json == json else {
      throw PartyError(.export, "what it says about a record is not what the record's bytes say")
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
    return try ProcessExport(of: definition, rows: rows)
  }
}
