// What a merchant is willing to do.

public import PaymentModel

/// The limits within which a shop takes part in payment processes.
public struct ShopPolicy: Hashable, Sendable {
  /// The templates of processes that the shop joins.
  public let templates: [Digest]
  /// How far away the decision may be when a good is held, in seconds.
  public let largestHoldSeconds: Int64
  /// At most so many undecided holds at a time; further orders wait.
  public let mostUndecidedHolds: Int

  /// - Parameters:
  ///   - templates: digests of process templates, for example the standard one.
  ///   - largestHoldSeconds: seven days unless said otherwise.
  ///   - mostUndecidedHolds: 10,000 unless said otherwise.
  public init(
    templates: [Digest], largestHoldSeconds: Int64 = 7 * 86_400, mostUndecidedHolds: Int = 10_000
  ) {
    self.templates = templates
    self.largestHoldSeconds = largestHoldSeconds
    self.mostUndecidedHolds = mostUndecidedHolds
  }
}
