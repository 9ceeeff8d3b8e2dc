// Evidence without cryptography: whatever was said is written down in one place, and only what stands
// there is believed. For tests of everything but the signatures.

public import PaymentModel
import Synchronization

/// A seeded source of bytes (SplitMix64). The same seed gives the same bytes.
public struct ModelEntropy: Entropy, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, and without, `bound`.
  public mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(max(1, bound)))
  }

  public mutating func bytes(_ count: Int) -> Bytes {
    var bytes = Bytes()
    while bytes.count < count { bytes += Bytes(bigEndian: next()) }
    return Bytes(bytes.prefix(count))
  }
}

/// Who said what.
public final class ModelEvidence: Sendable {
  private struct Entry: Sendable {
    let claim: any Claim
    let signatory: Signatory
  }

  private struct Tables: Sendable {
    var statements: [Bytes: Entry] = [:]
    var parts: [Bytes: OrderPart] = [:]
  }

  private let tables = Mutex(Tables())

  public init() {}

  /// Mixes bytes down to 32. No hash function: it only tells different bytes apart.
  public static func digest(_ bytes: Bytes) -> Digest {
    var mixed = Bytes()
    for lane in UInt64(0)..<4 {
      var hash = 0xCBF2_9CE4_8422_2325 &+ lane &* 0x9E37_79B9_7F4A_7C15
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
      var entropy = ModelEntropy(seed: hash ^ UInt64(bytes.count))
      mixed += Bytes(bigEndian: entropy.next())
    }
    guard let digest = Digest(mixed) else { fatalError("four lanes make 32 bytes") }
    return digest
  }

  /// The same claim, signatory and nonce give the same bytes.
  public func sign<Content: Claim>(
    _ claim: Content, by signatory: Signatory, nonce: Nonce
  ) -> Signed<Content> {
    let text = "\(Content.kind) \(signatory) \(nonce.bytes.hex) \(claim)"
    let bytes = Bytes("\(Content.kind):\(Self.digest(Bytes(text.utf8)))".utf8)
    tables.withLock { $0.statements[bytes] = Entry(claim: claim, signatory: signatory) }
    return Signed(bytes)
  }

  public func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory
  ) throws(NotAdmitted) -> Stated<Content> {
    guard let entry = tables.withLock({ $0.statements[signed.bytes] }),
      let claim = entry.claim as? Content, entry.signatory == signatory
    else { throw NotAdmitted(code: "not-signed", message: "\(signatory) said no such thing") }
    let id = Self.digest(signed.bytes)
    let party: PartyName
    if case .party(let name) = signatory { party = name } else { party = .customer }
    return Stated(
      id: id.renamed(), issuer: Issuer(party: party, key: Self.key(of: signatory)), claim: claim)
  }

  /// Reads an order by the one-time key that it names itself.
  public func read(order: Signed<Order>) throws(NotAdmitted) -> Stated<Order> {
    guard let claim = tables.withLock({ $0.statements[order.bytes] })?.claim as? Order else {
      throw NotAdmitted(code: "not-signed", message: "nobody signed such an order")
    }
    return try read(order, by: .oneTime(claim.oneTimeKey))
  }

  /// The key with which somebody signs here.
  public static func key(of signatory: Signatory) -> Thumbprint {
    digest(Bytes("key of \(signatory)".utf8)).renamed()
  }

  /// Writes a part down.
  public func commit(_ part: OrderPart, index: Int, salt: Salt) -> CommittedPart {
    let bytes = Bytes("part:\(Self.digest(salt.bytes + Bytes("\(part)".utf8)))".utf8)
    tables.withLock { $0.parts[bytes] = part }
    return CommittedPart(part: bytes, salt: salt, index: index, path: [])
  }

  public func read(part: CommittedPart) -> OrderPart? {
    tables.withLock { $0.parts[part.part] }
  }
}

/// The coordinator's notary over model evidence.
public struct ModelNotary: Notary {
  public let evidence: ModelEvidence
  public let coordinator: PartyName

  public init(evidence: ModelEvidence, coordinator: PartyName) {
    self.evidence = evidence
    self.coordinator = coordinator
  }

  public var key: Thumbprint { ModelEvidence.key(of: .party(coordinator)) }

  public func process(of order: Signed<Order>) -> ProcessID? {
    (try? evidence.read(order: order))?.id.renamed()
  }

  public func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    let order = try evidence.read(order: submission.order)
    var offers: [(signed: Signed<Offer>, stated: Stated<Offer>)] = []
    for signed in submission.offers {
      offers.append((signed, try readOffer(signed)))
    }
    var items: [AdmittedOrder.Item] = []
    var payments: [AdmittedOrder.Payment] = []
    for part in submission.parts {
      switch evidence.read(part: part) {
      case .item(let item):
        guard let offer = offers.first(where: { $0.stated.id == item.offer }) else {
          throw NotAdmitted(code: "offer-missing", message: "an item without its offer")
        }
        items.append(
          AdmittedOrder.Item(
            merchant: offer.stated.issuer.party, offer: offer.stated, quantity: item.quantity,
            part: part))
      case .payment(let payment):
        guard payments.count < submission.instruments.count else {
          throw NotAdmitted(code: "instrument-missing", message: "a payment without coins")
        }
        payments.append(
          AdmittedOrder.Payment(
            content: payment, part: part, partDigest: digest(part.part),
            instrument: submission.instruments[payments.count]))
      case .fee:
        throw NotAdmitted(code: "fee", message: "the model coordinator charges nothing")
      case nil:
        throw NotAdmitted(code: "part-unknown", message: "a part that is not in the order")
      }
    }
    return AdmittedOrder(
      process: order.id.renamed(), signedOrder: submission.order, order: order.claim,
      items: items.sorted { $0.offer.id < $1.offer.id },
      payments: payments.sorted { $0.content.bank < $1.content.bank })
  }

  private func readOffer(_ signed: Signed<Offer>) throws(NotAdmitted) -> Stated<Offer> {
    for name in ModelWorld.merchantNames {
      if let offer = try? evidence.read(signed, by: .party(name)) { return offer }
    }
    throw NotAdmitted(code: "offer-unsigned", message: "no merchant made that offer")
  }

  public func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    try evidence.read(signed, by: signatory)
  }

  public func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    evidence.sign(claim, by: .party(coordinator), nonce: nonce)
  }

  public func digest(_ bytes: Bytes) -> Digest { ModelEvidence.digest(bytes) }
}

/// Keys without cryptography: the identity that opens a container spells its recipient.
public struct ModelExaminer: KeyExaminer {
  public init() {}

  /// Nothing where there is no container.
  public static func identity(opening offer: Offer) -> Bytes {
    offer.container.map { Bytes("opens \($0.recipient)".utf8) } ?? []
  }

  public static func keyDigest(of identity: Bytes, process: ProcessID) -> Digest {
    ModelEvidence.digest(process.bytes + identity)
  }

  public static func seal<Content>(_ bytes: Bytes, as: Content.Type) -> Sealed<Content> {
    Sealed(bytes, digest: ModelEvidence.digest(bytes))
  }

  public func examine(
    _ key: Sealed<SealedContent.GoodsKey>, deposit: Deposit, offer: Offer
  ) -> KeyFinding {
    guard Self.keyDigest(of: key.bytes, process: deposit.process) == deposit.keyDigest else {
      return .unreadable
    }
    return key.bytes == Self.identity(opening: offer)
      ? .opens : .doesNotOpen(revealed: key.bytes)
  }

  public func bundle(
    _ keys: [Sealed<SealedContent.GoodsKey>], for recipient: RecipientValue
  ) -> Sealed<SealedContent.KeyBundle>? {
    Self.seal(
      Bytes("for \(recipient)\n".utf8)
        + keys.map(\.bytes).filter { !$0.isEmpty }.joined(separator: Bytes("\n".utf8)),
      as: SealedContent.KeyBundle.self)
  }
}
