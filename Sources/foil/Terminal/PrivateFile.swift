// Files that a command leaves behind: whole or not at all, and for their owner's eyes.

import Goods
import PaymentModel

enum PrivateFile {
  /// Writes a file with mode 0600, in place of one that may be there.
  ///
  /// - Throws: `outputExists` when one is there that must not be overwritten.
  static func write(
    _ bytes: Bytes, to path: String, overwriting: Bool = true
  ) throws(GoodsError) {
    let file = try StagedFile(path: path, overwriting: overwriting, permissions: .owner)
    try file.write(bytes)
    try file.move()
  }
}
