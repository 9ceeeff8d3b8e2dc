// An auditor's work on a complaint: evidence verified, bytes examined, and the judge asked.

public import Evidence
import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

/// A complaint, examined.
public struct DisputeAudit: Sendable {
  /// What was found in each file of evidence, in their order.
  public let findings: [[Finding]]
  public let dispute: Dispute
  public let judgement: Judgement

  /// Examines the evidence of several parties about one complaint.
  ///
  /// - Parameters:
  ///   - files: receipts and complaints, in any order.
  ///   - complaint: which one, when the files hold several.
  /// - Throws: `complaint` when no such complaint is in the files and verifies, or more than one.
  public init(
    _ files: [Receipt], trust: TrustStore, complaint: StatementID? = nil
  ) throws(PartyError) {
    let evidence = DisputeEvidence(files, trust: trust)
    let complaints = evidence.complaints.filter { complaint == nil || $0.id == complaint }
    guard let first = complaints.first else {
      throw PartyError(.complaint, "no complaint that verifies is in the evidence")
    }
    guard complaints.count == 1 else {
      throw PartyError(.complaint, "the evidence holds \(complaints.count) complaints: name one")
    }
    var dispute = evidence.dispute(over: first)
    for (process, exhibit, attachment) in evidence.exhibits {
      dispute.facts.formUnion(
        Self.facts(from: exhibit, attachment, about: process, in: dispute, evidence))
    }
    findings = evidence.findings
    self.dispute = dispute
    judgement = judge(dispute)
  }

  // MARK: - Facts about bytes

  private static func facts(
    from exhibit: Receipt.Exhibit, _ attachment: Bytes?, about process: ProcessID,
    in dispute: Dispute, _ evidence: DisputeEvidence
  ) -> Set<DisputeFact> {
    switch exhibit {
    case .chunk(let offer, let index, let listed, let path, let fileKey):
      guard let ciphertext = attachment else { return [] }
      let chunk = ChunkEvidence(
        index: index, listed: listed, path: path, fileKey: fileKey, ciphertext: ciphertext)
      return facts(about: chunk, of: offer, in: dispute)
    case .keyBundle(let bundle):
      return facts(about: bundle, of: process, in: dispute, evidence)
    case .blindSignatures(let issue, let signatures):
      let digest = SHA256.digest(signatures)
      return dispute.issues.contains { $0.id == issue && $0.claim.blindSignatures == digest }
        ? [.signaturesAreThere(issue: issue)] : []
    case .revealedKey, .oneTimeIdentity, .unlogged: return []
    }
  }

  private static func facts(
    about chunk: ChunkEvidence, of id: StatementID, in dispute: Dispute
  ) -> Set<DisputeFact> {
    guard let offer = dispute.offers.first(where: { $0.id == id }) else { return [] }
    return switch chunk.examine(against: offer.claim.container) {
    case .right: [.chunkIsRight(offer: id)]
    case .wrong: [.chunkIsWrong(offer: id)]
    case .unproven: []
    }
  }

  private static func facts(
    about bundle: Bytes, of process: ProcessID, in dispute: Dispute, _ evidence: DisputeEvidence
  ) -> Set<DisputeFact> {
    let digest = SHA256.digest(bundle)
    let verdict = dispute.verdicts.first {
      $0.claim.process == process && $0.claim.decision == .commit(keyBundle: digest)
    }
    guard let verdict, let order = dispute.orders.first(where: { $0.id.renamed() == process })
    else { return [] }
    var facts: Set<DisputeFact> = [.bundleIsThere(verdict: verdict.id)]
    let bought = Set(dispute.items.filter { $0.process == process }.map(\.part.offer))
    var offers: [Stated<Offer>] = []
    for offer in dispute.offers
    where bought.contains(offer.id) && !offers.contains(where: { $0.id == offer.id }) {
      offers.append(offer.stated)
    }
    for case (process, .oneTimeIdentity(let identity), _) in evidence.exhibits {
      let finding = BundleEvidence.examine(
        bundle, digest: digest, recipient: order.claim.recipient, identity: identity,
        offers: offers)
      guard case .lacks(let missing) = finding else { continue }
      for offer in missing { facts.insert(.bundleLacksKey(verdict: verdict.id, offer: offer)) }
    }
    return facts
  }
}
