// `foil process check`: whether a role can rely on a process that it is to join.

import ArgumentParser
import Coordinator
import Evidence
import PaymentModel

struct ProcessCheckCommand: ParsableCommand {
  /// Who checks.
  enum Role: String, CaseIterable, ExpressibleByArgument {
    case customer
    case coordinator
    case bank
    case merchant
  }

  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a process before joining it.",
    discussion: """
      Reads the definition of a process as 'foil process show --format json' prints it, alone or \
      with what happened. Every role needs a process that always ends; the rest are the rules \
      that the role would lose by.

      Exit status: 0 the role can rely on it; 1 it breaks a rule, each on a line with the \
      activities that break it; 2 it cannot be checked.
      """)

  /// A process of 256 goods and 16 banks takes about a megabyte.
  static let largestByteCount = 4 << 20

  @Argument(help: "The process in JSON; - is standard input.", completion: .file())
  var file = "-"

  @Option(help: "Who checks.")
  var role: Role

  @Option(
    help: ArgumentHelp(
      "Which bank or merchant; otherwise the rules hold for all of them.", valueName: "name"))
  var party: String?

  @Option(
    help: ArgumentHelp(
      "A bank that pays the merchant, as its offers say. May be repeated.", valueName: "bank"))
  var paidBy: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if party != nil, role != .bank, role != .merchant {
      throw ValidationError("--party is for a bank or a merchant")
    }
    if !paidBy.isEmpty, role != .merchant {
      throw ValidationError("--paid-by is for a merchant")
    }
    for name in paidBy + (party.map { [$0] } ?? []) where PartyName(name) == nil {
      throw ValidationError("'\(name)' is no name of a party")
    }
  }

  func run() throws {
    let process = try Self.process(
      in: InputFile.read(file, largestByteCount: Self.largestByteCount), from: file)
    let objections = process.check(for: processRole)
    if json {
      try JSONOutput.print(
        Answer(
          process: process.process.hex, role: role.rawValue, party: party,
          answer: objections.isEmpty ? "yes" : "no",
          objections: objections.map {
            Answer.Objection(rule: $0.code, activities: $0.activities.map(\.rawValue))
          }))
    } else if objections.isEmpty {
      Terminal.print(
        "yes: \(party ?? "a \(role.rawValue)") can rely on process \(process.process.short)")
    } else {
      objections.forEach { Terminal.print(Terminal.line($0.description)) }
    }
    guard objections.isEmpty else { throw ExitCode(.no) }
  }

  private var processRole: ProcessRole {
    let name = party.flatMap { PartyName($0) }
    return switch role {
    case .customer: .customer
    case .coordinator: .coordinator
    case .bank: .bank(name)
    case .merchant:
      .merchant(name, paidBy: paidBy.isEmpty ? nil : paidBy.compactMap { PartyName($0) })
    }
  }

  /// Reads a definition, or one with what happened, and nothing else.
  private static func process(in text: Bytes, from file: String) throws -> PaymentProcess {
    let lineFeed = UInt8(ascii: "\n")
    let text = text.last == lineFeed ? Bytes(text.dropLast()) : text
    do {
      return try CanonicalJSON.decode(text, limit: largestByteCount) {
        reader throws(ClaimError) in
        guard reader.has("definition") else { return try PaymentProcess(from: &reader) }
        // What happened does not matter here, but it stands there.
        if reader.has("happened") {
          _ = try reader.canonicalObject("happened", atMost: largestByteCount)
        }
        return try reader.object("definition") { reader throws(ClaimError) in
          try PaymentProcess(from: &reader)
        }
      }
    } catch {
      throw Failure(
        .notChecked, "\(file == "-" ? "standard input" : file) is no process: \(error.message)")
    }
  }

  private struct Answer: Encodable {
    struct Objection: Encodable {
      let rule: String
      let activities: [String]
    }

    let process: String
    let role: String
    let party: String?
    let answer: String
    let objections: [Objection]
  }
}
