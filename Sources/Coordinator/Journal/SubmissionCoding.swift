// The bytes of a submission, as the journal keeps them.

public import PaymentModel

/// Sizes above which a submission is refused before it is looked into, in bytes.
public enum SubmissionLimits {
  /// A signed statement.
  public static let statement = 131_072
  /// One part of an order, in canonical JSON.
  public static let part = 65_536
  /// A sealed payment.
  public static let instrument = 1_048_576
  /// A good's sealed key.
  public static let goodsKey = 65_536
  /// What an examination reveals of a wrong key.
  public static let revealedKey = 1024
  /// All sealed keys of a purchase.
  public static let keyBundle = 1_048_576
  /// The audit path of a part has at most so many digests.
  public static let pathLength = 12
  /// The index of a part in its order is at most this.
  static let partIndex = 1 << pathLength

  /// A submission as it is stored: everything in it as long and as often as it may be.
  static let submission: Int = {
    // A length takes at most five bytes, and a digest or a salt 32.
    let (length, digest) = (5, 32)
    let onePart = length + part + digest + length + length + pathLength * digest
    return 2 * (length + statement)
      + length + PaymentProcess.largestPartCount * onePart
      + length + PaymentProcess.largestGoodCount * (length + statement)
      + length + PaymentProcess.largestBankCount * (length + instrument + digest)
  }()
}

extension PurchaseSubmission {
  /// Checks counts and sizes, without looking inside.
  ///
  /// - Throws: `too-large`.
  func checkSizes() throws(CoordinatorError) {
    let goods = PaymentProcess.largestGoodCount
    let banks = PaymentProcess.largestBankCount
    guard offers.count <= goods, instruments.count <= banks,
      parts.count <= PaymentProcess.largestPartCount,
      order.bytes.count <= SubmissionLimits.statement,
      terms.map({ $0.bytes.count <= SubmissionLimits.statement }) ?? true,
      offers.allSatisfy({ $0.bytes.count <= SubmissionLimits.statement }),
      instruments.allSatisfy({ $0.bytes.count <= SubmissionLimits.instrument }),
      parts.allSatisfy({
        $0.part.count <= SubmissionLimits.part && $0.path.count <= SubmissionLimits.pathLength
          && (0...SubmissionLimits.partIndex).contains($0.index)
      })
    else {
      throw CoordinatorError(.tooLarge, "the submission exceeds the limits of a process")
    }
  }

  /// The version byte of a submission without the coordinator's terms.
  private static let versionWithoutTerms: UInt8 = 1
  /// The version byte of one with them.
  private static let versionWithTerms: UInt8 = 2

  /// The submission as bytes: a version byte, then its fields. What a customer puts on record before she
  /// sends it.
  public var encoded: Bytes {
    ByteWriter.bytes { writer in
      writer.byte(terms == nil ? Self.versionWithoutTerms : Self.versionWithTerms)
      write(to: &writer)
    }
  }

  /// Reads `encoded` to its last byte.
  ///
  /// - Throws: `malformed-record`.
  public init(encoded bytes: Bytes) throws(CoordinatorError) {
    var reader = ByteReader(bytes)
    let version = try reader.byte()
    guard version == Self.versionWithoutTerms || version == Self.versionWithTerms else {
      throw ByteReader.malformed("its version is unknown")
    }
    try self.init(from: &reader, hasTerms: version == Self.versionWithTerms)
    guard reader.isAtEnd else { throw ByteReader.malformed("something follows its end") }
  }

  func write(to writer: inout ByteWriter) {
    writer.blob(order.bytes)
    writer.list(parts) { writer, part in
      writer.blob(part.part)
      writer.fixed(part.salt.bytes)
      writer.count(part.index)
      writer.list(part.path) { $0.identifier($1) }
    }
    writer.list(offers) { $0.blob($1.bytes) }
    writer.list(instruments) { $0.sealed($1) }
    if let terms { writer.blob(terms.bytes) }
  }

  /// - Parameter hasTerms: whether the coordinator's terms follow the other fields.
  init(from reader: inout ByteReader, hasTerms: Bool) throws(CoordinatorError) {
    let goods = PaymentProcess.largestGoodCount
    let banks = PaymentProcess.largestBankCount
    let order = Signed<Order>(try reader.blob(atMost: SubmissionLimits.statement))
    let parts = try reader.list(atMost: PaymentProcess.largestPartCount) {
      reader throws(CoordinatorError) in
      let part = try reader.blob(atMost: SubmissionLimits.part)
      let salt = try reader.salt()
      let index = try reader.count(atMost: SubmissionLimits.partIndex)
      let path = try reader.list(atMost: SubmissionLimits.pathLength) {
        reader throws(CoordinatorError) in try reader.identifier(of: Subject.Content.self)
      }
      return CommittedPart(part: part, salt: salt, index: index, path: path)
    }
    let offers = try reader.list(atMost: goods) { reader throws(CoordinatorError) in
      Signed<Offer>(try reader.blob(atMost: SubmissionLimits.statement))
    }
    let instruments = try reader.list(atMost: banks) { reader throws(CoordinatorError) in
      try reader.sealed(SealedContent.Instrument.self, atMost: SubmissionLimits.instrument)
    }
    let terms =
      hasTerms ? Signed<Terms>(try reader.blob(atMost: SubmissionLimits.statement)) : nil
    self.init(
      order: order, parts: parts, offers: offers, instruments: instruments, terms: terms)
  }
}

extension ByteWriter {
  mutating func sealed<Content>(_ value: Sealed<Content>) {
    blob(value.bytes)
    identifier(value.digest)
  }

  mutating func exhibit<Content>(_ value: Exhibit<Content>) {
    identifier(value.id)
    blob(value.signed.bytes)
  }
}

extension ByteReader {
  mutating func sealed<Content>(
    _ content: Content.Type, atMost limit: Int
  ) throws(CoordinatorError) -> Sealed<Content> {
    let bytes = try blob(atMost: limit)
    return Sealed(bytes, digest: try identifier())
  }

  mutating func exhibit<Content>(
    of content: Content.Type = Content.self
  ) throws(CoordinatorError) -> Exhibit<Content> {
    let id = try identifier(of: Subject.Statement.self)
    return Exhibit(id: id, signed: Signed(try blob(atMost: SubmissionLimits.statement)))
  }

  mutating func salt() throws(CoordinatorError) -> Salt {
    guard let salt = Salt(try fixed(Salt.byteCount)) else { throw Self.malformed("a salt") }
    return salt
  }

  mutating func nonce() throws(CoordinatorError) -> Nonce {
    guard let nonce = Nonce(try fixed(Nonce.byteCount)) else { throw Self.malformed("a nonce") }
    return nonce
  }
}
