// What a method of payment promises, as a value: customers are shown it before they sign, and an analysis of
// guarantees reads it.

/// The declared properties of a method of payment.
///
/// They say what the method is by its construction. Whether a bank keeps to it is another question: what
/// it signs is what it can be held to.
public struct PaymentMethodProperties: Hashable, Sendable {
  /// What the paying bank learns about who pays.
  public enum PayerKnowledge: String, Sendable {
    /// Nothing: the money does not tell from which account it came.
    case anonymous
    /// The account or the card, and through it the holder.
    case identified
  }

  /// Whether a captured payment can be taken back.
  public enum Finality: String, Sendable {
    /// Not by anybody alone: only the payee can give money back.
    case final
    /// The payer can have it reversed for some time.
    case reversible
  }

  /// Which amounts can be paid.
  public enum Amounts: String, Sendable {
    /// Every amount.
    case any
    /// Sums of the pieces that the payer has at hand.
    case pieces
  }

  /// What is known of a second use of the same money.
  public enum DoubleUse: String, Sendable {
    /// It is proven by signatures that anybody can verify, also offline.
    case proven
    /// The bank prevents it. Nobody else can check that.
    case prevented
  }

  public let method: PaymentMethod
  public let payer: PayerKnowledge
  public let finality: Finality
  public let amounts: Amounts
  public let doubleUse: DoubleUse
  /// Whether a hold ends without a verdict, by the passing of time alone.
  public let holdLapses: Bool
  /// Whether what the bank is shown would serve again, for another payment, whoever sees it there. A
  /// signature under one process does not; a card's data do.
  public let showsReusableSecret: Bool
  /// Whether the money is lost with the wallet that holds it.
  public let isBearer: Bool

  public init(
    method: PaymentMethod, payer: PayerKnowledge, finality: Finality, amounts: Amounts,
    doubleUse: DoubleUse, holdLapses: Bool, showsReusableSecret: Bool, isBearer: Bool
  ) {
    self.method = method
    self.payer = payer
    self.finality = finality
    self.amounts = amounts
    self.doubleUse = doubleUse
    self.holdLapses = holdLapses
    self.showsReusableSecret = showsReusableSecret
    self.isBearer = isBearer
  }

  /// Blindly signed coins.
  public static let ecash = PaymentMethodProperties(
    method: .ecash, payer: .anonymous, finality: .final, amounts: .pieces, doubleUse: .proven,
    holdLapses: false, showsReusableSecret: false, isBearer: true)

  /// A card of the bank's own issuer, which knows no chargeback.
  public static let card = PaymentMethodProperties(
    method: .card, payer: .identified, finality: .final, amounts: .any, doubleUse: .prevented,
    holdLapses: false, showsReusableSecret: true, isBearer: false)

  /// Money of an account, on a signature of the account's key under one process.
  public static let transfer = PaymentMethodProperties(
    method: .transfer, payer: .identified, finality: .final, amounts: .any, doubleUse: .prevented,
    holdLapses: false, showsReusableSecret: false, isBearer: false)

  /// Coins and a card in one payment: of each the weaker promise.
  public static let coinsAndCard = PaymentMethodProperties(
    method: .coinsAndCard, payer: .identified, finality: .final, amounts: .any,
    doubleUse: .prevented, holdLapses: false, showsReusableSecret: true, isBearer: true)

  /// The declared properties in words, the ones that a payer should know first.
  public var words: [String] {
    var words = [
      payer == .anonymous
        ? "the bank does not learn who pays" : "the bank learns who pays",
      finality == .final ? "final once committed" : "the payer can have it reversed",
    ]
    if amounts == .pieces { words.append("needs coins that add up exactly") }
    words.append(
      doubleUse == .proven
        ? "a second use of the money can be proven by anybody"
        : "a second use of the money is prevented by the bank alone")
    words.append(holdLapses ? "a hold can lapse by itself" : "a hold ends by a verdict only")
    if showsReusableSecret { words.append("the bank is shown what would pay again") }
    if isBearer { words.append("lost with the wallet") }
    return words
  }
}
