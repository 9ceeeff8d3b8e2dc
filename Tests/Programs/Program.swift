// Other programs, and our own command, run as a stranger would run them.

import Foundation
import Subprocess
import SystemPackage

/// A program on this machine. Tests that need one are skipped, visibly, where it is missing.
public struct Program: Sendable {
  public static let age = Program("age")
  public static let ageKeygen = Program("age-keygen")
  public static let openssl = Program("openssl")
  public static let python = Program("python3")
  public static let shell = Program("sh")
  public static let strace = Program("strace")
  /// The program of these tests.
  public static let tests = Program(at: CommandLine.arguments[0])

  private static let turnstile = Turnstile()

  public let path: String?

  /// Looks a program up where a shell would.
  public init(_ name: String) {
    path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  public init(at path: String) { self.path = path }

  public var isPresent: Bool { path != nil }

  /// Whether Python is there, with these modules.
  public static func pythonHas(_ modules: String...) async -> Bool {
    let imports = modules.map { "import \($0)" }.joined(separator: "\n")
    return (try? await python.run("-c", imports))?.status == 0
  }

  /// Runs the program when it is its turn, and returns when it has ended.
  ///
  /// - Parameters:
  ///   - environment: in addition to that of these tests.
  ///   - folder: where it runs; where these tests do without one.
  /// - Throws: when it cannot be started.
  public func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    in folder: String? = nil
  ) async throws -> Run {
    try await Self.turnstile.pass {
      try await start(arguments, input: .bytes(input), environment: environment, in: folder).end()
    }
  }

  public func run(_ arguments: String..., input: [UInt8] = []) async throws -> Run {
    try await run(arguments, input: input)
  }

  /// Starts the program at once.
  ///
  /// - Throws: when it is not there. Whether it could be started is known at its end.
  public func start(
    _ arguments: [String], input: RunningProgram.Input = .bytes([]),
    environment: [String: String] = [:], in folder: String? = nil
  ) throws -> RunningProgram {
    guard let path else { throw MissingProgram() }
    var inherited = Environment.inherit
    for (name, value) in environment {
      inherited = inherited.updating([Environment.Key(stringLiteral: name): value])
    }
    return try RunningProgram(
      Configuration(
        executable: .path(FilePath(path)), arguments: Arguments(arguments), environment: inherited,
        workingDirectory: folder.map { FilePath($0) }),
      input: input)
  }
}

/// A program is not installed.
struct MissingProgram: Error {}

/// Lets so many programs run at a time as there are processors: those whose story has time limits keep
/// them. Who waits for a turn holds no files open.
private actor Turnstile {
  private var free = ProcessInfo.processInfo.activeProcessorCount
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass(_ body: () async throws -> Run) async throws -> Run {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    defer {
      if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
    return try await body()
  }
}
