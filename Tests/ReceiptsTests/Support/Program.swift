// Other programs that check what this one makes.

import Foundation

/// A program on this machine. Tests that need one are skipped, visibly, where it is missing.
struct Program {
  static let python = Program("python3")

  /// Whether Python has the package `cryptography`.
  static let hasPythonCryptography =
    python.isPresent && (try? python.output(of: ["-c", "import cryptography"])) != nil

  private let path: String?

  private init(_ name: String) {
    path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  var isPresent: Bool { path != nil }

  /// What the program prints; `nil` when it fails.
  func output(of arguments: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}
