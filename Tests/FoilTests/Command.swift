// Runs the built `foil`, and other programs, as a stranger would.

import Foundation
import Programs

enum Command {
  /// The `foil` that was built with these tests.
  static let foil: URL = {
    let tests = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    var folder = tests
    while folder.path != "/" {
      let candidate = folder.appending(path: "foil")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    return tests.appending(path: "foil")
  }()

  /// Larger sizes are tried in tier 2 only.
  static let isTier2 = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"

  static func foil(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in folder: URL? = nil
  ) async throws -> Run {
    try await Program(at: foil.path).run(
      arguments, input: Array(input.utf8), environment: environment, in: folder?.path)
  }

  /// Runs a program that nobody here wrote; `nil` when it is not installed.
  static func program(
    _ name: String, _ arguments: [String], input: String = "", in folder: URL? = nil
  ) async throws -> Run? {
    guard has(name) else { return nil }
    return try await Program(name).run(arguments, input: Array(input.utf8), in: folder?.path)
  }

  static func has(_ name: String) -> Bool { Program(name).isPresent }

  /// What a shell makes of a line that was pasted into it.
  static func pasted(_ line: String) async throws -> Run {
    try await Program.shell.run("-c", line)
  }
}
