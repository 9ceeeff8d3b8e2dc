// The dependency graph is part of the design: what the package declares and what the sources import
// are compared with the table in Docs/Architecture.md.

import Foundation
import Testing

@Suite("Arrows between the targets")
struct ArrowTests {
  let project = Project.here

  @Test("Package.swift declares exactly the arrows of the table")
  func declaredArrows() throws {
    let table = try project.arrowsOfTheTable()
    #expect(table.count >= 9)
    let declared = try project.declaredArrows()
    for (target, arrows) in table {
      #expect(declared[target] == arrows, "\(target) in Package.swift")
    }
    let documented = Set(table.keys)
    let library = Set(
      declared.keys.filter { !$0.hasSuffix("Tests") && !["Conformance", "Programs"].contains($0) })
    #expect(library == documented, "a target without a row, or a row without a target")
  }

  @Test("no source imports what its target does not declare")
  func imports() throws {
    let table = try project.arrowsOfTheTable()
    for (target, arrows) in table {
      for (file, modules) in try project.imports(ofTarget: target) {
        let ours = modules.filter {
          table.keys.contains($0) || Project.systemLibraries.contains($0)
        }
        #expect(Set(ours).isSubset(of: arrows), "\(file)")
      }
    }
  }

  @Test("only PaymentCrypto imports the three C libraries, and never in public")
  func systemLibraries() throws {
    for target in try project.arrowsOfTheTable().keys {
      for (file, text) in try project.sources(ofTarget: target) {
        for library in Project.systemLibraries where text.contains("import \(library)") {
          #expect(target == "PaymentCrypto", "\(file) imports \(library)")
          #expect(!text.contains("public import \(library)"), "\(file)")
        }
      }
    }
  }

  @Test("the coordinator imports the payment model alone")
  func coordinator() throws {
    let imports = try project.imports(ofTarget: "Coordinator")
    #expect(!imports.isEmpty)
    for (file, modules) in imports {
      #expect(
        Set(modules).isSubset(of: ["PaymentModel", "Synchronization", "Foundation"]), "\(file)")
    }
  }
}

@Suite("House rules")
struct HouseRuleTests {
  let project = Project.here

  @Test("every source file begins with what it is for")
  func firstComment() throws {
    for target in try project.arrowsOfTheTable().keys {
      for (file, text) in try project.sources(ofTarget: target) {
        #expect(text.hasPrefix("// ") || text.hasPrefix("/// "), "\(file)")
      }
    }
  }

  @Test("nothing is named after having no name")
  func names() throws {
    let nameless = ["Helper", "Util", "Common", "Manager", "Misc"]
    for target in try project.arrowsOfTheTable().keys {
      for (file, _) in try project.sources(ofTarget: target) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        #expect(!nameless.contains { name.contains($0) }, "\(file)")
      }
    }
  }

  @Test("library code neither crashes on purpose nor forces")
  func noTraps() throws {
    for target in try project.arrowsOfTheTable().keys {
      for (file, text) in try project.sources(ofTarget: target) {
        for word in ["try!", "as!", "TODO", "FIXME"] {
          #expect(!text.contains(word), "\(file) contains \(word)")
        }
      }
    }
  }

  @Test("pure machines read no clock and draw no randomness of their own")
  func machines() throws {
    let impure = [
      "Date()", "ContinuousClock", "Task.sleep", "SystemEntropy()", ".random(", ".randomElement",
      ".shuffled()",
    ]
    let laboratory = try project.sources(ofTarget: "Laboratory")
    let machines =
      try project.sources(ofTarget: "Coordinator").filter { $0.file.contains("Machine/") }
      + laboratory
    #expect(!laboratory.isEmpty && machines.count > laboratory.count)
    for (file, text) in machines {
      for word in impure { #expect(!text.contains(word), "\(file) contains \(word)") }
    }
  }

  /// Time and entropy are handed to them.
  @Test(
    "the rules of banks and shops read no clock, draw no randomness of their own, and wait for nobody"
  )
  func sagas() throws {
    let impure = [
      "Date(", "Clock", "Entropy(", "random(", ".randomElement", "shuffled", "Task", "await ",
      "async ",
      "import Foundation",
    ]
    for (target, folder, count) in Self.rules {
      let files = try project.sources(ofTarget: target).filter { $0.file.contains(folder) }
      #expect(files.count >= count, "\(folder)")
      for (file, text) in files {
        let found = impure.filter(Self.code(of: text).contains)
        #expect(found.isEmpty, "\(file)")
      }
    }
  }

  /// Their order is by chance, so it must decide nothing. They are looked up, counted and compared.
  @Test("machines, sagas and worlds do not walk over sets and dictionaries")
  func noOrderByChance() throws {
    var files = try project.sources(ofTarget: "Coordinator").filter { file, _ in
      ["/Machine/", "/Concurrency/", "/History/"].contains { file.contains($0) }
    }
    for (target, folder, _) in Self.rules + [("ECash", "/Wallet/", 6)] {
      files += try project.sources(ofTarget: target).filter { $0.file.contains(folder) }
    }
    // The real parties are awaited, and what they answer is put in order.
    files += try project.sources(ofTarget: "Laboratory").filter { !$0.file.contains("/Real/") }
    // Rows in memory are a store.
    files.removeAll { $0.file.contains("/Memory") }
    #expect(files.count > 90)
    for (file, text) in files {
      #expect(Self.walks(in: Self.code(of: text)).isEmpty, "\(file)")
    }
    let walking = """
      var names: [Key: Int] = [:]
      let seen: Set<Key> = []
      for (key, value) in names { print(key, value) }
      print(seen.map(\\.name), names.sorted { $0 < $1 }, names.values)
      """
    #expect(
      Self.walks(in: walking) == [" in names {", "names.values", "names.sorted", "seen.map"])
    let byPlace = """
      var names: [Key: Int] = [:]
      if let place = names.index(forKey: key) { names.values[place] += 1 }
      """
    #expect(Self.walks(in: byPlace).isEmpty)
    let stepping = """
      var names: [Key: Int] = [:]
      var place = names.startIndex
      while let name = names.popFirst() { names.formIndex(after: &place) }
      for name in names.values[first...] {}
      """
    #expect(
      Self.walks(in: stepping) == [
        "names.values", "names.startIndex", "names.formIndex", "names.popFirst",
      ])
  }

  private static let rules = [
    (target: "ECash", folder: "/Bank/Rules/", atLeast: 10),
    (target: "Goods", folder: "/Shop/Rules/", atLeast: 4),
  ]

  private static func code(of text: String) -> String {
    text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
      .joined(separator: "\n")
  }

  /// Where code walks over what it has declared as a set or a dictionary. One value at its place is no walk.
  private static func walks(in code: String) -> [String] {
    let code = code.replacing(".values[place]", with: "")
    let dictionaries = code.matches(of: /(\w+): \[[A-Z][A-Za-z.]*: ?[\[A-Z]/).map { String($0.1) }
    let sets = code.matches(of: /(\w+): Set</).map { String($0.1) }
    let verbs = [
      ".keys", ".values", ".map", ".flatMap", ".compactMap", ".filter", ".first", ".sorted",
      ".reduce", ".forEach", ".enumerated", ".min", ".max", ".randomElement", ".startIndex",
      ".indices", ".index(after", ".formIndex", ".popFirst", ".removeFirst", ".dropFirst",
    ]
    return Set(dictionaries + sets).sorted().flatMap { name in
      ([" in \(name) {", " in \(name) where"] + verbs.map { name + $0 }).filter(code.contains)
    }
  }
}

/// The work tree that this test was compiled in.
struct Project {
  static let systemLibraries: Set<String> = ["COpenSSL", "CGMP", "CSodium"]
  static let here = Project(
    root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent())

  let root: URL

  /// The rows "| `Target` | what it is for | `A`, `B` |" of Docs/Architecture.md.
  func arrowsOfTheTable() throws -> [String: Set<String>] {
    let text = try String(contentsOf: root.appending(path: "Docs/Architecture.md"), encoding: .utf8)
    var arrows: [String: Set<String>] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 3 else { continue }
      let names = cells[2].matches(of: /`([A-Za-z]+)`/).map { String($0.1) }
      arrows[cells[0].replacing("`", with: "")] = Set(names)
    }
    return arrows
  }

  /// Target → its dependencies within this package, from Package.swift's text.
  func declaredArrows() throws -> [String: Set<String>] {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    var arrows: [String: Set<String>] = [:]
    let target = /\.(?:target|executableTarget|testTarget)\(\s*name: "(\w+)"(.*?)wiftSettings/
      .dotMatchesNewlines()
    for match in text.matches(of: target) {
      let dependencies = match.2.firstMatch(
        of: /dependencies: \[(.*?)\n?\s*\],/.dotMatchesNewlines())
      let products = /\.product\(name: "\w+", package: "[^"]+"\)/
      let names = String(dependencies?.1 ?? "").replacing(products, with: "")
        .matches(of: /"(\w+)"/).map { String($0.1) }
      arrows[String(match.1)] = Set(names)
    }
    return arrows
  }

  func sources(ofTarget target: String) throws -> [(file: String, text: String)] {
    let folder = root.appending(path: "Sources/\(target)")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var sources: [(String, String)] = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let name = file.path.replacingOccurrences(of: root.path, with: "")
      sources.append((name, try String(contentsOf: file, encoding: .utf8)))
    }
    return sources.sorted { $0.0 < $1.0 }
  }

  func imports(ofTarget target: String) throws -> [(file: String, modules: [String])] {
    try sources(ofTarget: target).map { file, text in
      let statement =
        /^(?:public |package |internal |private )?import (?:struct |enum |class |func )?(\w+)/
        .anchorsMatchLineEndings()
      return (file, text.matches(of: statement).map { String($0.1) })
    }
  }
}
