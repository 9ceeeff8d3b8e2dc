// `foil goods`: containers that stock age opens, and age files of others.

import Foundation
import Programs
import Testing

@Suite("foil goods")
struct GoodsCommandTests {
  static let age: ConditionTrait = .enabled(
    if: Command.has("age") && Command.has("age-keygen"), "age is not installed")

  @Test("seals and opens files of any size", arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
  func roundTrip(size: Int) async throws {
    let folder = try ScratchFolder()
    try content(size).write(to: folder.url.appending(path: "good"))
    let sealed = try await Command.foil(
      ["goods", "seal", folder.path("good"), "-o", folder.path("good.age")])
    #expect(sealed.status == 0, "\(sealed.errors)")
    #expect(sealed.output.hasPrefix("sealed \(size) bytes in "))
    #expect(try mode(folder.path("good.key")) == 0o600)
    let opened = try await Command.foil([
      "goods", "open", folder.path("good.age"), "-i", folder.path("good.key"), "-o",
      folder.path("again"),
    ])
    #expect(opened.status == 0, "\(opened.errors)")
    #expect(same(folder, "good", "again"))
  }

  @Test("- is standard input and standard output")
  func streams() async throws {
    let folder = try ScratchFolder()
    let text = String(repeating: "a good for a pipe\n", count: 10_000)
    let sealed = try await Command.foil(
      ["goods", "seal", "-", "-o", folder.path("good.age")], input: text)
    #expect(sealed.status == 0, "\(sealed.errors)")
    let opened = try await Command.foil([
      "goods", "open", folder.path("good.age"), "-i", folder.path("good.key"), "-o", "-",
    ])
    #expect(opened.status == 0)
    #expect(opened.output == text, "nothing but the good")
    let foil = Command.foil.path
    let piped = try await Command.pasted(
      "'\(foil)' goods open - -i '\(folder.path("good.key"))' -o - <'\(folder.path("good.age"))'")
    #expect(piped.output == text)
  }

  @Test("seals with a fresh key each time")
  func freshKeys() async throws {
    let folder = try ScratchFolder()
    for name in ["one", "two"] {
      _ = try await Command.foil(
        ["goods", "seal", "-", "-o", folder.path("\(name).age")], input: "the same good")
    }
    for name in ["age", "key"] { #expect(!same(folder, "one.\(name)", "two.\(name)")) }
  }

  // MARK: - Age

  @Test("age opens what was sealed here", age)
  func ageOpensOurs() async throws {
    let folder = try ScratchFolder()
    try content(200_000).write(to: folder.url.appending(path: "good"))
    _ = try await Command.foil([
      "goods", "seal", folder.path("good"), "-o", folder.path("good.age"),
    ])
    let run = try #require(
      try await Command.program(
        "age",
        [
          "-d", "-i", folder.path("good.key"), "-o", folder.path("again"), folder.path("good.age"),
        ]))
    #expect(run.status == 0, "\(run.errors)")
    #expect(same(folder, "good", "again"))
  }

  @Test("opens what age sealed, for one recipient or for several", age, arguments: [1, 2, 5])
  func opensAge(recipients: Int) async throws {
    let folder = try ScratchFolder()
    try content(200_000).write(to: folder.url.appending(path: "good"))
    var arguments = ["-o", folder.path("good.age")]
    for number in 0..<recipients {
      arguments += ["-r", try await keygen(folder.path("\(number).key"))]
    }
    _ = try await Command.program("age", arguments + [folder.path("good")])
    for number in 0..<recipients {
      let run = try await Command.foil([
        "goods", "open", folder.path("good.age"), "-i", folder.path("\(number).key"), "-o",
        folder.path("\(number)"),
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(same(folder, "good", "\(number)"))
    }
    // A file of identities, as a key ring is kept: the right one is found, wherever it stands.
    let stranger = folder.path("stranger.key")
    _ = try await keygen(stranger)
    let ring = try ["stranger", "0"].map { try Data(contentsOf: key(folder, $0)) }.reduce(Data(), +)
    try ring.write(to: key(folder, "ring"))
    let run = try await Command.foil([
      "goods", "open", folder.path("good.age"), "-i", folder.path("ring.key"), "-o", "-",
    ])
    #expect(run.status == 0)
    #expect(
      try await Command.foil([
        "goods", "open", folder.path("good.age"), "-i", stranger, "-o", folder.path("stranger"),
      ]).status == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.path("stranger")))
  }

  @Test("an armored or passphrase file is refused", age)
  func otherAge() async throws {
    let folder = try ScratchFolder()
    let recipient = try await keygen(folder.path("a.key"))
    _ = try await Command.program(
      "age", ["-a", "-r", recipient, "-o", folder.path("good.age")], input: "a good")
    let run = try await Command.foil([
      "goods", "open", folder.path("good.age"), "-i", folder.path("a.key"), "-o", "-",
    ])
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
  }

  // MARK: - Refusals

  @Test("the wrong key, a changed and a cut container open nothing (1)")
  func refused() async throws {
    let folder = try ScratchFolder()
    try content(200_000).write(to: folder.url.appending(path: "good"))
    for name in ["good", "other"] {
      _ = try await Command.foil([
        "goods", "seal", folder.path("good"), "-o", folder.path("\(name).age"),
      ])
    }
    var bytes = try Data(contentsOf: folder.url.appending(path: "good.age"))
    try bytes.dropLast(70_000).write(to: folder.url.appending(path: "cut.age"))
    bytes[bytes.count - 20] ^= 1
    try bytes.write(to: folder.url.appending(path: "changed.age"))
    for (container, key) in [("good", "other"), ("changed", "good"), ("cut", "good")] {
      let run = try await Command.foil([
        "goods", "open", folder.path("\(container).age"), "-i", folder.path("\(key).key"), "-o",
        folder.path("out"),
      ])
      #expect(run.status == 1, "\(container)")
      #expect(run.errors.hasPrefix("foil: error: "))
      #expect(!FileManager.default.fileExists(atPath: folder.path("out")), "\(container)")
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(!left.contains { $0.contains("partial") }, "nothing half-way is left")
  }

  @Test("what is not there cannot be checked (2), and nothing is left of the attempt")
  func missing() async throws {
    let folder = try ScratchFolder()
    let seal = try await Command.foil(
      ["goods", "seal", folder.path("none"), "-o", folder.path("good.age")])
    #expect(seal.status == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    _ = try await Command.foil(["goods", "seal", "-", "-o", folder.path("good.age")], input: "x")
    for (container, key) in [("none.age", "good.key"), ("good.age", "none.key"), (".", "good.key")]
    {
      let run = try await Command.foil([
        "goods", "open", folder.path(container), "-i", folder.path(key), "-o", folder.path("out"),
      ])
      #expect(run.status == 2, "\(container) \(key): \(run.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test("nothing is overwritten, unless it is asked for")
  func overwriting() async throws {
    let folder = try ScratchFolder()
    let seal = ["goods", "seal", "-", "-o", folder.path("good.age")]
    _ = try await Command.foil(seal, input: "a good")
    for name in ["good.age", "good.key", "good.chunks"] {
      let before = try Data(contentsOf: folder.url.appending(path: name))
      #expect(try await Command.foil(seal, input: "another").status == 1)
      #expect(try Data(contentsOf: folder.url.appending(path: name)) == before, "\(name)")
    }
    try Data("mine".utf8).write(to: folder.url.appending(path: "out"))
    let open = [
      "goods", "open", folder.path("good.age"), "-i", folder.path("good.key"), "-o",
      folder.path("out"),
    ]
    let refused = try await Command.foil(open)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("foil: hint: choose another name, or remove it"))
    #expect(try String(contentsOfFile: folder.path("out"), encoding: .utf8) == "mine")
    #expect(try await Command.foil(open + ["--force"]).status == 0)
    #expect(try String(contentsOfFile: folder.path("out"), encoding: .utf8) == "a good")
  }

  // MARK: - Memory

  @Test(
    "a file of 1 GiB is sealed and opened below 100 MiB of memory",
    .enabled(if: Command.isTier2, "1 GiB is sealed in tier 2"),
    .enabled(if: Command.has("python3"), "python3 is not installed"))
  func memory() async throws {
    let folder = try ScratchFolder()
    // A sparse file: it is read as 1 GiB, and takes no room.
    let good = folder.url.appending(path: "good")
    try Data().write(to: good)
    try FileHandle(forWritingTo: good).truncate(atOffset: 1 << 30)
    for arguments in [
      ["seal", good.path, "-o", folder.path("good.age")],
      ["open", folder.path("good.age"), "-i", folder.path("good.key"), "-o", folder.path("again")],
    ] {
      let run = try #require(
        try await Command.program(
          "python3", ["-c", Self.residentKiB, Command.foil.path, "goods"] + arguments))
      #expect(run.status == 0, "\(run.errors)")
      let kibibytes = try #require(run.lines.last.flatMap { Int($0) })
      #expect(kibibytes < 100 * 1024, "\(arguments[0])")
    }
    #expect(same(folder, "good", "again"))
  }

  /// Runs a program and prints the largest resident set that it had, in KiB.
  private static let residentKiB = """
    import resource, subprocess, sys
    status = subprocess.call(sys.argv[1:])
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    sys.exit(status)
    """

  // MARK: - Files

  private func content(_ size: Int) -> Data {
    Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
  }

  private func key(_ folder: ScratchFolder, _ name: String) -> URL {
    folder.url.appending(path: "\(name).key")
  }

  /// Makes an age identity, and returns its recipient.
  private func keygen(_ path: String) async throws -> String {
    _ = try await Command.program("age-keygen", ["-o", path])
    let run = try await Command.program("age-keygen", ["-y", path])
    return try #require(run?.lines.first)
  }

  private func same(_ folder: ScratchFolder, _ one: String, _ other: String) -> Bool {
    FileManager.default.contentsEqual(atPath: folder.path(one), andPath: folder.path(other))
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }
}
