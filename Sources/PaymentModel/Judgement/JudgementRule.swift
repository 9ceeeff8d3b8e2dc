// The rules by which complaints are decided, as stable codes.

/// Why a complaint ended as it did.
public enum JudgementRule: String, CaseIterable, Sendable {
  // The complaint itself
  /// Whoever complains is not the one who may.
  case notEntitled = "not-entitled"
  /// What is owed presupposes something that did not happen: a commit, an address, a place in the order.
  case nothingOwed = "nothing-owed"
  /// What was handed in does not prove what is claimed, and blames nobody: disks rot.
  case unproven

  // Goods
  /// A chunk, proven to be the merchant's, opens to something else than the merchant committed to.
  case chunkIsWrong = "chunk-is-wrong"
  /// The chunk that was handed in is what was offered.
  case chunkIsRight = "chunk-is-right"

  // Keys
  /// The bundle that the commit names does not hold the keys.
  case bundleLacksKeys = "bundle-lacks-keys"
  /// The bundle that the commit names is there, and nothing shows that it lacks a key.
  case bundleIsThere = "bundle-is-there"
  /// The customer has acknowledged these goods.
  case acknowledged

  // Verdicts
  /// One key has signed two verdicts of one process.
  case twoVerdictsByOneKey = "two-verdicts-by-one-key"
  /// There are no two verdicts of one process by one key.
  case notTwoVerdicts = "not-two-verdicts"
  /// A commit that is dated at or after the order's time.
  case commitDatedLate = "commit-dated-late"
  /// A commit that was not in the log yet when the order's time and a margin had passed.
  case commitLoggedLate = "commit-logged-late"
  /// The verdict came in time, or is an abort, which may come late.
  case inTime = "in-time"

  // Money
  /// The bank has kept more of a transfer than it had reserved the payment with.
  case keptMore = "kept-more"
  /// The bank has signed a transfer to an account at another bank that no credit line covers.
  case outsideLine = "outside-line"
  /// The bank has drawn the same part of a credit line for two payments.
  case drawnTwice = "drawn-twice"
  /// The bank has refused to credit what was drawn within its credit line.
  case refusedCredit = "refused-credit"

  // Answers
  /// What was owed is there.
  case answered
  /// The party has refused, and nothing shows that it has taken anything.
  case refused
  /// The party says that it did it, and that it refuses to.
  case contradiction
  /// The party was asked, and its time has passed.
  case askedInVain = "asked-in-vain"
}
