// How members are read: types, limits, what is left over.

import PaymentModel
import Testing

@testable import Evidence

@Suite("Members of a canonical object")
struct CanonicalReaderTests {
  static func read<Value>(
    _ text: String, _ body: (inout CanonicalReader) throws(ClaimError) -> Value
  ) throws(EvidenceError) -> Value {
    try CanonicalJSON.decode(Bytes(text.utf8), body)
  }

  @Test("a member that nobody reads is refused, at every level")
  func unread() {
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":1,"b":2}"#) { reader throws(ClaimError) in try reader.number("b") }
      } == .memberUnknown)
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":{"b":1,"c":2}}"#) { reader throws(ClaimError) in
          try reader.object("a") { reader throws(ClaimError) in try reader.number("b") }
        }
      } == .memberUnknown)
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":[{"b":1},{"b":1,"c":2}]}"#) { reader throws(ClaimError) in
          try reader.objects("a", atMost: 2) { reader throws(ClaimError) in try reader.number("b") }
        }
      } == .memberUnknown)
  }

  @Test("members that were not read are named by the first of them, whatever was read after it")
  func firstUnread() {
    let names = (10..<80).map { "m\($0)" }
    let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
    for unread in [0, 1, 62, 63] {
      let error = #expect(throws: EvidenceError.self) {
        try Self.read(text) { reader throws(ClaimError) in
          for (number, name) in names.enumerated().reversed() where number != unread {
            _ = try reader.number(name)
          }
        }
      }
      #expect(error?.code == .memberUnknown)
      #expect(error?.message.contains(names[unread]) == true)
    }
    // No object has more than 64 members that somebody knows.
    let error = #expect(throws: EvidenceError.self) {
      try Self.read(text) { reader throws(ClaimError) in
        for name in names { _ = try reader.number(name) }
      }
    }
    #expect(error?.code == .memberUnknown && error?.message.contains(names[64]) == true)
  }

  @Test("an identifier is 64 digits, and every other value is refused for what it is")
  func identifiers() throws {
    let digits = (identifier("x") as Digest).hex
    func code(_ value: String) -> EvidenceError.Code? {
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":\#(value)}"#) { reader throws(ClaimError) -> Digest in
          try reader.identifier("a")
        }
      }
    }
    func codeInArray(_ value: String) -> EvidenceError.Code? {
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":["\#(digits)",\#(value)]}"#) {
          reader throws(ClaimError) -> [Digest] in try reader.identifiers("a", atMost: 2)
        }
      }
    }
    for code in [code, codeInArray] {
      #expect(code(#""\#(digits)""#) == nil)
      #expect(code("1") == .memberType)
      #expect(code(#""\#(digits)0""#) == .memberLength)
      #expect(code(#""\#(digits.dropLast())""#) == .memberValue)
      #expect(code(#""\#(digits.uppercased())""#) == .memberValue)
      #expect(code(#""\#(digits.dropLast())\n""#) == .memberValue, "64 characters, one escaped")
      #expect(code(#""\#(digits)\n""#) == .memberLength)
    }
    #expect(codeInArray(#""\#(digits)","\#(digits)""#) == .memberLength)
  }

  @Test("asking whether a member is there does not read it")
  func presence() throws {
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":1}"#) { reader throws(ClaimError) in reader.has("a") }
      } == .memberUnknown)
    let absent = try Self.read(#"{"a":1}"#) { reader throws(ClaimError) in
      let isThere = reader.has("aa") || reader.has("") || reader.has("b")
      _ = try reader.number("a")
      return isThere
    }
    #expect(!absent)
  }

  @Test("a value of another type is refused")
  func types() {
    let text = #"{"a":"1","b":1,"c":true,"d":[1],"e":{}}"#
    func code<Value>(
      _ body: (inout CanonicalReader) throws(ClaimError) -> Value
    ) -> EvidenceError.Code? {
      failure { () throws(EvidenceError) in try Self.read(text, body) }
    }
    #expect(code { r throws(ClaimError) in try r.number("a") } == .memberType)
    #expect(code { r throws(ClaimError) in try r.text("b", atMost: 9) } == .memberType)
    #expect(code { r throws(ClaimError) in try r.bytes("b", atMost: 9) } == .memberType)
    #expect(code { r throws(ClaimError) in try r.flag("a") } == .memberType)
    #expect(
      code { r throws(ClaimError) in try r.texts("e", atMost: 9, eachAtMost: 9) } == .memberType)
    #expect(
      code { r throws(ClaimError) in try r.texts("d", atMost: 9, eachAtMost: 9) } == .memberType)
    #expect(code { r throws(ClaimError) in try r.object("d") { _ in } } == .memberType)
    #expect(code { r throws(ClaimError) in try r.objects("e", atMost: 9) { _ in } } == .memberType)
    #expect(code { r throws(ClaimError) in try r.objects("d", atMost: 9) { _ in } } == .memberType)
    #expect(code { r throws(ClaimError) in try r.canonicalObject("c", atMost: 9) } == .memberType)
    #expect(code { r throws(ClaimError) in try r.number("f") } == .memberMissing)
  }

  @Test("limits count what comes out, not what stands in the text")
  func limits() throws {
    #expect(
      try Self.read(#"{"a":"\n\u0001é"}"#) { r throws(ClaimError) in try r.text("a", atMost: 4) }
        == "\n\u{1}é")
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":"\n\u0001é"}"#) { r throws(ClaimError) in try r.text("a", atMost: 3) }
      } == .memberLength)
    #expect(
      try Self.read(#"{"a":"AAAA"}"#) { r throws(ClaimError) in try r.bytes("a", atMost: 3) } == [
        0, 0, 0,
      ])
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":"AAAA"}"#) { r throws(ClaimError) in try r.bytes("a", atMost: 2) }
      } == .memberLength)
    for limit in 0...9 {
      for count in 0...9 {
        let text = CanonicalJSON.encode { $0.bytes("a", Bytes(repeating: 7, count: count)) }
        let code = failure { () throws(EvidenceError) in
          try CanonicalJSON.decode(text) { r throws(ClaimError) in try r.bytes("a", atMost: limit) }
        }
        #expect((code == nil) == (count <= limit), "\(count) of \(limit)")
      }
    }
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read(#"{"a":["","",""]}"#) { r throws(ClaimError) in
          try r.texts("a", atMost: 2, eachAtMost: 0)
        }
      } == .memberLength)
  }

  @Test(
    "bytes have one spelling in base64url",
    arguments: ["A", "AB", "AAB", "AA==", "AAA=", "+/+/", "AA A", "AAAAA", "A\\n", "é"])
  func base64(text: String) {
    #expect(
      failure { () throws(EvidenceError) in
        try Self.read("{\"a\":\"\(text)\"}") { r throws(ClaimError) in try r.bytes("a", atMost: 9) }
      } == .memberValue)
  }

  @Test("objects inside objects can be taken and given as they are")
  func verbatim() throws {
    let inner = #"{"x":[1,{"y":"é"}]}"#
    let text = CanonicalJSON.encode { writer in
      writer.canonicalObjects("b", [Bytes("{}".utf8), Bytes(inner.utf8)])
      writer.canonicalObject("a", Bytes(inner.utf8))
    }
    #expect(String(decoding: text, as: UTF8.self) == "{\"a\":\(inner),\"b\":[{},\(inner)]}")
    let (one, many) = try CanonicalJSON.decode(text) { reader throws(ClaimError) in
      (
        try reader.canonicalObject("a", atMost: inner.utf8.count),
        try reader.canonicalObjects("b", atMost: 2, eachAtMost: inner.utf8.count)
      )
    }
    #expect(one == Bytes(inner.utf8))
    #expect(many == [Bytes("{}".utf8), one])
    #expect(
      failure { () throws(EvidenceError) in
        try CanonicalJSON.decode(text) { r throws(ClaimError) in
          try r.canonicalObject("a", atMost: 5)
        }
      } == .memberLength)
  }
}
