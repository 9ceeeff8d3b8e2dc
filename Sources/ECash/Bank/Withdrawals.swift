// What an account holder sends to turn account money into coins, and what she gets.

import PaymentCrypto
public import PaymentModel

/// A coin that is asked for: which denomination is to sign which blinded message.
public struct BlindedCoin: Hashable, Sendable {
  public let denomination: DenominationID
  public let blindedMessage: Bytes

  public init(denomination: DenominationID, blindedMessage: Bytes) {
    self.denomination = denomination
    self.blindedMessage = blindedMessage
  }

  /// SHA-256(denomination ‖ blinded message).
  public var digest: Digest { SHA256.digest(denomination.bytes, blindedMessage) }
}

/// A withdrawal, signed with the account's key, and the blinded coins that it speaks of.
public struct WithdrawalRequest: Hashable, Sendable {
  /// The most coins of one request.
  public static let largestCoinCount = 1024

  public let statement: Signed<Withdrawal>
  public let coins: [BlindedCoin]

  public init(statement: Signed<Withdrawal>, coins: [BlindedCoin]) {
    self.statement = statement
    self.coins = coins
  }

  /// What `Withdrawal.blindedMessages` is: SHA-256 over denomination ‖ blinded message of each coin.
  public static func digest(of coins: [BlindedCoin]) -> Digest {
    SHA256.digest(coins.flatMap { $0.denomination.bytes + $0.blindedMessage })
  }
}

/// The bank's answer to a withdrawal.
public struct IssuedCoins: Hashable, Sendable {
  public let statement: Signed<Issue>
  /// In the order of the request.
  public let blindSignatures: [Bytes]

  public init(statement: Signed<Issue>, blindSignatures: [Bytes]) {
    self.statement = statement
    self.blindSignatures = blindSignatures
  }

  /// What `Issue.blindSignatures` is: SHA-256 over the blind signatures.
  public static func digest(of blindSignatures: [Bytes]) -> Digest {
    SHA256.digest(blindSignatures.flatMap { $0 })
  }
}

/// How a withdrawal ends.
public enum WithdrawalOutcome: Sendable {
  case issued(IssuedCoins)
  /// Nothing was debited. The same request may be sent again once the reason is gone.
  case refused(ECashError)
  /// Nobody knows: it may have been debited. The same request sent again brings the coins.
  case unknown(String)
}

/// A bank, as a wallet sees it.
public protocol WithdrawalAgent: Sendable {
  /// Debits an account and signs blinded coins. A blinded message that was signed before is not debited
  /// again.
  func withdraw(_ request: WithdrawalRequest) async -> WithdrawalOutcome
}
