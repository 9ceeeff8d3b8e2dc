// An open file of the system: closed at its end, read and written as a whole, errors as values.

import Foundation
import PaymentModel

/// An open file descriptor, closed when the value ends.
struct FileDescriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes over a descriptor that is open.
  init(owning number: Int32) {
    self.number = number
  }

  /// Opens `path`.
  init(opening path: String, flags: Int32) throws(GoodsError) {
    let number = Self.uninterrupted { unsafe open(path, flags | O_CLOEXEC) }
    guard number >= 0 else { throw Self.failure("cannot open \(path)") }
    self.number = number
  }

  /// A second descriptor of an open file, such as standard input.
  init(duplicating original: Int32) throws(GoodsError) {
    let number = Self.uninterrupted { fcntl(original, F_DUPFD_CLOEXEC, 0) }
    guard number >= 0 else { throw Self.failure("cannot use descriptor \(original)") }
    self.number = number
  }

  deinit { _ = close(number) }

  /// Reads until `buffer` is full or the file ends, and returns how many bytes were read.
  func read(into buffer: inout Bytes) throws(GoodsError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = Self.uninterrupted {
        unsafe buffer.withUnsafeMutableBytes {
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
          return unsafe Foundation.read(number, rest.baseAddress, rest.count)
        }
      }
      guard count >= 0 else { throw Self.failure("cannot read") }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Writes all of `bytes`.
  func write(_ bytes: Span<UInt8>) throws(GoodsError) {
    var written = 0
    while written < bytes.count {
      let count = Self.uninterrupted {
        unsafe bytes.withUnsafeBytes {
          let rest = unsafe UnsafeRawBufferPointer(rebasing: $0[written...])
          return unsafe Foundation.write(number, rest.baseAddress, rest.count)
        }
      }
      guard count > 0 else { throw Self.failure("cannot write") }
      written += count
    }
  }

  /// Returns when everything that was written survives a power loss.
  func synchronize() throws(GoodsError) {
    guard Self.uninterrupted({ fsync(number) }) == 0 else { throw Self.failure("cannot sync") }
  }

  /// Whether it is a folder.
  func isFolder() throws(GoodsError) -> Bool {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw Self.failure("cannot look at file") }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: - Folders

  /// Creates a file in this folder; the name must be free.
  func create(_ name: String, permissions: mode_t) throws(GoodsError) -> FileDescriptor {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let file = Self.uninterrupted { unsafe openat(number, name, flags, permissions) }
    guard file >= 0 else { throw Self.failure("cannot create a file") }
    return FileDescriptor(owning: file)
  }

  /// Whether something has that name in this folder.
  func contains(_ name: String) -> Bool {
    unsafe faccessat(number, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Gives a file of this folder another name, and takes that name away from whatever has it.
  func rename(_ name: String, to newName: String) throws(GoodsError) {
    guard unsafe renameat(number, name, number, newName) == 0 else {
      throw Self.failure("cannot write \(newName)")
    }
  }

  /// Gives a file of this folder another name, which must be free.
  ///
  /// - Throws: `outputExists`, `file`.
  func moveUnlessTaken(_ name: String, to newName: String) throws(GoodsError) {
    guard unsafe linkat(number, name, number, newName, 0) == 0 else {
      guard errno == EEXIST else { throw Self.failure("cannot write \(newName)") }
      throw GoodsError(.outputExists, "\(newName) exists")
    }
    remove(name)
  }

  /// Takes a name away from a file of this folder.
  func remove(_ name: String) {
    _ = unsafe unlinkat(number, name, 0)
  }

  // MARK: - Errors

  /// Calls again as long as a signal interrupts the call.
  static func uninterrupted<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// The last call's error, with what was tried.
  static func failure(_ tried: String) -> GoodsError {
    let reason = unsafe String(cString: strerror(errno))
    return GoodsError(.file, "\(tried): \(reason.lowercased())")
  }
}
