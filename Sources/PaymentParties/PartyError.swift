// What keeps a party from being set up or from doing its part.

/// An error of a party that is put together here, with a stable code.
public struct PartyError: Error, Sendable {
  /// Which check failed.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The at-rest key cannot be read, derived or made.
    public static let atRestKey = Code(rawValue: "at-rest-key")
    /// A party's key cannot be read, opened or kept.
    public static let keys = Code(rawValue: "keys")
    /// Another process uses the party's folder.
    public static let inUse = Code(rawValue: "in-use")
    /// The home folder is missing or incomplete.
    public static let home = Code(rawValue: "home")
    /// A database in the home folder has a schema that this program does not read.
    public static let schema = Code(rawValue: "home-schema")
    /// An offer does not verify, or its container is not what it says.
    public static let offer = Code(rawValue: "offer")
    /// The offers cannot be bought together.
    public static let order = Code(rawValue: "order")
    /// The wallet cannot pay the amount.
    public static let payment = Code(rawValue: "payment")
    /// The coordinator charges otherwise than its terms may, or than the customer allows.
    public static let fee = Code(rawValue: "fee")
    /// No bank through which the coordinator's fee may be paid keeps as little of it as the tariff allows.
    public static let feeLimit = Code(rawValue: "fee-limit")
    /// The coordinator does not take the order.
    public static let submission = Code(rawValue: "submission")
    /// There is no verdict yet; ask again.
    public static let undecided = Code(rawValue: "undecided")
    /// The coordinator does not take a cancellation now; hand it in again.
    public static let cancellation = Code(rawValue: "cancellation")
    /// The purchase has its verdict: it is too late to withdraw it.
    public static let decided = Code(rawValue: "decided")
    /// A good cannot be sealed, offered, found or opened.
    public static let goods = Code(rawValue: "goods")
    /// There is no such purchase, or it is not in the state that is needed.
    public static let purchase = Code(rawValue: "purchase")
    /// The receipt cannot be put together.
    public static let receipt = Code(rawValue: "receipt")
    /// A process cannot be exported, or an exported one cannot be read.
    public static let export = Code(rawValue: "export")
    /// An exported process that can be read is not what it says.
    public static let exportRefuted = Code(rawValue: "export-refuted")
    /// There is nothing to complain about, or not with this grievance.
    public static let evidence = Code(rawValue: "evidence")
    /// Evidence does not hold the one complaint that it is about.
    public static let complaint = Code(rawValue: "complaint")
  }

  public let code: Code
  /// For people. Never a secret.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension PartyError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}
