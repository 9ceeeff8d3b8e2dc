// Files that appear complete or not at all, for whoever serves a folder.

import Foundation
import PaymentModel

/// A folder of files that others read while they are written.
///
/// A file is written under another name, synced, and renamed. What a crash leaves under the other name is
/// written over. Folders that are made get the mode of this one; files can be read by whoever reaches them.
struct StaticFiles: Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
  }

  /// Makes the folder, private, when it is missing.
  ///
  /// - Throws: `tileFiles`.
  func make() throws(ReceiptsError) {
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.failure("make", path) }
  }

  /// The content of a file; `nil` when there is none, or none of that size, or it cannot be read.
  func read(_ name: String, atMost largest: Int) -> Bytes? {
    (try? find(name, atMost: largest)) ?? nil
  }

  /// The content of a file; `nil` when there is none, for sure.
  ///
  /// - Throws: `tileFiles` when there is something that cannot be read, is larger, or is no regular file.
  func find(_ name: String, atMost largest: Int) throws(ReceiptsError) -> Bytes? {
    let whole = "\(path)/\(name)"
    // Opening a pipe would wait for its other end.
    let file = unsafe open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw Self.failure("read", whole)
    }
    defer { _ = close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw Self.failure("look at", whole) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= largest else {
      throw ReceiptsError(.tileFiles, "\(whole) is not a file of the log")
    }
    var bytes = Bytes(repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        return unsafe Foundation.read(file, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("read", whole) }
      guard count > 0 else { throw ReceiptsError(.tileFiles, "\(whole) ended while it was read") }
      filled += count
    }
    return bytes
  }

  /// Writes files, each as a whole. When this returns they are durable.
  ///
  /// - Throws: `tileFiles`.
  func write(_ files: [(name: String, bytes: Bytes)]) throws(ReceiptsError) {
    var folders: [String] = []
    for (name, bytes) in files {
      let folder = try makeFolder(of: name)
      try write(bytes, to: "\(path)/\(name)")
      if !folders.contains(folder) { folders.append(folder) }
    }
    for folder in folders { try Self.sync(folder) }
  }

  /// Removes a folder of files that nobody needs any more. What cannot be removed stays.
  func removeFolder(_ name: String) {
    try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  private func write(_ bytes: Bytes, to target: String) throws(ReceiptsError) {
    let temporary = target + ".new"
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    let file = unsafe open(temporary, flags, 0o644)
    guard file >= 0 else { throw Self.failure("write", temporary) }
    defer { _ = close(file) }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        return unsafe Foundation.write(file, rest.baseAddress, rest.count)
      }
      guard count > 0 || errno == EINTR else { throw Self.failure("write", temporary) }
      written += max(count, 0)
    }
    guard fsync(file) == 0, unsafe rename(temporary, target) == 0 else {
      throw Self.failure("write", target)
    }
  }

  /// Makes the folders above a file and returns the last one.
  private func makeFolder(of name: String) throws(ReceiptsError) -> String {
    var folder = path
    for element in name.split(separator: "/").dropLast() {
      let parent = folder
      folder += "/\(element)"
      if unsafe access(folder, F_OK) == 0 { continue }
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { throw Self.failure("look at", path) }
      guard unsafe mkdir(folder, status.st_mode & 0o777) == 0 || errno == EEXIST else {
        throw Self.failure("make", folder)
      }
      try Self.sync(parent)
    }
    return folder
  }

  private static func sync(_ folder: String) throws(ReceiptsError) {
    let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
    defer { _ = close(descriptor) }
    guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure("sync", folder) }
  }

  private static func failure(_ tried: String, _ path: String) -> ReceiptsError {
    let reason = unsafe String(cString: strerror(errno))
    return ReceiptsError(.tileFiles, "cannot \(tried) \(path): \(reason.lowercased())")
  }
}
