// What a model merchant has on record: stock, holds, sales, verdicts, and what it signed.

import Coordinator
package import PaymentModel

/// A good on offer, and what opens it: nothing where only a payment is wanted.
package struct Good: Hashable, Sendable {
  package let offer: Stated<Offer>
  package let signed: Signed<Offer>
  package let identity: Bytes

  package init(offer: Stated<Offer>, signed: Signed<Offer>, identity: Bytes) {
    self.offer = offer
    self.signed = signed
    self.identity = identity
  }
}

package struct ShopBooks: Hashable, Sendable {
  package struct Stock: Hashable, Sendable {
    package let name: String
    package let capacity: Int
    /// Neither held nor sold.
    package var level: Int
  }

  package enum HoldState: Hashable, Sendable {
    case held
    case released
    case sold
  }

  package struct Hold: Hashable, Sendable {
    package let coordinator: Thumbprint
    package let process: ProcessID
    package let offer: StatementID
    package let stock: String?
    package let quantity: Int
    package let amount: Amount
    package let payee: Payee
    package let decideBy: Timestamp
    package var state = HoldState.held
  }

  package struct ActedOn: Hashable, Sendable {
    package let coordinator: Thumbprint
    package let process: ProcessID
    package let verdict: StatementID
    package let isCommit: Bool
    package let logged: LoggedVerdict
  }

  package struct Sale: Hashable, Sendable {
    package let process: ProcessID
    package let transfers: [Signed<Transfer>]
  }

  package struct SoldOut: Hashable, Sendable {
    package let process: ProcessID
    package let offer: StatementID
    package let stock: String?
    package let quantity: Int
  }

  package var stocks: [Stock] = []
  package var holds: [Hold] = []
  package var verdicts: [ActedOn] = []
  package var sales: [Sale] = []
  package var soldOut: [SoldOut] = []
  var replies: [StoredReply] = []
  package var statements: [StatementNote] = []
  var requests = 0

  package init() {}

  /// Forgets in which order was written what is only looked up.
  mutating func forgetOrder() {
    requests = 0
    holds.sort { ($0.process, $0.offer) < ($1.process, $1.offer) }
    verdicts.sort { $0.process < $1.process }
    sales.sort { $0.process < $1.process }
    soldOut.sort { ($0.process, $0.offer) < ($1.process, $1.offer) }
    replies.sort { $0.precedes($1) }
    statements.sort { $0.id < $1.id }
  }
}

/// How much a merchant holds at the same time for undecided orders.
package struct HoldLimits: Hashable, Sendable {
  let holds: Int
  /// Of goods that cost nothing.
  let freeHolds: Int
  /// Pieces of one stock that cost nothing; one order alone may take more.
  let freePieces: Int

  package static let none = HoldLimits(holds: .max, freeHolds: .max, freePieces: .max)
  /// Of a merchant that has others wait soon.
  static let narrow = HoldLimits(holds: 4, freeHolds: 2, freePieces: 1)
  static let wide = HoldLimits(holds: 50, freeHolds: 20, freePieces: 10)
}
