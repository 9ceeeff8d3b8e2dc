// What later requests need of earlier records.

import PaymentModel

extension JournalRecord {
  /// Whether a request of a process that goes on may be made of it. All else is looked up in the journal by
  /// whoever wants to see it.
  var isNeededLater: Bool {
    switch self {
    case .prepared, .verdict: true
    case .result(_, let result): if case .deposited = result { true } else { false }
    case .forward(_, let result), .compensated(_, let result):
      switch result {
      case .published, .transferred: true
      default: false
      }
    case .begin, .intent, .end, .called: false
    }
  }
}

extension [JournalRecord] {
  /// Until when the customer may ask for delivery.
  var answerBy: Timestamp? {
    lazy.compactMap { if case .prepared(let prepared) = $0 { prepared.answerBy } else { nil } }
      .first
  }

  /// Deposits with the acceptance of each, in the order of the goods.
  var deposits: [EscrowedKey] {
    let found = compactMap { record -> (Int, EscrowedKey)? in
      if case .result(let number, .deposited(let key)) = record { (number, key) } else { nil }
    }
    return found.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// The record from which the verdict is signed.
  var verdictRecord: VerdictRecord? {
    lazy.compactMap { if case .verdict(let verdict) = $0 { verdict } else { nil } }.first
  }

  /// The sealed keys of a committed purchase.
  var bundle: Sealed<SealedContent.KeyBundle>? {
    guard case .commit(let bundle) = verdictRecord?.ruling else { return nil }
    return bundle
  }

  /// The verdict in the log.
  var verdict: PublishedVerdict? {
    for record in self {
      switch record {
      case .forward(_, .published(let verdict)), .compensated(_, .published(let verdict)):
        return verdict
      default: continue
      }
    }
    return nil
  }

  /// What an activity after a commit has transferred; nothing before.
  func transfers(by activity: Int) -> [Exhibit<Transfer>] {
    for case .forward(activity, .transferred(let transfers)) in self { return transfers }
    return []
  }
}
