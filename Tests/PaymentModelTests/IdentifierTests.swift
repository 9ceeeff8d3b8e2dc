// Identifiers, digits and nonces: one spelling each.

import PaymentModel
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  let bytes = Bytes(0..<32)

  @Test("32 bytes in, the same 32 bytes and 64 digits out")
  func roundTrip() throws {
    let digest = try #require(Digest(bytes))
    #expect(digest.bytes == bytes)
    #expect(digest.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
    #expect(Digest(hex: digest.hex) == digest)
    #expect("\(digest)" == digest.hex)
    let renamed: StatementID = digest.renamed()
    #expect(renamed.bytes == bytes)
  }

  @Test("any other length, and any other spelling, is refused")
  func refused() {
    let hex = bytes.hex
    for count in [0, 1, 31, 33, 64] { #expect(Digest(Bytes(repeating: 0, count: count)) == nil) }
    #expect(Digest(hex: hex.uppercased()) == nil)
    #expect(Digest(hex: hex.dropLast()) == nil)
    #expect(Digest(hex: hex + "0") == nil)
    #expect(Digest(hex: hex.dropLast() + "g") == nil)
    #expect(Digest(hex: " " + hex.dropLast()) == nil)
    #expect(Digest(hex: "０" + hex.dropLast(3)) == nil)
  }

  @Test("they are ordered and told apart by their bytes")
  func order() throws {
    for place in 0..<32 {
      var larger = bytes
      larger[place] += 1
      let (first, second) = (try #require(Digest(bytes)), try #require(Digest(larger)))
      #expect(first < second)
      #expect(!(second < first))
      #expect(first != second)
    }
    let digest = try #require(Digest(bytes))
    #expect(!(digest < digest))
    #expect(Set([digest, digest]).count == 1)
  }

  @Test("hexadecimal digits are read strictly")
  func hexadecimal() {
    #expect(Bytes(hex: "") == [])
    #expect(Bytes(hex: "00ff7f") == [0, 255, 127])
    #expect([UInt8](0...255).hex.count == 512)
    #expect(Bytes(hex: [UInt8](0...255).hex) == [UInt8](0...255))
    for text in ["0", "0x", "FF", "f ", "ﬀ", "-1", "é"] { #expect(Bytes(hex: text) == nil) }
    #expect(Bytes(bigEndian: 0x0102_0304_0506_0708) == Bytes(1...8))
  }

  @Test("of the 256 bytes, sixteen are digits, wherever they stand")
  func everyByteIsADigitOrNot() throws {
    let digits = Bytes("0123456789abcdef".utf8)
    let word = "0123456789abcdef".utf8
    for place in 0..<64 {
      for byte in UInt8.min...UInt8.max {
        var text = Bytes(word) + Bytes(word) + Bytes(word) + Bytes(word)
        text[place] = byte
        let value = Digest(hexDigits: text.span)
        #expect((value != nil) == digits.contains(byte), "\(byte) at \(place)")
        #expect((Bytes(hexDigits: text.span) != nil) == digits.contains(byte))
        if let value {
          #expect(Bytes(value.hex.utf8) == text)
          #expect(value.bytes == Bytes(hexDigits: text.span))
          var written: Bytes = []
          value.appendHexDigits(to: &written)
          #expect(written == text)
        }
      }
    }
  }

  @Test("nonces have 16 bytes, salts 32")
  func randomBytes() {
    struct Ones: Entropy {
      mutating func bytes(_ count: Int) -> Bytes { Bytes(repeating: 1, count: count) }
    }
    var ones = Ones()
    #expect(Nonce(from: &ones).bytes.count == 16)
    #expect(Salt(from: &ones).bytes.count == 32)
    for count in [0, 15, 17, 32] { #expect(Nonce(Bytes(repeating: 0, count: count)) == nil) }
    for count in [0, 16, 31, 33] { #expect(Salt(Bytes(repeating: 0, count: count)) == nil) }
  }
}
