// The program: runs all figures of the engine, or those that are named.

import Measurement

@main
struct EngineBenchmarks {
  static func main() async throws {
    try await Figure.run([
      .engineSyncsPerProcess, .engineCPUPerProcess, .engineLatencySyncs, .engineVsDBOS,
      .engineBytesPerProcess, .engineRecovery, .enginePurchase, .engineSimulation,
    ])
  }
}
