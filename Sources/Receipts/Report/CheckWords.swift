// What each check means, in one sentence that a reader without this program understands.

import PaymentModel

/// A check code in words, and the stage of a purchase that it belongs to.
struct CheckWords {
  /// The stages that a receipt is examined in.
  enum Stage: String, CaseIterable {
    case file = "File and log"
    case order = "Order"
    case holds = "Holds"
    case verdict = "Verdict"
    case outcome = "Outcome"
    case exhibits = "Exhibits"
  }

  let check: Finding.Check
  let stage: Stage
  let rule: StaticString

  private init(_ check: Finding.Check, _ stage: Stage, _ rule: StaticString) {
    self.check = check
    self.stage = stage
    self.rule = rule
  }

  /// The words for a check; `nil` for a code that is not listed.
  static func of(_ check: Finding.Check) -> CheckWords? {
    all.first { $0.check == check }
  }

  /// All checks, in the order of the examination.
  static let all = [
    CheckWords(
      .format, .file, "The file is a receipt: canonical JSON with exactly the members of one."),
    CheckWords(
      .checkpoint, .file,
      """
      A log of the trust list has signed the checkpoint, and as many of its witnesses as the list demands \
      have cosigned it.
      """),
    CheckWords(
      .timeStamp, .file,
      "An authority of the trust list has stamped the checkpoint (RFC 3161): it was there by that time."
    ),
    CheckWords(
      .logged, .file,
      "The statement stands in the log below the checkpoint, once, at the place that it claims."),
    CheckWords(
      .signature, .file,
      """
      The statement is signed by a key that may sign this kind and was valid when the witness saw it, or by \
      the one-time key of the order.
      """),
    CheckWords(
      .key, .file,
      "A key was registered or revoked by whom it may be; that counts for what stands behind it in the log."
    ),
    CheckWords(
      .prev, .file, "The statements that the statement relies on hold, as far as they are there."),
    CheckWords(
      .belongs, .file, "The statement is about this purchase, and has a place in it."),
    CheckWords(
      .order, .order,
      "The order of the customer is there, and its digest is the purchase's identifier."),
    CheckWords(
      .part, .order,
      "The part hangs below the root that the customer has signed in her order, and is shown once."),
    CheckWords(
      .offer, .order,
      """
      The merchant's offer of the item is there, and it allows the coordinator and the quantity of the \
      order.
      """),
    CheckWords(
      .fee, .order,
      """
      The fee that the order pays is the one of terms that the order's coordinator has signed, to the account \
      and in the way that they name.
      """),
    CheckWords(
      .payments, .order,
      """
      Each payee is to get price times quantity of its offers, by a bank and a method that the offers \
      accept, the coordinator its fee, and nobody anything else.
      """),
    CheckWords(
      .reservation, .holds,
      "The bank has signed that it holds the whole amount of the payment for this purchase."),
    CheckWords(
      .deposit, .holds,
      """
      The merchant has signed that the key of the item is in escrow, for the quantity, amount and payee of \
      the order.
      """),
    CheckWords(
      .acceptance, .holds,
      "The order's coordinator has signed that the deposited key opens the good that was offered."),
    CheckWords(
      .deliveryRequest, .holds, "The customer has asked for exactly the keys that were accepted."),
    CheckWords(
      .verdict, .verdict,
      """
      There is one verdict, by the coordinator that the order names, in the log; a commit is dated before \
      the end of the order's time.
      """),
    CheckWords(
      .keyBundle, .verdict,
      "The sealed keys that the customer fetched are those that the commit names."),
    CheckWords(
      .transfer, .outcome,
      "After a commit, the bank has signed that it paid the payee the amount that the order names."),
    CheckWords(
      .settlement, .outcome,
      "After a commit, the merchant has signed that it saw the transfers to it."),
    CheckWords(
      .delivery, .outcome, "The customer has signed that she opened goods, or where a good goes."),
    CheckWords(
      .dispatch, .outcome, "The merchant has signed that it sent the good."),
    CheckWords(
      .refund, .outcome, "The merchant has signed that it gives this money back."),
    CheckWords(
      .void, .outcome, "After an abort, the bank has signed that it holds the money no longer."),
    CheckWords(
      .release, .outcome,
      "After an abort, the merchant has signed that it holds the good no longer."),
    CheckWords(
      .abortReason, .outcome,
      "What the reason of the abort rests on is there: a cancellation, or a refusal."),
    CheckWords(
      .depositedKey, .exhibits,
      "A revealed key is the one that the merchant deposited, and it does not open the offered good."
    ),
    CheckWords(
      .doubleSpend, .exhibits,
      """
      A coin of this payment has signed another use, too, which was committed in the log before the \
      verdict of this purchase.
      """),
    CheckWords(
      .exhibit, .exhibits,
      "Something was revealed for a dispute. It proves nothing about the purchase."),
    CheckWords(
      .dispute, .exhibits,
      "What was said in a dispute about this purchase. It stands beside the purchase."),
  ]
}

extension Finding.Result {
  /// What a result means.
  var rule: StaticString {
    switch self {
    case .proven: "It holds."
    case .refuted: "It does not hold."
    case .missing: "Something that is needed is not there, or its key is not in the trust list."
    case .pending: "Something that comes later is not there; the rest stands without it."
    }
  }

  /// A sign for each result, so that colour alone tells nothing.
  var sign: StaticString {
    switch self {
    case .proven: "✓"
    case .refuted: "✗"
    case .missing: "?"
    case .pending: "…"
    }
  }

  /// The class of its sign.
  var style: StaticString {
    switch self {
    case .proven: "mark proven"
    case .refuted: "mark refuted"
    case .missing: "mark missing"
    case .pending: "mark pending"
    }
  }
}

extension [Finding] {
  /// The result that weighs most; `nil` without findings.
  var heaviest: Finding.Result? {
    for result in [Finding.Result.refuted, .missing, .pending, .proven]
    where contains(where: { $0.result == result }) {
      return result
    }
    return nil
  }
}
