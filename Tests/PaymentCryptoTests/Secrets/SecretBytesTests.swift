// Secrets are wiped, are not copied, and compare in constant time.

import PaymentCrypto
import PaymentModel
import Synchronization
import Testing

/// Memory is watched in one place, so these tests run one after another, and look for sizes that no
/// other test uses.
@Suite(.serialized) struct WipingTests {
  /// What of that size is released while `body` runs, as it looks after wiping.
  private func released(ofSize count: Int, _ body: () throws -> Void) rethrows -> [Bytes] {
    let log = WipeLog()
    SecretMemory.observer.withLock { observer in
      observer = { if $0.count == count { log.append(Bytes($0)) } }
    }
    defer { SecretMemory.observer.withLock { $0 = nil } }
    try body()
    return log.entries
  }

  @Test func wipedWhenTheValueEnds() {
    let left = released(ofSize: 4099) {
      let secret = SecretBytes(copying: Bytes(repeating: 0xaa, count: 4099))
      #expect(secret.count == 4099)
    }
    #expect(left == [Bytes(repeating: 0, count: 4099)])
  }

  @Test func wipedWhenFillingFails() {
    struct Refused: Error {}
    let left = released(ofSize: 4111) {
      #expect(throws: Refused.self) {
        _ = try SecretBytes(count: 4111) { span throws(Refused) in
          for index in span.indices { span[index] = 7 }
          throw Refused()
        }
      }
    }
    #expect(left == [Bytes(repeating: 0, count: 4111)])
  }

  @Test func privateKeysWipeWhatTheyHold() {
    let left = released(ofSize: 64) {
      var entropy = SeededEntropy(seed: 1)
      _ = Ed25519.PrivateKey.generate(from: &entropy)
    }
    #expect(!left.isEmpty)
    #expect(left.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }
}

@Suite struct SecretBytesTests {
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
