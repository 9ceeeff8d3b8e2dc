// Others verify our signatures, and sign what we blinded.

import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite struct BlindRSAInteroperationTests {
  private static let message = Bytes("thirty-two bytes: a coin's key!!".utf8)

  private func signature(_ variant: BlindRSA.Variant) throws -> Bytes {
    var entropy = SeededEntropy(seed: 1)
    let bank = try TestKeys.denomination(1)
    let message = BlindRSA.PreparedMessage(Self.message, variant: variant)
    let blinding = try bank.publicKey.blind(message, from: &entropy)
    let blindSignature = try bank.blindSign([blinding.blindedMessage])[0]
    return try bank.publicKey.finalize(blindSignature, for: message, blinding: blinding)
  }

  @Test(
    .enabled(if: Program.openssl.isPresent, "openssl is not installed"),
    arguments: [BlindRSA.Variant.pssDeterministic, .psszeroDeterministic])
  func opensslVerifies(variant: BlindRSA.Variant) async throws {
    let key = try TestKeys.denomination(1).publicKey
    let signature = try signature(variant)
    let folder = try ScratchFolder()
    let pem = try folder.file("key.pem", Bytes(key.pemRepresentation.utf8))
    let input = try folder.file("message", Self.message)
    for (saltByteCount, status) in [(variant.saltByteCount, Int32(0)), (20, 1)] {
      let outcome = try await Program.openssl.run(
        "dgst", "-sha384", "-verify", pem, "-sigopt", "rsa_padding_mode:pss", "-sigopt",
        "rsa_pss_saltlen:\(saltByteCount)", "-signature", folder.file("signature", signature),
        input)
      #expect(outcome.status == status)
    }
  }

  /// What openssl signs, our verification accepts: with the salt of the variant and no other.
  @Test(
    .enabled(if: Program.openssl.isPresent, "openssl is not installed"),
    arguments: [BlindRSA.Variant.pssDeterministic, .psszeroDeterministic])
  func weVerifyOpenssl(variant: BlindRSA.Variant) async throws {
    let key = try TestKeys.denomination(1).publicKey
    let message = BlindRSA.PreparedMessage(Self.message, variant: variant)
    let folder = try ScratchFolder()
    let pem = try folder.file("key.pem", TestKeys.pem(1))
    let input = try folder.file("message", Self.message)
    for saltByteCount in [0, 20, 47, 48, 49] {
      let signature = try await Program.openssl.run(
        "dgst", "-sha384", "-sign", pem, "-sigopt", "rsa_padding_mode:pss", "-sigopt",
        "rsa_pss_saltlen:\(saltByteCount)", input
      ).bytes
      #expect(
        key.isValid(signature: signature, for: message)
          == (saltByteCount == variant.saltByteCount),
        "salt of \(saltByteCount) bytes")
    }
  }

  @Test(
    .enabled("Python's cryptography is not installed") {
      await Program.pythonHas("cryptography")
    },
    arguments: [BlindRSA.Variant.pssDeterministic, .psszeroDeterministic])
  func pythonVerifies(variant: BlindRSA.Variant) async throws {
    let program = """
      import sys
      from cryptography.hazmat.primitives import hashes, serialization
      from cryptography.hazmat.primitives.asymmetric import padding
      key = serialization.load_der_public_key(bytes.fromhex(sys.argv[1]))
      pss = padding.PSS(padding.MGF1(hashes.SHA384()), int(sys.argv[4]))
      key.verify(bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[2]), pss, hashes.SHA384())
      """
    let key = try TestKeys.denomination(1).publicKey
    let signature = try signature(variant)
    for (message, status) in [(Self.message, Int32(0)), (Self.message + [0], 1)] {
      let outcome = try await Program.python.run(
        "-c", program, key.derRepresentation.hex, message.hex, signature.hex,
        "\(variant.saltByteCount)")
      #expect(outcome.status == status)
    }
  }

  /// A signer that does nothing but raise to the power d.
  @Test(
    .enabled(if: Program.python.isPresent, "python3 is not installed"),
    arguments: BlindRSATests.variants)
  func pythonSigns(variant: BlindRSA.Variant) async throws {
    var entropy = SeededEntropy(seed: 2)
    let key = try TestKeys.denomination(1).publicKey
    let der = try TestKeys.der(inPEM: TestKeys.pem(1))
    let d = der[TestKeys.integers(inPKCS8: der)[2]].hex
    let message = BlindRSA.prepare(Self.message, variant: variant, from: &entropy)
    let blinding = try key.blind(message, from: &entropy)
    let power =
      "import sys;m,d,n=(int(x,16) for x in sys.argv[1:]);print('%0512x'%pow(m,d,n),end='')"
    let answer = try await Program.python.run(
      "-c", power, blinding.blindedMessage.hex, d, key.modulusBytes.hex
    ).output
    let signature = try key.finalize(try answer.unhexed, for: message, blinding: blinding)
    #expect(key.isValid(signature: signature, for: message))
  }
}
