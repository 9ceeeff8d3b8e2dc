// What must not be seen is not in rows, descriptions or errors.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct SecretsTests {
  /// Everything that Swift would print of a value.
  private func dumped(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text + "\(value)" + String(reflecting: value)
  }

  @Test func walletRowsHoldNoSecret() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let store = MemoryStore<any WalletRows>(MemoryWalletRows())
    let wallet = try await world.wallet("alice", holding: 10, in: store)
    try await wallet.withdraw(
      world.amount(10), from: #require(AccountName("alice")), under: world.keyset, at: world.bank)
    let made = try await world.order([("shop", 3)], by: wallet)
    _ = try await world.pay(made, with: wallet)
    let text = dumped(store.snapshot()) + dumped(wallet)

    let seed = SHA256.digest(Bytes("seed alice".utf8)).bytes
    let orderKey = try wallet.orderIdentity(made.payable.number).withSpan { span in
      span.indices.map { span[$0] }
    }
    for secret in [seed, orderKey] {
      #expect(!text.contains(secret.hex))
      #expect(!text.contains(Base64.url.string(secret)))
      #expect(!text.contains(listing(secret)))
    }
  }

  @Test func bankPrintsNoSecret() async throws {
    let world = try await CashWorld(values: [1])
    let identity = SHA256.digest(Bytes("bank.example identity".utf8)).bytes
    let key = SHA256.digest(Bytes("bank.example key".utf8)).bytes
    let text = dumped(world.bank) + dumped(world.store.snapshot())
    for secret in [identity, key] {
      #expect(!text.contains(secret.hex))
      #expect(!text.contains(listing(secret)))
    }
  }

  /// The bytes as `dump` lists an array of them.
  private func listing(_ bytes: Bytes) -> String {
    bytes.prefix(8).map(String.init).joined(separator: ", ")
  }
}
