// A terminal on which a command can ask.

import Foundation
import Programs
import Testing

/// A terminal without a screen, with a program that reads from it.
final class PseudoTerminal {
  private let program: RunningProgram
  private let keyboard: FileHandle

  /// Starts the built `foil` with a terminal as its standard input.
  init(foil arguments: [String]) throws {
    var (master, line): (Int32, Int32) = (-1, -1)
    try #require(openpty(&master, &line, nil, nil, nil) == 0)
    keyboard = FileHandle(fileDescriptor: master, closeOnDealloc: true)
    program = try Program(at: Command.foil.path).start(arguments, input: .file(descriptor: line))
  }

  /// Waits until the program asks.
  func question() async throws -> String {
    for _ in 0..<1200 {
      let errors = try program.errors()
      if errors.hasSuffix("[y/N] ") { return errors }
      try #require(!program.hasEnded, "ended without a question: \(errors)")
      try await Task.sleep(for: .milliseconds(50))
    }
    await program.kill()
    throw CocoaError(.fileReadUnknown)
  }

  /// Types a line, and waits until the program has ended.
  func answer(_ text: String) async throws -> Run {
    try keyboard.write(contentsOf: Data((text + "\n").utf8))
    return try await program.end()
  }
}
