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

/// The coins of one payment, with the process, the payment part and the total that they are for.
public struct PaymentInstrument: Hashable, Sendable {
  /// The most coins of one payment.
  public static let largestCoinCount = 256

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
    let binding = InstrumentBinding(process: process, part: part, total: total)
    return binding.sealed(to: bank, from: &entropy) { UsedCoin.write(coins, to: &$0) }
  }
}

extension UsedCoin {
  static func read(from reader: inout some ClaimReader) throws(ClaimError) -> [UsedCoin] {
    try reader.objects("coins", atMost: PaymentInstrument.largestCoinCount) {
      reader throws(ClaimError) in
      UsedCoin(
        denomination: try reader.identifier("denomination"), coin: try reader.identifier("coin"),
        signature: try reader.bytes("signature", atMost: 512),
        use: try reader.bytes("use", atMost: 64))
    }
  }

  static func write(_ coins: [UsedCoin], to writer: inout some ClaimWriter) {
    writer.objects("coins", coins) { writer, coin in
      writer.identifier("denomination", coin.denomination)
      writer.identifier("coin", coin.coin)
      writer.bytes("signature", coin.signature)
      writer.bytes("use", coin.use)
    }
  }
}
