// What happens when an open store cannot read or write its rows any more.

import Foundation
import GRDB

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The end of a process whose store has failed.
///
/// After a failed write or sync nobody knows what is on the disk, and a second try may report a success
/// that is none. So the process ends without an answer to anybody who waits. Whatever has been answered
/// is durable; the next start finds it.
public enum StoreFailure {
  /// Called once with what went wrong, on the thread where it did; must not return.
  public typealias Handler = @Sendable (String) -> Never

  /// `EX_IOERR` of sysexits.h, an error on some file.
  public static let exitStatus: Int32 = 74

  /// Writes one line to standard error and ends the process with `exitStatus`, at once: no handlers
  /// run, no buffers are written.
  public static let endProcess: Handler = { message in
    try? FileHandle.standardError.write(contentsOf: Data("foil: error: \(message)\n".utf8))
    _exit(exitStatus)
  }

  /// The error in words that hold the statement but no value of a row.
  static func describe(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(error)" }
    let reason = error.message ?? "no reason given"
    let place = error.sql.map { ", in: \($0)" } ?? ""
    return "\(reason) (SQLite error \(error.extendedResultCode.rawValue))\(place)"
  }
}
