// Keysets that were verified, and the only way to get one.

public import Evidence
public import PaymentCrypto
public import PaymentModel

/// Which denomination keys are accepted.
public struct DenominationRules: Hashable, Sendable {
  /// Keys whose private halves are published, for tests, are refused.
  public static let standard = DenominationRules(acceptsTestKeys: false)

  /// Accepts the published keys, too. For tests and simulations.
  package static let testing = DenominationRules(acceptsTestKeys: true)

  let acceptsTestKeys: Bool
}

/// A denomination of an accepted keyset, with its key ready for use.
public struct AcceptedDenomination: Sendable {
  public let id: DenominationID
  public let content: Denomination
  public let key: BlindRSA.PublicKey

  /// In minor units.
  public var value: UInt64 { content.value }

  /// - Throws: `keysetContent` when the key is none; `testDenomination`.
  init(_ content: Denomination, rules: DenominationRules) throws(ECashError) {
    guard content.value <= Amount.largestMinor, content.value.nonzeroBitCount == 1 else {
      throw ECashError(.keysetContent, "a denomination's value is no power of two")
    }
    do {
      key = try BlindRSA.PublicKey(derRepresentation: content.publicKey)
    } catch {
      throw ECashError(.keysetContent, "a denomination's key is not usable: \(error.message)")
    }
    id = key.id
    guard rules.acceptsTestKeys || !TestDenominations.contains(id) else {
      throw ECashError(.testDenomination, "a denomination's private key is published, for tests")
    }
    self.content = content
  }

  /// Whether a blinded message has the size of the key's modulus and is below it, so that it can be
  /// signed.
  func canSign(_ blindedMessage: Bytes) -> Bool {
    blindedMessage.count == key.modulusByteCount
      && blindedMessage.lexicographicallyPrecedes(key.modulusBytes)
  }

  /// Whether `signature` makes this coin one of the denomination.
  func isValid(signature: Bytes, of coin: CoinID) -> Bool {
    key.isValid(signature: signature, for: Self.message(coin))
  }

  /// A coin as it is signed: its public key, under RSABSSA-SHA384-PSS-Deterministic (RFC 9474, section 5).
  static func message(_ coin: CoinID) -> BlindRSA.PreparedMessage {
    BlindRSA.PreparedMessage(coin.bytes, variant: .pssDeterministic)
  }

  /// Whether coins are issued then.
  public func isIssued(at time: Timestamp) -> Bool {
    content.issuedFrom <= time && time < content.issuedUntil
  }

  /// Whether coins are accepted in payments then.
  public func isAccepted(at time: Timestamp) -> Bool {
    content.issuedFrom <= time && time < content.spentUntil
  }
}

/// A bank's keyset whose signature was verified. A wallet uses no other, so that a bank cannot give a
/// customer keys of her own.
public struct AcceptedKeyset: Sendable {
  public let bank: PartyName
  public let keyset: Keyset
  public let statement: Signed<Keyset>
  /// Ordered by value, each value once.
  public let denominations: [AcceptedDenomination]

  /// Verifies a keyset.
  ///
  /// - Parameters:
  ///   - bank: whose it is said to be.
  ///   - time: as of when the bank's key must be valid.
  /// - Throws: `keysetSignature`, `keysetContent`, `testDenomination`.
  public init(
    _ statement: Signed<Keyset>, of bank: PartyName, trust: TrustStore, at time: Timestamp,
    rules: DenominationRules = .standard
  ) throws(ECashError) {
    let verified: Verified<Keyset>
    do {
      verified = try trust.verify(statement, by: bank, at: time)
    } catch {
      throw ECashError(.keysetSignature, "the keyset does not verify: \(error.message)")
    }
    keyset = verified.claim
    var denominations: [AcceptedDenomination] = []
    for content in keyset.denominations {
      denominations.append(try AcceptedDenomination(content, rules: rules))
    }
    guard !denominations.isEmpty, Set(denominations.map(\.id)).count == denominations.count else {
      throw ECashError(.keysetContent, "a keyset needs denominations, each with a key of its own")
    }
    self.bank = bank
    self.statement = statement
    self.denominations = denominations
  }

  public var currency: Currency { keyset.currency }

  /// The denomination of that identifier.
  public func denomination(_ id: DenominationID) -> AcceptedDenomination? {
    denominations.first { $0.id == id }
  }
}
