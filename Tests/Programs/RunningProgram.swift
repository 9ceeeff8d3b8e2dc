// A program that has been started, and what has become of it.

import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// What a program did.
public struct Run: Sendable {
  /// 128 and the signal's number for a program that a signal has ended.
  public let status: Int32
  /// What it printed.
  public let bytes: [UInt8]
  public let errors: String

  public var output: String { String(decoding: bytes, as: UTF8.self) }

  public var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// The one JSON value that was printed.
  public func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}

/// A program that may be under way.
public final class RunningProgram: Sendable {
  public enum Input: Sendable {
    case bytes([UInt8])
    /// An open file, which is closed when the program has it.
    case file(descriptor: Int32)
  }

  private let scratch: ScratchFolder
  private let ending: Task<Int32, any Error>
  private let ended: EndMark
  /// The number of the process, when it has one.
  private let numbers: AsyncStream<pid_t>

  init(_ configuration: Configuration, input: Input) throws {
    // Files rather than pipes: what was printed is there meanwhile, and a program that prints much never waits.
    let scratch = try ScratchFolder()
    let input =
      switch input {
      case .bytes(let bytes): try scratch.input(bytes)
      case .file(let descriptor): FileDescriptor(rawValue: descriptor)
      }
    let (output, errors) = (try scratch.empty("output"), try scratch.empty("errors"))
    let (numbers, found) = AsyncStream.makeStream(of: pid_t.self)
    let ended = EndMark()
    self.scratch = scratch
    self.numbers = numbers
    self.ended = ended
    ending = Task {
      defer {
        ended.isSet.store(true, ordering: .releasing)
        found.finish()
      }
      let result = try await Subprocess.run(
        configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
        output: .fileDescriptor(output, closeAfterSpawningProcess: true),
        error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
      ) { execution in
        found.yield(execution.processIdentifier.value)
      }
      return switch result.terminationStatus {
      case .exited(let status): status
      case .signaled(let signal): 128 + signal
      }
    }
  }

  public var hasEnded: Bool { ended.isSet.load(ordering: .acquiring) }

  /// What it has printed so far.
  public func output() throws -> [UInt8] { try scratch.read("output") }

  /// What it has printed as errors so far.
  public func errors() throws -> String {
    String(decoding: try scratch.read("errors"), as: UTF8.self)
  }

  /// Ends it, as a power cut would: it is told nothing.
  public func kill() async {
    for await number in numbers where !hasEnded {
      Foundation.kill(number, SIGKILL)
      break
    }
  }

  /// Returns when it has ended.
  ///
  /// - Throws: when it could not be started.
  public func end() async throws -> Run {
    let status = try await ending.value
    return Run(status: status, bytes: try output(), errors: try errors())
  }
}

private final class EndMark: Sendable {
  let isSet = Atomic(false)
}

extension ScratchFolder {
  fileprivate func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url.appending(path: name)))
  }

  /// A new file to write to.
  fileprivate func empty(_ name: String) throws -> FileDescriptor {
    try FileDescriptor.open(
      FilePath(path(name)), .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: .ownerReadWrite)
  }

  fileprivate func input(_ bytes: [UInt8]) throws -> FileDescriptor {
    try Data(bytes).write(to: url.appending(path: "input"))
    return try FileDescriptor.open(
      FilePath(path("input")), .readOnly, options: [.closeOnExec])
  }
}
