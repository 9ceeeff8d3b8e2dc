// What each kind of statement says, in words.

import PaymentModel

extension StatementKind {
  /// What a statement of this kind is called.
  var title: String {
    rawValue.prefix(1).uppercased() + rawValue.dropFirst().replacing("-", with: " ")
  }

  /// What its signer says by it.
  var meaning: StaticString {
    switch self {
    case .offer: "This sealed good is for sale, on these terms."
    case .deposit: "The good's key is in escrow, and I am bound to the sale."
    case .release: "The purchase was aborted; I hold the good no longer."
    case .settlement: "I have seen these transfers to me."
    case .dispatch: "I have sent this good to that address."
    case .refund: "I give this money back."
    case .refusal: "I will not do this step, for good."
    case .order: "I buy these parts, all or none."
    case .deliveryRequest: "I want the keys."
    case .cancellation: "I withdraw the order."
    case .acknowledgement: "I have opened these goods."
    case .addressClaim: "This good goes there."
    case .complaint: "Something was not as it should be."
    case .keyset: "These keys issue my coins."
    case .issue: "I debited this account and signed blinded coins."
    case .reservation: "I hold this money for the purchase."
    case .doubleSpend: "This coin was used twice, and here are both uses."
    case .void: "The purchase was aborted; I hold the money no longer."
    case .transfer: "I posted this money to this payee."
    case .creditLine: "That bank may draw on me up to this sum."
    case .credit: "I credited the account that this transfer pays into."
    case .withdrawal: "Debit my account and sign these blinded coins."
    case .submission: "I run the order by this process."
    case .acceptance: "The deposited key opens the offered good."
    case .verdict: "Commit, or abort."
    case .terms: "I charge this for a process that I commit."
    case .shareAcceptance: "I hold a share of this good's key."
    case .evidenceRequest: "This party is asked for evidence."
    case .ruling: "Who is at fault, or nobody."
    case .keyRegistration: "I take this key into use."
    case .revocation: "This key is not to be believed from then on."
    case .trust: "These keys are to be believed."
    }
  }
}

extension StatementKind {
  /// When in the course of a purchase a statement of this kind is made, for readers: the log takes them in
  /// the order in which they were brought, which may be another.
  var turn: Int {
    switch self {
    case .trust, .keyRegistration, .revocation, .keyset, .withdrawal, .issue, .creditLine: 0
    case .offer, .terms: 1
    case .order: 2
    case .submission: 3
    case .reservation: 4
    case .deposit: 5
    case .acceptance, .shareAcceptance: 6
    case .refusal, .doubleSpend: 7
    case .deliveryRequest, .cancellation: 8
    case .verdict: 9
    case .transfer, .void: 10
    case .settlement, .release, .credit: 11
    case .acknowledgement, .addressClaim: 12
    case .dispatch, .refund: 13
    case .complaint: 14
    case .evidenceRequest: 15
    case .ruling: 16
    }
  }
}

extension AbortReason {
  /// Why a purchase was aborted.
  var words: String {
    switch self {
    case .timeout: "not everybody was ready in time"
    case .cancelled: "the customer cancelled"
    case .refused: "a participant refused"
    case .invalid: "something that was sent was not valid"
    }
  }
}

extension Decision {
  /// What became of the purchase.
  var words: String {
    switch self {
    case .commit: "committed"
    case .abort(let reason): "aborted: \(reason.words)"
    }
  }
}

extension Role {
  /// `trust root`.
  var title: String { rawValue.replacing("-", with: " ") }
}

extension Timestamp {
  /// `2026-01-31 12:00:00 UTC`.
  var inWords: String {
    description.prefix(19).replacing("T", with: " ") + " UTC"
  }
}
