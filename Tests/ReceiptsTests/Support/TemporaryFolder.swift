// A folder that a test writes into and that goes with it.

import Foundation
import PaymentModel

final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "foil-receipts-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// All files in it and below, by their paths.
  func files() throws -> [String: Bytes] {
    var files: [String: Bytes] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
      if !isFolder.boolValue { files[name] = try contents(name) }
    }
    return files
  }

  func contents(_ name: String) throws -> Bytes {
    Bytes(try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
  }

  func write(_ bytes: Bytes, to name: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }
}
