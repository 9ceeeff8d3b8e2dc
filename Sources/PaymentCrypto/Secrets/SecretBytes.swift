// Bytes that nobody may see: noncopyable, on the heap, wiped at the end, without a description.

public import PaymentModel

/// Secret bytes.
///
/// They are not copied by moves and not printed. They are wiped when the value ends. Reading is lent
/// for the length of a closure.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  private let start: UnsafeMutablePointer<UInt8>

  /// How many bytes.
  public let count: Int

  /// A copy of `bytes`. The original is the caller's to wipe.
  public init(copying bytes: Span<UInt8>) {
    count = bytes.count
    start = SecretMemory.allocate(count)
    bytes.copy(to: UnsafeMutableBufferPointer(start: start, count: count))
  }

  /// A copy of `bytes`. The original is the caller's to wipe.
  public init(copying bytes: Bytes) {
    self.init(copying: bytes.span)
  }

  /// Takes over `bytes`, which are wiped and left empty. Other copies of the array keep theirs.
  public init(taking bytes: inout Bytes) {
    self.init(copying: bytes)
    bytes.withUnsafeMutableBytes { SecretMemory.wipe($0) }
    bytes = []
  }

  /// `count` bytes that `fill` writes; what it does not write is zero. When it throws, nothing remains.
  public init<Failure: Error>(
    count: Int, filledBy fill: (inout MutableSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try self.init(count: count) { (start: UnsafeMutablePointer<UInt8>) throws(Failure) in
      var span = UnsafeMutableBufferPointer(start: start, count: count).mutableSpan
      try fill(&span)
    }
  }

  /// `count` random bytes.
  public init(count: Int, from entropy: inout some Entropy) {
    var drawn = entropy.bytes(count)
    self.init(taking: &drawn)
  }

  /// `count` bytes that a C function writes.
  init<Failure: Error>(
    count: Int, writtenBy write: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let start = SecretMemory.allocate(count)
    do {
      try write(start)
    } catch {
      SecretMemory.release(start, count: count)
      throw error
    }
    self.start = start
    self.count = count
  }

  deinit { SecretMemory.release(start, count: count) }

  /// Lends the bytes.
  public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: start, count: count).span)
  }

  /// Lends the bytes to a C function, which knows how many they are.
  borrowing func withPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafePointer(start))
  }

  /// Lends the bytes to a C function.
  borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: start, count: count))
  }

  /// Lends the memory for writing, for buffers that are used again and again.
  mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeMutableBufferPointer(start: start, count: count))
  }

  /// A second secret with the same bytes.
  public borrowing func copy() -> SecretBytes {
    withSpan { SecretBytes(copying: $0) }
  }

  /// Whether both hold the same bytes, in a time that does not depend on where they differ.
  public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
    withSpan { left in other.withSpan { right in constantTimeEqual(left, right) } }
  }
}
