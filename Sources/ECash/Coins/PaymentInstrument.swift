// What travels sealed to the bank: the coins of one payment, tied to the order that they pay.

import Evidence
public import PaymentCrypto
public import PaymentModel

/// A coin in the hands of the bank: what it is, and its signature on what it is used for.
public struct UsedCoin: Hashable, Sendable {
  public let denomination: DenominationID
  public let coin: CoinID
  /// The denomination's RSA signature of the coin.
  public let signature: Bytes
  /// The coin's signature of `CoinUse.message(in:at:)`: 64 bytes.
  public let use: Bytes

  public init(denomination: DenominationID, coin: CoinID, signature: Bytes, use: Bytes) {
    self.denomination = denomination
    self.coin = coin
    self.signature = signature
    self.use = use
  }
}

/// The coins of one payment, with the process, the payment part and the total that they are for. A blob
/// that is attached to another order disagrees with it.
///
/// On the wire canonical JSON, as an age file that only the bank opens.
public struct PaymentInstrument: Hashable, Sendable {
  /// The most coins of one payment.
  public static let largestCoinCount = 256
  /// The largest blob that is opened, in bytes of plaintext.
  public static let largestByteCount = 512 << 10

  public let process: ProcessID
  /// SHA-256 of the payment part's canonical JSON.
  public let part: Digest
  public let total: Amount
  public let coins: [UsedCoin]

  public init(process: ProcessID, part: Digest, total: Amount, coins: [UsedCoin]) {
    self.process = process
    self.part = part
    self.total = total
    self.coins = coins
  }

  /// The blob for the bank.
  public func sealed(
    to bank: Age.Recipient, from entropy: inout some Entropy
  ) -> Sealed<SealedContent.Instrument> {
    let content = CanonicalJSON.encode { write(to: &$0) }
    let file = Age.seal(content.span, to: bank, from: &entropy)
    return Sealed(file, digest: SHA256.digest(file))
  }

  /// Opens a blob.
  ///
  /// - Throws: `instrument` when it is not sealed to this identity, too large, or not canonical.
  public init(
    opening blob: Sealed<SealedContent.Instrument>, with identity: borrowing Age.Identity
  ) throws(ECashError) {
    do {
      let content = try Age.open(
        blob.bytes, with: identity, largestByteCount: Self.largestByteCount
      ).withSpan { span in span.indices.map { span[$0] } }
      self = try CanonicalJSON.decode(content, limit: Self.largestByteCount) {
        reader throws(ClaimError) in try PaymentInstrument(from: &reader)
      }
    } catch {
      throw ECashError(.instrument, "the sealed payment does not open or is not well formed")
    }
  }

  private init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    part = try reader.identifier("part")
    total = try reader.amount("total")
    coins = try reader.objects("coins", atMost: Self.largestCoinCount) {
      reader throws(ClaimError) in
      UsedCoin(
        denomination: try reader.identifier("denomination"), coin: try reader.identifier("coin"),
        signature: try reader.bytes("signature", atMost: 512),
        use: try reader.bytes("use", atMost: 64))
    }
  }

  private func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("part", part)
    writer.amount("total", total)
    writer.objects("coins", coins) { writer, coin in
      writer.identifier("denomination", coin.denomination)
      writer.identifier("coin", coin.coin)
      writer.bytes("signature", coin.signature)
      writer.bytes("use", coin.use)
    }
  }
}
