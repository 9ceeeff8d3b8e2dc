// A terminal on which a command can ask.

import Foundation
import Testing

/// A terminal without a screen, with a program that reads from it.
final class PseudoTerminal {
  private let process = Process()
  /// Ends with the program.
  private let ended: AsyncStream<Never>
  private let keyboard: FileHandle
  private let scratch: ScratchFolder

  /// Starts the built `foil` with a terminal as its standard input.
  init(foil arguments: [String]) throws {
    var (master, line): (Int32, Int32) = (-1, -1)
    try #require(openpty(&master, &line, nil, nil, nil) == 0)
    keyboard = FileHandle(fileDescriptor: master, closeOnDealloc: true)
    scratch = try ScratchFolder()
    for file in ["output", "errors"] {
      try Data().write(to: scratch.url.appending(path: file))
    }
    process.executableURL = Command.foil
    process.arguments = arguments
    process.standardInput = FileHandle(fileDescriptor: line, closeOnDealloc: true)
    process.standardOutput = try FileHandle(forWritingTo: scratch.url.appending(path: "output"))
    process.standardError = try FileHandle(forWritingTo: scratch.url.appending(path: "errors"))
    let (ended, end) = AsyncStream.makeStream(of: Never.self)
    self.ended = ended
    process.terminationHandler = { _ in end.finish() }
    try process.run()
  }

  /// Waits until the program asks.
  func question() async throws -> String {
    for _ in 0..<1200 {
      let errors = try text("errors")
      if errors.hasSuffix("[y/N] ") { return errors }
      try #require(process.isRunning, "ended without a question: \(errors)")
      try await Task.sleep(for: .milliseconds(50))
    }
    process.terminate()
    throw CocoaError(.fileReadUnknown)
  }

  /// Types a line, and waits until the program has ended.
  func answer(_ text: String) async throws -> Run {
    try keyboard.write(contentsOf: Data((text + "\n").utf8))
    for await _ in ended {}
    return Run(
      status: process.terminationStatus, output: try self.text("output"),
      errors: try self.text("errors"))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: scratch.url.appending(path: name)), as: UTF8.self)
  }
}
