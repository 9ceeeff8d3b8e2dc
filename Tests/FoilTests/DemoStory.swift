// What `foil demo --json` prints, read with every member that a program may count on.

/// One story.
struct DemoStory: Decodable {
  struct Good: Decodable {
    let offer: String
    let merchant: String
    let file: String
    let sha256: String
    let opened: Bool
    let identical: Bool
  }

  struct Balances: Decodable {
    let before: [String: UInt64]
    let after: [String: UInt64]
  }

  struct Crash: Decodable {
    let record: Int
    let when: String
    let durable: Int
    let implied: String?
    let verdict: String
    let conserved: Bool
  }

  let process: String
  let scenario: String
  let verdict: String
  let reason: String?
  let goods: [Good]
  let balances: Balances
  let receipts: String
  let receiptsVerified: Bool
  let statements: [String: Int]
  let atFault: [String]
  let waited: Bool?
  let doubleSpendProven: Bool?
  let crashes: [Crash]?
  let orders: [String: String]?
  let owed: [String: Int64]?
}

/// The first story, and the one that stands under `then`.
struct DemoStories: Decodable {
  let first: DemoStory
  let then: DemoStory?

  private enum CodingKeys: CodingKey { case then }

  init(from decoder: any Decoder) throws {
    first = try DemoStory(from: decoder)
    then = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(
      DemoStory.self, forKey: .then)
  }
}

/// The total of all accounts and the wallet.
func sum(_ balances: [String: UInt64]) -> UInt64 { balances.values.reduce(0, +) }
