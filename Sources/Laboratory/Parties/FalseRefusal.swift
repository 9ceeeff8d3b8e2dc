// Refusals for no reason: what a party with that flaw refuses, and how.

import PaymentModel

enum FalseRefusal {
  static let reasonsOfBanks: [RefusalReason] = [
    .voided, .conflict, .invalid, .notOffered, .amountMismatch, .denominationRefused,
    .methodRefused, .tooLate, .coordinatorRefused, .declined, .doubleSpend, .feeMismatch,
    .payeeUnknown, .noClearing, .clearingLimit,
  ]
  static let reasonsOfMerchants: [RefusalReason] = [
    .voided, .conflict, .invalid, .notOffered, .soldOut, .tooLate, .coordinatorRefused,
  ]

  /// Why this process is refused; `nil` for three of four. The same each time.
  static func reason(for process: ProcessID, among reasons: [RefusalReason]) -> RefusalReason? {
    guard process.bytes[0] < 64 else { return nil }
    return reasons[Int(process.bytes[1]) % reasons.count]
  }
}
