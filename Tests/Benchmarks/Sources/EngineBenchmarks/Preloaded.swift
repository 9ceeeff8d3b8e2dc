// What the libraries in `Preload` offer when the program was started with them, as `run` does.

import Foundation
import Measurement

/// Finds a C function that was loaded before this program.
private func preloaded<Function>(_ name: String, as: Function.Type) throws -> Function {
  // The program itself is no function's owner here: whichever library has it.
  guard let symbol = dlsym(nil, name) else {
    throw Figure.Skipped("\(name) is not loaded: start the program with Tests/Benchmarks/run")
  }
  return unsafeBitCast(symbol, to: Function.self)
}

/// Counts the program's syncs, and delays them.
struct SyncCounter {
  private let read: @convention(c) () -> Int
  private let delay: @convention(c) (Int) -> Void

  init() throws {
    read = try preloaded("slow_sync_count", as: (@convention(c) () -> Int).self)
    delay = try preloaded("slow_sync_set_delay", as: (@convention(c) (Int) -> Void).self)
  }

  /// How often the program has synced.
  var count: Int { read() }

  func setDelay(microseconds: Int) { delay(microseconds) }
}

/// Counts the calls of the cryptographic libraries, and how long they take.
struct CryptoTimer {
  struct Operation {
    let name: String
    let count: Int
    let seconds: Double
  }

  private let startTimer: @convention(c) () -> Void
  private let stopTimer: @convention(c) () -> Void
  private let kinds: @convention(c) () -> Int32
  private let name: @convention(c) (Int32) -> UnsafePointer<CChar>
  private let count: @convention(c) (Int32) -> Int
  private let nanoseconds: @convention(c) (Int32) -> Int

  init() throws {
    startTimer = try preloaded("time_crypto_start", as: (@convention(c) () -> Void).self)
    stopTimer = try preloaded("time_crypto_stop", as: (@convention(c) () -> Void).self)
    kinds = try preloaded("time_crypto_kinds", as: (@convention(c) () -> Int32).self)
    name = try preloaded(
      "time_crypto_name", as: (@convention(c) (Int32) -> UnsafePointer<CChar>).self)
    count = try preloaded("time_crypto_count", as: (@convention(c) (Int32) -> Int).self)
    nanoseconds = try preloaded("time_crypto_nanoseconds", as: (@convention(c) (Int32) -> Int).self)
  }

  /// The operations while the body runs.
  func operations(during body: () async throws -> Void) async throws -> [Operation] {
    startTimer()
    defer { stopTimer() }
    try await body()
    return (0..<kinds()).map { kind in
      Operation(
        name: String(cString: name(kind)), count: count(kind),
        seconds: Double(nanoseconds(kind)) * 1e-9)
    }
  }
}
