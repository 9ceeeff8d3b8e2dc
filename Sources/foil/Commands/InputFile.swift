// Small files that are read as a whole.

import Foundation
import PaymentModel

enum InputFile {
  /// The first `largestByteCount` bytes of a file, and one more where there are more: whoever reads
  /// them then says that they are too many.
  ///
  /// - Parameter path: `-` is standard input.
  static func read(_ path: String, largestByteCount: Int) throws -> Bytes {
    let file = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
    guard let file else { throw Failure(.notChecked, "cannot read \(path)") }
    var content = Data()
    do {
      while content.count <= largestByteCount,
        let more = try file.read(upToCount: largestByteCount + 1 - content.count), !more.isEmpty
      {
        content += more
      }
    } catch {
      throw Failure(.notChecked, "cannot read \(path)")
    }
    return Bytes(content)
  }
}
