// What a story came to, for people and as one JSON object.

import Foundation

/// The outcome of one story.
struct StoryReport: Codable {
  struct Good: Codable {
    let offer: String
    let merchant: String
    /// The name of its container in `locked`, without the suffix.
    let file: String
    /// Of what was opened, or of what was sealed when it stays closed.
    let sha256: String
    let opened: Bool
    /// Whether what was opened is what was sealed, to the byte.
    let identical: Bool
  }

  struct Balances: Codable {
    /// In minor units, by account, with the wallet as `wallet`.
    let before: [String: UInt64]
    let after: [String: UInt64]

    var areConserved: Bool { sum(before) == sum(after) }

    private func sum(_ balances: [String: UInt64]) -> UInt64 {
      balances.values.reduce(0, +)
    }
  }

  /// One death and what came of it.
  struct Crash: Codable {
    /// The place of the journal record, from 0.
    let record: Int
    let when: String
    /// How many records were on disk then.
    let durable: Int
    /// The verdict in the journal at the time of death, if there was one.
    let implied: String?
    let verdict: String
    let conserved: Bool
  }

  let process: String
  let scenario: Scenario
  /// `commit` or `abort`.
  let verdict: String
  /// Why it was aborted.
  let reason: String?
  let goods: [Good]
  let balances: Balances
  let currency: String
  /// The path of the receipt.
  let receipts: String
  let receiptsVerified: Bool
  /// How many statements of each kind the receipt holds.
  let statements: [String: Int]
  /// Whom the receipt shows to have broken the rules.
  var atFault: [String] = []
  /// Whether a second use of coins waited while the first was undecided.
  var waited: Bool?
  /// Whether the refusal came with a proof that verifies.
  var doubleSpendProven: Bool?
  var crashes: [Crash]?
  /// Where several customers ordered: how each order ended, `commit` or the reason of the abort.
  var orders: [String: String]?
  /// Where there are two banks: what each owes the other in the end, in minor units.
  var owed: [String: Int64]?
}

/// One object: the first story, and under `then` the second.
struct DemoReport: Encodable {
  let story: StoryReport
  let then: StoryReport?

  private enum CodingKeys: CodingKey { case then }

  func encode(to encoder: any Encoder) throws {
    try story.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(then, forKey: .then)
  }
}
