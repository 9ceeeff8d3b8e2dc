// The folder that holds a party's state: private, and in the hands of one process.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder for one party's databases and secret files, locked for as long as this object lives.
///
/// The folder has mode 0700. The lock is an advisory one on the file `lock` inside; the system drops it
/// when the process ends, however it ends. Each open store keeps its folder locked.
public final class StateFolder: Sendable {
  /// Where the folder is.
  public let path: String

  private let lock: Int32

  /// Makes the folder where it is missing, with the folders above it, and locks it.
  ///
  /// - Throws: `folder` when it cannot be made or be made private, `inUse` when somebody else has it.
  public init(at path: String) throws(StoreError) {
    try Self.makeFolder(path)
    guard unsafe chmod(path, 0o700) == 0 else {
      throw StoreError(.folder, "cannot make \(path) private: \(Self.lastReason())")
    }
    self.path = path
    lock = try Self.openPrivateFile("\(path)/lock")
    // From here on the descriptor is this object's: when this throws, `deinit` closes it.
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK
        ? StoreError(.inUse, "\(path) is in use by another process")
        : StoreError(.folder, "cannot lock \(path): \(Self.lastReason())")
    }
  }

  deinit {
    // A program that somebody is just starting holds a copy of the descriptor for a moment, and with it the lock.
    _ = flock(lock, LOCK_UN)
    _ = close(lock)
  }

  /// The path of a file in this folder, which exists with mode 0600 afterwards. What SQLite puts beside
  /// a database gets the mode of the database.
  func privateFile(_ name: String) throws(StoreError) -> String {
    let file = "\(path)/\(name)"
    _ = close(try Self.openPrivateFile(file))
    return file
  }

  private static func openPrivateFile(_ path: String) throws(StoreError) -> Int32 {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let descriptor = unsafe open(path, flags, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(.folder, "cannot open \(path): \(lastReason())")
    }
    guard fchmod(descriptor, 0o600) == 0 else {
      let reason = lastReason()
      _ = close(descriptor)
      throw StoreError(.folder, "cannot make \(path) private: \(reason)")
    }
    return descriptor
  }

  /// Makes a folder, and those above it. A new folder is durable when the one above it is synced.
  private static func makeFolder(_ path: String, withParents: Bool = true) throws(StoreError) {
    let parent = folderAbove(path)
    if unsafe mkdir(path, 0o700) == 0 {
      try sync(parent)
    } else if errno == ENOENT, withParents, parent != path {
      try makeFolder(parent)
      try makeFolder(path, withParents: false)
    } else if errno != EEXIST {
      throw StoreError(.folder, "cannot make \(path): \(lastReason())")
    }
  }

  private static func folderAbove(_ path: String) -> String {
    let trimmed = path.hasSuffix("/") ? path.dropLast() : path[...]
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  private static func sync(_ folder: String) throws(StoreError) {
    let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
    defer { _ = close(descriptor) }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw StoreError(.folder, "cannot sync \(folder): \(lastReason())")
    }
  }

  private static func lastReason() -> String {
    unsafe String(cString: strerror(errno))
  }
}
