// Evidence without cryptography: a signature is the signatory's number in front of the claim. Costs next to
// nothing, so that what is measured is the engine.

import PaymentModel

/// Who can sign, and how long what they sign is.
struct TrivialEvidence: Sendable {
  /// The number of whoever holds an order's one-time key.
  private static let oneTimeNumber: UInt8 = 255
  /// Kind, signatory, nonce, and the length of the claim.
  private static let headerCount = 4 + Nonce.byteCount

  let parties: [PartyName]
  private let keys: [Thumbprint]
  /// Statements are filled up to this, so that they are as long as real ones.
  let statementBytes: Int

  init(parties: [PartyName], statementBytes: Int) {
    self.parties = parties
    self.statementBytes = statementBytes
    keys = parties.map { Self.digest(Bytes($0.text.utf8)).renamed() }
  }

  func key(of party: PartyName) -> Thumbprint {
    keys[parties.firstIndex(of: party) ?? 0]
  }

  func sign<Content: Claim>(
    _ claim: Content, by signatory: Signatory, nonce: Nonce
  ) -> Signed<Content> {
    var header = Bytes()
    header.reserveCapacity(max(512, statementBytes))
    header.append(Self.number(of: Content.kind))
    switch signatory {
    case .party(let name): header.append(UInt8(parties.firstIndex(of: name) ?? 254))
    case .oneTime: header.append(Self.oneTimeNumber)
    }
    header.append(contentsOf: nonce.bytes)
    header.append(0)
    header.append(0)
    var writer = BinaryClaimWriter(after: header)
    claim.write(to: &writer)
    var bytes = writer.bytes
    let count = bytes.count - Self.headerCount
    bytes[Self.headerCount - 2] = UInt8(count >> 8)
    bytes[Self.headerCount - 1] = UInt8(count & 0xFF)
    if bytes.count < statementBytes {
      bytes.append(contentsOf: repeatElement(0, count: statementBytes - bytes.count))
    }
    return Signed(bytes)
  }

  func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory
  ) throws(NotAdmitted) -> Stated<Content> {
    let bytes = signed.bytes
    guard bytes.count >= Self.headerCount, bytes[0] == Self.number(of: Content.kind) else {
      throw NotAdmitted(code: "form", message: "no such statement")
    }
    let issuer: Issuer
    switch signatory {
    case .party(let name):
      guard Int(bytes[1]) < parties.count, parties[Int(bytes[1])] == name else {
        throw NotAdmitted(code: "signature", message: "somebody else signed")
      }
      issuer = Issuer(party: name, key: keys[Int(bytes[1])])
    case .oneTime(let key):
      guard bytes[1] == Self.oneTimeNumber else {
        throw NotAdmitted(code: "signature", message: "somebody else signed")
      }
      issuer = Issuer(party: .customer, key: key.renamed())
    }
    let count = Int(bytes[Self.headerCount - 2]) << 8 | Int(bytes[Self.headerCount - 1])
    do {
      var reader = BinaryClaimReader(bytes, in: Self.headerCount..<Self.headerCount + count)
      return Stated(id: Self.id(of: signed), issuer: issuer, claim: try Content(from: &reader))
    } catch {
      throw NotAdmitted(code: "claim", message: "\(error)")
    }
  }

  /// Who has signed an offer.
  func merchant(of offer: Signed<Offer>) -> PartyName { parties[Int(offer.bytes[1])] }

  static func id<Content: Claim>(of signed: Signed<Content>) -> StatementID {
    digest(signed.bytes).renamed()
  }

  private static func number(of kind: StatementKind) -> UInt8 {
    let letters = kind.rawValue.utf8
    return (letters.first ?? 0) &* 31 &+ (letters.last ?? 0) &* 7 &+ UInt8(letters.count)
  }

  /// Mixes bytes down to 32, eight at a time. No hash function: it only tells different bytes apart.
  static func digest(_ bytes: Bytes) -> Digest {
    let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    var lanes: (UInt64, UInt64, UInt64, UInt64) = (
      UInt64(bytes.count), 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB, 0x2545_F491_4F6C_DD1D
    )
    func turn(_ word: UInt64) -> UInt64 { word << 29 | word >> 35 }
    bytes.withUnsafeBytes { buffer in
      var place = 0
      while place + 8 <= buffer.count {
        let word = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        lanes = (lanes.1, lanes.2, lanes.3, turn((lanes.0 ^ word) &* factor))
        place += 8
      }
      var rest: UInt64 = 0
      while place < buffer.count {
        rest = rest << 8 | UInt64(buffer[place])
        place += 1
      }
      lanes.0 = (lanes.0 ^ rest) &* factor
    }
    // Each lane goes into each word.
    var sum = factor
    @discardableResult
    func mixed(_ word: UInt64) -> UInt64 {
      sum = (sum ^ word) &* factor
      sum ^= sum >> 32
      return sum
    }
    mixed(lanes.0)
    mixed(lanes.1)
    mixed(lanes.2)
    mixed(lanes.3)
    let words: InlineArray<4, UInt64> = [
      mixed(lanes.0), mixed(lanes.1), mixed(lanes.2), mixed(lanes.3),
    ]
    let digest = words.span.bytes.withUnsafeBytes { buffer in
      Digest(Span(_unsafeElements: buffer.bindMemory(to: UInt8.self)))
    }
    guard let digest else { fatalError("four words are 32 bytes") }
    return digest
  }
}

/// The coordinator's notary over trivial evidence.
struct TrivialNotary: Notary {
  let catalogue: TrivialCatalogue

  private var evidence: TrivialEvidence { catalogue.evidence }

  var key: Thumbprint { evidence.key(of: catalogue.coordinator) }

  func process(of order: Signed<Order>) -> ProcessID? {
    (try? evidence.read(order, by: .oneTime(catalogue.oneTimeKey)))?.id.renamed()
  }

  func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    let order = try evidence.read(submission.order, by: .oneTime(catalogue.oneTimeKey))
    var items: [AdmittedOrder.Item] = []
    for (number, signed) in submission.offers.enumerated() {
      let offer =
        catalogue.isShared
        ? catalogue.offers[number].stated
        : try evidence.read(signed, by: .party(evidence.merchant(of: signed)))
      items.append(
        AdmittedOrder.Item(
          merchant: offer.issuer.party, offer: offer, quantity: 1, part: submission.parts[number]))
    }
    let part = submission.parts[submission.offers.count]
    return AdmittedOrder(
      process: order.id.renamed(), signedOrder: submission.order, order: order.claim, items: items,
      payments: [
        AdmittedOrder.Payment(
          content: catalogue.payment, part: part, partDigest: digest(part.part),
          instrument: submission.instruments[0])
      ])
  }

  func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    try evidence.read(signed, by: signatory)
  }

  func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    evidence.sign(claim, by: .party(catalogue.coordinator), nonce: nonce)
  }

  func digest(_ bytes: Bytes) -> Digest { TrivialEvidence.digest(bytes) }
}
