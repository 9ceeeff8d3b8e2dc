// What a process wrote and synced, in order, as `strace` saw it.

import Foundation
import Programs

/// The effects of one process on the databases of a home, and on its standard output.
struct SystemCalls {
  enum Call {
    /// The time at which the call began: what is written may be seen from then on.
    case write(file: String, bytes: [UInt8])
    /// The time at which the call returned: from then on it is durable.
    case sync(file: String)
  }

  static let standardOutput = "standard output"

  /// Whether this machine lets one process trace another.
  static func canBeTraced() async -> Bool {
    (try? await Command.program("strace", ["-o", "/dev/null", "true"]))?.status == 0
  }

  let calls: [Call]

  /// Traces the built `foil`, and looks at the files below a folder.
  static func of(
    foil arguments: [String], below folder: String
  ) async throws -> (run: Run?, trace: SystemCalls) {
    let scratch = try ScratchFolder()
    let file = scratch.path("trace")
    let run = try await Command.program(
      "strace",
      [
        "-f", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-e",
        "trace=pwrite64,write,fsync,fdatasync", "-o", file, Command.foil.path,
      ] + arguments)
    return (run, SystemCalls(try String(contentsOfFile: file, encoding: .utf8), below: folder))
  }

  init(_ trace: String, below folder: String) {
    var calls: [Call] = []
    var unfinished: [Substring: Substring] = [:]
    for line in trace.split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      let thread = line[..<space]
      var call = line[space...].drop { $0 == " " }
      let isResumed = call.hasPrefix("<... ")
      if isResumed {
        guard let start = unfinished.removeValue(forKey: thread) else { continue }
        call = start
      }
      let isUnfinished = !isResumed && call.hasSuffix("<unfinished ...>")
      if isUnfinished { unfinished[thread] = call }
      guard let (name, file, rest) = Self.parts(of: call, below: folder) else { continue }
      switch name {
      case "write", "pwrite64": if !isResumed { calls.append(.write(file: file, bytes: rest)) }
      default: if !isUnfinished { calls.append(.sync(file: file)) }
      }
    }
    self.calls = calls
  }

  private static func parts(
    of call: Substring, below folder: String
  ) -> (name: Substring, file: String, rest: [UInt8])? {
    guard let parenthesis = call.firstIndex(of: "("), let open = call.firstIndex(of: "<"),
      let close = call[open...].firstIndex(of: ">")
    else { return nil }
    let number = call[parenthesis..<open].dropFirst()
    let path = String(decoding: bytes(call[open..<close]), as: UTF8.self)
    let file =
      path.hasPrefix(folder + "/")
      ? String(path.dropFirst(folder.count + 1)) : number == "1" ? standardOutput : nil
    return file.map { (call[..<parenthesis], $0, bytes(call[close...])) }
  }

  /// Reads `\x61\x62…`, with or without quotes.
  private static func bytes(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var digits = text.utf8.makeIterator()
    while let character = digits.next() {
      guard character == UInt8(ascii: "x"), let high = digits.next(), let low = digits.next(),
        let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { continue }
      bytes.append(byte)
    }
    return bytes
  }

  // MARK: - Looking

  /// Where any of these byte strings is first written to each file, in order of time.
  func firstWrites(of marks: [[UInt8]]) -> [(file: String, place: Int)] {
    var places: [(file: String, place: Int)] = []
    for (place, call) in calls.enumerated() {
      guard case .write(let file, let bytes) = call, !places.contains(where: { $0.file == file })
      else { continue }
      let data = Data(bytes)
      if marks.contains(where: { data.firstRange(of: Data($0)) != nil }) {
        places.append((file, place))
      }
    }
    return places
  }

  /// The first sync of a file after a place.
  func sync(of file: String, after place: Int) -> Int? {
    calls.indices.dropFirst(place + 1).first {
      if case .sync(file) = calls[$0] { true } else { false }
    }
  }

  /// The files that were written since their last sync, at a place.
  func unsynced(at place: Int) -> Set<String> {
    calls[..<place].reduce(into: []) { files, call in
      switch call {
      case .write(let file, _): files.insert(file)
      case .sync(let file): files.remove(file)
      }
    }
  }
}
