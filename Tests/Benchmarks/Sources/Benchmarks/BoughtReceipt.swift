// A real receipt: two goods of two merchants, bought in a market of its own.

import Evidence
import Measurement
import PaymentModel
import PaymentParties
import Receipts

/// The receipt of a committed and settled purchase, and the trust store that it is verified with.
struct BoughtReceipt {
  let receipt: Receipt
  let trust: TrustStore

  init() async throws {
    let founded = try await FoundedMarket(price: 12, mode: .individual, credit: 100)
    try await founded.withdraw(30)
    let process = try await founded.place()
    let purchase = try await founded.market.conclude(process)
    guard purchase.isSettled, purchase.report.answer == .proven else { throw BrokenFixture() }
    receipt = purchase.receipt
    trust = founded.market.trust
    try await founded.market.close()
  }
}
