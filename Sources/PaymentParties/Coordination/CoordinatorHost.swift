// A coordinator with all that it needs: notary, escrow, log, journal.

public import Coordinator
public import Evidence
public import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts
import Synchronization

/// A coordinator, ready to run processes.
public final class CoordinatorHost: Sendable {
  public let name: PartyName
  /// The key that orders name.
  public let key: Thumbprint
  /// The template that orders name.
  public let template: Digest
  public let engine: Engine
  private let log: TransparencyLog
  private let notary: EvidenceNotary
  private let clock: any WallClock
  private let trust: TrustStore
  private let signer: StatementSigner
  private let announced: Mutex<Announced>

  /// The terms that were signed, and when those begin that are being signed.
  private struct Announced {
    var terms: [Verified<Terms>]
    var begins: [Timestamp] = []
  }

  /// - Parameters:
  ///   - signer: signs the coordinator's statements.
  ///   - terms: what it has charged and charges; nothing unless said otherwise.
  ///   - escrow: examines the keys that merchants deposit.
  ///   - participants: finds banks, merchants and customers.
  ///   - observer: measures the engine; by default for the metrics system that the program has
  ///     bootstrapped, which is none unless it did so.
  public convenience init(
    signer: StatementSigner, escrow: EscrowAgent, trust: TrustStore, log: TransparencyLog,
    journal: any Store<any JournalRows>, participants: any Participants, clock: any WallClock,
    terms: [Verified<Terms>] = [], observer: (any EngineObserver)? = CoordinatorMetrics()
  ) {
    self.init(
      signer: signer, escrow: escrow, trust: trust, log: log, journal: journal,
      participants: participants, clock: clock, terms: terms, observer: observer,
      policy: .standard, hook: .none)
  }

  package init(
    signer: StatementSigner, escrow: EscrowAgent, trust: TrustStore, log: TransparencyLog,
    journal: any Store<any JournalRows>, participants: any Participants, clock: any WallClock,
    terms: [Verified<Terms>] = [], observer: (any EngineObserver)? = CoordinatorMetrics(),
    policy: RetryPolicy, hook: JournalHook
  ) {
    name = signer.issuer.party
    key = signer.issuer.key
    template = Self.template
    self.log = log
    self.clock = clock
    self.trust = trust
    self.signer = signer
    announced = Mutex(Announced(terms: terms))
    let notary = EvidenceNotary(
      trust: trust, signer: signer, terms: PublishedTerms(terms.map(\.stated)))
    self.notary = notary
    engine = Engine(
      coordinator: name,
      ports: CoordinatorPorts(
        notary: notary, examiner: escrow, log: log, participants: participants, clock: clock,
        journal: journal,
        makeEntropy: { SystemEntropy() }, observer: observer),
      policy: policy, hook: hook)
  }

  // MARK: - What it charges

  /// All terms that it has signed, in the order in which they begin.
  public var terms: [Verified<Terms>] {
    let announced = announced.withLock { $0.terms }
    return notary.terms.all.compactMap { terms in announced.first { $0.id == terms.id } }
  }

  /// The terms in force at a time, of its present key, for customers; `nil` where it has none.
  public func terms(at time: Timestamp) -> Signed<Terms>? {
    guard let terms = notary.terms.signed(by: key).inForce(at: time) else { return nil }
    return announced.withLock { $0.terms.first { $0.id == terms.id }?.signed }
  }

  /// Keeps to terms that another program has signed for it.
  func adopt(_ terms: [Verified<Terms>]) {
    announced.withLock { announced in
      for terms in terms where !announced.terms.contains(where: { $0.id == terms.id }) {
        announced.terms.append(terms)
      }
    }
    for terms in terms { notary.publish(terms.stated) }
  }

  /// Signs terms, and keeps to them from when they begin. Orders under earlier terms, or without, are taken until
  /// those have ended, and for `Terms.graceSeconds` more.
  ///
  /// - Parameters:
  ///   - from: when they begin; now, without one. A millisecond later where others begin then.
  ///   - keep: puts them where the coordinator finds them again, before the first order comes under them.
  /// - Throws: `fee` for terms that begin in the past, because orders have been taken since, or have not the form of
  ///   terms; what `keep` throws.
  public func announce(
    _ charges: [Charge], from: Timestamp? = nil, until: Timestamp,
    keep: (Verified<Terms>) async throws(PartyError) -> Void
  ) async throws(PartyError) -> Verified<Terms> {
    let now = clock.now()
    guard from ?? now >= now else {
      throw PartyError(.fee, "terms begin when they are signed, or later")
    }
    let begin = claimBegin(from ?? now)
    defer { announced.withLock { $0.begins.removeAll { $0 == begin } } }
    let terms = Terms(charges: charges, validFrom: begin, validUntil: until)
    var entropy = SystemEntropy()
    let verified: Verified<Terms>
    do {
      verified = try trust.verify(
        signer.sign(terms, entropy: &entropy), by: name, at: terms.validFrom)
    } catch {
      throw PartyError(.fee, error.message)
    }
    try await keep(verified)
    adopt([verified])
    return verified
  }

  /// The first time from then on at which no other terms begin, taken until they are signed: of terms in force there
  /// are always those that began last.
  private func claimBegin(_ from: Timestamp) -> Timestamp {
    announced.withLock { announced in
      let taken = announced.terms.map(\.claim.validFrom) + announced.begins
      var begin = from
      while taken.contains(begin) { begin = begin.adding(milliseconds: 1) }
      announced.begins.append(begin)
      return begin
    }
  }

  /// The digest of the standard template.
  public static let template = SHA256.digest(ProcessTemplate.standard.json)

  /// The receipt of a process: everything on file, and what the customer adds, proven under one
  /// checkpoint.
  ///
  /// - Parameters:
  ///   - additions: statements that only the customer has, such as a double-spend proof.
  ///   - parts: the order's parts as the customer has them, for an order that was never handed in.
  /// - Throws: `receipt`.
  public func receipt(
    of process: ProcessID, adding additions: [Bytes] = [], parts: [CommittedPart] = []
  ) async throws(PartyError) -> Receipt {
    do {
      let file = try await engine.file(of: process)
      return try await log.receipt(
        for: ReceiptContents(
          process: process, statements: file.statements + additions,
          verdict: file.verdict?.logged, parts: file.submission?.parts ?? parts,
          exhibits: file.wrongKeys.map {
            .revealedKey(deposit: $0.deposit.id, identity: $0.revealed)
          },
          keyBundle: file.bundle?.digest))
    } catch {
      throw PartyError(.receipt, "\(error)")
    }
  }
}

extension ProcessFile {
  /// All signed statements on file, in the order of the process.
  fileprivate var statements: [Bytes] {
    var statements: [Bytes] = []
    if let order { statements.append(order.bytes) }
    statements += (submission?.offers ?? []).map(\.bytes)
    if let terms = submission?.terms { statements.append(terms.bytes) }
    // An order that was only presented is not run by its template, but aborted.
    if submission != nil, let accepted { statements.append(accepted.signed.bytes) }
    statements += reservations.map(\.signed.bytes)
    for key in deposits { statements += [key.deposit.signed.bytes, key.acceptance.signed.bytes] }
    statements += wrongKeys.map(\.deposit.signed.bytes)
    statements += refusals.compactMap(\.exhibit?.signed.bytes)
    if let deliveryRequest { statements.append(deliveryRequest.signed.bytes) }
    if let cancellation { statements.append(cancellation.signed.bytes) }
    if let verdict { statements.append(verdict.logged.verdict.bytes) }
    statements += transfers.map(\.signed.bytes) + settlements.map(\.signed.bytes)
    statements += voids.map(\.signed.bytes) + releases.map(\.signed.bytes)
    return statements
  }
}
