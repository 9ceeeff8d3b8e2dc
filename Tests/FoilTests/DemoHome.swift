// The home that one demo left, shared by all tests that only read it, and copied for the others.

import Foundation
import Programs
import Synchronization

/// What `foil demo` leaves, with a name that a shell must not take apart.
struct DemoHome: Sendable {
  let folder: ScratchFolder
  /// What the demo did.
  let run: Run

  /// Two stories were told. Founded once: a market has twelve RSA keys.
  private static let twoStories = Task { try await DemoHome([]) }
  /// A purchase was aborted, because a key was wrong: the goods are still to be had.
  private static let wrongKey = Task { try await DemoHome(["--scenario", "wrong-key"]) }

  /// The home of the two stories, for reading its files. Commands that open its market take a copy: one
  /// at a time has it.
  static func founded() async throws -> DemoHome { try await twoStories.value }

  /// The home of a purchase that was aborted, for reading its files.
  static func aborted() async throws -> DemoHome { try await wrongKey.value }

  /// A copy of a home, which a test may change.
  static func copied(of original: DemoHome? = nil) async throws -> DemoHome {
    let original = if let original { original } else { try await founded() }
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(
      atPath: original.path, toPath: folder.path(original.url.lastPathComponent))
    return DemoHome(folder: folder, run: original.run)
  }

  private init(_ arguments: [String]) async throws {
    folder = try ScratchFolder()
    run = try await Command.foil(["demo", "--home", folder.path(Self.name)] + arguments)
    // Nothing else ends what is shared.
    Self.shared.withLock { $0.append(folder.url) }
    atexit {
      for folder in DemoHome.shared.withLock({ $0 }) {
        try? FileManager.default.removeItem(at: folder)
      }
    }
  }

  private static let shared = Mutex<[URL]>([])

  private init(folder: ScratchFolder, run: Run) {
    self.folder = folder
    self.run = run
  }

  private static let name = "it's a demo"

  var url: URL { folder.url.appending(path: Self.name) }
  var path: String { url.path }
  var receipt: String { path("purchase.receipt") }
  var trust: String { path("trust.json") }

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Runs a command on this home.
  func foil(_ arguments: String..., input: String = "") async throws -> Run {
    try await Command.foil(arguments + ["--home", path], input: input)
  }

  /// Verifies a receipt of this home.
  func verify(_ receipt: String? = nil) async throws -> Run {
    try await Command.foil(["receipt", "verify", receipt ?? self.receipt, "--trust", trust])
  }

  /// The commands that the demo suggests, in their order, for this home.
  func suggestions() async throws -> [String] {
    let original = try await Self.founded().folder.url.lastPathComponent
    let lines = run.output.components(separatedBy: "\n")
    return lines.drop { $0 != "See for yourself:" }.dropFirst()
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      .map { $0.replacing(original, with: folder.url.lastPathComponent) }
  }
}
