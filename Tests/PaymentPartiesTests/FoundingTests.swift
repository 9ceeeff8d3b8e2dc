// A founding that is interrupted after any of its steps: the home is refused, and founding goes on where it stood.

import ECash
import Foundation
import PaymentModel
import PaymentParties
import Testing

@Suite(.timeLimit(.minutes(2))) struct FoundingTests {
  private static let others = [Fair.party("other-bank.example"), Fair.party("third-bank.example")]

  private func charter(limit: UInt64 = 12) -> Charter {
    let usual = Fair.charter
    return Charter(
      bank: usual.bank, merchants: [Fair.red], coordinator: usual.coordinator, log: usual.log,
      witness: usual.witness, auditor: usual.auditor, root: usual.root, currency: usual.currency,
      decimals: usual.decimals, coinValues: [1], otherBanks: Self.others, clearingLimit: limit)
  }

  private func isHome(_ error: any Error) -> Bool { (error as? PartyError)?.code == .home }

  @Test(arguments: Market.FoundingStep.allCases)
  func anInterruptedFoundingGoesOn(after last: Market.FoundingStep) async throws {
    let home = HomeFolder(TestFolder.fresh("founding"))
    await #expect {
      try await Market.found(charter(), at: home) { step throws(PartyError) in
        if step == last { throw PartyError(.undecided, "the power is gone") }
      }
    } throws: { ($0 as? PartyError)?.code == .undecided }
    let trust = try? Data(contentsOf: URL(filePath: home.trust))
    #expect((trust == nil) == (last == .begun))

    // It is no market yet, and nobody makes another one of it.
    await #expect { try await Market(at: home) } throws: { isHome($0) }
    await #expect { try await Market.found(charter(limit: 13), at: home) } throws: { isHome($0) }

    try await Market.found(charter(), at: home)
    if let trust {
      #expect(try Data(contentsOf: URL(filePath: home.trust)) == trust, "nobody's key is new")
    }
    #expect(!FileManager.default.fileExists(atPath: home.founding))
    let market = try await Market(at: home)
    let names = [Fair.bank] + Self.others
    #expect(try await market.keysets().map(\.bank) == names)
    for bank in market.banks {
      let clearings = await bank.clearings()
      #expect(clearings.map(\.bank) == names.filter { $0 != bank.name }.sorted())
      #expect(clearings.allSatisfy { $0.largestClaim == 12 && $0.largestDebt == 12 })
    }
    try await market.close()
    await #expect { try await Market.found(charter(), at: home) } throws: { isHome($0) }
  }
}
