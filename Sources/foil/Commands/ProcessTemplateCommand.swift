// `foil process template`: the templates from which processes are generated, as data.

import ArgumentParser
import Coordinator
import Foundation
import PaymentCrypto
import PaymentModel

struct ProcessTemplateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template",
    abstract: "Print a template from which processes are generated.",
    discussion: """
      Prints the template as canonical JSON in one line. SHA-256 of it, without the line feed at its end, \
      is the digest that orders, submissions and definitions name; it is told on standard error. With \
      --json both stand in one object.

      The standard template is the one that orders name. 'never-begun' is what the coordinator names for \
      an order that was withdrawn or asked about without having been handed in: nothing but its abort.

      Exit status: 0; 2 when no template has that digest.
      """)

  @Argument(
    help: ArgumentHelp(
      "The first digits of a template's digest; the standard one unless given.",
      valueName: "digest"))
  var digest: String?

  @Flag(help: "The standard template, which orders name.")
  var standard = false

  @Flag(help: "Print one JSON object with the digest and the template.")
  var json = false

  func validate() throws {
    guard !(standard && digest != nil) else {
      throw ValidationError("--standard and a digest exclude each other")
    }
  }

  func run() throws {
    let (template, digest) = try chosen()
    let text = String(decoding: template.json, as: UTF8.self)
    if json {
      Terminal.print(
        "{\"digest\":\"\(digest.hex)\",\"name\":\"\(template.name)\",\"template\":\(text),"
          + "\"version\":\(template.version)}")
    } else {
      Terminal.printDocument(text + "\n")
      Terminal.note("digest: \(digest.hex)")
    }
  }

  private func chosen() throws -> (template: ProcessTemplate, digest: Digest) {
    let known = [ProcessTemplate.standard, .neverBegun].map { ($0, SHA256.digest($0.json)) }
    guard let digest else { return known[0] }
    let wanted = try Digest.matching(
      digest, among: known.map(\.1), what: "template",
      hint: "the coordinator of this program runs the standard one: leave the digest out")
    guard let found = known.first(where: { $0.1 == wanted }) else { return known[0] }
    return found
  }
}
