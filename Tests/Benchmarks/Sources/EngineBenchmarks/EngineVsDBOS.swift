// engine.vsDBOS: processes per second, compared with the same process as a workflow of DBOS on the same disk.

import Foundation
import Measurement

extension Figure {
  /// The workflow has one step for each activity in which somebody is asked: nine. Both have 16 processes under
  /// way, and sync what they commit.
  static let engineVsDBOS = Figure(name: "engine.vsDBOS") {
    let dbos = try DBOSProgram()
    let disk = try EngineOnDisk()
    let probe = try disk.syncMicroseconds()
    try await disk.purchase(512, concurrent: 16)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<3 {
      let count = 4096
      ours.append(
        Double(count)
          / (try await measuredSeconds { try await disk.purchase(count, concurrent: 16) })
      )
      theirs.append(try dbos.processesPerSecond(count: 300, concurrent: 16))
    }
    return Result(
      value: median(ours), unit: "processes/s", baseline: median(theirs), goal: .ratioAtLeast(20),
      more: ["syncMicroseconds": probe])
  }
}

/// The program `dbos/purchase.py`, run by a Python that has DBOS: `DBOS_PYTHON`, or `python3`.
struct DBOSProgram {
  private let python: String
  private let script: String

  /// - Throws: `Figure.Skipped` when there is no such Python.
  init() throws {
    let environment = ProcessInfo.processInfo.environment
    python = environment["DBOS_PYTHON"] ?? "python3"
    script =
      URL(filePath: environment["BENCHMARK_FOLDER"] ?? ".").appending(path: "dbos/purchase.py").path
    guard (try? Self.output(of: [python, "-c", "import dbos"])) != nil else {
      throw Figure.Skipped(
        "no Python with dbos: pip install dbos, and name the Python in DBOS_PYTHON")
    }
  }

  func processesPerSecond(count: Int, concurrent: Int) throws -> Double {
    let folder = try TemporaryFolder()
    let output = try Self.output(
      of: [python, script, folder.url.path, "\(count)", "\(concurrent)", "--wal"])
    struct Answer: Decodable { let perSecond: Double }
    return try JSONDecoder().decode(Answer.self, from: output).perSecond
  }

  /// What a program prints that ends well. It is not started with the preloaded libraries.
  private static func output(of arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "LD_PRELOAD" }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BrokenFixture() }
    return output
  }
}
