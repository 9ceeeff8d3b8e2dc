// A purchase in a home on disk, and then a search of every file, error and description for every secret.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import StoreSQLite
import Testing

@Suite struct SecrecyTests {
  /// The first bytes of SHA-256(1), as a list.
  private static let control = ",75,245,18,47,52,69,84,"

  private struct Secret {
    let name: String
    let bytes: Bytes
  }

  @Test func noFileHoldsASecretInClear() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    #expect(try await market.conclude(process).decision.isCommit)
    _ = try await market.open(process)
    let number = try await market.orderNumber(of: process)
    // Where the customer keeps the keys that she bought is no place to look for secrets.
    let whileOpen =
      try Haystack("\(market.home.path)/state") + Haystack(market.home.locked)
    try await market.close()
    let afterwards = try Haystack("\(market.home.path)/state")
    let trust = Haystack([Bytes(try Data(contentsOf: URL(filePath: market.home.trust)))])
    let files = whileOpen + afterwards + trust
    #expect(files.byteCount > 1 << 20)

    let secrets = try await secrets(of: market, orderNumber: number)
    #expect(secrets.count > 100)
    for secret in secrets {
      // Long ones in two pieces: a page of a database may end within them.
      for piece in [secret.bytes.prefix(32), secret.bytes.suffix(32)] {
        #expect(files.places(of: Bytes(piece)) == [], "\(secret.name)")
      }
    }

    // An at-rest key stands in its own file, and nowhere else.
    let folders = try FileManager.default.contentsOfDirectory(atPath: "\(market.home.path)/state")
    let others = try Haystack("\(market.home.path)/state", without: ["at-rest.key"])
    for folder in folders {
      let file = URL(filePath: "\(market.home.path)/state/\(folder)/at-rest.key")
      let key = Bytes(try Data(contentsOf: file))
      #expect(key.count == 32 && others.places(of: key) == [])
      #expect(afterwards.places(of: key).count == 1)
    }
  }

  @Test func nothingPrintsASecret() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let purchase = try await market.conclude(process)
    let opened = try await market.open(process)
    let number = try await market.orderNumber(of: process)
    let walletFolder = market.home.wallet

    var printed = dumped(market.bank) + dumped(market.customer) + dumped(market.customer.wallet)
    printed += market.shops.map { dumped($0) }.joined()
    printed += dumped(market.coordinator) + dumped(market.log) + dumped(market.directory)
    printed += dumped(try market.home.keys(of: walletFolder)) + dumped(AtRest(folder: walletFolder))
    printed +=
      dumped(purchase) + dumped(opened) + dumped(try await market.customer.purchase(process))
    printed += try await errors(in: market, process: process).joined(separator: "\n")
    try await market.close()

    let text = Haystack([Bytes(printed.utf8)])
    let listed = numbers(in: printed)
    #expect(text.contains("\(process)"))
    #expect(
      numbers(in: dumped([SHA256.digest([1]).bytes])).range(of: Data(Self.control.utf8)) != nil)
    for secret in try await secrets(of: market, orderNumber: number) {
      #expect(!text.contains(Bytes(secret.bytes.prefix(32))), "\(secret.name)")
      let list = secret.bytes.prefix(8).map { "\($0)" }.joined(separator: ",")
      #expect(listed.range(of: Data(",\(list),".utf8)) == nil, "\(secret.name)")
    }
  }

  @Test func aPassphraseLeavesNoKeyOnDisk() async throws {
    let home = HomeFolder(TestFolder.fresh("passphrase"))
    let right = try passphrase("correct horse battery staple")
    let charter = Charter(
      bank: Fair.bank, merchants: [Fair.red], coordinator: Fair.coordinator,
      log: Fair.party("log.example"), witness: Fair.party("witness.example"),
      auditor: Fair.party("auditor.example"),
      root: Fair.party("root.example"), currency: Fair.euro, decimals: 2, coinValues: [1])
    try await Market.found(charter, at: home, passphraseFile: right)
    let all = FileManager.default.enumerator(atPath: home.path)?.compactMap { $0 as? String } ?? []
    #expect(!all.contains { $0.hasSuffix("at-rest.key") })
    #expect(all.filter { $0.hasSuffix("passphrase.argon2id") }.count == 8)
    #expect(try !Haystack(home.path).contains("correct horse"))

    let wrong = try passphrase("correct horse battery stable")
    await #expect { try await Market(at: home, passphraseFile: wrong) } throws: { error in
      code(of: error) == .keys && "\(error)".contains("wrong passphrase")
        && !"\(error)".contains("stable")
    }
    await #expect { try await Market(at: home) } throws: { error in
      code(of: error) == .atRestKey && "\(error)".contains("--passphrase-file")
    }
  }

  // MARK: - Secrets

  private func secrets(of market: Market, orderNumber: UInt64) async throws -> [Secret] {
    let home = market.home
    var secrets = try sealedKeys(in: home)
    secrets += try await walletSecrets(in: home, orderNumber: orderNumber)
    secrets += try await denominationKeys(in: home)
    for file in try FileManager.default.contentsOfDirectory(atPath: home.keys) {
      let identity = try IdentityFile(path: "\(home.keys)/\(file)").identity(0)
      secrets.append(
        Secret(
          name: "goods identity \(file)",
          bytes: identity.withSpan { span in span.indices.map { span[$0] } }))
    }
    return secrets
  }

  /// All signing seeds, identities, and the wallet's seed.
  private func sealedKeys(in home: HomeFolder) throws -> [Secret] {
    var secrets: [Secret] = []
    for party in try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/state") {
      let folder = "\(home.path)/state/\(party)"
      let keys = try home.keys(of: folder)
      for file in try FileManager.default.contentsOfDirectory(atPath: folder)
      where file.hasSuffix(".sealed") {
        let name = String(file.dropLast(".sealed".count))
        secrets.append(Secret(name: "\(party)/\(name)", bytes: try keys.secret(name).revealed()))
      }
    }
    #expect(secrets.count == 12)
    return secrets
  }

  private func walletSecrets(in home: HomeFolder, orderNumber: UInt64) async throws -> [Secret] {
    let folder = try PartyFolder(at: home.wallet)
    let store = try SQLiteStore.wallet(in: folder.state)
    let coins = await store.read { rows in
      rows.coins(at: Fair.bank, in: .free) + rows.coins(at: Fair.bank, in: .spent)
    }
    try await store.close()
    let wallet = WalletSecrets(seed: try folder.keys.secret("seed"))
    // The rule is followed as it was: the bank knows the coins that were spent.
    let bank = try Haystack(home.state(of: Fair.bank))
    #expect(coins.contains { $0.state == .spent } && coins.contains { $0.state == .free })
    for coin in coins {
      #expect(try bank.contains(wallet.coin(coin)) == (coin.state == .spent))
    }
    var secrets = [
      Secret(name: "order key", bytes: wallet.orderKey(orderNumber)),
      Secret(name: "order identity", bytes: wallet.orderIdentity(orderNumber)),
      Secret(name: "account key", bytes: wallet.accountKey(at: Fair.bank)),
    ]
    for coin in coins {
      secrets.append(Secret(name: "coin \(coin.key)", bytes: wallet.coinSeed(coin)))
      secrets.append(Secret(name: "salt of coin \(coin.key)", bytes: wallet.salt(coin)))
      for factor in wallet.blindingFactors(coin) {
        secrets.append(Secret(name: "blinding factor of coin \(coin.key)", bytes: factor))
      }
    }
    return secrets
  }

  /// d, p, q and what the Chinese remainder theorem needs, of every denomination.
  private func denominationKeys(in home: HomeFolder) async throws -> [Secret] {
    let folder = try PartyFolder(at: home.state(of: Fair.bank))
    let store = try SQLiteStore.bank(in: folder.state)
    let sealed = await store.read { rows in
      rows.denominations().compactMap { row in
        rows.sealedDenominationKey(row.id).map { (id: row.id, bytes: $0) }
      }
    }
    try await store.close()
    #expect(sealed.count == Fair.charter.coinValues.count)
    let column = SealedColumn(table: "denomination_keys", column: "private_key")
    let atRest = try folder.atRestKey()
    return try sealed.flatMap { id, bytes in
      let encoded = try column.open(bytes, row: id.bytes, under: atRest).revealed()
      // The last six of the eight numbers, each with its DER head, take this much of a 2048-bit key.
      let numbers = encoded.suffix(256 + 5 * 128)
      return stride(from: 0, to: numbers.count, by: 64).map { start in
        Secret(
          name: "denomination key \(id), byte \(start)",
          bytes: Bytes(numbers.dropFirst(start).prefix(64)))
      }
    }
  }

  // MARK: - Prints

  /// Everything that Swift would print of a value.
  private func dumped(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text, maxDepth: 12)
    return text + "\(value)" + String(reflecting: value)
  }

  /// The numbers of a text, as a list: however an array of bytes was printed, its bytes are neighbours.
  private func numbers(in text: String) -> Data {
    var list = Bytes(",".utf8)
    var isInNumber = false
    for character in text.utf8 {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
      if isDigit {
        list.append(character)
      } else if isInNumber {
        list.append(UInt8(ascii: ","))
      }
      isInNumber = isDigit
    }
    return Data(list + Bytes(",".utf8))
  }

  /// What the parties say when things go wrong.
  private func errors(in market: Market, process: ProcessID) async throws -> [String] {
    var errors: [String] = []
    func attempt(_ body: () async throws -> Void) async {
      do {
        try await body()
        Issue.record("nothing went wrong")
      } catch {
        errors += ["\(error)", String(reflecting: error)]
      }
    }
    let good = try #require(LockedGood.all(in: market.home.locked).first)
    let selection = Selection(try market.inspect(good))
    await attempt { _ = try await Market(at: market.home) }
    await attempt { _ = try await market.withdraw(Fair.amount(100_000), from: Fair.alice) }
    await attempt { _ = try await market.withdraw(Fair.amount(1), from: Fair.account("nobody")) }
    await attempt { _ = try await market.plan([selection, selection]) }
    await attempt { _ = try await market.plan([]) }
    await attempt {
      let dear = try await market.sell(Fair.contract, as: "dear", by: Fair.red, for: 5000)
      _ = try await market.order([dear])
    }
    await attempt { _ = try await market.customer.purchase(process.other) }
    await attempt {
      _ = try await market.customer.open(
        process, with: Sealed([1, 2, 3], digest: SHA256.digest([1, 2, 3])), goods: [],
        into: market.home)
    }
    await attempt { _ = try LockedGood(offerPath: "\(market.home.wallet)/seed.sealed") }
    return errors
  }

  private func passphrase(_ text: String) throws -> String {
    let path = TestFolder.fresh("passphrase")
    try Data("\(text)\n".utf8).write(to: URL(filePath: path))
    return path
  }
}

extension ProcessID {
  /// A process that nobody has begun.
  fileprivate var other: ProcessID { SHA256.digest(bytes).renamed() }
}
