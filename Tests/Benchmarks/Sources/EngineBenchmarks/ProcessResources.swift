// What the program has used so far: processor time and memory.

import Foundation
import Measurement

/// User and system time of all threads of the program, in seconds.
func processorSeconds() -> Double {
  var usage = rusage()
  guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else {
    fatalError("no resource usage")
  }
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Processor time of the program while the body runs, in seconds.
func processorSeconds(of body: () async throws -> Void) async throws -> Double {
  let start = processorSeconds()
  try await body()
  return processorSeconds() - start
}

/// Seconds that the body takes.
func measuredSeconds(of body: () async throws -> Void) async throws -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  try await body()
  return (clock.now - start) / .seconds(1)
}

/// Resident memory of the program, in bytes.
func residentBytes() throws -> Double {
  let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
  let pages = try required(status.split(separator: " ").dropFirst().first.flatMap { Double($0) })
  return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
}

/// Has the allocator give back to the system what nobody uses.
func releaseFreeMemory() {
  guard let symbol = dlsym(nil, "malloc_trim") else { return }
  let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
  _ = trim(0)
}
