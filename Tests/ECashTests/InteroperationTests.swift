// Coins are RSA-PSS signatures of an Ed25519 key: other software verifies them.

import ECash
import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite struct InteroperationTests {
  private static let verifier = """
    import sys
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding
    key, coin, signature, message, use = [bytes.fromhex(x) for x in sys.stdin.read().split()]
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
    serialization.load_der_public_key(key).verify(signature, coin, pss, hashes.SHA384())
    ed25519.Ed25519PublicKey.from_public_bytes(coin).verify(use, message)
    """

  @Test(
    .enabled("python3 with the package cryptography is missing") {
      await Program.pythonHas("cryptography")
    })
  func pythonVerifiesCoinsAndTheirUse() async throws {
    let world = try await CashWorld()
    let coin = try await world.coins([64])[0]
    let denomination = try #require(world.keyset.denomination(coin.denomination))
    let process: ProcessID = SHA256.digest([1]).renamed()
    let message = Bytes("foil/spend/v1\n".utf8) + process.bytes + Bytes("bank.example".utf8)
    let use = try coin.used(in: process, at: world.bankName).use
    let key = denomination.content.publicKey
    func verify(_ signature: Bytes) async throws -> Int32 {
      let fields = [key, coin.key.publicKey.bytes, signature, message, use]
      let input = fields.map(\.hex).joined(separator: "\n")
      return try await Program.python.run("-c", Self.verifier, input: Bytes(input.utf8)).status
    }
    #expect(try await verify(coin.signature) == 0)
    #expect(try await verify(coin.signature.dropLast() + [coin.signature[255] ^ 1]) == 1)
  }
}
