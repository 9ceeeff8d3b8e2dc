// Keys of blind signatures: which are read, which are refused, and what a fault gives away: nothing.

import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite struct BlindRSAKeyTests {
  @Test func encodingsRoundTrip() throws {
    let bank = try TestKeys.denomination(16)
    let key = bank.publicKey
    #expect(key.id.bytes == SHA256.digest(key.derRepresentation).bytes)
    #expect(try BlindRSA.PublicKey(derRepresentation: key.derRepresentation) == key)
    #expect(try BlindRSA.PublicKey(modulus: key.modulusBytes, exponent: [1, 0, 1]) == key)
    let der = bank.pkcs8DER()
    #expect(try BlindRSA.PrivateKey(pkcs8DER: der).publicKey == key)
    #expect(try der.revealed == TestKeys.der(inPEM: TestKeys.pem(16)))
  }

  @Test func generatedKeysSign() throws {
    let bank = BlindRSA.PrivateKey.generate(.bits2048)
    #expect(bank.publicKey.modulusByteCount == 256)
    #expect(try BlindRSA.PrivateKey(pkcs8DER: bank.pkcs8DER()).publicKey == bank.publicKey)
  }

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["FOIL_TIER"] == "2", "larger keys are made in tier 2"),
    arguments: [BlindRSA.KeySize.bits3072, .bits4096])
  func largerKeysSign(size: BlindRSA.KeySize) throws {
    var entropy = SystemEntropy()
    let bank = BlindRSA.PrivateKey.generate(size)
    let message = BlindRSA.PreparedMessage([1], variant: .pssDeterministic)
    let blinding = try bank.publicKey.blind(message, from: &entropy)
    let blindSignature = try bank.blindSign([blinding.blindedMessage])[0]
    let signature = try bank.publicKey.finalize(blindSignature, for: message, blinding: blinding)
    #expect(signature.count == size.byteCount)
  }

  @Test func unusualModuliAreRefused() throws {
    let good = try TestKeys.denomination(1).publicKey.modulusBytes
    var even = good
    even[255] &= 0xfe
    var short = good
    short[0] &= 0x7f
    let e: Bytes = [1, 0, 1]
    #expect(code(even, e) == .modulusEven)
    #expect(code(short, e) == .modulusSize, "2047 bits or less")
    #expect(code([1] + good, e) == .modulusSize, "2049 bits")
    #expect(code([0] + good, e) == .modulusSize, "a leading zero")
    #expect(code(Bytes(good.prefix(128)), e) == .modulusSize, "1024 bits")
    #expect(code(Bytes(repeating: 0xff, count: 1024), e) == .modulusSize, "8192 bits")
    #expect(code([], e) == .modulusSize)
    for exponent: Bytes in [[3], [1], [], [0], [1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 1]] {
      #expect(code(good, exponent) == .publicExponent, "\(exponent)")
    }
  }

  @Test func onlyOneEncodingIsRead() throws {
    let good = try TestKeys.denomination(1).publicKey.derRepresentation
    var wrong: [Bytes] = [[], good + [0], Bytes(good.dropLast()), [0x30], Bytes("hello".utf8)]
    // The length of the outer sequence in three bytes instead of two: BER, and not DER.
    wrong.append([0x30, 0x83, 0x00] + good[2...])
    // Without the NULL parameters of rsaEncryption.
    let header = Bytes(good[4...5]) + good[6..<17] + [0x05, 0x00]
    #expect(good[4...].starts(with: header))
    var bare = good
    bare.removeSubrange(17..<19)
    bare[3] -= 2
    bare[5] -= 2
    wrong.append(bare)
    for der in wrong {
      let error = #expect(throws: CryptoError.self) {
        try BlindRSA.PublicKey(derRepresentation: der)
      }
      #expect(error?.code == .keyEncoding)
    }
  }

  /// What Privacy Pass (RFC 9578) publishes is the same key.
  @Test(.enabled(if: Program.openssl.isPresent, "openssl is not installed"))
  func pssEncodingIsTheSameKey() async throws {
    let key = try TestKeys.denomination(1).publicKey
    let parameters = try
      "303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108300b0609608648016503040202a203020130"
      .unhexed
    let body = Bytes(key.derRepresentation[19...])
    let count = parameters.count + body.count
    let der: Bytes = [0x30, 0x82, UInt8(count >> 8), UInt8(count & 0xff)] + parameters + body
    let read = try BlindRSA.PublicKey(derRepresentation: der)
    #expect(read == key)
    #expect(read.id == key.id)
    let folder = try ScratchFolder()
    let text = try await Program.openssl.run(
      "pkey", "-pubin", "-inform", "DER", "-noout", "-text_pub", "-in", folder.file("key", der)
    ).output
    #expect(text.contains("Minimum Salt Length: 48"))
  }

  @Test(.enabled(if: Program.openssl.isPresent, "openssl is not installed"))
  func otherKeysAreRefused() async throws {
    func pkcs8(_ options: String...) async throws -> Bytes {
      var arguments = ["genpkey"]
      for option in options { arguments += option.split(separator: " ").map(String.init) }
      return try await TestKeys.der(inPEM: Program.openssl.run(arguments).bytes)
    }
    let cases: [(Bytes, CryptoError.Code)] = [
      (try await pkcs8("-algorithm RSA", "-pkeyopt rsa_keygen_bits:1024"), .modulusSize),
      (try await pkcs8("-algorithm RSA", "-pkeyopt rsa_keygen_bits:2056"), .modulusSize),
      (
        try await pkcs8(
          "-algorithm RSA", "-pkeyopt rsa_keygen_bits:2048", "-pkeyopt rsa_keygen_pubexp:3"),
        .publicExponent
      ),
      (
        try await pkcs8(
          "-algorithm RSA", "-pkeyopt rsa_keygen_bits:2048", "-pkeyopt rsa_keygen_primes:3"),
        .privateKeyInconsistent
      ),
      (try await pkcs8("-algorithm ED25519"), .keyEncoding), ([], .keyEncoding),
      (try TestKeys.der(inPEM: TestKeys.pem(1)) + [0], .keyEncoding),
      (Bytes(repeating: 0x30, count: 10_000), .keyEncoding),
    ]
    for (index, (der, expected)) in cases.enumerated() {
      #expect(code(der) == expected, "case \(index)")
    }
    await #expect(
      throws: CryptoError.self, "a PEM that is encrypted asks nobody for a passphrase",
      performing: {
        let pem = try await Program.openssl.run(
          "genpkey", "-algorithm", "RSA", "-aes128", "-pass", "pass:secret")
        _ = try BlindRSA.PrivateKey(pkcs8PEM: SecretBytes(copying: pem.bytes)).publicKey
      })
  }

  /// Any of the eight numbers with one changed bit.
  @Test(arguments: 0..<8) func inconsistentKeysAreRefused(number: Int) throws {
    var der = try TestKeys.der(inPEM: TestKeys.pem(1))
    let range = TestKeys.integers(inPKCS8: der)[number]
    der[range.upperBound - 1] ^= 2
    let expected: CryptoError.Code = number == 1 ? .publicExponent : .privateKeyInconsistent
    #expect(code(der) == expected)
  }

  /// A fault in the private operation would give the key away: gcd(s^e − m, n) is a prime. The wrong
  /// signature is withheld.
  @Test func faultySignaturesAreWithheld() throws {
    let good = try TestKeys.der(inPEM: TestKeys.pem(1))
    let ranges = TestKeys.integers(inPKCS8: good)
    var entropy = SeededEntropy(seed: 6)
    let key = try TestKeys.denomination(1).publicKey
    let message = BlindRSA.PreparedMessage([1], variant: .pssDeterministic)
    let blinded = try key.blind(message, from: &entropy).blindedMessage
    // d, too: libcrypto falls back on it when it notices the fault of dp or dq itself.
    for number in [5, 6] {
      var der = good
      der[ranges[number].upperBound - 1] ^= 2
      der[ranges[2].upperBound - 1] ^= 2
      let faulty = try BlindRSA.PrivateKey(uncheckedPKCS8DER: SecretBytes(copying: der))
      let error = #expect(throws: CryptoError.self) { try faulty.blindSign([blinded]) }
      #expect(error?.code == .signingFailure)
    }
    let sound = try BlindRSA.PrivateKey(uncheckedPKCS8DER: SecretBytes(copying: good))
    #expect(try sound.blindSign([blinded]).count == 1)
  }

  /// One key, many threads.
  @Test func threadsShareAKey() async throws {
    let key = try TestKeys.denomination(1).publicKey
    let bank = Shared(key: try TestKeys.denomination(1))
    let results = await withTaskGroup(of: Bool.self, returning: [Bool].self) { group in
      for number in UInt8(0)..<8 {
        group.addTask {
          var entropy = SeededEntropy(seed: UInt64(number))
          let message = BlindRSA.PreparedMessage([number], variant: .psszeroDeterministic)
          guard let blinding = try? key.blind(message, from: &entropy),
            let signatures = try? bank.key.blindSign([blinding.blindedMessage]),
            let signature = try? key.finalize(signatures[0], for: message, blinding: blinding)
          else { return false }
          return key.isValid(signature: signature, for: message)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: true, count: 8))
  }

  private final class Shared: Sendable {
    let key: BlindRSA.PrivateKey
    init(key: consuming BlindRSA.PrivateKey) { self.key = key }
  }

  private func code(_ modulus: Bytes, _ exponent: Bytes) -> CryptoError.Code? {
    do {
      _ = try BlindRSA.PublicKey(modulus: modulus, exponent: exponent)
      return nil
    } catch { return error.code }
  }

  private func code(_ der: Bytes) -> CryptoError.Code? {
    do {
      _ = try BlindRSA.PrivateKey(pkcs8DER: SecretBytes(copying: der)).publicKey
      return nil
    } catch { return error.code }
  }
}
