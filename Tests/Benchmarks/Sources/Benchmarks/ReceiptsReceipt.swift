// receipts.receipt: the receipt of a purchase of two goods from two merchants, verified from its bytes,
// compared with libcrypto's raw verification of as many signatures.

import Evidence
import Measurement
import PaymentModel
import Receipts

extension Figure {
  static let receiptsReceipt = Figure(name: "receipts.receipt") {
    let bought = try await BoughtReceipt()
    let bytes = bought.receipt.bytes
    let verification = ReceiptVerification(bought.trust)
    guard verification.verify(bytes).answer == .proven else { throw BrokenFixture() }
    let statements = try bought.receipt.entries.map { try UnverifiedStatement($0.statement) }
    let noteSignatures =
      bought.receipt.checkpoint.signatures.count
      + (bought.receipt.verdictProof?.checkpoint.signatures.count ?? 0)
    let count = statements.reduce(noteSignatures) { $0 + $1.signatures.count }

    let example = try StatementMix().deposit
    let raw = RawVerification(publicKey: example.key)
    let seconds = medianSeconds {
      keep(verification.verify(bytes))
    } and: {
      for _ in 0..<count {
        keep(raw.isValid(signature: example.signature, for: example.signingInput))
      }
    }
    return Result(
      value: seconds.one * 1e3, unit: "ms", baseline: seconds.other * 1e3,
      goal: .ratioAtMost(2),
      more: ["signatures": Double(count), "statements": Double(statements.count)])
  }
}
