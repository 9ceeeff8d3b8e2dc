// `foil receipt verify`: what a receipt proves, step by step, with nothing but a trust list.

import ArgumentParser
import Evidence
import Foundation
import PaymentModel
import PaymentParties
import Receipts

struct ReceiptVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify a receipt, offline and step by step.",
    discussion: """
      With --goods, each container is compared with what its merchant signed; with --keys, each \
      key must open it. Without either, the folders 'locked' and 'keys' beside the receipt are \
      checked where they exist, as a home has them, but nothing needs to be in them.

      Exit status: 0 proven; 1 refuted; 2 it cannot \
      be checked, because something is missing.
      """)

  @Argument(help: "The receipt; - is standard input.", completion: .file(extensions: ["receipt"]))
  var file: String

  @Option(
    help: ArgumentHelp("The signed list of trusted keys.", valueName: "file"), completion: .file())
  var trust: String

  @Option(
    help: ArgumentHelp(
      "Which logs and witnesses to believe (C2SP tlog-policy), instead of those of the trust list.",
      valueName: "file"),
    completion: .file())
  var policy: String?

  @Option(
    help: ArgumentHelp("A folder of containers, chunk lists and offers.", valueName: "dir"),
    completion: .directory)
  var goods: String?

  @Option(
    help: ArgumentHelp("A folder of age identity files, NAME.key.", valueName: "dir"),
    completion: .directory)
  var keys: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let store = try TrustFile.read(trust)
    let bytes = try InputFile.read(file, largestByteCount: Receipt.largestByteCount)
    let verification = ReceiptVerification(store, policy: try policyFile())
    let examined: Examined
    if let receipt = try? Receipt(bytes) {
      let audit = GoodsAudit(receipt, trust: verification)
      examined = Examined(report: audit.report, goods: try findings(audit))
    } else {
      examined = Examined(report: verification.verify(bytes), goods: [])
    }
    if json {
      try JSONOutput.print(ReceiptReportValue(examined))
    } else {
      examined.lines.forEach { Terminal.print($0) }
      Terminal.print(
        "by the trust list of \(store.list.issuer.party), key \(store.list.issuer.key.short)")
      examined.conclusion.forEach { Terminal.print($0) }
    }
    switch examined.answer {
    case .proven: break
    case .refuted: throw ExitCode(.no)
    case .cannotBeChecked: throw ExitCode(.notChecked)
    }
  }

  private func policyFile() throws -> LogPolicy? {
    guard let policy else { return nil }
    do {
      return try LogPolicy(
        file: InputFile.read(policy, largestByteCount: LogPolicy.largestFile))
    } catch let error as ReceiptsError {
      throw Failure(.notChecked, "\(policy) is no policy: \(error.message)")
    }
  }

  // MARK: - Goods and keys

  /// Folders that were named must have everything; folders that only stand there are not asked for
  /// more than they have.
  private func findings(_ audit: GoodsAudit) throws -> [GoodsFinding] {
    for folder in [goods, keys].compactMap({ $0 }) where !isFolder(folder) {
      throw Failure(.notChecked, "there is no folder \(folder)")
    }
    let isAsked = goods != nil || keys != nil
    let goodsBeside = beside("locked")
    let isCommitted = audit.report.decision?.isCommit == true
    var findings: [GoodsFinding] = []
    if let folder = goods ?? (isAsked ? nil : goodsBeside) {
      findings += audit.containers(in: folder).filter { goods != nil || $0.result != .missing }
    }
    if let folder = keys ?? (isAsked ? nil : beside("keys")) {
      findings += audit.keys(in: folder, goodsFolder: goods ?? goodsBeside)
        .filter { (keys != nil && isCommitted) || $0.result != .missing }
    }
    return findings
  }

  /// A folder beside the receipt.
  private func beside(_ name: String) -> String? {
    guard file != "-" else { return nil }
    let folder = URL(filePath: file).deletingLastPathComponent().appending(path: name).path
    return isFolder(folder) ? folder : nil
  }

  private func isFolder(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(filePath: path).resolvingSymlinksInPath().path)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }
}

/// A receipt with all that was found about it, and about goods and keys.
struct Examined {
  let report: ReceiptReport
  let goods: [GoodsFinding]

  /// The receipt's answer, unless goods or keys say worse.
  var answer: ReceiptReport.Answer {
    if report.answer == .refuted || goods.contains(where: { $0.result == .refuted }) {
      return .refuted
    }
    return goods.contains { $0.result == .missing } ? .cannotBeChecked : report.answer
  }

  /// Everything that was found, step by step.
  var lines: [String] {
    var lines: [String] = []
    if let process = report.process { lines.append("purchase \(process)") }
    var table = TextTable()
    for finding in report.findings {
      table.add(
        finding.result.rawValue, finding.check.rawValue,
        finding.statement?.short ?? "", finding.message)
    }
    for finding in goods {
      table.add(
        finding.result.rawValue, finding.subject.rawValue, finding.offer?.short ?? "",
        finding.message)
    }
    lines += table.lines()
    if let time = report.findings.lazy.compactMap(\.noLaterThan).first {
      lines.append("a witness saw all of it no later than \(time.forPeople)")
    }
    return lines
  }

  /// The answer, and what it rests on.
  var conclusion: [String] {
    let atFault = report.atFault.map { "at fault, by statements of its own: \($0)" }
    switch answer {
    case .proven:
      let isCommitted = report.decision?.isCommit == true
      return atFault + ["proven: the purchase was \(isCommitted ? "committed" : "aborted")"]
    case .refuted:
      return refutations.map { "refuted: \($0)" } + atFault
    case .cannotBeChecked:
      return missing.map { "cannot be checked: \($0)" }
    }
  }

  /// What does not hold by itself; what falls with it stands among the steps.
  private var refutations: [String] {
    report.findings.filter { $0.result == .refuted && $0.check != .prev }.map(Self.words)
      + goods.filter { $0.result == .refuted }.map { Terminal.line($0.message) }
  }

  private var missing: [String] {
    let found =
      report.findings.filter { $0.result == .missing }.map(Self.words)
      + goods.filter { $0.result == .missing }.map { Terminal.line($0.message) }
    return found.isEmpty ? ["no verdict is proven"] : found
  }

  /// What was found about whose statement.
  private static func words(_ finding: Finding) -> String {
    var words = Terminal.line(finding.message)
    if let kind = finding.kind, let statement = finding.statement {
      words += "; \(kind.rawValue) \(statement.short)"
      if let party = finding.party { words += ", which names \(party) as its signer" }
    }
    return words
  }
}

/// What was found, for `--json`.
struct ReceiptReportValue: Encodable {
  struct FindingValue: Encodable {
    let check: String
    let result: String
    let party: String?
    let kind: String?
    let statement: String?
    let noLaterThan: String?
    let atFault: String?
    let path: String?
    let message: String
  }

  let answer: String
  let process: String?
  let verdict: String?
  let reason: String?
  let atFault: [String]
  let findings: [FindingValue]

  init(_ examined: Examined) {
    let report = examined.report
    answer = examined.answer.rawValue
    process = report.process?.hex
    verdict = report.decision.map { $0.isCommit ? "commit" : "abort" }
    if case .abort(let why) = report.decision { reason = why.rawValue } else { reason = nil }
    atFault = report.atFault.map(\.text)
    findings =
      report.findings.map {
        FindingValue(
          check: $0.check.rawValue, result: $0.result.rawValue, party: $0.party?.text,
          kind: $0.kind?.rawValue, statement: $0.statement?.hex,
          noLaterThan: $0.noLaterThan?.description, atFault: $0.atFault?.text, path: nil,
          message: $0.message)
      }
      + examined.goods.map {
        FindingValue(
          check: $0.subject.rawValue, result: $0.result.rawValue, party: $0.merchant?.text,
          kind: StatementKind.offer.rawValue, statement: $0.offer?.hex, noLaterThan: nil,
          atFault: nil, path: $0.path, message: $0.message)
      }
  }
}
