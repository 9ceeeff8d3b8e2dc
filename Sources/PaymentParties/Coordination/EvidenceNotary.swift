// The coordinator's notary: the trust store and the coordinator's own key.

public import Evidence
import PaymentCrypto
public import PaymentModel
import Synchronization

/// Reads and signs statements for one coordinator.
public final class EvidenceNotary: Notary {
  private let trust: TrustStore
  private let signer: StatementSigner
  private let published: Mutex<PublishedTerms>

  /// - Parameter terms: what the coordinator has charged and charges; nothing unless said otherwise.
  public init(
    trust: TrustStore, signer: StatementSigner, terms: PublishedTerms = PublishedTerms()
  ) {
    self.trust = trust
    self.signer = signer
    published = Mutex(terms)
  }

  /// The coordinator's terms, all of them.
  public var terms: PublishedTerms { published.withLock { $0 } }

  /// Charges by these terms from when they begin. Orders that came before are read back as they were.
  public func publish(_ terms: Stated<Terms>) {
    published.withLock { $0.add(terms) }
  }

  public var key: Thumbprint { signer.issuer.key }

  public func process(of order: Signed<Order>) -> ProcessID? {
    (try? UnverifiedStatement(order.bytes))?.id.renamed()
  }

  public func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    try OrderAdmission(trust: trust, coordinator: signer.issuer, published: terms).admit(
      submission, at: time)
  }

  /// A fee that the order pays is checked against the terms that came with it.
  public func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    try OrderAdmission(trust: trust, coordinator: signer.issuer, published: PublishedTerms())
      .admit(submission, at: time)
  }

  public func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    do {
      switch signatory {
      case .party(let party): return try trust.verify(signed, by: party, at: time).stated
      case .oneTime(let key): return try trust.verify(signed, byOneTimeKey: key).stated
      }
    } catch {
      throw NotAdmitted(code: error.code.rawValue, message: error.message)
    }
  }

  public func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    signer.sign(claim, nonce: nonce)
  }

  public func digest(_ bytes: Bytes) -> Digest {
    SHA256.digest(bytes)
  }
}
