// What is canonical, what is not, and with which code it is refused.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@testable import Evidence

@Suite("Canonical JSON")
struct CanonicalJSONTests {
  /// Whether the text passes, whatever its members.
  static func scan(_ text: Bytes, limit: Int = CanonicalJSON.largestByteCount) -> EvidenceError
    .Code?
  {
    failure { () throws(EvidenceError) in try CanonicalScanner.scan(text.span, limit: limit) }
  }

  @Test(
    "canonical texts pass",
    arguments: [
      "{}", #"{"a":1}"#, #"{"A":0,"_":[],"a":{}}"#, #"{"a":[1,"b",true,false,[{}]]}"#,
      #"{"a":9007199254740991}"#, #"{"a":"\"\\\b\t\n\f\r\u0000\u001f/"}"#,
      "{\"a\":\"\u{7F}\u{2028}é€😂\"}", #"{"a":1,"aa":2,"b":3}"#,
    ])
  func accepted(text: String) {
    #expect(Self.scan(Bytes(text.utf8)) == nil)
    #expect(JSONValue.isCanonical(Bytes(text.utf8)))
  }

  @Test(
    "each departure from the canonical form has its code",
    arguments: [
      ("", .jsonTruncated), ("{", .jsonTruncated), (#"{"a"#, .jsonTruncated),
      (#"{"a":"b"#, .jsonTruncated), (#"{"a":1"#, .jsonTruncated), (#"{"a":tru"#, .jsonTruncated),
      ("[]", .jsonNotAnObject), (#""a""#, .jsonNotAnObject), ("1", .jsonNotAnObject),
      (" {}", .jsonNotAnObject), ("\u{FEFF}{}", .jsonNotAnObject),
      ("{} ", .jsonTrailing), ("{}{}", .jsonTrailing), ("{}\n", .jsonTrailing),
      ("{ }", .jsonSyntax), (#"{"a" :1}"#, .jsonSyntax), (#"{"a": 1}"#, .jsonSyntax),
      (#"{"a":1 }"#, .jsonSyntax), (#"{"a":1,}"#, .jsonSyntax), (#"{"a":[1,]}"#, .jsonSyntax),
      (#"{"a":[,1]}"#, .jsonSyntax), (#"{"a":}"#, .jsonSyntax), (#"{a:1}"#, .jsonSyntax),
      (#"{"a":True}"#, .jsonSyntax), (#"{"a":trueish}"#, .jsonSyntax), (#"{"a":1]"#, .jsonSyntax),
      (#"{"a":/**/1}"#, .jsonSyntax), (#"{'a':1}"#, .jsonSyntax), (#"{"a":+1}"#, .jsonSyntax),
      (#"{"a":null}"#, .jsonNull), (#"{"a":NaN}"#, .jsonSyntax),
      (#"{"a":-0}"#, .jsonNumberForm), (#"{"a":-1}"#, .jsonNumberForm),
      (#"{"a":1.0}"#, .jsonNumberForm), (#"{"a":1e3}"#, .jsonNumberForm),
      (#"{"a":1E3}"#, .jsonNumberForm), (#"{"a":01}"#, .jsonNumberForm),
      (#"{"a":00}"#, .jsonNumberForm), (#"{"a":0.5}"#, .jsonNumberForm),
      (#"{"a":9007199254740992}"#, .jsonNumberRange),
      (#"{"a":9999999999999999}"#, .jsonNumberRange),
      (#"{"a":18446744073709551617}"#, .jsonNumberRange),
      (#"{"a":"\u0041"}"#, .jsonEscape), (#"{"a":"\/"}"#, .jsonEscape),
      (#"{"a":"\u000A"}"#, .jsonEscape), (#"{"a":"\u000a"}"#, .jsonEscape),
      (#"{"a":"\u0008"}"#, .jsonEscape), (#"{"a":"\u001F"}"#, .jsonEscape),
      (#"{"a":"\u0022"}"#, .jsonEscape), (#"{"a":"\u005c"}"#, .jsonEscape),
      (#"{"a":"\ud83d\ude02"}"#, .jsonEscape), (#"{"a":"\ud800"}"#, .jsonEscape),
      (#"{"a":"\x41"}"#, .jsonEscape), (#"{"a":"\U0001"}"#, .jsonEscape),
      ("{\"a\":\"\n\"}", .jsonControlCharacter), ("{\"a\":\"\u{0}\"}", .jsonControlCharacter),
      (#"{"":1}"#, .jsonName), (#"{"a-b":1}"#, .jsonName), (#"{"é":1}"#, .jsonName),
      (#"{"a\n":1}"#, .jsonName), (#"{"a b":1}"#, .jsonName),
      ("{\"\(String(repeating: "a", count: 65))\":1}", .jsonName),
      (#"{"b":1,"a":2}"#, .jsonNameOrder), (#"{"a":1,"A":2}"#, .jsonNameOrder),
      (#"{"aa":1,"a":2}"#, .jsonNameOrder), (#"{"a":{"c":1,"b":2}}"#, .jsonNameOrder),
      (#"{"a":1,"a":1}"#, .jsonNameTwice), (#"{"a":[{"b":1,"b":2}]}"#, .jsonNameTwice),
    ] as [(String, EvidenceError.Code)])
  func refused(text: String, code: EvidenceError.Code) {
    #expect(Self.scan(Bytes(text.utf8)) == code, "\(text)")
    #expect(!JSONValue.isCanonical(Bytes(text.utf8)))
  }

  @Test(
    "only the shortest UTF-8 of scalar values passes",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x82], [0xE2, 0x82],
      [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
      [0xF0, 0x9F, 0x98],
    ] as [Bytes])
  func invalidUTF8(bytes: Bytes) {
    let text = Bytes(#"{"a":""#.utf8) + bytes + Bytes(#""}"#.utf8)
    #expect(Self.scan(text) == .jsonUTF8, "\(bytes.hex)")
  }

  @Test("every scalar at the edges of UTF-8's lengths passes")
  func validUTF8() throws {
    for value: UInt32 in [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] {
      let scalar = try #require(Unicode.Scalar(value))
      #expect(Self.scan(Bytes("{\"a\":\"\(scalar)\"}".utf8)) == nil)
    }
  }

  @Test("sixteen levels pass, seventeen do not; a bomb costs no stack")
  func depth() {
    func nested(_ levels: Int) -> Bytes {
      Bytes((#"{"a":"# + String(repeating: "[", count: levels - 1)).utf8)
        + Bytes((String(repeating: "]", count: levels - 1) + "}").utf8)
    }
    #expect(Self.scan(nested(16)) == nil)
    #expect(Self.scan(nested(17)) == .jsonDepth)
    #expect(Self.scan(nested(30_000)) == .jsonDepth)
    let objects = String(repeating: #"{"a":"#, count: 17) + "1" + String(repeating: "}", count: 17)
    #expect(Self.scan(Bytes(objects.utf8)) == .jsonDepth)
  }

  @Test("sizes are limits, to the byte")
  func size() {
    let text = Bytes(#"{"a":""#.utf8) + Bytes(repeating: 0x61, count: 100) + Bytes(#""}"#.utf8)
    #expect(Self.scan(text, limit: text.count) == nil)
    #expect(Self.scan(text, limit: text.count - 1) == .jsonSize)
    #expect(Self.scan(Bytes(repeating: 0x5B, count: 65_537)) == .jsonSize)
  }

  @Test("what passes is what Foundation reads and a plain printer prints again, and nothing else")
  func mutations() {
    let seed: UInt64 = 20_260_101
    var entropy = SeededEntropy(seed: seed)
    let marks = Bytes("{}[]\",:\\0 1eu-".utf8)
    var passed = 0
    for round in 0..<400 {
      var text = JSONValue.random(&entropy).canonical
      #expect(Self.scan(text) == nil, "seed \(seed) round \(round)")
      for _ in 0..<3 {
        let place = Int(entropy.bytes(2).reduce(0) { $0 << 8 | UInt64($1) }) % text.count
        switch entropy.bytes(1)[0] % 4 {
        case 0: text[place] ^= 1 << (entropy.bytes(1)[0] % 8)
        case 1:
          text.insert(marks[Int(entropy.bytes(1)[0]) % marks.count], at: place)
        case 2: text.remove(at: place)
        default: text[place] = marks[Int(entropy.bytes(1)[0]) % marks.count]
        }
        if text.isEmpty { break }
        let isCanonical = Self.scan(text) == nil
        passed += isCanonical ? 1 : 0
        #expect(
          isCanonical == JSONValue.isCanonical(text),
          "seed \(seed) round \(round): \(String(decoding: text, as: UTF8.self))")
      }
    }
    #expect(passed > 50)
  }

  @Test("random objects, written in any order and read in any other, come back")
  func roundTrip() throws {
    let seed: UInt64 = 4711
    var entropy = SeededEntropy(seed: seed)
    for round in 0..<150 {
      let value = JSONValue.random(&entropy)
      let text = CanonicalJSON.encode { value.write(to: &$0, &entropy) }
      #expect(text == value.canonical, "seed \(seed) round \(round)")
      let matches = try CanonicalJSON.decode(text) { reader throws(ClaimError) in
        try value.matches(&reader, &entropy)
      }
      #expect(matches, "seed \(seed) round \(round)")
    }
  }
}

@Suite("JCS vectors", .enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
struct JCSVectorTests {
  @Test("every string of the inputs is written as the outputs have it")
  func strings() throws {
    var count = 0
    for name in ["arrays", "french", "structures", "unicode", "values", "weird"] {
      let input = try JSONSerialization.jsonObject(with: PeerVectors.data("jcs/input/\(name).json"))
      let output = try Self.output(name)
      for text in Self.strings(in: input) {
        let written = CanonicalJSON.encode { $0.text("a", text) }
        let value = written.dropFirst(5).dropLast()
        #expect(output.firstRange(of: value) != nil, "\(name): \(text)")
        let read = try CanonicalJSON.decode(written) { reader throws(ClaimError) in
          try reader.text("a", atMost: 100)
        }
        #expect(read.utf8.elementsEqual(text.utf8))
        count += 1
      }
    }
    #expect(count > 15)
  }

  @Test(
    "what lies outside our part of JCS is refused",
    arguments: [
      ("arrays", .jsonNotAnObject), ("french", .jsonName), ("structures", .jsonName),
      ("unicode", .jsonName), ("values", .jsonNull), ("weird", .jsonName),
    ] as [(String, EvidenceError.Code)])
  func restrictions(name: String, code: EvidenceError.Code) throws {
    #expect(CanonicalJSONTests.scan(try Self.output(name)) == code)
  }

  private static func output(_ name: String) throws -> Bytes {
    let digits = String(decoding: try PeerVectors.data("jcs/outhex/\(name).txt"), as: UTF8.self)
      .filter { !$0.isWhitespace }
    return try #require(Bytes(hex: digits))
  }

  private static func strings(in value: Any) -> [String] {
    switch value {
    case let text as String: [text]
    case let elements as [Any]: elements.flatMap(strings)
    case let members as [String: Any]: members.values.flatMap(strings)
    default: []
    }
  }
}
