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
  /// At most so many of them for nothing: free goods cost who orders them no money, so without this limit they
  /// could take all places from goods that are paid for. Further free orders wait.
  public let mostFreeHolds: Int
  /// At most so many pieces of one stock are held for nothing, so that some are left for those who pay, or come
  /// later; an order that asks for more of them waits until it is the only one.
  public let mostFreePieces: Int
  /// How long after an order's `decideBy` the shop asks what became of it, in seconds: before, coordinators do not
  /// abort what nobody has handed in.
  public let askAfterSeconds: Int64

  /// - Parameters:
  ///   - templates: digests of process templates, for example the standard one.
  ///   - largestHoldSeconds: seven days unless said otherwise.
  ///   - mostUndecidedHolds: 10,000 unless said otherwise.
  ///   - mostFreeHolds: 1,000 unless said otherwise.
  ///   - mostFreePieces: 10 unless said otherwise.
  ///   - askAfterSeconds: five seconds unless said otherwise, the margin of a coordinator; not negative.
  public init(
    templates: [Digest], largestHoldSeconds: Int64 = 7 * 86_400, mostUndecidedHolds: Int = 10_000,
    mostFreeHolds: Int = 1000, mostFreePieces: Int = 10, askAfterSeconds: Int64 = 5
  ) {
    self.templates = templates
    self.largestHoldSeconds = largestHoldSeconds
    self.mostUndecidedHolds = mostUndecidedHolds
    self.mostFreeHolds = mostFreeHolds
    self.mostFreePieces = mostFreePieces
    self.askAfterSeconds = max(askAfterSeconds, 0)
  }
}
