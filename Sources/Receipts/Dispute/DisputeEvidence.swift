// The evidence that several parties hand in about one complaint, verified.

public import Evidence
import PaymentCrypto
public import PaymentModel

/// Files of evidence, each verified like a receipt, and what they show together.
///
/// A file may hold any statements of the dispute with their places in the log; it need not be a whole
/// receipt. A statement of the customer is verified with the key of her order, whichever file holds it, and
/// keys that one file shows to be registered or revoked are so for all. Statements that do not verify are
/// findings, and are not looked at.
public struct DisputeEvidence: Sendable {
  /// Something revealed, about a process, and the chunk that goes with it.
  public struct Exhibit: Sendable {
    public let process: ProcessID
    public let content: Receipt.Exhibit
    public let attachment: Bytes?
  }

  /// What was found in each file, in their order.
  public let findings: [[Finding]]
  public let exhibits: [Exhibit]
  private let examinations: [Examination]
  private let hasOneLog: Bool

  /// Verifies the files' statements and parts.
  public init(_ files: [Receipt], trust: TrustStore) {
    func examine(_ file: Receipt, _ order: Stated<Order>?, _ changes: [KeyChange]) -> Examination {
      var examination = Examination(file, trust: trust, order: order, changes: changes)
      examination.checkCheckpoint()
      examination.checkStatements()
      examination.checkReliances()
      return examination
    }
    var found = files.map { examine($0, nil, []) }
    let orders = found.compactMap(\.order)
    // What one file shows of keys lets another show more, until nothing is new.
    var changes: [KeyChange] = []
    for round in 0...Self.mostRounds {
      let shown = Self.shared(found.flatMap(\.keyChanges))
      guard round == 0 || shown.count > changes.count else { break }
      changes = shown
      found = zip(files, found).map { file, examination in
        let order = examination.order ?? orders.first { $0.id.renamed() == file.process }
        return changes.isEmpty && (examination.order != nil || order == nil)
          ? examination : examine(file, order, changes)
      }
    }
    examinations = found
    findings = examinations.map(\.findings)
    exhibits = files.flatMap { file in
      file.exhibits.map {
        Exhibit(process: file.process, content: $0, attachment: file.attachment)
      }
    }
    hasOneLog = Set(trust.logKeys.map(\.party)).count == 1
  }

  /// How often key changes are looked for again.
  private static let mostRounds = 4
  /// How many registrations of one party count.
  private static let mostRegistrations = 16

  /// The changes that all files share: of each log, where a statement stands first. Revocations are never left out.
  private static func shared(_ changes: [KeyChange]) -> [KeyChange] {
    var shared: [KeyChange] = []
    var registrations: [PartyName: Int] = [:]
    for change in changes.sorted(by: { ($0.index, $0.seenAt) < ($1.index, $1.seenAt) }) {
      let isKnown = shared.contains {
        $0.isIn(change.log)
          && ($0.statement == change.statement
            || ($0.revokedKey != nil && $0.revokedKey == change.revokedKey
              && $0.seenAt <= change.seenAt))
      }
      guard !isKnown else { continue }
      if case .registration(let registration) = change.content {
        let party = registration.issuer.party
        guard registrations[party, default: 0] < mostRegistrations else { continue }
        registrations[party, default: 0] += 1
      }
      shared.append(change)
    }
    return shared
  }

  /// The complaints in the files, each once, the earliest first.
  public var complaints: [Exhibited<Complaint>] {
    var complaints: [Exhibited<Complaint>] = []
    for complaint in all(\.complaints) where !complaints.contains(where: { $0.id == complaint.id })
    {
      complaints.append(complaint)
    }
    return complaints
  }

  /// The statements that were found in that log and verify.
  public func statements(in log: String) -> Set<StatementID> {
    var statements: Set<StatementID> = []
    for examination in examinations {
      for reliance in examination.reliances
      where examination.places[reliance.statement]?.log.utf8.elementsEqual(log.utf8) == true {
        statements.insert(reliance.statement)
      }
    }
    return statements
  }

  /// All that the judge may look at, but for facts about bytes.
  public func dispute(over complaint: Exhibited<Complaint>) -> Dispute {
    var dispute = Dispute(complaint)
    dispute.orders = sorted(examinations.compactMap { $0.exhibited($0.order) })
    dispute.offers = all(\.offers)
    dispute.reservations = all(\.reservations)
    dispute.deposits = all(\.deposits)
    dispute.acceptances = all(\.acceptances)
    dispute.verdicts = sorted(examinations.flatMap(\.sightsOfVerdicts))
    dispute.unloggedVerdicts = examinations.flatMap(\.unused.unloggedVerdicts)
    dispute.transfers = all(\.transfers)
    dispute.creditLines = all(\.creditLines)
    dispute.credits = all(\.credits)
    dispute.refusals = all(\.refusals)
    dispute.acknowledgements = all(\.acknowledgements)
    dispute.addressClaims = all(\.addressClaims)
    dispute.dispatches = all(\.dispatches)
    dispute.refunds = all(\.refunds)
    dispute.withdrawals = all(\.withdrawals)
    dispute.issues = all(\.issues)
    dispute.requests = all(\.requests)
    dispute.sightings = examinations.flatMap(\.sightings)
    dispute.hasOneLog = hasOneLog
    for examination in examinations {
      guard let order = examination.order else { continue }
      for part in examination.receipt.parts {
        switch try? part.verify(against: order.claim) {
        case .item(let item): dispute.items.append((order.id.renamed(), item))
        case .payment(let payment):
          dispute.payments.append((order.id.renamed(), SHA256.digest(part.part), payment))
        case .fee(let fee): dispute.fees.append((order.id.renamed(), fee))
        case nil: continue
        }
      }
    }
    return dispute
  }

  private func all<Content: Claim>(
    _ list: KeyPath<Examination.Statements, [Stated<Content>]>
  ) -> [Exhibited<Content>] {
    sorted(
      examinations.flatMap { examination in
        examination.unused[keyPath: list].compactMap { examination.exhibited($0) }
      })
  }

  /// The earliest first: a statement that stands in several files is first seen where it proves most.
  private func sorted<Content: Claim>(
    _ statements: [Exhibited<Content>]
  ) -> [Exhibited<Content>] {
    statements.sorted { ($0.noLaterThan, $0.id) < ($1.noLaterThan, $1.id) }
  }
}

extension Examination {
  /// A verified statement with its place and time.
  fileprivate func exhibited<Content: Claim>(_ stated: Stated<Content>?) -> Exhibited<Content>? {
    guard let stated, let time, let place = places[stated.id] else { return nil }
    return Exhibited(
      stated, role: trust.key(stated.issuer.key)?.role ?? .customer, noLaterThan: time,
      log: place.log, index: place.index)
  }

  /// Each logged verdict, as the file's checkpoint shows it and as a proof of its own does.
  fileprivate var sightsOfVerdicts: [Exhibited<Verdict>] {
    unused.verdicts.flatMap { verdict -> [Exhibited<Verdict>] in
      let sights = [exhibited(verdict)].compactMap { $0 }
      let entry = LogEntry(slot: .verdict(of: verdict.claim.process), statement: verdict.id)
      guard let proof = receipt.verdictProof, let sight = try? policy.verify(entry, by: proof),
        let time = sight.witnessedAt
      else { return sights }
      let own = Exhibited(
        verdict, role: trust.key(verdict.issuer.key)?.role ?? .customer, noLaterThan: time,
        log: sight.checkpoint.origin, index: proof.index)
      return sights + [own]
    }
  }

  /// The states of logs that the file shows.
  fileprivate var sightings: [LogSighting] {
    let earlier = receipt.verdictProof.flatMap { try? policy.verify($0.checkpoint) }
    return [checkpoint, earlier].compactMap { witnessed in
      guard let witnessed, let time = witnessed.witnessedAt else { return nil }
      return LogSighting(
        log: witnessed.checkpoint.origin, size: witnessed.checkpoint.size, time: time)
    }
  }
}
