// Keys for tests: each from a number, always the same.

import Evidence
import PaymentCrypto
import PaymentModel

/// A private key that tests can sign anything with.
final class TestKey: Sendable {
  let key: Ed25519.PrivateKey
  let signer: StatementSigner

  init(_ number: UInt8, party: PartyName) {
    key = Self.key(number)
    signer = StatementSigner(party: party, key: Self.key(number))
  }

  var publicKey: Ed25519.PublicKey { key.publicKey }
  var value: SigningKeyValue { identifier(publicKey.bytes) }

  static func key(_ number: UInt8) -> Ed25519.PrivateKey {
    do {
      return try Ed25519.PrivateKey(
        seed: SecretBytes(copying: Bytes(repeating: number, count: 32)))
    } catch {
      fatalError("32 bytes are a seed")
    }
  }
}

/// The parties of the tests.
enum Parties {
  static let root = TestKey(1, party: name("root.example"))
  static let bank = TestKey(2, party: name("bank.example"))
  static let merchant = TestKey(3, party: name("books.example"))
  static let coordinator = TestKey(4, party: name("coordinator.example"))
  static let customer = TestKey(5, party: .customer)
  static let account = TestKey(6, party: name("alice"))
  static let log = TestKey(7, party: name("log.example"))
  static let witness = TestKey(8, party: name("witness.example"))
  static let trustee = TestKey(9, party: name("trustee.example"))
  /// A key that is in no list yet.
  static let registered = TestKey(11, party: name("bank.example"))
  static let auditor = TestKey(10, party: name("auditor.example"))

  /// Who signs a kind in these tests.
  static func signer(of kind: StatementKind) -> TestKey {
    switch kind.signers[0] {
    case .bank: bank
    case .merchant: merchant
    case .customer: customer
    case .account: account
    case .coordinator: coordinator
    case .trustee: trustee
    case .auditor: auditor
    case .trustRoot, .log, .witness: root
    }
  }

  static func name(_ text: String) -> PartyName { required(PartyName(text)) }
}

func identifier<S>(_ bytes: Bytes) -> Identifier<S> { required(Identifier(bytes)) }

/// 32 bytes that differ for each word.
func identifier<S>(_ word: String) -> Identifier<S> {
  SHA256.digest(Bytes(word.utf8)).renamed()
}

func required<Value>(_ value: Value?) -> Value {
  guard let value else { fatalError("a constant of the tests is wrong") }
  return value
}

/// The code that `body` fails with; `nil` when it does not fail.
func failure<Value>(_ body: () throws(EvidenceError) -> Value) -> EvidenceError.Code? {
  do {
    _ = try body()
    return nil
  } catch {
    return error.code
  }
}
