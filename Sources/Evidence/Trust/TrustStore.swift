// Whom one believes: the keys of a signed list, each for its use and its time.

public import PaymentCrypto
public import PaymentModel

/// The keys of a signed trust list, ready to verify with.
///
/// The list is self-contained: the root that signs it stands in it. Whoever takes a list over for the
/// first time compares the root's thumbprint with one that came by another way, or pins it. One key has
/// one use: no key stands in a list twice.
public struct TrustStore: Sendable {
  /// A key of the list that has been checked to be one.
  public struct Key: Hashable, Sendable {
    public let party: PartyName
    public let role: Role
    public let publicKey: Ed25519.PublicKey
    public let thumbprint: Thumbprint
    public let validFrom: Timestamp
    /// The first moment at which it is not valid any more.
    public let validUntil: Timestamp

    init(_ listed: TrustedKey) throws(EvidenceError) {
      self.init(
        party: listed.party, role: listed.role,
        publicKey: try Ed25519.PublicKey(evidence: listed.key), from: listed.validFrom,
        until: listed.validUntil)
    }

    init(
      party: PartyName, role: Role, publicKey: Ed25519.PublicKey, from: Timestamp, until: Timestamp
    ) {
      self.party = party
      self.role = role
      self.publicKey = publicKey
      thumbprint = publicKey.thumbprint
      validFrom = from
      validUntil = until
    }

    /// - Throws: `keyNotYetValid` or `keyExpired`.
    func requireValid(at time: Timestamp) throws(EvidenceError) {
      guard validFrom <= time else {
        throw EvidenceError(.keyNotYetValid, "the key of \(party) is valid from \(validFrom) on")
      }
      guard time < validUntil else {
        throw EvidenceError(.keyExpired, "the key of \(party) was valid until \(validUntil)")
      }
    }
  }

  /// The signed list.
  public let signed: Signed<TrustList>
  /// What the list says, and which root says it.
  public let list: Stated<TrustList>
  /// All keys: those of the list in its order, then those that were registered.
  public private(set) var keys: [Key]
  private var keysByThumbprint: [Thumbprint: Key]
  private let recipients: [Addressee: Age.Recipient]

  /// Whom something is sealed to.
  private struct Addressee: Hashable {
    let party: PartyName
    let role: Role
  }

  /// Verifies a signed list.
  ///
  /// - Parameter pinnedRoot: the only root that is believed; without one, the root that the list names.
  /// - Throws: in this order the codes of a statement's form and members; `trustRootPin`; for each key
  ///   `trustCustomer`, `keyInvalid`, `trustKeyTwice`; for each recipient `recipientInvalid`,
  ///   `trustRecipientTwice`; `trustQuorum`; `trustRootUnlisted`; `keyNotYetValid`
  ///   or `keyExpired` unless the root's key was valid when the list was made; `signersMismatch`,
  ///   `signatureInvalid`.
  public init(
    _ signed: Signed<TrustList>, pinnedRoot: Thumbprint? = nil
  ) throws(EvidenceError) {
    let statement = try UnverifiedStatement(signed.bytes)
    let list: TrustList = try statement.unverifiedClaim()
    if let pinnedRoot, pinnedRoot != statement.issuer.key {
      throw EvidenceError(.trustRootPin, "the list is signed by another root than the pinned one")
    }
    let (keys, keysByThumbprint) = try Self.keys(of: list)
    recipients = try Self.recipients(of: list)
    guard list.witnessQuorum <= keys.count(where: { $0.role == .witness }) else {
      throw EvidenceError(.trustQuorum, "more witnesses are demanded than are listed")
    }
    guard let root = keysByThumbprint[statement.issuer.key], root.role == .trustRoot else {
      throw EvidenceError(.trustRootUnlisted, "the list is not signed by a root that it lists")
    }
    try root.requireValid(at: list.madeAt)
    let verified: Verified<TrustList> = try statement.verified(
      with: root.publicKey, party: root.party)
    self.signed = signed
    self.list = verified.stated
    self.keys = keys
    self.keysByThumbprint = keysByThumbprint
  }

  private static func keys(
    of list: TrustList
  ) throws(EvidenceError) -> (inOrder: [Key], byThumbprint: [Thumbprint: Key]) {
    var keys: [Key] = []
    var keysByThumbprint: [Thumbprint: Key] = [:]
    for listed in list.keys {
      guard listed.role != .customer, listed.party != .customer else {
        throw EvidenceError(.trustCustomer, "a customer's key in a trust list")
      }
      let key = try Key(listed)
      guard keysByThumbprint.updateValue(key, forKey: key.thumbprint) == nil else {
        throw EvidenceError(.trustKeyTwice, "a key of \(key.party) is listed twice")
      }
      keys.append(key)
    }
    return (keys, keysByThumbprint)
  }

  private static func recipients(
    of list: TrustList
  ) throws(EvidenceError) -> [Addressee: Age.Recipient] {
    var recipients: [Addressee: Age.Recipient] = [:]
    for listed in list.recipients {
      guard let recipient = try? Age.Recipient(listed.recipient.bytes) else {
        throw EvidenceError(.recipientInvalid, "nothing can be sealed to \(listed.party)")
      }
      let addressee = Addressee(party: listed.party, role: listed.role)
      guard recipients.updateValue(recipient, forKey: addressee) == nil else {
        throw EvidenceError(.trustRecipientTwice, "two recipients of \(listed.party) for one use")
      }
    }
    return recipients
  }

  /// Signs a list with a root that it lists, and checks that it will be accepted.
  ///
  /// - Throws: what `init(_:pinnedRoot:)` would throw for it.
  public static func sign(
    _ list: TrustList, with root: StatementSigner, entropy: inout some Entropy
  ) throws(EvidenceError) -> Signed<TrustList> {
    let signed = root.sign(list, entropy: &entropy)
    return try TrustStore(signed, pinnedRoot: root.issuer.key).signed
  }

  /// The signed list as it is kept in a file.
  public var bytes: Bytes { signed.bytes }

  /// SHA-256 of `bytes`.
  public var digest: Digest { SHA256.digest(signed.bytes) }

  // MARK: - Keys

  public func keys(role: Role) -> [Key] { keys.filter { $0.role == role } }

  /// The keys with which logs sign checkpoints.
  public var logKeys: [Key] { keys(role: .log) }

  /// The keys with which witnesses cosign checkpoints.
  public var witnessKeys: [Key] { keys(role: .witness) }

  /// How many witnesses must have cosigned a checkpoint.
  public var witnessQuorum: Int { list.claim.witnessQuorum }

  /// Certificates of the authorities that are believed for something, in DER.
  public func certificates(_ purpose: TrustedAuthority.Purpose) -> [Bytes] {
    list.claim.authorities.filter { $0.purpose == purpose }.map(\.certificate)
  }

  /// The key of that thumbprint, whatever its use and time.
  public func key(_ thumbprint: Thumbprint) -> Key? { keysByThumbprint[thumbprint] }

  /// The key of that thumbprint, for one use at one time.
  ///
  /// - Throws: in this order `keyUnknown`, `partyMismatch`, `keyRole`, `keyNotYetValid`, `keyExpired`.
  public func key(
    _ thumbprint: Thumbprint, party: PartyName, role: Role, at time: Timestamp
  ) throws(EvidenceError) -> Ed25519.PublicKey {
    try key(thumbprint, party: party, roles: [role], at: time).publicKey
  }

  /// Where to seal what only that party may read in that role.
  public func recipient(of party: PartyName, role: Role) -> Age.Recipient? {
    recipients[Addressee(party: party, role: role)]
  }

  private func key(
    _ thumbprint: Thumbprint, party: PartyName, roles: [Role], at time: Timestamp
  ) throws(EvidenceError) -> Key {
    guard let key = keysByThumbprint[thumbprint] else {
      throw EvidenceError(.keyUnknown, "the trust store does not list the key of \(party)")
    }
    guard key.party == party else {
      throw EvidenceError(.partyMismatch, "the key is that of \(key.party), not of \(party)")
    }
    guard roles.contains(key.role) else {
      throw EvidenceError(.keyRole, "the key of \(party) is for \(key.role.rawValue)")
    }
    try key.requireValid(at: time)
    return key
  }

  // MARK: - Changes

  /// - Throws: `trustKeyTwice`.
  func adding(_ key: Key) throws(EvidenceError) -> TrustStore {
    var store = self
    guard store.keysByThumbprint.updateValue(key, forKey: key.thumbprint) == nil else {
      throw EvidenceError(.trustKeyTwice, "the key of \(key.party) is known already")
    }
    store.keys.append(key)
    return store
  }

  /// The store in which a key that it has is valid until that time only.
  func ending(_ key: Key, at time: Timestamp) -> TrustStore {
    var store = self
    let ended = Key(
      party: key.party, role: key.role, publicKey: key.publicKey, from: key.validFrom, until: time)
    store.keysByThumbprint[key.thumbprint] = ended
    store.keys = keys.map { $0.thumbprint == key.thumbprint ? ended : $0 }
    return store
  }

  // MARK: - Verifying

  /// Verifies a statement of a listed party: that its key may sign this kind, was valid at that time, and
  /// did sign.
  ///
  /// - Parameters:
  ///   - party: the only issuer that is accepted; without one, any whose key may sign this kind.
  ///   - time: when the statement was made, as far as is known. A time that the statement itself claims
  ///     proves nothing about that.
  /// - Throws: the codes of a statement's form; then `kindMismatch`, `partyMismatch`, `keyUnknown`,
  ///   `keyRole`, `keyNotYetValid`, `keyExpired`, `signersMismatch`, `signatureInvalid`; then those of the
  ///   claim's members.
  public func verify<Content: Claim>(
    _ signed: Signed<Content>, by party: PartyName? = nil, at time: Timestamp
  ) throws(EvidenceError) -> Verified<Content> {
    let statement = try UnverifiedStatement(signed.bytes)
    try statement.require(kind: Content.kind)
    let party = party ?? statement.issuer.party
    guard statement.issuer.party == party else {
      throw EvidenceError(.partyMismatch, "the issuer is not \(party)")
    }
    let key = try key(
      statement.issuer.key, party: party, roles: Content.kind.signers, at: time)
    return try statement.verified(
      with: key.publicKey, party: party, cosigners: Self.cosigners(of: statement, Content.self))
  }

  /// The keys that a claim says must sign beside its issuer.
  private static func cosigners<Content: Claim>(
    of statement: UnverifiedStatement, _: Content.Type
  ) throws(EvidenceError) -> [Ed25519.PublicKey] {
    guard Content.isCosigned else { return [] }
    let claim: Content = try statement.unverifiedClaim()
    var keys: [Ed25519.PublicKey] = []
    for value in claim.cosigners { keys.append(try Ed25519.PublicKey(evidence: value)) }
    return keys
  }

  /// Verifies a statement of a customer, made with an order's one-time key.
  ///
  /// - Throws: as `verify(_:by:at:)`; `keyRole` when customers do not sign this kind, `keyInvalid` when
  ///   the bytes are no key.
  public func verify<Content: Claim>(
    _ signed: Signed<Content>, byOneTimeKey key: SigningKeyValue
  ) throws(EvidenceError) -> Verified<Content> {
    let statement = try UnverifiedStatement(signed.bytes)
    try statement.require(kind: Content.kind)
    guard Content.kind.signers.contains(.customer) else {
      throw EvidenceError(.keyRole, "a customer does not sign a \(Content.kind.rawValue)")
    }
    return try statement.verified(with: Ed25519.PublicKey(evidence: key), party: .customer)
  }

  /// Verifies an order with the one-time key that it brings along. Its identifier, renamed, is the
  /// process.
  public func verifyOrder(_ signed: Signed<Order>) throws(EvidenceError) -> Verified<Order> {
    let order: Order = try UnverifiedStatement(signed.bytes).unverifiedClaim()
    return try verify(signed, byOneTimeKey: order.oneTimeKey)
  }
}

extension Ed25519.PublicKey {
  /// A key as it stands in a claim.
  ///
  /// - Throws: `keyInvalid`.
  init(evidence value: SigningKeyValue) throws(EvidenceError) {
    do {
      try self.init(value.bytes)
    } catch {
      throw EvidenceError(.keyInvalid, error.message)
    }
  }
}
