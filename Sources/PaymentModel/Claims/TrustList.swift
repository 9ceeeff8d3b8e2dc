// Whom one believes: a signed list of keys.

/// The keys that its holder trusts, each for one use, signed by a root.
public struct TrustList: Claim {
  public static let kind = StatementKind.trust

  /// When the list was made. A later one replaces it.
  public let madeAt: Timestamp
  public let keys: [TrustedKey]
  /// Where one seals what only a bank or a coordinator's escrow may read.
  public let recipients: [TrustedRecipient]
  /// Authorities outside, which sign with X.509 certificates.
  public let authorities: [TrustedAuthority]
  /// How many of the listed witnesses must have cosigned a checkpoint.
  public let witnessQuorum: Int

  public init(
    madeAt: Timestamp, keys: [TrustedKey], recipients: [TrustedRecipient] = [],
    authorities: [TrustedAuthority] = [], witnessQuorum: Int
  ) {
    self.madeAt = madeAt
    self.keys = keys
    self.recipients = recipients
    self.authorities = authorities
    self.witnessQuorum = witnessQuorum
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    madeAt = try reader.timestamp("madeAt")
    keys = try reader.objects("keys", atMost: 1024) { reader throws(ClaimError) in
      try TrustedKey(from: &reader)
    }
    recipients = try reader.objects("recipients", atMost: 1024) { reader throws(ClaimError) in
      try TrustedRecipient(from: &reader)
    }
    authorities = try reader.objects("authorities", atMost: 16) { reader throws(ClaimError) in
      try TrustedAuthority(from: &reader)
    }
    witnessQuorum = try reader.number("witnessQuorum", in: 0...64)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.timestamp("madeAt", madeAt)
    writer.objects("keys", keys) { $1.write(to: &$0) }
    writer.objects("recipients", recipients) { $1.write(to: &$0) }
    writer.objects("authorities", authorities) { $1.write(to: &$0) }
    writer.number("witnessQuorum", UInt64(witnessQuorum))
  }
}

/// One key, whose it is, and what it may be used for, from when until when.
public struct TrustedKey: Hashable, Sendable {
  public let party: PartyName
  public let role: Role
  public let key: SigningKeyValue
  public let validFrom: Timestamp
  public let validUntil: Timestamp

  public init(
    party: PartyName, role: Role, key: SigningKeyValue, validFrom: Timestamp,
    validUntil: Timestamp
  ) {
    self.party = party
    self.role = role
    self.key = key
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    party = try reader.party("party")
    role = try reader.choice("role")
    key = try reader.identifier("key")
    validFrom = try reader.timestamp("validFrom")
    validUntil = try reader.timestamp("validUntil")
    guard validFrom < validUntil else { throw ClaimError("validUntil", .badValue) }
  }

  func write(to writer: inout some ClaimWriter) {
    writer.text("party", party.text)
    writer.choice("role", role)
    writer.identifier("key", key)
    writer.timestamp("validFrom", validFrom)
    writer.timestamp("validUntil", validUntil)
  }
}

/// An age recipient of a party: where payment instruments are sealed to at a bank, and goods' keys at a
/// coordinator's escrow.
public struct TrustedRecipient: Hashable, Sendable {
  public let party: PartyName
  public let role: Role
  public let recipient: RecipientValue

  public init(party: PartyName, role: Role, recipient: RecipientValue) {
    self.party = party
    self.role = role
    self.recipient = recipient
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    party = try reader.party("party")
    role = try reader.choice("role")
    recipient = try reader.identifier("recipient")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.text("party", party.text)
    writer.choice("role", role)
    writer.identifier("recipient", recipient)
  }
}

/// An authority that is believed for one thing, with its certificate.
public struct TrustedAuthority: Hashable, Sendable {
  /// What it is believed for.
  public enum Purpose: String, CaseIterable, Sendable {
    /// Who somebody is: openings of masks.
    case registrar
    /// When something was there: tokens of RFC 3161.
    case timeStamp = "time-stamp"
  }

  public let purpose: Purpose
  /// X.509 in DER.
  public let certificate: Bytes

  public init(_ purpose: Purpose, certificate: Bytes) {
    self.purpose = purpose
    self.certificate = certificate
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    purpose = try reader.choice("purpose")
    certificate = try reader.bytes("certificate", atMost: 8192)
  }

  func write(to writer: inout some ClaimWriter) {
    writer.choice("purpose", purpose)
    writer.bytes("certificate", certificate)
  }
}
