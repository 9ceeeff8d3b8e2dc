// `foil goods`: containers, sealed and opened in constant memory.

import ArgumentParser
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties

struct GoodsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "goods", abstract: "Seal and open containers.",
    subcommands: [GoodsSealCommand.self, GoodsOpenCommand.self])
}

struct GoodsSealCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seal",
    abstract: "Seal a file into a container with a fresh key.",
    discussion: """
      Makes an age file, the list of its chunks, and the age identity that opens it (mode 0600). \
      Nothing is overwritten. The chunk list holds no secret; the identity is the key.
      """)

  @Argument(help: "What is sealed; - is standard input.", completion: .file())
  var file: String

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("The container.", valueName: "container"))
  var output: String

  @Option(
    help: ArgumentHelp("The chunk list; otherwise beside the container.", valueName: "file"))
  var chunks: String?

  @Option(
    help: ArgumentHelp("The identity file; otherwise beside the container.", valueName: "file"))
  var identityOut: String?

  func validate() throws {
    guard output != "-" else {
      throw ValidationError("a sealed good is several files: name the container with -o")
    }
  }

  func run() async throws {
    let stem = output.hasSuffix(".age") ? String(output.dropLast(".age".count)) : output
    let chunkList = chunks ?? "\(stem).chunks"
    let keyPath = identityOut ?? "\(stem).key"
    let commitment = try await Failure.mapping {
      let source = try file == "-" ? FileSource(descriptor: STDIN_FILENO) : FileSource(path: file)
      var entropy = SystemEntropy()
      let identity = Age.Identity.generate(from: &entropy)
      // The key is on disk before anything is that only it can open.
      try IdentityFile.write(identity, to: keyPath)
      do {
        return try Container.seal(
          source, to: identity.recipient, container: output, chunkList: chunkList, from: &entropy)
      } catch {
        try? FileManager.default.removeItem(atPath: keyPath)
        throw error
      }
    }
    Terminal.print(
      "sealed \(commitment.plaintextLength) bytes in \(commitment.chunkCount) chunks: "
        + Terminal.line(output))
    Terminal.print("chunk list: \(Terminal.line(chunkList))")
    Terminal.print("key: \(Terminal.line(keyPath))")
  }
}

struct GoodsOpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Open a container, or any age file for an X25519 key.",
    discussion: """
      The output appears when all of it is authentic; to standard output each chunk goes when it \
      is, so that a failure leaves a prefix.

      Exit status 1 when it does not open, 2 when a file cannot be read.
      """)

  @Argument(help: "The container; - is standard input.", completion: .file(extensions: ["age"]))
  var container: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("An age identity file.", valueName: "file"),
    completion: .file())
  var identity: String

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("What it is opened into; - is standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Overwrite the output.")
  var force = false

  func run() async throws {
    let opened = try await Failure.mapping { try open() }
    if let path = opened.path {
      Terminal.print("opened \(Terminal.line(path)) (\(opened.byteCount) bytes)")
    }
  }

  private func open() throws -> OpenedGood {
    let file = try IdentityFile(path: identity)
    guard container != "-" || file.count == 1 else {
      throw Failure(
        .usage, "standard input is read once, and \(identity) holds \(file.count) identities")
    }
    let target: Output = output == "-" ? .stream(STDOUT_FILENO) : .file(output, overwriting: force)
    // Before a stanza has matched nothing is written, so the next identity can be tried.
    for number in 0..<file.count {
      let identity = try file.identity(number)
      let source =
        try container == "-"
        ? FileSource(descriptor: STDIN_FILENO) : FileSource(path: container)
      do throws(GoodsError) {
        return try Container.open(source, with: identity, to: target)
      } catch {
        guard error.code == .containerNoMatch, number < file.count - 1 else { throw error }
      }
    }
    throw Failure(.no, "no identity of \(identity) opens \(container)")
  }
}
