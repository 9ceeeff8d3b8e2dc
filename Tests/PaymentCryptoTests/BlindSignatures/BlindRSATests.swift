// The manual of blind signatures, by public API, and every refusal.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct BlindRSATests {
  static let variants: [BlindRSA.Variant] = [
    .pssRandomized, .psszeroRandomized, .pssDeterministic, .psszeroDeterministic,
  ]

  @Test(arguments: variants) func customerAndBank(variant: BlindRSA.Variant) throws {
    var entropy = SeededEntropy(seed: 1)
    // Bank: a key, of which everybody knows the public half.
    let bank = try TestKeys.denomination(1)
    let published = bank.publicKey.derRepresentation

    // Customer: prepares and blinds.
    let key = try BlindRSA.PublicKey(derRepresentation: published)
    let message = BlindRSA.prepare(Bytes("a coin".utf8), variant: variant, from: &entropy)
    #expect(message.bytes.count == (variant.isRandomized ? 38 : 6))
    let blinding = try key.blind(message, from: &entropy)

    // Bank: signs what it cannot see.
    let blindSignatures = try bank.blindSign([blinding.blindedMessage])

    // Customer: unblinds and verifies.
    let signature = try key.finalize(blindSignatures[0], for: message, blinding: blinding)

    // Anybody: verifies.
    #expect(key.isValid(signature: signature, for: message))
    #expect(signature != blindSignatures[0])
    for other in Self.variants where other.saltByteCount != variant.saltByteCount {
      let sameBytes = BlindRSA.PreparedMessage(message.bytes, variant: other)
      #expect(!key.isValid(signature: signature, for: sameBytes), "salt of another size")
    }
    let otherMessage = BlindRSA.PreparedMessage(message.bytes + [0], variant: variant)
    #expect(!key.isValid(signature: signature, for: otherMessage))
    #expect(!(try TestKeys.denomination(2).publicKey.isValid(signature: signature, for: message)))
  }

  /// Nothing needs storing but the seed: the same derivation gives the same blinded message, and finalizes.
  @Test func aWalletDerivesItAllAgain() throws {
    let bank = try TestKeys.denomination(4)
    let key = bank.publicKey
    let seed = SecretBytes(copying: Bytes(repeating: 7, count: 32))
    let message = BlindRSA.PreparedMessage(
      Bytes(repeating: 1, count: 32), variant: .pssDeterministic)
    func blind(_ counter: UInt8) throws -> BlindRSA.Blinding {
      let salt = HKDF.deriveBytes(secret: seed, info: [0, counter], count: 48)
      let factor = try BlindRSA.BlindingFactor.derive(secret: seed, info: [1, counter], for: key)
      return try key.blind(message, salt: salt, factor: factor)
    }
    let blinded = try blind(1).blindedMessage
    #expect(try blind(2).blindedMessage != blinded)
    let blindSignature = try bank.blindSign([blinded])[0]
    let again = try blind(1)
    #expect(again.blindedMessage == blinded)
    let signature = try key.finalize(blindSignature, for: message, blinding: again)
    #expect(key.isValid(signature: signature, for: message))
  }

  @Test func signsManyInOrder() throws {
    var entropy = SeededEntropy(seed: 3)
    let bank = try TestKeys.denomination(8)
    let key = bank.publicKey
    let messages = (UInt8(0)..<5).map {
      BlindRSA.PreparedMessage([$0], variant: .psszeroDeterministic)
    }
    var blinded: [Bytes] = []
    var factors: [Bytes] = []
    for message in messages {
      let bytes = SecretBytes(count: 256) { (span: inout MutableSpan<UInt8>) in
        let drawn = entropy.bytes(255)
        for index in drawn.indices { span[index + 1] = drawn[index] }
      }
      factors.append(bytes.revealed)
      let factor = try BlindRSA.BlindingFactor(copying: bytes, for: key)
      blinded.append(try key.blind(message, salt: [], factor: factor).blindedMessage)
    }
    let signatures = try bank.blindSign(blinded)
    for (index, message) in messages.enumerated() {
      let factor = try BlindRSA.BlindingFactor(
        copying: SecretBytes(copying: factors[index]), for: key)
      let blinding = try key.blind(message, salt: [], factor: factor)
      #expect(throws: Never.self) {
        try key.finalize(signatures[index], for: message, blinding: blinding)
      }
      let next = signatures[(index + 1) % signatures.count]
      #expect(
        code { try key.finalize(next, for: message, blinding: blinding) } == .invalidSignature)
    }
    #expect(try bank.blindSign([]).isEmpty)
  }

  @Test func signerRefusesOtherSizes() throws {
    let bank = try TestKeys.denomination(1)
    let modulus = bank.publicKey.modulusBytes
    var below = modulus
    below[255] -= 1
    let above = Bytes(repeating: 0xff, count: 256)
    #expect(code { try bank.blindSign([modulus]) } == .representativeOutOfRange)
    #expect(code { try bank.blindSign([above]) } == .representativeOutOfRange)
    #expect(code { try bank.blindSign([Bytes(modulus.dropLast())]) } == .unexpectedInputSize)
    #expect(code { try bank.blindSign([[0] + modulus]) } == .unexpectedInputSize)
    #expect(code { try bank.blindSign([[]]) } == .unexpectedInputSize)
    #expect(try bank.blindSign([below])[0] == below, "(n − 1)^d = n − 1")
    #expect(
      code { try bank.blindSign([below, modulus]) } == .representativeOutOfRange, "all or none")
  }

  @Test func customerRefusesBadAnswers() throws {
    var entropy = SeededEntropy(seed: 4)
    let bank = try TestKeys.denomination(1)
    let key = bank.publicKey
    let message = BlindRSA.PreparedMessage([1], variant: .pssDeterministic)
    let blinding = try key.blind(message, from: &entropy)
    let good = try bank.blindSign([blinding.blindedMessage])[0]
    var changed = good
    changed[100] ^= 1
    let wrong: [(Bytes, CryptoError.Code)] = [
      (changed, .invalidSignature), (key.modulusBytes, .invalidSignature),
      (Bytes(repeating: 0, count: 256), .invalidSignature),
      (Bytes(good.dropLast()), .unexpectedInputSize),
      ([0] + good, .unexpectedInputSize), ([], .unexpectedInputSize),
    ]
    for (answer, expected) in wrong {
      #expect(code { try key.finalize(answer, for: message, blinding: blinding) } == expected)
    }
    let other = BlindRSA.PreparedMessage([2], variant: .pssDeterministic)
    #expect(code { try key.finalize(good, for: other, blinding: blinding) } == .invalidSignature)
    let signature = try key.finalize(good, for: message, blinding: blinding)
    for bit in [0, 7, 1000, 2047] {
      var forged = signature
      forged[bit / 8] ^= 1 << (bit % 8)
      #expect(!key.isValid(signature: forged, for: message))
    }
    #expect(!key.isValid(signature: [0] + signature, for: message))
    #expect(!key.isValid(signature: [], for: message))
  }

  /// s + n satisfies the equation; only the check s < n refuses it. It fits when s is small enough.
  @Test func aSecondSpellingOfASignatureIsRefused() throws {
    var entropy = SeededEntropy(seed: 5)
    let bank = try TestKeys.denomination(1)
    let key = bank.publicKey
    var tested = 0
    for number in UInt8(0)..<40 where tested == 0 {
      let message = BlindRSA.PreparedMessage([number], variant: .psszeroDeterministic)
      let blinding = try key.blind(message, from: &entropy)
      let blindSignature = try bank.blindSign([blinding.blindedMessage])[0]
      let signature = try key.finalize(blindSignature, for: message, blinding: blinding)
      guard let sum = sum(signature, key.modulusBytes) else { continue }
      #expect(!key.isValid(signature: sum, for: message))
      tested += 1
    }
    #expect(tested == 1)
  }

  @Test func factorsAreInRange() throws {
    let key = try TestKeys.denomination(1).publicKey
    func code(_ bytes: Bytes) -> CryptoError.Code? {
      do {
        _ = try BlindRSA.BlindingFactor(copying: SecretBytes(copying: bytes), for: key)
        return nil
      } catch { return error.code }
    }
    #expect(code(Bytes(repeating: 0, count: 256)) == .blindingError)
    #expect(code(key.modulusBytes) == .blindingError)
    #expect(code(Bytes(repeating: 0xff, count: 256)) == .blindingError)
    #expect(code([1]) == .unexpectedInputSize)
    #expect(code(Bytes(repeating: 0, count: 255) + [1]) == nil)
    var entropy = SystemEntropy()
    #expect(throws: Never.self) {
      try BlindRSA.BlindingFactor.random(for: key, from: &entropy).discard()
    }
  }

  /// A multiple of a prime of n, as message or as factor, would factor n for whoever sees it.
  @Test func commonFactorsAreRefused() throws {
    let der = try TestKeys.der(inPEM: TestKeys.pem(1))
    let key = try TestKeys.denomination(1).publicKey
    let p = Bytes(der[TestKeys.integers(inPKCS8: der)[3]].drop { $0 == 0 })
    let multiple = Bytes(repeating: 0, count: 256 - p.count) + p
    let bad = try BlindRSA.BlindingFactor(copying: SecretBytes(copying: multiple), for: key)
    let good = try BlindRSA.BlindingFactor(
      copying: SecretBytes(copying: Bytes(repeating: 3, count: 256)), for: key)
    let message = BlindRSA.PreparedMessage([1], variant: .psszeroDeterministic)
    #expect(code { try key.blind(message, salt: [], factor: bad).blindedMessage } == .blindingError)
    #expect(
      code { try key.blind(representative: multiple, factor: good).blindedMessage } == .invalidInput
    )
    #expect(
      code {
        try key.blind(representative: Bytes(repeating: 0, count: 256), factor: good).blindedMessage
      }
        == .invalidInput)
    #expect(code { try key.blind(message, salt: [0], factor: good).blindedMessage } == .variantSize)
  }

  /// A modulus with many small factors: half of all candidates share one, and what is derived still
  /// repeats.
  @Test func derivationRepeatsUnderADishonestKey() throws {
    var modulus = try TestKeys.denomination(1).publicKey.modulusBytes
    // The next odd multiple of 3·5·7·11·13 below it.
    let step = 15_015
    var remainder = modulus.reduce(0) { ($0 << 8 | Int($1)) % step }
    if !remainder.isMultiple(of: 2) { remainder += step }
    for index in modulus.indices.reversed() where remainder > 0 {
      let difference = Int(modulus[index]) - remainder % 256
      modulus[index] = UInt8(truncatingIfNeeded: difference)
      remainder = remainder / 256 + (difference < 0 ? 1 : 0)
    }
    let key = try BlindRSA.PublicKey(modulus: modulus, exponent: [1, 0, 1])
    let seed = SecretBytes(copying: [1])
    let message = BlindRSA.PreparedMessage([1], variant: .psszeroDeterministic)
    for counter in UInt8(0)..<12 {
      func blind() throws -> Bytes? {
        let factor = try BlindRSA.BlindingFactor.derive(secret: seed, info: [counter], for: key)
        do {
          return try key.blind(message, salt: [], factor: factor).blindedMessage
        } catch {
          // The encoded message itself shares a factor with this modulus.
          #expect(error.code == .invalidInput)
          return nil
        }
      }
      #expect(try blind() == blind())
    }
  }

  private func sum(_ left: Bytes, _ right: Bytes) -> Bytes? {
    var result = left
    var carry = 0
    for index in left.indices.reversed() {
      let sum = Int(left[index]) + Int(right[index]) + carry
      result[index] = UInt8(sum & 0xff)
      carry = sum >> 8
    }
    return carry == 0 ? result : nil
  }

  /// The code of the error that `body` throws.
  private func code<Value>(_ body: () throws -> Value) -> CryptoError.Code? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? CryptoError)?.code }
  }
}

extension BlindRSA.BlindingFactor {
  /// Ends the value, where only its making is tested.
  consuming func discard() {}
}
