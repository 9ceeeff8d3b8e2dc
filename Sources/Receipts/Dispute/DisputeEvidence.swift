// The evidence that several parties hand in about one complaint, verified.

public import Evidence
import PaymentCrypto
public import PaymentModel

/// Files of evidence, each verified like a receipt, and what they show together.
///
/// A file may hold any statements of the dispute with their places in the log; it need not be a whole
/// receipt. A statement of the customer is verified with the key of her order, whichever file holds it.
/// Statements that do not verify are findings, and are not looked at.
public struct DisputeEvidence: Sendable {
  /// What was found in each file, in their order.
  public let findings: [[Finding]]
  /// Something revealed: in which file, about which process, and the chunk that goes with it.
  public let exhibits: [(process: ProcessID, exhibit: Receipt.Exhibit, attachment: Bytes?)]
  private let examinations: [Examination]
  private let trust: TrustStore

  /// Verifies the files' statements and parts.
  public init(_ files: [Receipt], trust: TrustStore) {
    let first = files.map { Self.examine($0, trust: trust, order: nil) }
    let orders = first.compactMap(\.order)
    examinations = zip(files, first).map { file, examination in
      guard examination.order == nil,
        let order = orders.first(where: { $0.id.renamed() == file.process })
      else { return examination }
      return Self.examine(file, trust: trust, order: order)
    }
    findings = examinations.map(\.findings)
    exhibits = files.flatMap { file in
      file.exhibits.map { (file.process, $0, file.attachment) }
    }
    self.trust = trust
  }

  private static func examine(
    _ file: Receipt, trust: TrustStore, order: Stated<Order>?
  ) -> Examination {
    var examination = Examination(file, trust: trust, order: order)
    examination.checkCheckpoint()
    examination.checkStatements()
    return examination
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

  /// All that the judge may look at, but for facts about bytes.
  public func dispute(over complaint: Exhibited<Complaint>) -> Dispute {
    var dispute = Dispute(complaint)
    dispute.orders = sorted(examinations.compactMap { $0.exhibited($0.order) })
    dispute.offers = all(\.offers)
    dispute.reservations = all(\.reservations)
    dispute.deposits = all(\.deposits)
    dispute.verdicts = all(\.verdicts)
    dispute.transfers = all(\.transfers)
    dispute.refusals = all(\.refusals)
    dispute.acknowledgements = all(\.acknowledgements)
    dispute.addressClaims = all(\.addressClaims)
    dispute.dispatches = all(\.dispatches)
    dispute.refunds = all(\.refunds)
    dispute.withdrawals = all(\.withdrawals)
    dispute.issues = all(\.issues)
    dispute.requests = all(\.requests)
    dispute.sightings = examinations.flatMap { $0.sightings }
    dispute.hasOneLog = Set(trust.logKeys.map(\.party)).count == 1
    for examination in examinations {
      guard let order = examination.order else { continue }
      for part in examination.receipt.parts {
        switch try? part.verify(against: order.claim) {
        case .item(let item): dispute.items.append((order.id.renamed(), item))
        case .payment(let payment):
          dispute.payments.append((order.id.renamed(), SHA256.digest(part.part), payment))
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
  /// A verified statement with its place and time. One that was not logged stands behind all others.
  fileprivate func exhibited<Content: Claim>(_ stated: Stated<Content>?) -> Exhibited<Content>? {
    guard let stated, let checkpoint, let time else { return nil }
    let place = places[stated.id] ?? LogPlace(log: checkpoint.checkpoint.origin, index: .max)
    return Exhibited(
      stated, role: trust.key(stated.issuer.key)?.role ?? .customer, noLaterThan: time,
      log: place.log, index: place.index)
  }

  /// The states of logs that the file shows.
  fileprivate var sightings: [LogSighting] {
    let earlier = receipt.verdictProof.flatMap {
      try? policy.verify($0.checkpoint)
    }
    return [checkpoint, earlier].compactMap { witnessed in
      guard let witnessed, let time = witnessed.witnessedAt else { return nil }
      return LogSighting(
        log: witnessed.checkpoint.origin, size: witnessed.checkpoint.size, time: time)
    }
  }
}
