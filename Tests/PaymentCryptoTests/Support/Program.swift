// Other programs that check what this one makes.

import Foundation
import PaymentModel

/// A program on this machine. Tests that need one are skipped, visibly, where it is missing.
struct Program {
  static let openssl = Program("openssl")
  static let age = Program("age")
  static let ageKeygen = Program("age-keygen")
  static let python = Program("python3")

  /// Whether Python has the package `cryptography`.
  static let hasPythonCryptography =
    python.isPresent && (try? python.run("-c", "import cryptography"))?.status == 0

  let path: String?

  init(_ name: String) {
    path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  var isPresent: Bool { path != nil }

  struct Outcome {
    var status: Int32
    var output: Bytes
    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Runs the program with small input, and waits.
  func run(_ arguments: String..., input: Bytes = []) throws -> Outcome {
    try run(arguments, input: input)
  }

  /// Runs the program with small input, and waits.
  func run(_ arguments: [String], input: Bytes = []) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = arguments
    let (standardInput, standardOutput) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    process.standardError = FileHandle.nullDevice
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
    try standardInput.fileHandleForWriting.close()
    let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: Bytes(output))
  }
}

/// A folder that is gone after `body`.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "foil-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension URL {
  /// A file in this folder with these bytes.
  func file(_ name: String, _ bytes: Bytes) throws -> String {
    let url = appending(path: name)
    try Data(bytes).write(to: url)
    return url.path
  }
}
