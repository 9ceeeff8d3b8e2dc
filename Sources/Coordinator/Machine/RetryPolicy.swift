// When to ask again.

import PaymentModel

/// How requests without a final answer are repeated. Activities before the verdict are bounded by the
/// process's time frames, those after it by nothing but `notifyAttempts`.
public struct RetryPolicy: Hashable, Sendable {
  /// The pause after the first attempt. It doubles with each further one.
  public let firstPauseMilliseconds: Int64
  /// Not shorter than the first.
  public let longestPauseMilliseconds: Int64
  /// Without any answer for so long the same request is sent again.
  public let answerWithinMilliseconds: Int64
  /// After so many attempts somebody is called, once.
  public let operatorAfterAttempts: Int
  /// After so many attempts to tell the customer the process ends without her: the verdict is public.
  public let notifyAttempts: Int

  /// Everything is at least one.
  public init(
    firstPauseMilliseconds: Int64 = 250, longestPauseMilliseconds: Int64 = 60_000,
    answerWithinMilliseconds: Int64 = 10_000, operatorAfterAttempts: Int = 12,
    notifyAttempts: Int = 6
  ) {
    self.firstPauseMilliseconds = max(firstPauseMilliseconds, 1)
    self.longestPauseMilliseconds = max(longestPauseMilliseconds, self.firstPauseMilliseconds)
    self.answerWithinMilliseconds = max(answerWithinMilliseconds, 1)
    self.operatorAfterAttempts = max(operatorAfterAttempts, 1)
    self.notifyAttempts = max(notifyAttempts, 1)
  }

  public static let standard = RetryPolicy()

  /// The longest pause after that many attempts: doubled each time.
  func longestPause(afterAttempts count: Int) -> Int64 {
    let doublings = min(max(count - 1, 0), 30)
    let (doubled, overflow) = firstPauseMilliseconds.multipliedReportingOverflow(by: 1 << doublings)
    return overflow ? longestPauseMilliseconds : min(doubled, longestPauseMilliseconds)
  }

  /// The shortest pause after that many attempts, for whom an answer names a time: an eighth of the longest.
  func shortestPause(afterAttempts count: Int) -> Int64 {
    max(longestPause(afterAttempts: count) / 8, firstPauseMilliseconds)
  }

  /// The pause after that many attempts: between half of the longest and all of it, so that many processes do
  /// not come back at once.
  func pauseMilliseconds(afterAttempts count: Int, entropy: inout some Entropy) -> Int64 {
    let whole = longestPause(afterAttempts: count)
    let random = entropy.bytes(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    return whole - whole / 2 + random % (whole / 2 + 1)
  }
}
