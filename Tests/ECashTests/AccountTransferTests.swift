// Payments out of accounts: only the account's key, and only what it signed.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct AccountTransferTests {
  /// An authorisation that may be wrong in one place.
  private struct Forged: PaymentMeans {
    let transfer: AccountTransfer
    var method: PaymentMethod { .transfer }

    func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
      writer.text("account", transfer.account.text)
      writer.bytes("signature", transfer.signature)
    }
  }

  private func key(_ account: String) throws -> Ed25519.PrivateKey {
    try Ed25519.PrivateKey(
      seed: SecretBytes(copying: SHA256.digest(Bytes("account \(account)".utf8)).bytes))
  }

  private func binding(_ order: TestOrder) -> InstrumentBinding {
    InstrumentBinding(process: order.process, part: order.partDigest, total: order.total)
  }

  @Test func holdsCapturesAndFrees() async throws {
    let world = try await CashWorld(values: [1], hasAllMethods: true)
    _ = try await world.account("shop")
    _ = try await world.account("alice", holding: 10)
    let alice = AccountMeans(
      account: try #require(AccountName("alice")), key: try key("alice"))
    let order = try world.order([("shop", 10)], method: .transfer)
    #expect(await world.reserve(order, with: alice).value != nil)
    #expect(try await world.balance("alice") == 0)
    #expect(try await world.checkBooks().balance(of: .held(.transfer)) == 10)
    #expect(await world.void(order, world.abort(order.process)).value != nil)
    #expect(try await world.balance("alice") == 10)
    let next = try world.order([("shop", 4)], method: .transfer)
    #expect(await world.reserve(next, with: alice).value != nil)
    #expect(await world.post(next, world.commit(next.process)).value != nil)
    #expect(try await world.balance("shop") == 4)
    #expect(try await world.balance("alice") == 6)
    try await world.checkBooks()
  }

  @Test func onlyWhatTheKeySignedIsPaid() async throws {
    let world = try await CashWorld(values: [1], hasAllMethods: true)
    _ = try await world.account("shop")
    for name in ["alice", "bob"] { _ = try await world.account(name, holding: 10) }
    let (alice, bob) = (try #require(AccountName("alice")), try #require(AccountName("bob")))
    let nobody = try #require(AccountName("nobody"))
    let order = try world.order([("shop", 5)], method: .transfer)
    let earlier = try world.order([("shop", 5)], method: .transfer)
    let aliceKey = try key("alice")
    func signed(_ order: TestOrder, _ account: AccountName) -> Bytes {
      aliceKey.sign(AccountTransfer.message(for: binding(order), from: account))
    }
    let withoutPurpose = aliceKey.sign(order.process.bytes + order.partDigest.bytes)
    let asCoin = aliceKey.sign(CoinUse.message(in: order.process, at: world.bankName))
    let cases: [(Comment, AccountTransfer)] = [
      ("another process", AccountTransfer(account: alice, signature: signed(earlier, alice))),
      ("another account", AccountTransfer(account: bob, signature: signed(order, alice))),
      ("signed for another", AccountTransfer(account: alice, signature: signed(order, bob))),
      ("another's key", AccountTransfer(account: bob, signature: signed(order, bob))),
      ("no such account", AccountTransfer(account: nobody, signature: signed(order, nobody))),
      ("no purpose", AccountTransfer(account: alice, signature: withoutPurpose)),
      ("a coin's purpose", AccountTransfer(account: alice, signature: asCoin)),
      ("no signature", AccountTransfer(account: alice, signature: [])),
    ]
    for (what, transfer) in cases {
      let request = world.request(
        order, world.instrument(order, Forged(transfer: transfer)), step: "/\(transfer.hashValue)")
      let outcome = await world.bank.reserve(request)
      #expect(outcome.refusal == .invalid && outcome.signedRefusal != nil, what)
    }
    for name in ["alice", "bob"] { #expect(try await world.balance(name) == 10) }
    let good = Forged(
      transfer: AccountTransfer(account: alice, signature: signed(order, alice)))
    #expect(await world.reserve(order, with: good).value != nil)
    try await world.checkBooks()
  }

  /// The payouts are part of what the key signed, through the part's digest.
  @Test func otherPayoutsAreNotPaid() async throws {
    let world = try await CashWorld(values: [1], hasAllMethods: true)
    for shop in ["shop", "thief"] { _ = try await world.account(shop) }
    _ = try await world.account("alice", holding: 10)
    let alice = try #require(AccountName("alice"))
    let aliceKey = try key("alice")
    let order = try world.order([("thief", 5)], method: .transfer)
    let signedFor = try world.order([("shop", 5)], method: .transfer)
    let message = AccountTransfer.message(
      for: InstrumentBinding(
        process: order.process, part: signedFor.partDigest, total: order.total), from: alice)
    let forged = Forged(
      transfer: AccountTransfer(account: alice, signature: aliceKey.sign(message)))
    #expect(await world.reserve(order, with: forged).refusal == .invalid)
    #expect(try await world.balance("alice") == 10)
  }

  @Test func bankWithoutTheMethodRefuses() async throws {
    let world = try await CashWorld(values: [1])
    _ = try await world.account("shop")
    _ = try await world.account("alice", holding: 10)
    let alice = AccountMeans(
      account: try #require(AccountName("alice")), key: try key("alice"))
    let order = try world.order([("shop", 5)], method: .transfer)
    #expect(await world.reserve(order, with: alice).refusal == .methodRefused)
    #expect(world.bank.methods == [.ecash])
  }
}
