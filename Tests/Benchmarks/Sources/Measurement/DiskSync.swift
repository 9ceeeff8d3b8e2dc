// How long the disk takes to make a write durable.

import Foundation

/// A file that is written over and synced, as SQLite's write-ahead log is.
package final class DiskSync {
  private let file: FileHandle
  private let page = Data(repeating: 0x61, count: 4096)

  /// - Parameter path: of a file that is not there yet.
  package init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: page) else {
      throw BrokenFixture()
    }
    file = try required(FileHandle(forUpdatingAtPath: path))
    try sync()
  }

  deinit { try? file.close() }

  /// Writes a page and syncs it.
  package func sync() throws {
    try file.seek(toOffset: 0)
    try file.write(contentsOf: page)
    guard fdatasync(file.fileDescriptor) == 0 else { throw BrokenFixture() }
  }
}

extension DiskSync {
  /// The median of 21 synced writes to a new file in that folder.
  package static func medianMicroseconds(in folder: TemporaryFolder) throws -> Double {
    let sync = try DiskSync(path: folder.path("synced-\(UUID().uuidString)"))
    let clock = ContinuousClock()
    return median(
      try (0..<21).map { _ in
        let start = clock.now
        try sync.sync()
        return (clock.now - start) / .microseconds(1)
      })
  }
}
