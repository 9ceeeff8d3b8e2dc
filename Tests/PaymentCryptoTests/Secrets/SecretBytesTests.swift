// Secrets are wiped, are not copied, and compare in constant time.

import PaymentCrypto
import PaymentModel
import Synchronization
import Testing

@Suite struct SecretBytesTests {
  /// What `body` releases, as it looks after wiping.
  private func released(_ body: () throws -> Void) rethrows -> [Bytes] {
    let log = WipeLog()
    try SecretMemory.$wiped.withValue({ log.append(Bytes($0)) }, operation: body)
    return log.entries
  }

  @Test func wipedWhenTheValueEnds() {
    let left = released {
      let secret = SecretBytes(copying: Bytes(repeating: 0xaa, count: 40))
      #expect(secret.count == 40)
    }
    #expect(left == [Bytes(repeating: 0, count: 40)])
  }

  @Test func wipedWhenFillingFails() {
    struct Refused: Error {}
    let left = released {
      #expect(throws: Refused.self) {
        _ = try SecretBytes(count: 8) { span throws(Refused) in
          for index in span.indices { span[index] = 7 }
          throw Refused()
        }
      }
    }
    #expect(left == [Bytes(repeating: 0, count: 8)])
  }

  @Test func privateKeysWipeWhatTheyHold() {
    let left = released {
      var entropy = SeededEntropy(seed: 1)
      _ = Ed25519.PrivateKey.generate(from: &entropy)
    }
    #expect(left.contains { $0.count == 64 })
    #expect(left.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test func takingLeavesTheSourceEmpty() {
    var source: Bytes = [1, 2, 3]
    let secret = SecretBytes(taking: &source)
    #expect(source.isEmpty)
    #expect(secret.revealed == [1, 2, 3])
  }

  @Test func comparesByBytes() {
    func areEqual(_ left: Bytes, _ right: Bytes) -> Bool {
      SecretBytes(copying: left).isEqual(to: SecretBytes(copying: right).copy())
    }
    #expect(areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!areEqual([1, 2, 3], [1, 2]))
    #expect(areEqual([], []))
    #expect(constantTimeEqual([5], [5]))
    #expect(!constantTimeEqual([5], [6]))
    #expect(!constantTimeEqual([5], [5, 5]))
  }

  @Test func seededEntropyRepeatsAndIsAStream() {
    var whole = SeededEntropy(seed: 7)
    var parts = SeededEntropy(seed: 7)
    let all = whole.bytes(100)
    #expect(parts.bytes(1) + parts.bytes(31) + parts.bytes(40) + parts.bytes(28) == all)
    var other = SeededEntropy(seed: 8)
    #expect(other.bytes(100) != all)
    var fork = whole
    #expect(fork.bytes(50) == whole.bytes(50))
  }

  @Test func systemEntropyDoesNotRepeat() {
    var entropy = SystemEntropy()
    #expect(entropy.bytes(0).isEmpty)
    #expect(entropy.bytes(32) != entropy.bytes(32))
  }
}

private final class WipeLog: Sendable {
  private let list = Mutex<[Bytes]>([])
  var entries: [Bytes] { list.withLock { $0 } }
  func append(_ bytes: Bytes) { list.withLock { $0.append(bytes) } }
}
