// A mask opened with nothing but a receipt, a trust store and the registrars that one trusts.

public import Evidence
public import PaymentModel

extension MaskOpening {
  /// Verifies the opening against the order in a receipt. The receipt has to prove that order; whether it
  /// proves the purchase does not matter here. The certificates must be valid when a witness first saw the
  /// order.
  ///
  /// - Parameter anchors: certificates of trusted registrars in DER.
  /// - Throws: `openingProcess` when the receipt is of another purchase; `openingOrder` when it does not prove
  ///   the order; and what `verify(against:anchors:at:)` throws.
  public func verify(
    with receipt: Receipt, trust: TrustStore, anchors: [Bytes]
  ) throws(ReceiptsError) -> MaskIdentity {
    guard process == receipt.process else {
      throw ReceiptsError(.openingProcess, "the opening is for another purchase")
    }
    let id: StatementID = process.renamed()
    let report = ReceiptVerification(trust).verify(receipt)
    let finding = report.findings.first {
      $0.check == .order && $0.result == .proven && $0.statement == id
    }
    guard let time = finding?.noLaterThan, let order = Self.order(id, in: receipt, trust) else {
      throw ReceiptsError(.openingOrder, "the receipt does not prove the order of this purchase")
    }
    return try verify(against: order, anchors: anchors, at: time)
  }

  private static func order(
    _ id: StatementID, in receipt: Receipt, _ trust: TrustStore
  ) -> Stated<Order>? {
    for entry in receipt.entries {
      if let order = try? trust.verifyOrder(Signed(entry.statement)).stated, order.id == id {
        return order
      }
    }
    return nil
  }
}
