// Verdicts, keysets, credit lines and transfers verified by those who act on them: nobody acts on one that is not in the log.

public import Evidence
public import PaymentModel

/// Where a statement stands: in which log, and as which entry.
public struct LogPlace: Hashable, Sendable {
  /// The log's name, as its checkpoints have it.
  public let log: String
  /// From 0.
  public let index: UInt64

  /// Whether this entry was there before the other one. Of two logs nobody can say.
  func precedes(_ other: LogPlace) -> Bool {
    log.utf8.elementsEqual(other.log.utf8) && index < other.index
  }
}

/// Verifies logged statements with nothing but a trust store.
public struct VerdictVerifier: VerdictReader, TransferReader {
  private let trust: TrustStore
  private let policy: LogPolicy

  /// - Parameter policy: which logs and witnesses to believe, instead of those of the trust store.
  public init(_ trust: TrustStore, policy: LogPolicy? = nil) {
    self.trust = trust
    self.policy = policy ?? LogPolicy(trust)
  }

  /// A statement, its place in the log, and the earliest time at which a witness had seen the log with it.
  public struct Logged<Content: Claim>: Sendable {
    public let stated: Stated<Content>
    public let place: LogPlace
    /// `nil` when the trust store asks for no witness and none has cosigned.
    public let witnessedAt: Timestamp?
  }

  public func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict> {
    try verify(verdict, of: process, by: coordinator).stated
  }

  /// Verifies a logged verdict.
  ///
  /// - Throws: what `Signed<Verdict>` is refused for by the trust store, `verdict-size`,
  ///   `verdict-process`, `verdict-coordinator`, and the codes of `ReceiptsError`.
  public func verify(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Logged<Verdict> {
    guard verdict.verdict.bytes.count <= LoggedVerdict.largestVerdict,
      verdict.proof.count <= LoggedVerdict.largestProof
    else { throw NotAdmitted(code: "verdict-size", message: "the verdict is too large") }
    let logged = try verify(verdict.verdict, verdict.proof) { _ in .verdict(of: process) }
    guard logged.stated.claim.process == process else {
      throw NotAdmitted(code: "verdict-process", message: "the verdict is about another process")
    }
    guard logged.stated.issuer.key == coordinator else {
      throw NotAdmitted(
        code: "verdict-coordinator", message: "the verdict is not by the order's coordinator")
    }
    return logged
  }

  /// Verifies a logged keyset of a bank.
  ///
  /// - Parameter proof: a `tlog-proof@v1`.
  /// - Throws: what the keyset is refused for by the trust store, `keyset-bank`, and the codes of
  ///   `ReceiptsError`.
  public func verify(
    _ keyset: Signed<Keyset>, proof: Bytes, of bank: PartyName
  ) throws(NotAdmitted) -> Logged<Keyset> {
    let logged = try verify(keyset, proof) { keyset in
      .keyset(of: keyset.issuer.party, period: keyset.claim.period)
    }
    guard logged.stated.issuer.party == bank else {
      throw NotAdmitted(code: "keyset-bank", message: "the keyset is that of another bank")
    }
    return logged
  }

  public func read(
    _ transfer: Signed<Transfer>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<Transfer> {
    try verify(transfer, proof) { _ in .none }.stated
  }

  public func read(
    _ line: Signed<CreditLine>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<CreditLine> {
    try verify(line, proof) { _ in .none }.stated
  }

  /// The time of the statement is the one at which the log was witnessed; without witnesses, the time from
  /// which the key that it names is valid.
  private func verify<Content: Claim>(
    _ signed: Signed<Content>, _ proofBytes: Bytes, slot: (Stated<Content>) -> LogSlot
  ) throws(NotAdmitted) -> Logged<Content> {
    do {
      let proof = try LogProof(proofBytes)
      let checkpoint = try policy.verify(proof.checkpoint)
      let time = try checkpoint.witnessedAt ?? validFrom(signed)
      let stated = try trust.verify(signed, at: time).stated
      try checkpoint.requireInclusion(
        of: LogEntry(slot: slot(stated), statement: stated.id), at: proof.index, path: proof.path)
      return Logged(
        stated: stated,
        place: LogPlace(log: checkpoint.checkpoint.origin, index: proof.index),
        witnessedAt: checkpoint.witnessedAt)
    } catch let error as ReceiptsError {
      throw NotAdmitted(code: error.code.rawValue, message: error.message)
    } catch let error as EvidenceError {
      throw NotAdmitted(code: error.code.rawValue, message: error.message)
    } catch {
      throw NotAdmitted(code: "unverified", message: "the statement does not verify")
    }
  }

  private func validFrom<Content: Claim>(
    _ signed: Signed<Content>
  ) throws(EvidenceError) -> Timestamp {
    let issuer = try UnverifiedStatement(signed.bytes).issuer
    return trust.key(issuer.key)?.validFrom ?? Timestamp(milliseconds: 0)
  }
}
