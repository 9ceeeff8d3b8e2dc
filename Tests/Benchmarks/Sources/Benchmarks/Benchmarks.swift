// The program: runs all figures, or those that are named.

import Foundation

@main
struct Benchmarks {
  /// All figures, in the order in which they are measured.
  static let figures: [Figure] = [
    .receiptsVerify, .receiptsCanonicalize, .receiptsCanonicalizeShuffled, .receiptsReceipt,
    .receiptsReceiptBytes, .receiptsAppend, .receiptsAppendOne, .receiptsProof,
  ]

  static func main() async throws {
    let names = CommandLine.arguments.dropFirst()
    let unknown = names.filter { name in !figures.contains { $0.name == name } }
    guard unknown.isEmpty else {
      let known = figures.map(\.name).joined(separator: " ")
      FileHandle.standardError.write(
        Data("no such figure: \(unknown.joined(separator: " ")); there are: \(known)\n".utf8))
      exit(64)
    }
    for figure in figures where names.isEmpty || names.contains(figure.name) {
      try await figure.print()
    }
  }
}
