// `foil audit log`: whether two checkpoints are of one history.

import ArgumentParser
import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

struct AuditLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Check that two checkpoints of a log are of one history.",
    discussion: """
      A checkpoint is a file that holds a signed note. The order of the two does not matter; of one \
      size they need no proof. Otherwise the proof comes out of the log's tiles, or out of a file with \
      one hash in base64 on each line, as RFC 6962 orders them.

      Exit status: 0 one history; 1 the log has shown two; 2 it cannot be checked, because something \
      is missing.
      """)

  @Argument(help: "A checkpoint; - is standard input.", completion: .file())
  var first: String

  @Argument(help: "Another checkpoint; - is standard input.", completion: .file())
  var second: String

  @Option(
    help: ArgumentHelp("The signed list of trusted keys.", valueName: "file"), completion: .file())
  var trust: String

  @Option(
    help: ArgumentHelp("The log as files, as C2SP tlog-tiles has them.", valueName: "dir"),
    completion: .directory)
  var tiles: String?

  @Option(help: ArgumentHelp("A consistency proof.", valueName: "file"), completion: .file())
  var proof: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard [first, second, trust, proof].count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("Only one file can be standard input.")
    }
    guard tiles == nil || proof == nil else {
      throw ValidationError("Take --tiles or --proof, not both.")
    }
  }

  func run() async throws {
    let policy = LogPolicy(try TrustFile.read(trust))
    let notes = [try note(first), try note(second)]
    let comparison = await compare(notes[0], notes[1], by: policy)
    if json {
      try JSONOutput.print(comparison.value)
    } else {
      comparison.lines.forEach { Terminal.print($0) }
    }
    switch comparison.answer {
    case .consistent: break
    case .refuted: throw ExitCode(.no)
    case .cannotBeChecked: throw ExitCode(.notChecked)
    }
  }

  // MARK: - Reading

  private func note(_ path: String) throws -> SignedNote {
    let bytes = try InputFile.read(path, largestByteCount: SignedNote.largestByteCount)
    do throws(ReceiptsError) {
      return try SignedNote(bytes)
    } catch {
      throw Failure(.notChecked, "\(path) is no checkpoint: \(error.message)")
    }
  }

  /// The hashes of a proof; no proof has more than two for each level of a tree.
  private func hashes(in path: String) throws(ReceiptsError) -> [Digest] {
    let most = 2 * UInt64.bitWidth
    guard let bytes = try? InputFile.read(path, largestByteCount: 48 * most) else {
      throw ReceiptsError(.sourceUnavailable, "cannot read \(path)")
    }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let hashes = lines.compactMap { Base64.padded.decode($0).flatMap { Digest($0) } }
    guard hashes.count == lines.count, hashes.count <= most else {
      throw ReceiptsError(.sourceForm, "\(path) does not hold one hash on each line")
    }
    return hashes
  }

  // MARK: - Comparing

  private func compare(
    _ one: SignedNote, _ other: SignedNote, by policy: LogPolicy
  ) async -> LogComparison {
    var comparison = LogComparison()
    do throws(ReceiptsError) {
      let pair = try CheckpointPair(one, other, by: policy)
      comparison.pair = pair
      if case .splitView(let view) = try await answer(about: pair) {
        comparison.splitView = view
        comparison.isLogToBlame = view.blamesLog(by: policy, receivedAt: SystemWallClock().now())
        comparison.answer = .refuted
      } else {
        // That one history was shown is said of checkpoints that the witnesses have seen.
        _ = (try policy.verify(one), try policy.verify(other))
        comparison.answer = .consistent
      }
    } catch {
      comparison.failure = error
    }
    return comparison
  }

  private func answer(
    about pair: CheckpointPair
  ) async throws(ReceiptsError) -> CheckpointPair.Answer {
    if let answer = pair.answerWithoutProof { return answer }
    if let tiles { return try await pair.compare(with: FolderLogSource(at: tiles)) }
    if let proof { return try pair.compare(by: try hashes(in: proof)) }
    throw ReceiptsError(
      .sourceUnavailable,
      "a proof from \(pair.smaller.size) to \(pair.larger.size) entries is missing: "
        + "see --tiles and --proof")
  }
}

/// What the comparison of two checkpoints says.
private struct LogComparison {
  enum Answer: String {
    case consistent
    case refuted
    case cannotBeChecked = "cannot-be-checked"
  }

  var answer = Answer.cannotBeChecked
  var pair: CheckpointPair?
  /// The proof that the log has shown two histories.
  var splitView: SplitView?
  /// Whether the log's key was valid when it signed both, so that nobody else can have.
  var isLogToBlame = false
  /// Why it cannot be checked.
  var failure: ReceiptsError?

  private var message: String {
    let ended = "; its key was not valid then, so that nobody is named"
    return comparison + (answer == .refuted && !isLogToBlame ? ended : "")
  }

  private var comparison: String {
    guard let pair else { return failure?.message ?? "nothing was compared" }
    let (smaller, larger) = (pair.smaller, pair.larger)
    switch answer {
    case .cannotBeChecked:
      return failure?.message ?? "nothing was compared"
    case .consistent where smaller.size == larger.size:
      return "both checkpoints of \(larger.origin) are over the same \(larger.size) entries"
    case .consistent:
      return "\(larger.origin) with \(larger.size) entries begins with the \(smaller.size) entries "
        + "of the other checkpoint"
    case .refuted where smaller.size == larger.size:
      return "\(larger.origin) has shown two histories: \(larger.size) entries with two roots"
    case .refuted:
      return
        "\(larger.origin) has shown two histories: its \(larger.size) entries do not begin with "
        + "the \(smaller.size) of the other checkpoint"
    }
  }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    if let pair {
      lines.append("log \(Terminal.line(pair.larger.origin))")
      var table = TextTable()
      for checkpoint in [pair.smaller, pair.larger] {
        table.add("\(checkpoint.size) entries", "root \(checkpoint.root)")
      }
      if let splitView {
        table.add("root of the first \(pair.smaller.size)", "\(splitView.prefixRoot)")
      }
      lines += table.lines()
    }
    let words =
      switch answer {
      case .consistent: "consistent"
      case .refuted: "refuted"
      case .cannotBeChecked: "cannot be checked"
      }
    return lines + ["\(words): \(Terminal.line(message))"]
  }

  /// For `--json`.
  var value: Value {
    Value(
      answer: answer.rawValue, log: pair?.larger.origin, smaller: pair.map { .init($0.smaller) },
      larger: pair.map { .init($0.larger) },
      atFault: isLogToBlame ? pair?.larger.origin : nil, code: failure?.code.rawValue,
      message: message,
      splitView: splitView.map { String(decoding: $0.bytes, as: UTF8.self) })
  }

  struct Value: Encodable {
    struct Checkpoint: Encodable {
      let size: UInt64
      let root: String

      init(_ checkpoint: Receipts.Checkpoint) {
        size = checkpoint.size
        root = checkpoint.root.hex
      }
    }

    let answer: String
    let log: String?
    let smaller: Checkpoint?
    let larger: Checkpoint?
    let atFault: String?
    let code: String?
    let message: String
    /// The proof as a file of its own.
    let splitView: String?
  }
}
