// One folder for everything that these tests write; it goes when the tests have ended.

import Foundation

enum TestFolder {
  /// Stays until the end of the process, because databases in it may be in use until then.
  private static let root: String = {
    let root = FileManager.default.temporaryDirectory.appending(path: "foil-parties-\(UUID())")
      .path(percentEncoded: false)
    try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: TestFolder.root) }
    return root
  }()

  /// A path that nobody has used.
  static func fresh(_ name: String) -> String { "\(root)/\(name)-\(UUID())" }

  /// A new folder.
  static func make(_ name: String) throws -> String {
    let path = fresh(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Copies a folder. Where somebody renames a file in it meanwhile, it is copied anew.
  static func copy(_ folder: String, to path: String) throws {
    for _ in 0..<20 {
      do {
        return try FileManager.default.copyItem(atPath: folder, toPath: path)
      } catch CocoaError.fileNoSuchFile {
        try? FileManager.default.removeItem(atPath: path)
      } catch CocoaError.fileReadNoSuchFile {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
    try FileManager.default.copyItem(atPath: folder, toPath: path)
  }
}
