// The registry of purposes: every kind of statement and who may sign it. A signature outside this
// list means nothing.

/// What a key is used for. One key, one use.
public enum Role: String, CaseIterable, Sendable {
  case bank
  case merchant
  case customer
  case account
  case coordinator
  case log
  case witness
  /// Holds a share of a good's key.
  case trustee
  /// Rules on complaints.
  case auditor
  /// The root that signs the list of trusted keys.
  case trustRoot = "trust-root"
}

/// A kind of signed statement.
public enum StatementKind: String, CaseIterable, Sendable {
  // Merchant
  case offer
  case deposit
  case release
  case settlement
  case dispatch
  case refund

  // Merchant or bank
  case refusal

  // Customer, with the order's one-time key
  case order
  case deliveryRequest = "delivery-request"
  case cancellation
  case acknowledgement
  case addressClaim = "address-claim"

  // Whoever has a grievance
  case complaint

  // Bank
  case keyset
  case issue
  case reservation
  case doubleSpend = "double-spend"
  case void
  case transfer
  case creditLine = "credit-line"
  case credit

  // Account key
  case withdrawal

  // Coordinator
  case submission
  case acceptance
  case verdict
  case terms

  // Trustee
  case shareAcceptance = "share-acceptance"

  // Auditor
  case evidenceRequest = "evidence-request"
  case ruling

  // Any party that signs statements, about its own keys
  case keyRegistration = "key-registration"
  case revocation

  // Trust root
  case trust

  /// The roles whose keys may sign this kind.
  public var signers: [Role] {
    switch self {
    case .offer, .deposit, .release, .settlement, .dispatch, .refund: [.merchant]
    case .refusal: [.merchant, .bank]
    case .order, .deliveryRequest, .cancellation, .acknowledgement, .addressClaim: [.customer]
    case .complaint: [.customer, .merchant, .bank, .account, .coordinator]
    case .keyset, .issue, .reservation, .doubleSpend, .void, .transfer, .creditLine, .credit:
      [.bank]
    case .withdrawal: [.account]
    case .submission, .acceptance, .verdict, .terms: [.coordinator]
    case .shareAcceptance: [.trustee]
    case .evidenceRequest, .ruling: [.auditor]
    case .keyRegistration: [.bank, .merchant, .account, .coordinator, .trustee, .auditor]
    case .revocation: [.bank, .merchant, .account, .coordinator, .trustee, .auditor, .trustRoot]
    case .trust: [.trustRoot]
    }
  }
}

/// Who says something: a party and the key with which it signs.
public struct Issuer: Hashable, Sendable {
  public let party: PartyName
  public let key: Thumbprint

  public init(party: PartyName, key: Thumbprint) {
    self.party = party
    self.key = key
  }
}

/// A claim together with who made it; its signature has been verified by whoever hands it out.
public struct Stated<Content: Claim>: Hashable, Sendable {
  public let id: StatementID
  public let issuer: Issuer
  public let claim: Content

  public init(id: StatementID, issuer: Issuer, claim: Content) {
    self.id = id
    self.issuer = issuer
    self.claim = claim
  }
}

/// Signed bytes that are said to carry a claim of that kind. Nothing about them has been verified.
public struct Signed<Content: Claim>: Hashable, Sendable {
  public let bytes: Bytes

  public init(_ bytes: Bytes) {
    self.bytes = bytes
  }
}

/// Bytes that only their addressee can read, with the digest by which others speak of them.
public struct Sealed<Content>: Hashable, Sendable {
  public let bytes: Bytes
  public let digest: Digest

  /// - Parameter digest: SHA-256 of `bytes`.
  public init(_ bytes: Bytes, digest: Digest) {
    self.bytes = bytes
    self.digest = digest
  }
}

/// What can travel `Sealed`.
public enum SealedContent {
  /// Coins, card data or an account order, sealed to a bank.
  public enum Instrument {}
  /// A good's age identity, sealed to the escrow agent.
  public enum GoodsKey {}
  /// All goods' identities of a purchase, sealed to the order's one-time recipient.
  public enum KeyBundle {}
}
