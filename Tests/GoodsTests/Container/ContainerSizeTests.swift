// Containers larger than memory should ever hold.

import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ContainerSizeTests {
  static let isTier2 = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"

  @Test(.enabled(if: isTier2, "FOIL_TIER is not 2"))
  func `A good of 1 GiB is sealed, checked and opened in less than 100 MiB`() throws {
    try passThrough(byteCount: 1 << 30)
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/proc/self/clear_refs"), "no /proc/self"))
  func `A good of 24 MiB takes no more memory than a small one`() throws {
    try passThrough(byteCount: 24 << 20)
  }

  /// Other tests of this program take memory meanwhile: the least of several counts.
  private func passThrough(byteCount: Int) throws {
    var least = Int.max
    for _ in 0..<4 where least >= 100 << 20 {
      least = min(least, try memory(byteCount: byteCount))
    }
    #expect(least < 100 << 20, "grew by \(least) bytes")
  }

  /// Passes a good through, and returns how much memory was taken.
  private func memory(byteCount: Int) throws -> Int {
    let folder = try TemporaryFolder()
    let good = try folder.write([], to: "good")
    let handle = try #require(FileHandle(forWritingAtPath: good))
    try handle.truncate(atOffset: UInt64(byteCount))
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    let before = try residentBytes()
    try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))

    let commitment = try Container.seal(
      FileSource(path: good), to: identity.recipient, container: folder.path("good.age"),
      chunkList: folder.path("good.chunks"), from: &entropy)
    try Container.check(
      FileSource(path: folder.path("good.age")),
      chunkList: FileSource(path: folder.path("good.chunks")), against: commitment)
    let opened = try Container.open(
      FileSource(path: folder.path("good.age")),
      chunkList: FileSource(path: folder.path("good.chunks")), against: commitment,
      with: identity, to: .file(folder.path("opened")))

    #expect(opened.byteCount == UInt64(byteCount))
    return try residentBytes(peak: true) - before
  }

  /// Resident memory of this process, now or at its peak since the last reset.
  private func residentBytes(peak: Bool = false) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let name = peak ? "VmHWM:" : "VmRSS:"
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name) })
    let kilobytes = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
    return try #require(Int(kilobytes)) * 1024
  }
}
