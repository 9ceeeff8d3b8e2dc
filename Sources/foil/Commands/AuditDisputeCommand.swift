// `foil audit dispute`: the evidence of several parties, and who is at fault, or nobody.

import ArgumentParser
import Evidence
import PaymentModel
import PaymentParties
import Receipts

struct AuditDisputeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dispute",
    abstract: "Decide a complaint by the evidence of several parties.",
    discussion: """
      Files are complaints and receipts, whole or in part, by whoever has them. Every statement is \
      verified; then the rules decide, and nobody's word alone names anybody. With --output the \
      home's auditor signs and logs what follows, a ruling or a request for evidence, and the \
      file gets the evidence with it.

      Exit status: 0 a party is at fault or did not answer; 1 the complaint is refused; 2 it cannot \
      be decided, because something is missing; 75 a party has to answer first.
      """)

  @Argument(help: "Complaints and receipts; - is standard input.", completion: .file())
  var files: [String]

  @Option(
    help: ArgumentHelp("The signed list of trusted keys.", valueName: "file"), completion: .file())
  var trust: String?

  @Option(
    help: ArgumentHelp("Which complaint, when the files hold several.", valueName: "statement"))
  var complaint: String?

  @OptionGroup var home: HomeOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where evidence with ruling or request goes.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard trust != nil || output != nil else {
      throw ValidationError("--trust tells whom to believe, or --output with the home's own list")
    }
    guard files.filter({ $0 == "-" }).count < 2 else {
      throw ValidationError("standard input is one file")
    }
  }

  func run() async throws {
    let receipts = try files.map { try Self.receipt($0) }
    let complaint = try identifier()
    guard let output else {
      let store = try TrustFile.read(trust ?? "")
      return try report(
        await Failure.mapping { try DisputeAudit(receipts, trust: store, complaint: complaint) })
    }
    try await home.withMarket { market in
      let store = try trust.map { try TrustFile.read($0) } ?? market.trust
      let audit = try DisputeAudit(receipts, trust: store, complaint: complaint)
      if let signed = try await market.rule(on: audit, over: receipts) {
        try PrivateFile.write(signed.bytes, to: output)
      }
      try report(audit)
    }
  }

  private func identifier() throws -> StatementID? {
    guard let complaint else { return nil }
    guard let id = StatementID(hex: complaint) else {
      throw ValidationError("\(complaint) is no statement's identifier")
    }
    return id
  }

  private static func receipt(_ file: String) throws -> Receipt {
    let bytes = try InputFile.read(
      file, largestByteCount: Receipt.largestByteCount + Receipt.largestAttachment + 1)
    do {
      return try Receipt(bytes)
    } catch {
      throw Failure(.notChecked, "\(file) is no evidence: \(error.message)")
    }
  }

  // MARK: - What it came to

  private func report(_ audit: DisputeAudit) throws {
    let outcome = DisputeOutcome(audit)
    if json {
      try JSONOutput.print(outcome)
    } else {
      outcome.lines.forEach { Terminal.print($0) }
    }
    guard outcome.status == .yes else { throw ExitCode(outcome.status) }
  }
}

/// What a dispute came to, for people and for `--json`.
struct DisputeOutcome: Encodable {
  let complaint: String
  let grievance: String
  let complainant: String
  /// `at-fault`, `not-at-fault`, `did-not-answer`, `ask`, `awaits` or `lacks`.
  let outcome: String
  let party: String?
  let rule: String?
  /// What a party is asked for, or what is lacking.
  let asks: String?
  let answerBy: String?
  let evidence: [String]
  /// Statements in the files that do not verify; nobody looked at them.
  let unverified: [String]

  private enum CodingKeys: String, CodingKey {
    case complaint, grievance, complainant, outcome, party, rule, asks, answerBy, evidence
    case unverified
  }

  let status: ExitStatus

  init(_ audit: DisputeAudit) {
    let exhibited = audit.dispute.complaint
    complaint = exhibited.id.hex
    grievance = exhibited.claim.grievance.rawValue
    complainant = exhibited.party.text
    unverified = audit.evidence.findings.joined().filter {
      $0.result == .refuted || $0.result == .missing
    }
    .map(\.message)
    switch audit.judgement {
    case .ruled(let ruling):
      outcome = ruling.outcome.rawValue
      party = ruling.party?.text
      rule = ruling.rule.rawValue
      (asks, answerBy) = (nil, nil)
      evidence = ruling.evidence.map(\.hex)
      status = ruling.outcome == .notAtFault ? .no : .yes
    case .ask(let asked, let question):
      (outcome, party, rule) = ("ask", asked.text, nil)
      (asks, answerBy, evidence, status) = (question.rawValue, nil, [], .pending)
    case .awaits(let asked, let question, let until):
      (outcome, party, rule) = ("awaits", asked.text, nil)
      (asks, answerBy, evidence, status) = (question.rawValue, until.description, [], .pending)
    case .lacks(let kind):
      (outcome, party, rule) = ("lacks", nil, nil)
      (asks, answerBy, evidence, status) = (kind.rawValue, nil, [], .notChecked)
    }
  }

  var lines: [String] {
    var lines = ["\(complainant) complains: \(grievance)"]
    lines += unverified.map { "not looked at: \(Terminal.line($0))" }
    let name = party ?? "nobody"
    switch outcome {
    case "ask": lines.append("undecided: \(name) has to be asked for the \(asks ?? "")")
    case "awaits":
      lines.append("undecided: \(name) was asked for the \(asks ?? ""), until \(answerBy ?? "")")
    case "lacks": lines.append("cannot be decided: the evidence lacks the \(asks ?? "")")
    default: lines.append("\(outcome): \(name), by the rule \(rule ?? "")")
    }
    return lines
  }
}
