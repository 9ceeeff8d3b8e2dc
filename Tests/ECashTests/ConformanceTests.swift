// The rows in memory do what every store of rows must do.

import Conformance
import ECash
import PaymentModel
import Testing

@Suite struct ConformanceTests {
  @Test(arguments: BankConformance.cases)
  func bankRows(_ conformance: BankConformance.Case) async throws {
    try await conformance.check(MemoryStore<any BankRows>(MemoryBankRows()))
  }

  @Test(arguments: SchemeConformance.cases, SchemeSubject.all)
  func methods(_ conformance: SchemeConformance.Case, _ subject: SchemeSubject) async throws {
    try await conformance.check(subject, in: MemoryStore<any BankRows>(MemoryBankRows()))
  }

  @Test(arguments: WalletConformance.cases)
  func walletRows(_ conformance: WalletConformance.Case) async throws {
    try await conformance.check(MemoryStore<any WalletRows>(MemoryWalletRows()))
  }
}
