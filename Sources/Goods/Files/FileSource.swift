// Where a container or a good is read from: a file or a pipe, once, from its start to its end.

import Foundation
import PaymentModel

/// A file that is read once, from its start to its end, in constant memory.
public struct FileSource: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// Opens a file for reading. A folder is refused.
  ///
  /// - Throws: `file`, `fileIsFolder`.
  public init(path: String) throws(GoodsError) {
    let file = try FileDescriptor(opening: path, flags: O_RDONLY)
    guard try !file.isFolder() else {
      throw GoodsError(.fileIsFolder, "\(path) is a folder")
    }
    descriptor = file
  }

  /// Reads an open descriptor, for example standard input; the original stays open.
  ///
  /// - Throws: `file` when it is not open.
  public init(descriptor number: Int32) throws(GoodsError) {
    descriptor = try FileDescriptor(duplicating: number)
  }

  /// Reads until `buffer` is full or the file ends, and returns how many bytes were read.
  func read(into buffer: inout Bytes) throws(GoodsError) -> Int {
    try descriptor.read(into: &buffer)
  }

  /// Whether nothing is left to read. Reads one byte when something is.
  func isAtEnd() throws(GoodsError) -> Bool {
    var next: Bytes = [0]
    return try descriptor.read(into: &next) == 0
  }
}
