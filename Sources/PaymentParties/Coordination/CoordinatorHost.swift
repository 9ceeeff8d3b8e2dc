// A coordinator with all that it needs: notary, escrow, log, journal.

public import Coordinator
public import Evidence
public import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

/// A coordinator, ready to run processes.
public final class CoordinatorHost: Sendable {
  public let name: PartyName
  /// The key that orders name.
  public let key: Thumbprint
  /// The template that orders name.
  public let template: Digest
  public let engine: Engine
  private let log: TransparencyLog

  /// - Parameters:
  ///   - signer: signs the coordinator's statements.
  ///   - escrow: examines the keys that merchants deposit.
  ///   - participants: finds banks, merchants and customers.
  ///   - observer: measures the engine; by default for the metrics system that the program has
  ///     bootstrapped, which is none unless it did so.
  public convenience init(
    signer: StatementSigner, escrow: EscrowAgent, trust: TrustStore, log: TransparencyLog,
    journal: any Store<any JournalRows>, participants: any Participants, clock: any WallClock,
    observer: (any EngineObserver)? = CoordinatorMetrics()
  ) {
    self.init(
      signer: signer, escrow: escrow, trust: trust, log: log, journal: journal,
      participants: participants, clock: clock, observer: observer, policy: .standard,
      hook: .none)
  }

  package init(
    signer: StatementSigner, escrow: EscrowAgent, trust: TrustStore, log: TransparencyLog,
    journal: any Store<any JournalRows>, participants: any Participants, clock: any WallClock,
    observer: (any EngineObserver)? = CoordinatorMetrics(), policy: RetryPolicy,
    hook: JournalHook
  ) {
    name = signer.issuer.party
    key = signer.issuer.key
    template = Self.template
    self.log = log
    engine = Engine(
      coordinator: name,
      ports: CoordinatorPorts(
        notary: EvidenceNotary(trust: trust, signer: signer), examiner: escrow, log: log,
        participants: participants, clock: clock, journal: journal,
        makeEntropy: { SystemEntropy() }, observer: observer),
      policy: policy, hook: hook)
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
