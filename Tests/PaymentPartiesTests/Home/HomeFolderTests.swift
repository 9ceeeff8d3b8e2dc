// A home: private folders, in the hands of one process, with a market that was founded to its end.

import ECash
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite struct HomeFolderTests {
  @Test func theUsualHome() {
    #expect(
      HomeFolder.usual(["FOIL_HOME": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"]).path == "/a")
    #expect(HomeFolder.usual(["XDG_DATA_HOME": "/b", "HOME": "/c"]).path == "/b/foil")
    #expect(
      HomeFolder.usual(["FOIL_HOME": "", "XDG_DATA_HOME": "b", "HOME": "/c"]).path
        == "/c/.local/share/foil")
  }

  /// A witness tells the time in whole seconds, and everybody's keys are valid by then.
  @Test func aMarketIsFoundedWithinOneSecond() async throws {
    struct StandingClock: WallClock {
      let time = Timestamp(milliseconds: 1_800_000_000_999)
      func now() -> Timestamp { time }
      func sleep(until time: Timestamp) async {}
    }
    let home = HomeFolder(TestFolder.fresh("second"))
    let names = try ["bank", "shop", "coordinator", "log", "witness", "auditor", "root"].map {
      try #require(PartyName("\($0).example"))
    }
    let clock = StandingClock()
    try await Market.found(
      Charter(
        bank: names[0], merchants: [names[1]], coordinator: names[2], log: names[3],
        witness: names[4], auditor: names[5], root: names[6], currency: Fair.euro, decimals: 2,
        coinValues: [1]),
      at: home, clock: clock)
    let market = try await Market(at: home, clock: clock)
    #expect(try await market.keyset().bank == names[0])
    try await market.close()
  }

  /// Nobody else reads the state, whatever the umask.
  @Test func everythingInItIsPrivate() async throws {
    let market = try await Fair.open()
    #expect(try await market.conclude(market.order()).decision.isCommit)
    let home = market.home
    for folder in [home.path, home.locked, home.keys, home.opened, home.log, "\(home.path)/state"] {
      #expect(try mode(of: folder) == 0o700, "\(folder)")
    }
    var count = 0
    for party in try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/state") {
      let folder = "\(home.path)/state/\(party)"
      #expect(try mode(of: folder) == 0o700, "\(folder)")
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        #expect(try mode(of: "\(folder)/\(file)") == 0o600, "\(party)/\(file)")
        count += 1
      }
    }
    #expect(count > 8 * 3)
    let opened = try await market.open(LatestPurchase.of(market))
    for good in opened {
      #expect(try mode(of: good.keyPath) == 0o600)
      #expect(try mode(of: #require(good.good?.path)) == 0o600)
    }
  }

  @Test func aSecondOpenerIsTurnedAway() async throws {
    let market = try await Fair.open()
    await #expect { try await Market(at: market.home) } throws: { code(of: $0) == .inUse }
    #expect { try PartyFolder(at: market.home.wallet) } throws: { code(of: $0) == .inUse }
    try await market.close()
    try await Market(at: market.home).close()
  }

  @Test func aHomeWithoutAMarket() async throws {
    let empty = HomeFolder(TestFolder.fresh("empty"))
    await #expect { try await Market(at: empty) } throws: { code(of: $0) == .home }
    let taken = try await Fair.copy()
    await #expect { try await Market.found(Fair.charter, at: taken) } throws: {
      code(of: $0) == .home
    }
    // A founding that came no further than the trust list.
    let begun = try await Fair.copy()
    for file in try FileManager.default.contentsOfDirectory(atPath: begun.state(of: Fair.bank))
    where file.hasPrefix("bank.sqlite") {
      try FileManager.default.removeItem(atPath: "\(begun.state(of: Fair.bank))/\(file)")
    }
    await #expect { try await Market(at: begun) } throws: { code(of: $0) == .home }
  }

  @Test func aChangedTrustListIsRefused() async throws {
    let home = try await Fair.copy()
    var list = Bytes(try Data(contentsOf: URL(filePath: home.trust)))
    list[list.count - 20] ^= 1
    try Data(list).write(to: URL(filePath: home.trust))
    await #expect { try await Market(at: home) } throws: { code(of: $0) == .home }
  }

  /// Its keys are valid for five years of its own clock.
  @Test func aMarketGoesByItsClock() async throws {
    let clock = SteppedClock()
    let market = try await Fair.open(clock: clock)
    _ = try await market.keyset()
    clock.step(seconds: 6 * 366 * 86_400)
    await #expect { _ = try await market.keyset() } throws: { code(of: $0) == .home }
  }

  private func mode(of path: String) throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}

/// The purchase that a wallet made last.
enum LatestPurchase {
  static func of(_ market: Market) async throws -> ProcessID {
    try #require(await market.customer.wallet.purchases(atMost: 1).first).process
  }
}
