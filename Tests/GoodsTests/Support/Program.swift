// Other programs that read and write the same files.

import Foundation
import PaymentModel

/// A program on this machine. Tests that need one are skipped, visibly, where it is missing.
struct Program {
  static let age = Program("age")

  let path: String?

  init(_ name: String) {
    path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  var isPresent: Bool { path != nil }

  /// Runs the program and returns its exit status.
  func run(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
