// What the exit status of every command means.

import ArgumentParser

/// Exit status of `foil`.
enum ExitStatus: Int32 {
  /// Yes: done, verified, opened.
  case yes = 0
  /// A verified no, or refused.
  case no = 1
  /// Could not be checked: a file is missing or unreadable, a key is not known.
  case notChecked = 2
  /// The command was called in a wrong way (sysexits EX_USAGE).
  case usage = 64
  /// Pending or in doubt; the same command can be run again (sysexits EX_TEMPFAIL).
  case pending = 75
}

/// Ends a command with a message, a hint and a status.
struct Failure: Error {
  let status: ExitStatus
  let message: String
  let hint: String?

  init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
    self.status = status
    self.message = message
    self.hint = hint
  }
}
