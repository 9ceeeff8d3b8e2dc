// What a coordinator signs.

/// The coordinator has taken an order and says by which process it will run it.
public struct Submission: Claim {
  public static let kind = StatementKind.submission

  public let process: ProcessID
  public let template: Digest
  /// SHA-256 of the generated process.
  public let definition: Digest

  public init(process: ProcessID, template: Digest, definition: Digest) {
    self.process = process
    self.template = template
    self.definition = definition
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    template = try reader.identifier("template")
    definition = try reader.identifier("definition")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("template", template)
    writer.identifier("definition", definition)
  }

  public var prev: [StatementID] { [process.renamed()] }
}

/// The coordinator has examined a deposited key: it opens the offer's container.
public struct Acceptance: Claim {
  public static let kind = StatementKind.acceptance

  public let process: ProcessID
  public let offer: StatementID
  public let deposit: StatementID
  public let keyDigest: Digest

  public init(process: ProcessID, offer: StatementID, deposit: StatementID, keyDigest: Digest) {
    self.process = process
    self.offer = offer
    self.deposit = deposit
    self.keyDigest = keyDigest
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    deposit = try reader.identifier("deposit")
    keyDigest = try reader.identifier("keyDigest")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.identifier("deposit", deposit)
    writer.identifier("keyDigest", keyDigest)
  }

  public var prev: [StatementID] { [offer, deposit] }
}

/// The one decision about a process.
public struct Verdict: Claim {
  public static let kind = StatementKind.verdict

  public let process: ProcessID
  public let decision: Decision
  public let decidedAt: Timestamp
  /// SHA-256(salt ‖ identifiers of the statements that it rests on), so that nobody counts them.
  public let evidence: Digest

  public init(process: ProcessID, decision: Decision, decidedAt: Timestamp, evidence: Digest) {
    self.process = process
    self.decision = decision
    self.decidedAt = decidedAt
    self.evidence = evidence
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    switch try reader.text("decision", atMost: 16) {
    case "commit": decision = .commit(keyBundle: try reader.identifier("keyBundle"))
    case "abort": decision = .abort(try reader.choice("reason"))
    default: throw ClaimError("decision", .badValue)
    }
    decidedAt = try reader.timestamp("decidedAt")
    evidence = try reader.identifier("evidence")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    switch decision {
    case .commit(let keyBundle):
      writer.text("decision", "commit")
      writer.identifier("keyBundle", keyBundle)
    case .abort(let reason):
      writer.text("decision", "abort")
      writer.choice("reason", reason)
    }
    writer.timestamp("decidedAt", decidedAt)
    writer.identifier("evidence", evidence)
  }

  public var prev: [StatementID] { [process.renamed()] }
}

/// Commit, which delivers the keys with it, or abort.
public enum Decision: Hashable, Sendable {
  /// - keyBundle: SHA-256 of the sealed key bundle that the log serves.
  case commit(keyBundle: Digest)
  case abort(AbortReason)

  public var isCommit: Bool {
    if case .commit = self { true } else { false }
  }
}

/// Why a process was aborted, as far as everybody may know.
public enum AbortReason: String, CaseIterable, Sendable {
  case timeout
  case cancelled
  case refused
  case invalid
}

/// A verdict with the proof that it stands in the log. Nobody acts on less.
public struct LoggedVerdict: Hashable, Sendable {
  /// Sizes above these, in bytes, are refused.
  public static let largestVerdict = 4096
  public static let largestProof = 8192

  public let verdict: Signed<Verdict>
  /// A C2SP `tlog-proof@v1`: index, inclusion path, checkpoint with its cosignatures.
  public let proof: Bytes

  public init(verdict: Signed<Verdict>, proof: Bytes) {
    self.verdict = verdict
    self.proof = proof
  }
}
