// A file that appears under its name only when it is complete.
//
//   create `.foil-….partial` in the target's folder  →  write  →  sync  →  link or rename  →  sync folder
//
// A crash before the link leaves a partial file under a name that nobody asks for. Nothing half-written
// ever stands under the final name.

import Foundation
import PaymentCrypto
package import PaymentModel

/// Output that is written under a temporary name and moved to its own when all of it is good.
package struct StagedFile: ~Copyable, Sendable {
  /// Who may read the file.
  package enum Permissions: UInt32, Sendable {
    /// Whom the process's mask allows.
    case usual = 0o666
    /// The owner alone.
    case owner = 0o600
  }

  private let folder: FileDescriptor
  private let folderPath: String
  private let name: String
  private let overwriting: Bool
  private let temporaryName: String
  private let content: FileDescriptor

  /// Creates the temporary file beside `path`, in a folder that exists.
  ///
  /// - Throws: `outputExists` when the path is taken and must not be overwritten; `filePath`, `file`.
  package init(path: String, overwriting: Bool, permissions: Permissions) throws(GoodsError) {
    let parts = try FilePath(path)
    let folder = try FileDescriptor(opening: parts.folder, flags: O_RDONLY | O_DIRECTORY)
    guard overwriting || !folder.contains(parts.name) else {
      throw GoodsError(.outputExists, "\(path) exists")
    }
    try self.init(
      in: folder, at: parts.folder, name: parts.name, overwriting: overwriting,
      permissions: permissions)
  }

  /// Creates the temporary file in a folder that exists. Nothing will be overwritten.
  init(inFolder path: String, name: String, permissions: Permissions) throws(GoodsError) {
    let folder = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
    try self.init(
      in: folder, at: path, name: name, overwriting: false, permissions: permissions)
  }

  private init(
    in folder: consuming FileDescriptor, at folderPath: String, name: String, overwriting: Bool,
    permissions: Permissions
  ) throws(GoodsError) {
    var entropy = SystemEntropy()
    let temporaryName = ".foil-\(entropy.bytes(8).hex).partial"
    content = try folder.create(temporaryName, permissions: mode_t(permissions.rawValue))
    self.folder = folder
    self.folderPath = folderPath
    self.name = name
    self.overwriting = overwriting
    self.temporaryName = temporaryName
  }

  /// What was not moved disappears. Of what was moved the temporary name is gone already.
  deinit { folder.remove(temporaryName) }

  func write(_ bytes: Span<UInt8>) throws(GoodsError) {
    try content.write(bytes)
  }

  package func write(_ bytes: Bytes) throws(GoodsError) {
    try content.write(bytes.span)
  }

  /// Makes the file durable under its name and returns its path.
  @discardableResult
  package func move() throws(GoodsError) -> String {
    try move(to: name)
  }

  /// Makes the file durable under another name than its own, and returns its path.
  ///
  /// - Throws: `outputExists` when `name` is taken and must not be overwritten; then the content is
  ///   still there to be moved to another name.
  func move(to name: String) throws(GoodsError) -> String {
    try content.synchronize()
    if overwriting {
      try folder.rename(temporaryName, to: name)
    } else {
      try folder.moveUnlessTaken(temporaryName, to: name)
    }
    try folder.synchronize()
    return path(of: name)
  }

  /// The path under which `name` stands in the folder.
  private func path(of name: String) -> String {
    switch folderPath {
    case ".": name
    case "/": "/\(name)"
    default: "\(folderPath)/\(name)"
    }
  }
}

extension StagedFile {
  /// Removes a file. When this returns it stays away after a power loss, too.
  ///
  /// - Throws: `filePath`; `file` when it is still there, or the folder cannot be synced.
  package static func remove(_ path: String) throws(GoodsError) {
    let parts = try FilePath(path)
    let folder = try FileDescriptor(opening: parts.folder, flags: O_RDONLY | O_DIRECTORY)
    folder.remove(parts.name)
    guard !folder.contains(parts.name) else { throw GoodsError(.file, "cannot remove \(path)") }
    try folder.synchronize()
  }
}

/// A path taken apart into folder and name.
struct FilePath: Sendable {
  let folder: String
  let name: String

  /// - Throws: `filePath` when the path names no file.
  init(_ path: String) throws(GoodsError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty, last != ".", last != "..",
      !path.utf8.contains(0)
    else { throw GoodsError(.filePath, "'\(path)' names no file") }
    name = String(last)
    let folder = parts.dropLast().joined(separator: "/")
    self.folder = parts.count == 1 ? "." : folder.isEmpty ? "/" : folder
  }
}
