// The real bank and the real shop pass the suites that the models pass.

import Conformance
import Testing

@Suite struct PartyConformanceTests {
  @Test func aRealBankConforms() async throws {
    try await ParticipantConformance.checkBank { try await RealBank() }
  }

  @Test func aRealMerchantConforms() async throws {
    try await ParticipantConformance.checkMerchant { try await RealMerchant() }
  }
}
