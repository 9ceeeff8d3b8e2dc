// A second opinion on canonical JSON: Foundation's parser and the plainest printer, to compare with.

import Foundation
import PaymentCrypto
import PaymentModel

@testable import Evidence

/// A JSON value as a tree.
indirect enum JSONValue: Equatable {
  case text(String)
  case number(UInt64)
  case flag(Bool)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The canonical form, printed without regard to speed.
  var canonical: Bytes {
    switch self {
    case .text(let text): Self.quoted(text)
    case .number(let number): Bytes(String(number).utf8)
    case .flag(let flag): Bytes((flag ? "true" : "false").utf8)
    case .array(let elements):
      Bytes("[".utf8) + elements.map(\.canonical).joined(separator: Bytes(",".utf8))
        + Bytes("]".utf8)
    case .object(let members):
      Bytes("{".utf8)
        + members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { Self.quoted($0.key) + Bytes(":".utf8) + $0.value.canonical }
        .joined(separator: Bytes(",".utf8)) + Bytes("}".utf8)
    }
  }

  private static func quoted(_ text: String) -> Bytes {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "\u{8}": "\\b", "\t": "\\t", "\n": "\\n", "\u{C}": "\\f",
      "\r": "\\r",
    ]
    let escaped = text.unicodeScalars.map { scalar in
      short[scalar]
        ?? (scalar.value < 0x20 ? String(format: "\\u%04x", scalar.value) : String(scalar))
    }
    return Bytes("\"\(escaped.joined())\"".utf8)
  }

  /// Reads any JSON, with Foundation.
  init(_ bytes: Bytes) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
  }

  /// Whether the value lies within the restrictions of `CanonicalJSON`.
  func isAllowed(depth: Int = 0) -> Bool {
    switch self {
    case .text, .flag: true
    case .number(let number): number <= 9_007_199_254_740_991
    case .array(let elements): depth < 16 && elements.allSatisfy { $0.isAllowed(depth: depth + 1) }
    case .object(let members):
      depth < 16
        && members.allSatisfy { name, value in
          (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
              $0 == UInt8(ascii: "_") || ($0 < 0x80 && Character(UnicodeScalar($0)).isLetter)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            } && value.isAllowed(depth: depth + 1)
        }
    }
  }

  /// Whether `bytes` are the canonical form of an allowed object, as far as Foundation reads them.
  static func isCanonical(_ bytes: Bytes) -> Bool {
    guard let value = try? JSONValue(bytes),
      case .object = value
    else { return false }
    return value.isAllowed() && value.canonical == bytes
  }

  /// Writes the members of an object in an order out of `entropy`.
  func write(to writer: inout CanonicalWriter, _ entropy: inout SeededEntropy) {
    guard case .object(let members) = self else { return }
    var names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    while !names.isEmpty {
      let name = names.remove(at: Int(entropy.bytes(1)[0]) % names.count)
      switch members[name] {
      case .text(let text): writer.text(name, text)
      case .number(let number): writer.number(name, number)
      case .flag(let flag): writer.flag(name, flag)
      case .object: writer.object(name) { members[name]?.write(to: &$0, &entropy) }
      case .array(let elements):
        if case .object = elements.first {
          writer.objects(name, elements) { $1.write(to: &$0, &entropy) }
        } else {
          writer.texts(
            name, elements.compactMap { if case .text(let text) = $0 { text } else { nil } })
        }
      case nil: break
      }
    }
  }

  /// Whether the members of an object, asked for in an order out of `entropy`, are what this says.
  func matches(
    _ reader: inout CanonicalReader, _ entropy: inout SeededEntropy
  ) throws(ClaimError) -> Bool {
    guard case .object(let members) = self else { return false }
    var names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var matches = true
    while !names.isEmpty {
      let name = names.remove(at: Int(entropy.bytes(1)[0]) % names.count)
      let member = members[name]
      switch member {
      case .text(let text):
        matches = try reader.text(name, atMost: 1000).utf8.elementsEqual(text.utf8) && matches
      case .number(let number): matches = try reader.number(name) == number && matches
      case .flag(let flag): matches = try reader.flag(name) == flag && matches
      case .object:
        matches =
          try reader.object(name) { reader throws(ClaimError) in
            try member?.matches(&reader, &entropy) ?? false
          } && matches
      case .array(let elements):
        if case .object = elements.first {
          var rest = elements[...]
          let all = try reader.objects(name, atMost: 10) { reader throws(ClaimError) in
            try rest.popFirst()?.matches(&reader, &entropy) ?? false
          }
          matches = all.allSatisfy { $0 } && rest.isEmpty && matches
        } else {
          let texts = try reader.texts(name, atMost: 10, eachAtMost: 1000)
          matches = texts.map(JSONValue.text) == elements && matches
        }
      case nil: break
      }
    }
    return matches
  }

  /// A random object.
  static func random(_ entropy: inout SeededEntropy, depth: Int = 0) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for _ in 0..<entropy.bytes(1)[0] % 6 {
      members[randomName(&entropy)] =
        switch entropy.bytes(1)[0] % (depth < 3 ? 7 : 4) {
        case 0, 1: .text(randomText(&entropy))
        case 2:
          .number(
            entropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
              >> (11 + UInt64(entropy.bytes(1)[0] % 53)))
        case 3: .flag(entropy.bytes(1)[0] % 2 == 0)
        case 4: .object([:])
        case 5: random(&entropy, depth: depth + 1)
        default:
          .array(
            entropy.bytes(1)[0] % 2 == 0
              ? (0..<entropy.bytes(1)[0] % 4).map { _ in .text(randomText(&entropy)) }
              : (0..<entropy.bytes(1)[0] % 4).map { _ in random(&entropy, depth: depth + 1) })
        }
    }
    return .object(members)
  }

  private static func randomName(_ entropy: inout SeededEntropy) -> String {
    let letters = Array("abzAZ09_")
    return String((0...entropy.bytes(1)[0] % 5).map { _ in letters[Int(entropy.bytes(1)[0]) % 8] })
  }

  private static func randomText(_ entropy: inout SeededEntropy) -> String {
    let pieces = [
      "a", "Z", "é", "e\u{301}", "€", "😂", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}",
      "\u{2028}",
      "\u{FFFF}", "\u{D7FF}", "\u{E000}", "\u{10FFFF}", "\t", "\u{8}",
    ]
    return (0..<entropy.bytes(1)[0] % 8).map { _ in pieces[Int(entropy.bytes(1)[0]) % pieces.count]
    }
    .joined()
  }
}

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    if let members = try? [String: JSONValue](from: decoder) {
      self = .object(members)
    } else if let elements = try? [JSONValue](from: decoder) {
      self = .array(elements)
    } else {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(UInt64.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }
}
