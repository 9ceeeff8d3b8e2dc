// How a purchase stands for its customer: in a word, and who must act until when.

public import Coordinator
public import ECash
import Evidence
public import PaymentModel
public import Receipts

/// A purchase of the wallet, with what the coordinator and the receipt say about it.
public struct PurchaseStanding: Sendable {
  /// How it stands.
  public enum Word: String, Sendable {
    /// Somebody must act, and there is time.
    case waiting
    /// Committed: paid, and the keys are there.
    case done
    /// Aborted: nothing was paid, nothing opens.
    case cancelled
    /// The time to decide has passed, and the wallet has no verdict.
    case inDoubt = "in doubt"
    /// The receipt is refuted.
    case disputed
  }

  /// So many of one offer, as the order has it.
  public struct Item: Hashable, Sendable {
    public let offer: StatementID
    public let title: String
    public let merchant: PartyName
    public let quantity: Int
    /// For all pieces.
    public let price: Amount
  }

  /// What has still to be done.
  public struct Due: Hashable, Sendable {
    public let participant: Participant
    public let verb: Verb
    /// `nil` for what is repeated until it is done.
    public let until: Timestamp?
  }

  /// Who would not take part.
  public struct Objection: Hashable, Sendable {
    public let participant: Participant
    public let reason: RefusalReason
  }

  public let process: ProcessID
  public let word: Word
  /// The verdict that the wallet has.
  public let decision: PaymentModel.Decision?
  /// Whether the coordinator has decided, which the wallet may not know yet.
  public let isDecided: Bool
  /// Whether the customer has withdrawn it. The verdict may be another one all the same.
  public let isWithdrawn: Bool
  public let madeAt: Timestamp
  public let decideBy: Timestamp
  public let items: [Item]
  public let payments: [PaymentPart]
  /// What the coordinator is paid out of them; `nil` for nothing.
  public let fee: FeePart?
  public let due: [Due]
  public let objections: [Objection]
  /// What the receipt proves, when there is one.
  public let report: ReceiptReport?
}

extension Market {
  /// How a purchase stands at a time. Nothing is changed, and nobody is asked to act.
  ///
  /// - Throws: `purchase` when what is on record does not verify.
  public func standing(
    of row: PurchaseRow, at now: Timestamp
  ) async throws(PartyError) -> PurchaseStanding {
    let (items, payments, fee) = try contents(of: row)
    let status = try? await coordinator.engine.status(of: row.process)
    let file = try? await coordinator.engine.file(of: row.process)
    let decision = row.verdict.flatMap {
      try? customer.verdicts.read($0, of: row.process, by: row.coordinator).claim.decision
    }
    let report = row.receipt.map { ReceiptVerification(trust).verify($0) }
    return PurchaseStanding(
      process: row.process, word: Self.word(row, status: status, report: report, at: now),
      decision: decision, isDecided: decision != nil || status?.state.isCommitted != nil,
      isWithdrawn: row.cancellation != nil,
      madeAt: row.madeAt, decideBy: row.decideBy, items: items,
      payments: payments, fee: fee, due: Self.due(row, status: status, at: now),
      objections: (file?.refusals ?? []).map {
        PurchaseStanding.Objection(participant: $0.activity.participant, reason: $0.reason)
      },
      report: report)
  }

  /// Whether nothing is left to do for a purchase: it has a verdict and a receipt, and everybody has carried
  /// the verdict out.
  public func isFinished(_ row: PurchaseRow) async -> Bool {
    Self.isFinished(row, try? await coordinator.engine.status(of: row.process))
  }

  private static func isFinished(_ row: PurchaseRow, _ status: ProcessStatus?) -> Bool {
    row.state != .undecided && row.receipt != nil && status?.state.hasEnded != false
  }

  private static func word(
    _ row: PurchaseRow, status: ProcessStatus?, report: ReceiptReport?, at now: Timestamp
  ) -> PurchaseStanding.Word {
    if report?.answer == .refuted { return .disputed }
    switch row.state {
    case .committed: return isFinished(row, status) ? .done : .waiting
    case .aborted: return .cancelled
    case .undecided:
      return now < row.decideBy || status?.state.isCommitted != nil ? .waiting : .inDoubt
    }
  }

  /// Who must act. Before the order is handed in, and when the verdict is there to be taken, that is
  /// the customer.
  private static func due(
    _ row: PurchaseRow, status: ProcessStatus?, at now: Timestamp
  ) -> [PurchaseStanding.Due] {
    typealias Due = PurchaseStanding.Due
    let overdue = [Due(participant: .coordinator, verb: .recordAbort, until: nil)]
    guard let status else {
      guard row.state == .undecided else { return [] }
      return now < row.decideBy && row.cancellation == nil
        ? [Due(participant: .customer, verb: .receivePayment, until: row.decideBy)]
        : overdue
    }
    if row.cancellation != nil, status.state.isCommitted == nil { return overdue }
    func due(_ states: Set<ActivityState>, until: Timestamp?) -> [Due] {
      zip(status.definition.activities, status.state.activities)
        .filter { states.contains($1) }
        .map { Due(participant: $0.0.participant, verb: $0.0.verb, until: until) }
    }
    switch status.state.phase {
    case .idle, .preparing:
      let until = min(status.state.heldUntil ?? row.decideBy, row.decideBy)
      guard now < until else { return overdue }
      let asked = due([.asked], until: until)
      return asked.isEmpty
        ? [Due(participant: .coordinator, verb: .prepare, until: until)] : asked
    case .prepared(let answerBy):
      guard now < answerBy else { return overdue }
      return [Due(participant: .customer, verb: .decide, until: answerBy)]
    case .committed, .aborted:
      return due([.asked, .waiting], until: nil)
    case .ended:
      return row.state == .undecided
        ? [Due(participant: .customer, verb: .notify, until: nil)] : []
    }
  }

  /// What was ordered, out of the bytes on record.
  private func contents(
    of row: PurchaseRow
  ) throws(PartyError) -> (
    items: [PurchaseStanding.Item], payments: [PaymentPart], fee: FeePart?
  ) {
    do {
      let submission = try PurchaseSubmission(encoded: row.submission)
      let order = try trust.verifyOrder(submission.order).claim
      var offers: [StatementID: Stated<Offer>] = [:]
      for offer in submission.offers {
        let verified = try trust.verify(offer, at: row.madeAt)
        offers[verified.id] = verified.stated
      }
      var items: [PurchaseStanding.Item] = []
      var payments: [PaymentPart] = []
      var fee: FeePart?
      for part in submission.parts {
        switch try part.verify(against: order) {
        case .payment(let payment): payments.append(payment)
        case .fee(let part): fee = part
        case .item(let item):
          guard let offer = offers[item.offer] else { continue }
          items.append(
            PurchaseStanding.Item(
              offer: offer.id, title: offer.claim.title, merchant: offer.issuer.party,
              quantity: item.quantity,
              price: try offer.claim.price.gross.multiplied(by: UInt64(item.quantity))))
        }
      }
      return (items, payments, fee)
    } catch {
      throw PartyError(.purchase, "the purchase on record does not verify: \(error)")
    }
  }
}
