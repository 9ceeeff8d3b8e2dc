// What can go wrong in this module: one code for each check.

/// A check of this module failed. Compared by its code; the message is for people.
///
/// It never carries a secret: no seed, key, blinding factor or coin.
public struct ECashError: Error, Sendable, Equatable {
  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// Which check failed. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
      self.rawValue = rawValue
    }
  }
}

extension ECashError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}

// MARK: - Keysets

extension ECashError.Code {
  /// The keyset's signature is not that of a bank in the trust store.
  public static let keysetSignature = Self(rawValue: "keyset-signature")
  /// A keyset has no denominations, or a key twice, or a key that is none.
  public static let keysetContent = Self(rawValue: "keyset-content")
  /// A denomination's private key is published, for tests.
  public static let testDenomination = Self(rawValue: "test-denomination")
  /// A keyset of that period exists, with other content; or the currency is another.
  public static let keysetConflict = Self(rawValue: "keyset-conflict")
  /// No such denomination.
  public static let denominationUnknown = Self(rawValue: "denomination-unknown")
  /// The denomination is not issued at this time, or was stopped.
  public static let denominationClosed = Self(rawValue: "denomination-closed")
  /// A private denomination key could not be read or did not sign.
  public static let denominationKey = Self(rawValue: "denomination-key")
}

// MARK: - Accounts

extension ECashError.Code {
  /// An account of that name exists, with another key.
  public static let accountExists = Self(rawValue: "account-exists")
  /// No such account.
  public static let accountUnknown = Self(rawValue: "account-unknown")
  /// The account does not hold enough.
  public static let insufficientFunds = Self(rawValue: "insufficient-funds")
  /// An amount is in another currency than the bank's.
  public static let currency = Self(rawValue: "currency")
  /// An amount, or a sum of amounts, is too large to be kept.
  public static let amountOverflow = Self(rawValue: "amount-overflow")
  /// An amount is zero that must be more.
  public static let amountZero = Self(rawValue: "amount-zero")
  /// The same reference was used for another amount or account.
  public static let referenceConflict = Self(rawValue: "reference-conflict")
  /// A posting's lines do not add up to nothing, or the books contradict each other.
  public static let booksUnbalanced = Self(rawValue: "books-unbalanced")
}

// MARK: - Withdrawals

extension ECashError.Code {
  /// The withdrawal's signature is not that of the account's key.
  public static let withdrawalSignature = Self(rawValue: "withdrawal-signature")
  /// The withdrawal is addressed to another bank.
  public static let withdrawalBank = Self(rawValue: "withdrawal-bank")
  /// The blinded messages are not those that were signed, or not so many, or one stands twice.
  public static let withdrawalDigest = Self(rawValue: "withdrawal-digest")
  /// The signed total is not the sum of the coins' values.
  public static let withdrawalTotal = Self(rawValue: "withdrawal-total")
  /// A blinded message has another size than its key, or is not below its modulus.
  public static let blindedMessage = Self(rawValue: "blinded-message")
  /// More coins than one request may ask for.
  public static let tooManyCoins = Self(rawValue: "too-many-coins")
  /// The bank's answer to a withdrawal does not verify.
  public static let issueInvalid = Self(rawValue: "issue-invalid")
  /// Nobody knows what became of the request; the same one can be sent again.
  public static let unanswered = Self(rawValue: "unanswered")
}

// MARK: - Payments

extension ECashError.Code {
  /// The bank holds money by a method that it no longer has.
  public static let methodMissing = Self(rawValue: "method-missing")
  /// What is said to be a card is none.
  public static let cardDetails = Self(rawValue: "card-details")
  /// An account's key has not asked for a card, or a card was issued for the request.
  public static let cardRequest = Self(rawValue: "card-request")
  /// A request for a card came after its time, or is good for too long.
  public static let cardRequestExpired = Self(rawValue: "card-request-expired")
  /// No such card.
  public static let cardUnknown = Self(rawValue: "card-unknown")
  /// What an issuer has sealed does not open with this key.
  public static let cardSealed = Self(rawValue: "card-sealed")
  /// A transfer is not one of another bank into an account here.
  public static let transferInvalid = Self(rawValue: "transfer-invalid")
  /// The bank does not clear with that bank.
  public static let correspondentUnknown = Self(rawValue: "correspondent-unknown")
  /// The other bank has drawn more than its credit line lets it.
  public static let clearingLimit = Self(rawValue: "clearing-limit")
  /// A transfer names no credit line that this bank has signed to the other one.
  public static let lineUnknown = Self(rawValue: "line-unknown")
  /// A bank has drawn the same part of a credit line for two payments.
  public static let drawnTwice = Self(rawValue: "drawn-twice")
  /// What is said to be a credit line for this bank is none.
  public static let lineInvalid = Self(rawValue: "line-invalid")
  /// A credit line says less, or ends sooner, than one before.
  public static let lineTakesBack = Self(rawValue: "line-takes-back")
  /// Less is owed to the other bank than is to be paid to it.
  public static let notOwed = Self(rawValue: "not-owed")
  /// A sealed payment does not open or is not in its canonical form.
  public static let instrument = Self(rawValue: "instrument")
  /// A claim does not fit into a statement.
  public static let statementInvalid = Self(rawValue: "statement-invalid")
  /// What is said to prove a double spend does not.
  public static let proofInvalid = Self(rawValue: "proof-invalid")
}

// MARK: - Wallet

extension ECashError.Code {
  /// The wallet's store holds no seed, or another one already.
  public static let walletSeed = Self(rawValue: "wallet-seed")
  /// The seed in the store does not open with this key.
  public static let walletSealed = Self(rawValue: "wallet-sealed")
  /// Nothing was given to pay a part by its method.
  public static let meansMissing = Self(rawValue: "means-missing")
  /// The coins at hand do not add up to that amount exactly.
  public static let notPayable = Self(rawValue: "not-payable")
  /// The amount is no sum of the bank's denominations.
  public static let notWithdrawable = Self(rawValue: "not-withdrawable")
  /// An order is not signed with the keys of its number, or a part does not belong to it.
  public static let orderInvalid = Self(rawValue: "order-invalid")
  /// The trust list does not say where to seal payments for a bank.
  public static let recipientUnknown = Self(rawValue: "recipient-unknown")
  /// No such purchase.
  public static let purchaseUnknown = Self(rawValue: "purchase-unknown")
  /// The purchase has ended otherwise.
  public static let purchaseEnded = Self(rawValue: "purchase-ended")
  /// The customer has withdrawn the order.
  public static let purchaseWithdrawn = Self(rawValue: "purchase-withdrawn")
  /// The verdict does not verify or is of another process.
  public static let verdictInvalid = Self(rawValue: "verdict-invalid")
}
