// The stories that the demo can tell.

import ArgumentParser

/// What goes wrong in a story, if anything.
enum Scenario: String, CaseIterable, ExpressibleByArgument, Codable {
  /// Everybody keeps their word.
  case commit
  /// One merchant never answers when it is asked for its key.
  case silent
  /// A merchant's time frame passes before everybody is prepared.
  case timeout
  /// The customer does not ask for delivery.
  case customerGone = "customer-gone"
  /// A merchant deposits a key that does not open what it offered.
  case wrongKey = "wrong-key"
  /// A copied wallet spends the same coins in a second order.
  case doubleSpend = "double-spend"
  /// Two customers order the last pieces of both merchants at the same time.
  case lastItem = "last-item"
  /// One merchant is paid by a bank at which it has no account: the banks clear.
  case twoBanks = "two-banks"
  /// The coordinator charges for what it commits.
  case coordinatorFee = "coordinator-fee"
  /// The program is killed at every journal record in turn, and started again.
  case crash
}
