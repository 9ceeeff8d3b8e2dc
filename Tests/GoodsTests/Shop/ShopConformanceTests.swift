// The rows in memory keep what every store of a shop must keep.

import Conformance
import Goods
import PaymentModel
import Testing

@Suite struct ShopConformanceTests {
  @Test(arguments: ShopConformance.cases)
  func `Rows in memory conform`(to conformance: ShopConformance.Case) async throws {
    try await conformance.check(MemoryStore<any ShopRows>(MemoryShopRows()))
  }
}
