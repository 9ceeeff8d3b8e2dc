// Disks that are full and syncs that fail, under a real program: it ends instead of answering, and the next
// run goes on from what is durable.

import Foundation
import Programs
import Testing

@Suite("Full disks and failed syncs", .timeLimit(.minutes(10))) struct StorageFailureTests {
  private struct Report: Decodable {
    let purchases: Int
    let committed: Int
    let aborted: Int
    let open: Int
    let balances: [String: UInt64]
  }

  private static let purchases = 6

  /// A market in which so many purchases can be made.
  private func prepared() async throws -> (folder: ScratchFolder, total: UInt64) {
    let folder = try ScratchFolder()
    let home = folder.path("home")
    let first = try await Command.foil(["demo", "--json", "--scenario", "commit", "--home", home])
    #expect(first.status == 0, "\(first.errors)")
    let prepared = try await Command.foil([
      "demo", "--crash-child", "prepare-\(Self.purchases)", "--home", home,
    ])
    #expect(prepared.status == 0, "\(prepared.errors)")
    let before = sum(try first.json(as: DemoStory.self).balances.after)
    return (folder, before + UInt64(Self.purchases) * 1725)
  }

  private func run(_ setting: String, in folder: ScratchFolder) async throws -> Run {
    try await Command.pasted(
      "\(setting) exec '\(Command.foil.path)' demo --crash-child crowd-0 "
        + "--home '\(folder.path("home"))'")
  }

  private func expectAllEnd(in folder: ScratchFolder, total: UInt64) async throws {
    let end = try await run("", in: folder)
    #expect(end.status == 0, "\(end.errors)")
    let report = try end.json(as: Report.self)
    #expect(report.purchases == 1 + Self.purchases && report.open == 0)
    #expect(report.committed + report.aborted == report.purchases)
    #expect(sum(report.balances) == total)
    #expect(report.balances["guide"] == UInt64(report.committed) * 1250)
  }

  @Test("a full disk ends the program; with room again everything goes on")
  func fullDisk() async throws {
    let (folder, total) = try await prepared()
    let largest = try largestFile(below: folder.path("home/state"))
    var failures = 0
    // `ulimit -f` counts in blocks of 512 bytes; the signal is ignored, so that the write fails.
    for room in [8, 40, 100, 180] {
      let blocks = largest / 512 + room
      let limited = try await run("trap '' XFSZ; ulimit -f \(blocks);", in: folder)
      if limited.status != 0 { failures += 1 }
    }
    #expect(failures > 0, "no run met the end of the disk")
    try await expectAllEnd(in: folder, total: total)
  }

  @Test(
    "a failed sync ends the program, is not tried again, and loses nothing that was answered",
    .enabled(if: Command.has("cc"), "no C compiler"))
  func failedSync() async throws {
    let (folder, total) = try await prepared()
    let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <errno.h>
      #include <stdlib.h>
      static int count;
      static int fails(void) {
        const char *limit = getenv("SYNCS_BEFORE_FAILURE");
        return limit && __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST) > atoi(limit);
      }
      int fsync(int file) {
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
        if (fails()) { errno = EIO; return -1; }
        return real(file);
      }
      int fdatasync(int file) {
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
        if (fails()) { errno = EIO; return -1; }
        return real(file);
      }

      """
    try Data(source.utf8).write(to: URL(filePath: folder.path("sync.c")))
    let library = folder.path("sync.so")
    let built = try await Command.pasted(
      "cc -shared -fPIC -O1 -o '\(library)' '\(folder.path("sync.c"))' -ldl")
    #expect(built.status == 0, "\(built.errors)")
    var failures = 0
    for syncs in [3, 11, 23, 37, 53] {
      let failing = try await run(
        "LD_PRELOAD='\(library)' SYNCS_BEFORE_FAILURE=\(syncs)", in: folder)
      if failing.status != 0 { failures += 1 }
    }
    #expect(failures > 0, "no run met a failing sync")
    try await expectAllEnd(in: folder, total: total)
  }

  private func largestFile(below path: String) throws -> Int {
    let files = FileManager.default
    return try (files.subpaths(atPath: path) ?? []).reduce(0) { largest, name in
      let attributes = try files.attributesOfItem(atPath: "\(path)/\(name)")
      return max(largest, (attributes[.size] as? Int) ?? 0)
    }
  }
}
