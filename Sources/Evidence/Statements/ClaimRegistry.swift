// Which claim each kind of statement carries: the registry of purposes, with its types.

public import PaymentModel

extension StatementKind {
  /// The claim that a statement of this kind carries.
  public var claim: any Claim.Type {
    switch self {
    case .offer: Offer.self
    case .deposit: Deposit.self
    case .release: Release.self
    case .settlement: Settlement.self
    case .dispatch: Dispatch.self
    case .refund: Refund.self
    case .refusal: Refusal.self
    case .order: Order.self
    case .deliveryRequest: DeliveryRequest.self
    case .cancellation: Cancellation.self
    case .acknowledgement: Acknowledgement.self
    case .addressClaim: AddressClaim.self
    case .complaint: Complaint.self
    case .keyset: Keyset.self
    case .issue: Issue.self
    case .reservation: Reservation.self
    case .doubleSpend: DoubleSpend.self
    case .void: VoidedReservation.self
    case .transfer: Transfer.self
    case .creditLine: CreditLine.self
    case .credit: Credit.self
    case .withdrawal: Withdrawal.self
    case .submission: Submission.self
    case .acceptance: Acceptance.self
    case .verdict: Verdict.self
    case .terms: Terms.self
    case .shareAcceptance: ShareAcceptance.self
    case .evidenceRequest: EvidenceRequest.self
    case .ruling: Ruling.self
    case .keyRegistration: KeyRegistration.self
    case .revocation: Revocation.self
    case .trust: TrustList.self
    }
  }
}
