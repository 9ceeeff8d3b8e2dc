// How long the disk takes to make a write durable.

import Foundation

/// A file that is written over and synced, as SQLite's write-ahead log is.
final class DiskSync {
  private let file: FileHandle
  private let page = Data(repeating: 0x61, count: 4096)

  /// - Parameter path: of a file that is not there yet.
  init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: page) else {
      throw BrokenFixture()
    }
    file = try required(FileHandle(forUpdatingAtPath: path))
    try sync()
  }

  deinit { try? file.close() }

  /// Writes a page and syncs it.
  func sync() throws {
    try file.seek(toOffset: 0)
    try file.write(contentsOf: page)
    guard fdatasync(file.fileDescriptor) == 0 else { throw BrokenFixture() }
  }
}
