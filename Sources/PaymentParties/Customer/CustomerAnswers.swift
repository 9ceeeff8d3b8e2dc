// The customer as the coordinator sees her: she asks for the keys of a prepared purchase, and takes note
// of the verdict.

import Coordinator
import ECash
import Evidence
public import PaymentModel

extension Customer: CustomerAgent {
  /// Signs the delivery request of a purchase that is hers, undecided, and complete: an acceptance by the
  /// order's coordinator for each of its offers. The same request again gets the same bytes. For a purchase that
  /// she has withdrawn nobody gets any.
  public func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    let process = query.id.process
    guard let row = await wallet.purchase(process),
      let submission = try? PurchaseSubmission(encoded: row.submission)
    else { return .refused(.invalid, nil) }
    guard row.cancellation == nil else { return .unknown("the order was withdrawn") }
    if let kept = row.deliveryRequest { return .done(Signed(kept)) }
    guard row.state == .undecided, clock.now() < query.answerBy else {
      return .refused(.tooLate, nil)
    }
    guard let acceptances = acceptances(query, of: submission, by: row.coordinator) else {
      return .refused(.invalid, nil)
    }
    do {
      var entropy = makeEntropy()
      let claim = DeliveryRequest(process: process, acceptances: acceptances)
      let signed = try wallet.orderSigner(row.orderNumber).sign(claim, entropy: &entropy)
      return .done(try await wallet.keep(deliveryRequest: signed, of: process))
    } catch {
      return .unknown(error.message)
    }
  }

  public func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    do {
      try await conclude(notice.id.process, with: notice.verdict)
      return .done(Notified())
    } catch {
      return .unknown(error.message)
    }
  }

  /// The identifiers of the acceptances, sorted, if there is a good one for each offer.
  private func acceptances(
    _ query: DeliveryQuery, of submission: PurchaseSubmission, by coordinator: Thumbprint
  ) -> [StatementID]? {
    var offers: Set<StatementID> = []
    for offer in submission.offers {
      guard let statement = try? UnverifiedStatement(offer.bytes) else { return nil }
      offers.insert(statement.id)
    }
    var accepted: Set<StatementID> = []
    var identifiers: [StatementID] = []
    for acceptance in query.acceptances {
      guard let verified = try? trust.verify(acceptance, at: clock.now()),
        verified.issuer.key == coordinator, verified.claim.process == query.id.process,
        accepted.insert(verified.claim.offer).inserted
      else { return nil }
      identifiers.append(verified.id)
    }
    return accepted == offers ? identifiers.sorted() : nil
  }
}
