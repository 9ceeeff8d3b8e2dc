// An auditor's work on a complaint: evidence verified, bytes examined, and the judge asked.

public import Evidence
import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

/// A complaint, examined.
public struct DisputeAudit: Sendable {
  /// The evidence, verified.
  public let evidence: DisputeEvidence
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
    let identity = Self.oneTimeIdentity(in: evidence, of: dispute)
    var bundles: Set<Digest> = []
    for exhibit in evidence.exhibits {
      if case .keyBundle(let bundle) = exhibit.content,
        !bundles.insert(SHA256.digest(bundle)).inserted
      {
        continue
      }
      dispute.facts.formUnion(Self.facts(from: exhibit, in: dispute, identity))
    }
    self.evidence = evidence
    self.dispute = dispute
    judgement = judge(dispute)
  }

  // MARK: - Facts about bytes

  private static func facts(
    from exhibit: DisputeEvidence.Exhibit, in dispute: Dispute, _ identity: Bytes?
  ) -> Set<DisputeFact> {
    switch exhibit.content {
    case .chunk(let offer, let index, let listed, let path, let fileKey):
      guard let ciphertext = exhibit.attachment else { return [] }
      let chunk = ChunkEvidence(
        index: index, listed: listed, path: path, fileKey: fileKey, ciphertext: ciphertext)
      return facts(about: chunk, of: offer, in: dispute)
    case .keyBundle(let bundle):
      return facts(about: bundle, in: dispute, identity)
    case .blindSignatures(let issue, let signatures):
      let digest = SHA256.digest(signatures)
      return dispute.issues.contains { $0.id == issue && $0.claim.blindSignatures == digest }
        ? [.signaturesAreThere(issue: issue)] : []
    case .address(let claim, let address):
      let digest = SHA256.digest(address)
      return dispute.addressClaims.contains { $0.id == claim && $0.claim.address == digest }
        ? [.addressIsThere(claim: claim)] : []
    case .revealedKey, .oneTimeIdentity, .unlogged: return []
    }
  }

  /// The order of the process that is complained of.
  private static func order(of dispute: Dispute) -> Order? {
    dispute.orders.first { $0.id.renamed() == dispute.complaint.claim.process }?.claim
  }

  /// The identity among those revealed that belongs to the order's recipient.
  private static func oneTimeIdentity(
    in evidence: DisputeEvidence, of dispute: Dispute
  ) -> Bytes? {
    guard let recipient = order(of: dispute)?.recipient else { return nil }
    var revealed: Set<Bytes> = []
    for exhibit in evidence.exhibits {
      guard case .oneTimeIdentity(let bytes) = exhibit.content,
        exhibit.process == dispute.complaint.claim.process, revealed.insert(bytes).inserted
      else { continue }
      if let identity = try? Age.Identity(copying: SecretBytes(copying: bytes)),
        identity.recipient.bytes == recipient.bytes
      {
        return bytes
      }
    }
    return nil
  }

  private static func facts(
    about chunk: ChunkEvidence, of id: StatementID, in dispute: Dispute
  ) -> Set<DisputeFact> {
    guard let offer = dispute.offers.first(where: { $0.id == id }),
      let container = offer.claim.container
    else { return [] }
    return switch chunk.examine(against: container) {
    case .right: [.chunkIsRight(offer: id)]
    case .wrong: [.chunkIsWrong(offer: id)]
    case .unproven: []
    }
  }

  /// What a bundle holds, for each verdict that may have named it.
  private static func facts(
    about bundle: Bytes, in dispute: Dispute, _ identity: Bytes?
  ) -> Set<DisputeFact> {
    let digest = SHA256.digest(bundle)
    let isNamed = dispute.verdicts.contains { $0.claim.decision == .commit(keyBundle: digest) }
    guard isNamed, let order = order(of: dispute) else { return [] }
    var facts: Set<DisputeFact> = [.bundleIsThere(bundle: digest)]
    guard let identity else { return facts }
    var offers: [Stated<Offer>] = []
    let accepted = Set(
      dispute.acceptances.filter { $0.claim.process == dispute.complaint.claim.process }
        .map(\.claim.offer))
    for offer in dispute.offers
    where accepted.contains(offer.id) && !offers.contains(where: { $0.id == offer.id }) {
      offers.append(offer.stated)
    }
    let finding = BundleEvidence.examine(
      bundle, digest: digest, recipient: order.recipient, identity: identity, offers: offers)
    if case .lacks(let missing) = finding {
      for offer in missing { facts.insert(.bundleLacksKey(bundle: digest, offer: offer)) }
    }
    return facts
  }
}
