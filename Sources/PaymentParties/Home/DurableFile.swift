// Small files that are on disk when writing returns.

import Foundation
import Goods
import PaymentModel

/// Small private files.
enum DurableFile {
  /// Writes a file that must not exist yet, with mode 0600. When this returns it survives a power loss; when
  /// it throws there is no such file.
  static func write(
    _ bytes: Bytes, to path: String, overwriting: Bool = false
  ) throws(GoodsError) {
    let file = try StagedFile(path: path, overwriting: overwriting, permissions: .owner)
    try file.write(bytes)
    try file.move()
  }

  /// Removes a file. When this returns it stays away after a power loss, too.
  static func remove(_ path: String) throws(GoodsError) {
    try StagedFile.remove(path)
  }

  /// The content of a file of at most 1 MiB; `nil` when there is none, or none that can be read.
  static func read(_ path: String) -> Bytes? {
    guard let file = FileHandle(forReadingAtPath: path),
      let content = try? file.read(upToCount: 1 << 20), content.count < 1 << 20
    else { return nil }
    return Bytes(content)
  }
}
