// A folder that a test writes into and that goes with it.

import Foundation

final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "foil-store-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The permission bits of a file inside, or of the folder itself.
  func mode(of file: String = "") throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}
