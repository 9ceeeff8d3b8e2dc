// Real receipts with one thing changed: a bit, a member, a signature. None proves the same.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Receipts with one change")
struct MutationTests {
  /// What is changed.
  enum Change: CaseIterable {
    case bit
    case memberDropped
    case memberTwice
    case memberChanged
    case signatureChanged
    case signatureRemoved
    case signatureSwapped
  }

  let verification: ReceiptVerification
  /// The file, taken apart down to payloads and headers, and what it proves.
  let originals: [(bytes: Bytes, tree: JSONTree, report: ReceiptReport)]

  init() async throws {
    let world = try World()
    let log = world.log()
    verification = ReceiptVerification(world.trust)
    var originals: [(Bytes, JSONTree, ReceiptReport)] = []
    for purchase in [try Purchase(in: world), try Purchase(in: world, seed: 8, abort: .timeout)] {
      guard
        case .done(let verdict) = await log.publish(
          purchase.verdict, process: purchase.process, bundle: purchase.bundle)
      else { throw BadFixture("the verdict is not published") }
      world.clock.set(World.start.adding(seconds: 60))
      let receipt = try await log.receipt(
        for: ReceiptContents(
          process: purchase.process, statements: purchase.statements.map(\.bytes),
          verdict: verdict, parts: purchase.parts, exhibits: [],
          keyBundle: purchase.bundle?.digest))
      let report = verification.verify(receipt.bytes)
      guard report.answer == .proven else { throw BadFixture("the receipt is not proven") }
      let opened = try Self.opened(JSONTree(receipt.bytes))
      guard try Self.closed(opened).bytes == receipt.bytes else {
        throw BadFixture("the file does not come back")
      }
      originals.append((receipt.bytes, opened, report))
    }
    self.originals = originals
  }

  /// Each argument is a fourth of at least 1000 receipts.
  @Test("none of 1000 is proven with the same content", arguments: 0..<4)
  func changed(part: Int) throws {
    let count = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2" ? 5000 : 252
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    var answers: [ReceiptReport.Answer: Int] = [:]
    for round in 0..<count {
      let original = originals[round % originals.count]
      let change = Change.allCases[round / originals.count % Change.allCases.count]
      let (bytes, place) = try changed(original, by: change, &entropy)
      let situation: Comment = "seed \(seed), round \(round): \(change) at \(place)"
      #expect(bytes != original.bytes, situation)
      let report = verification.verify(bytes)
      answers[report.answer, default: 0] += 1
      guard report.answer == .proven else { continue }
      // What may be absent was taken away: less is proven, and nothing else.
      let proven = Self.proven(report)
      #expect(proven.isStrictSubset(of: Self.proven(original.report)), situation)
      #expect(report.process == original.report.process, situation)
      #expect(report.decision == original.report.decision, situation)
    }
    #expect(answers[.refuted, default: 0] > count / 2, "seed \(seed)")
  }

  private static func proven(_ report: ReceiptReport) -> Set<Finding> {
    Set(report.findings.filter { $0.result == .proven })
  }

  // MARK: - Changes

  private func changed(
    _ original: (bytes: Bytes, tree: JSONTree, report: ReceiptReport), by change: Change,
    _ entropy: inout SeededEntropy
  ) throws -> (bytes: Bytes, place: String) {
    var tree = original.tree
    let place: [String]
    switch change {
    case .bit:
      var bytes = original.bytes
      let byte = entropy.below(bytes.count)
      bytes[byte] ^= 1 << UInt8(entropy.below(8))
      return (bytes, "byte \(byte)")
    case .memberDropped, .memberTwice, .memberChanged:
      place = entropy.element(of: tree.containers())
      tree[place] = try entropy.withOneChanged(required(tree[place]), change)
    case .signatureChanged:
      place = Self.signature(of: entropy.statement(in: tree))
      var signature = try Self.decoded(required(tree[place]?.content))
      signature[entropy.below(signature.count)] ^= 1 << UInt8(entropy.below(8))
      tree[place] = .scalar("\"\(Base64.url.string(signature))\"")
    case .signatureRemoved:
      place = ["statements", "\(entropy.statement(in: tree))", "statement", "signatures"]
      tree[place] = .array([])
    case .signatureSwapped:
      let first = entropy.statement(in: tree)
      var second = first
      while second == first { second = entropy.statement(in: tree) }
      place = Self.signature(of: first)
      let other = Self.signature(of: second)
      (tree[place], tree[other]) = (tree[other], tree[place])
    }
    return (try Self.closed(tree).bytes, place.joined(separator: "/"))
  }

  private static func signature(of statement: Int) -> [String] {
    ["statements", "\(statement)", "statement", "signatures", "0", "signature"]
  }

  private static func decoded(_ text: String) throws -> Bytes {
    try required(Base64.url.decode(Bytes(text.utf8)))
  }

  private static func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw BadFixture("a receipt has this") }
    return value
  }

  private func required<Value>(_ value: Value?) throws -> Value { try Self.required(value) }

  // MARK: - Payloads and headers as objects

  private static let encoded = ["payload", "protected"]

  /// The file with the payloads and headers of its statements decoded, so that their members are members
  /// like all others.
  private static func opened(_ tree: JSONTree) throws -> JSONTree {
    switch tree {
    case .object(let members):
      .object(
        try members.map { name, value in
          guard encoded.contains(name), let text = value.content else {
            return (name, try opened(value))
          }
          return (name, try JSONTree(decoded(text)))
        })
    case .array(let elements): .array(try elements.map(opened))
    case .scalar: tree
    }
  }

  private static func closed(_ tree: JSONTree) throws -> JSONTree {
    switch tree {
    case .object(let members):
      .object(
        try members.map { name, value in
          guard encoded.contains(name) else { return (name, try closed(value)) }
          return (name, .scalar("\"\(Base64.url.string(value.bytes))\""))
        })
    case .array(let elements): .array(try elements.map(closed))
    case .scalar: tree
    }
  }
}

extension SeededEntropy {
  fileprivate mutating func below(_ count: Int) -> Int {
    Int(bytes(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } % UInt64(count))
  }

  fileprivate mutating func element<Element>(of elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// Which of the receipt's statements.
  fileprivate mutating func statement(in receipt: JSONTree) -> Int {
    guard case .array(let statements) = receipt["statements"] else { return 0 }
    return below(statements.count)
  }

  /// An object or array with one of its members dropped, there twice, or changed.
  fileprivate mutating func withOneChanged(
    _ container: JSONTree, _ change: MutationTests.Change
  ) throws -> JSONTree {
    switch container {
    case .object(var members):
      let place = below(members.count)
      switch change {
      case .memberDropped: members.remove(at: place)
      case .memberTwice: members.insert(members[place], at: place)
      default: members[place].value = changed(members[place].value)
      }
      return .object(members)
    case .array(var elements):
      let place = below(elements.count)
      switch change {
      case .memberDropped: elements.remove(at: place)
      case .memberTwice: elements.insert(elements[place], at: place)
      default: elements[place] = changed(elements[place])
      }
      return .array(elements)
    case .scalar:
      throw BadFixture("a value without members")
    }
  }

  /// Another value of the same type.
  private mutating func changed(_ value: JSONTree) -> JSONTree {
    switch value {
    case .object(let members): return members.isEmpty ? .object([("a", .scalar("1"))]) : .object([])
    case .array(let elements): return elements.isEmpty ? .array([.scalar("1")]) : .array([])
    case .scalar(let text):
      guard let content = value.content else { return .scalar(text == "1" ? "2" : "1") }
      guard !content.isEmpty else { return .scalar("\"a\"") }
      var letters = Bytes(content.utf8)
      let place = below(letters.count)
      letters[place] = letters[place] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
      return .scalar("\"\(String(decoding: letters, as: UTF8.self))\"")
    }
  }
}
