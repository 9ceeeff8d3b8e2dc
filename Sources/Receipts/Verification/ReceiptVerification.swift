// Receipts verified: offline, with nothing but the receipt and a trust store.

public import Evidence
public import PaymentModel

/// Verifies receipts, step by step.
///
/// For a purchase that was committed, a receipt is proven when these are there, verify, and fit together:
/// the order, all its parts that are shown, an offer, a deposit and an acceptance for each item, a
/// reservation for each payment, the delivery request, and the one verdict in the log. For one that was
/// aborted: the order and the verdict. Transfers, confirmations and releases come later; as long as they
/// are not there they are pending, and the answer does not depend on them.
///
/// What a statement says about time is a claim. What is proven is that it existed no later than a trusted
/// witness saw the log with it. Keys must be valid at that time.
///
/// An order does not tell how many parts it has: what a receipt does not show, nobody can check.
public struct ReceiptVerification: Sendable {
  private let trust: TrustStore
  private let policy: LogPolicy?

  /// - Parameter policy: which logs and witnesses to believe, instead of those of the trust store.
  public init(_ trust: TrustStore, policy: LogPolicy? = nil) {
    self.trust = trust
    self.policy = policy
  }

  /// Verifies a receipt as a file. A file that is no receipt is refuted.
  public func verify(_ bytes: Bytes) -> ReceiptReport {
    do {
      return verify(try Receipt(bytes))
    } catch {
      return ReceiptReport(
        process: nil, decision: nil,
        findings: [Finding(.format, .refuted, "\(error.message) (\(error.code.rawValue))")])
    }
  }

  /// Verifies a receipt.
  public func verify(_ receipt: Receipt) -> ReceiptReport {
    var examination = Examination(receipt, trust: trust, policy: policy)
    examination.checkCheckpoint()
    examination.checkTimeStamps()
    examination.checkStatements()
    examination.checkReliances()
    examination.checkOrder()
    examination.checkVerdict()
    examination.checkHolds()
    examination.checkOutcome()
    examination.checkExhibits()
    examination.checkNothingIsLeft()
    return ReceiptReport(
      process: receipt.process, decision: examination.verdict?.claim.decision,
      findings: examination.findings)
  }
}
