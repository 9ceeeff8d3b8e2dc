// Runs the built `foil`, and other programs, as a stranger would.

import Foundation
import Testing

/// What a program did.
struct Run: Sendable {
  let status: Int32
  let output: String
  let errors: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// The one JSON value that was printed.
  func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(output.utf8))
  }
}

enum Command {
  private static let turnstile = Turnstile()

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
    try await run(foil, arguments, input: input, environment: environment, in: folder)
  }

  /// Runs a program that nobody here wrote; `nil` when it is not installed.
  static func program(
    _ name: String, _ arguments: [String], input: String = "", in folder: URL? = nil
  ) async throws -> Run? {
    guard let path = path(of: name) else { return nil }
    return try await run(path, arguments, input: input, environment: [:], in: folder)
  }

  /// Where a program is installed.
  static func path(of name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .map { URL(filePath: String($0)).appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// What a shell makes of a line that was pasted into it.
  static func pasted(_ line: String) async throws -> Run {
    try await run(URL(filePath: "/bin/sh"), ["-c", line], input: "", environment: [:], in: nil)
  }

  static func has(_ name: String) -> Bool { path(of: name) != nil }

  /// Whether Python has these modules.
  static func pythonHas(_ modules: String...) async -> Bool {
    let imports = modules.map { "import \($0)" }.joined(separator: "\n")
    return (try? await program("python3", ["-c", imports]))?.status == 0
  }

  private static func run(
    _ program: URL, _ arguments: [String], input: String, environment: [String: String],
    in folder: URL?
  ) async throws -> Run {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    // Files rather than pipes: a full pipe would stop a program that prints much.
    let output = scratch.appending(path: "output")
    let errors = scratch.appending(path: "errors")
    let inputFile = scratch.appending(path: "input")
    try Data().write(to: output)
    try Data().write(to: errors)
    try Data(input.utf8).write(to: inputFile)

    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Whoever waits for its turn holds no files open.
    try await turnstile.pass {
      process.standardInput = try FileHandle(forReadingFrom: inputFile)
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      try await process.runToItsEnd()
    }
    return Run(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}

extension Process {
  /// Starts the program, and returns when it has ended. No thread that tests share waits for it meanwhile.
  func runToItsEnd() async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      terminationHandler = { _ in done.resume() }
      do { try run() } catch { done.resume(throwing: error) }
    }
  }
}

/// Lets so many programs run at a time as there are processors: those whose story has time limits keep
/// them.
private actor Turnstile {
  private var free = ProcessInfo.processInfo.activeProcessorCount
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass(_ body: () async throws -> Void) async throws {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    defer {
      if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
    try await body()
  }
}

/// A folder that is gone when the test ends.
final class ScratchFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "foil-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }
}
