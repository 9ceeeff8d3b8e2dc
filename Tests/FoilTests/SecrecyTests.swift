// That no command prints a secret, and that what is secret on disk stands only where it belongs.

import Foundation
import Programs
import Testing

@Suite("Secrets and the command")
struct SecrecyTests {
  @Test("no command prints a key, whatever it is asked and however it fails")
  func output() async throws {
    let home = try await DemoHome.copied()
    let passphrase = "correct horse battery staple"
    let passphraseFile = home.folder.path("passphrase")
    try Data((passphrase + "\n").utf8).write(to: URL(filePath: passphraseFile))
    var runs = [home.run, try await DemoHome.aborted().run]
    runs.append(
      try await home.foil("buy", "again-contract.txt", "again-tally.svg", "--yes", "--json"))
    let listed = try await home.foil("purchase", "list", "--json")
    struct Line: Decodable { let process: String }
    let processes = try listed.lines.map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).process
    }
    runs.append(listed)
    for process in processes {
      runs += [
        try await home.foil("purchase", "show", process), try await home.foil("open", process),
        try await home.foil("open", process, "--json"),
        try await home.foil("process", "show", process, "--format", "json"),
        try await home.foil("process", "export", process),
      ]
    }
    let key = home.path("keys/tally.svg.key")
    runs += [
      try await home.foil("offer", "list"), try await home.foil("offer", "list", "--json"),
      try await home.verify(), try await home.verify(home.path("silent.receipt")),
      try await Command.foil(["receipt", "show", home.receipt, "--json"]),
      // Secrets where something else is expected.
      try await home.verify(key), try await Command.foil(["receipt", "show", key]),
      try await Command.foil(["receipt", "verify", home.receipt, "--trust", key]),
      try await home.foil("buy", key, "--yes"),
      try await home.foil("purchase", "list", "--passphrase-file", passphraseFile),
      try await Command.foil([
        "goods", "open", home.path("locked/contract.txt.age"), "-i", key, "-o", "-",
      ]),
      try await Command.foil([
        "goods", "open", key, "-i", home.path("state/wallet/at-rest.key"), "-o", "-",
      ]),
      try await home.foil("demo", "--tamper", "key"), try await home.verify(),
    ]
    #expect(runs.count > 20)
    #expect(runs.contains { $0.status != 0 })
    let secrets = try secrets(of: home) + [Data(passphrase.utf8)]
    #expect(secrets.count > 20)
    for run in runs {
      let printed = Data((run.output + run.errors).utf8)
      for secret in secrets {
        #expect(printed.firstRange(of: secret) == nil, "\(run.errors)")
      }
      #expect(!(run.output + run.errors).uppercased().contains("AGE-SECRET-KEY-"))
      #expect(!(run.output + run.errors).contains("PRIVATE KEY"))
    }
  }

  @Test("on disk a key of a good stands in keys/ only, after the transfer")
  func onDisk() async throws {
    let home = try await DemoHome.founded()
    let identity = Data("AGE-SECRET-KEY-".utf8)
    let seals = try secrets(of: home)
    var looked = 0
    for (name, content) in try files(of: home) {
      looked += 1
      if content.firstRange(of: identity) != nil { #expect(name.hasPrefix("keys/"), "\(name)") }
      // A key at rest stands in its own file, and nowhere else.
      if !name.hasSuffix("/at-rest.key"), !name.hasPrefix("keys/") {
        for secret in seals { #expect(content.firstRange(of: secret) == nil, "\(name)") }
      }
    }
    #expect(looked > 50)
    #expect(
      !FileManager.default.fileExists(atPath: home.path("keys/again-contract.txt.key")),
      "no key of what was not bought")
  }

  @Test("folders are private, and so is every file that holds a secret")
  func permissions() async throws {
    let home = try await DemoHome.founded()
    func mode(_ name: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: home.path(name))[.posixPermissions] as? Int
    }
    #expect(try mode("") == 0o700)
    for folder in ["state", "keys", "locked", "opened", "state/wallet", "state/bank.example"] {
      #expect(try mode(folder) == 0o700, "\(folder)")
    }
    for (name, _) in try files(of: home) where name.hasPrefix("state/") || name.hasPrefix("keys/") {
      #expect(try mode(name) == 0o600, "\(name)")
    }
  }

  // MARK: - Secrets and files

  /// The keys that lie open in a home, in the forms in which they could leak: as they are, and in hex
  /// and Base64 of both kinds.
  private func secrets(of home: DemoHome) throws -> [Data] {
    try files(of: home).filter { $0.name.hasSuffix("/at-rest.key") }.flatMap { file in
      let hex = file.content.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0\(digits)" : digits
      }.joined()
      let base64 = file.content.base64EncodedString().replacing("=", with: "")
      let base64URL = base64.replacing("+", with: "-").replacing("/", with: "_")
      return [file.content] + [hex, base64, base64URL].map { Data($0.utf8) }
    }
  }

  private func files(of home: DemoHome) throws -> [(name: String, content: Data)] {
    try FileManager.default.subpathsOfDirectory(atPath: home.path).sorted().compactMap { name in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: home.path(name), isDirectory: &isFolder),
        !isFolder.boolValue
      else { return nil }
      return (name, try Data(contentsOf: home.url.appending(path: name)))
    }
  }
}
