// Heap memory for secrets: zeroed when taken, wiped when given back.

internal import COpenSSL
package import Synchronization

/// Where the bytes of every secret of this module live.
package enum SecretMemory {
  /// Called with each piece of memory after it was wiped and before it is freed. Tests look here.
  package static let observer = Mutex<(@Sendable (UnsafeRawBufferPointer) -> Void)?>(nil)

  /// Memory for `count` bytes, all zero.
  static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
    start.initialize(repeating: 0, count: max(count, 1))
    return start
  }

  static func release(_ start: UnsafeMutablePointer<UInt8>, count: Int) {
    wipe(UnsafeMutableRawBufferPointer(start: start, count: count))
    observer.withLock { $0?(UnsafeRawBufferPointer(start: start, count: count)) }
    start.deallocate()
  }

  /// Overwrites in a way that the compiler does not remove.
  static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
  }
}

extension Span<UInt8> {
  /// Copies all bytes to memory that has room for them behind `offset`; without room the process ends.
  func copy(to memory: UnsafeMutableBufferPointer<UInt8>, at offset: Int = 0) {
    precondition(offset >= 0 && count <= memory.count - offset, "no room for the bytes")
    withUnsafeBufferPointer { bytes in
      guard let source = bytes.baseAddress, let start = memory.baseAddress else { return }
      (start + offset).update(from: source, count: bytes.count)
    }
  }
}
