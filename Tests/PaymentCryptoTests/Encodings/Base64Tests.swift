// Base64: one text for each value.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]) func vectors(plain: String, text: String) {
    let bytes = Bytes(plain.utf8)
    #expect(Base64.padded.string(bytes) == text)
    #expect(Base64.padded.decode(text.utf8) == bytes)
    let bare = text.replacing("=", with: "")
    #expect(Base64.unpadded.string(bytes) == bare)
    #expect(Base64.unpadded.decode(bare.utf8) == bytes)
    if bare != text {
      #expect(Base64.unpadded.decode(text.utf8) == nil, "padding where none belongs")
      #expect(Base64.padded.decode(bare.utf8) == nil, "no padding where it belongs")
    }
  }

  @Test(arguments: [
    "Zh", "Zm9", "Z", "Zm9vY", "Zm 9v", "Zm9v\n", "Zm9v!", "Zm-v", "é", "Z=g=", "====", "Zg=",
  ]) func otherTextsAreRefused(text: String) {
    #expect(Base64.unpadded.decode(text.utf8) == nil)
    #expect(Base64.padded.decode(text.utf8) == nil)
  }

  @Test func alphabetsAreApart() {
    let bytes: Bytes = [0xfb, 0xff, 0xfe]
    #expect(Base64.url.string(bytes) == "-__-")
    #expect(Base64.unpadded.string(bytes) == "+//+")
    #expect(Base64.url.decode("+//+".utf8) == nil)
    #expect(Base64.unpadded.decode("-__-".utf8) == nil)
  }

  /// Every byte at every place of texts of one, two and three bytes: read only if writing gives it back.
  @Test func oneTextForEachValue() {
    for form in [Base64.padded, .unpadded, .url] {
      for text in [[0], [0, 255], [0, 255, 128]].map({ form.encode($0 as Bytes) }) {
        for place in text.indices {
          var accepted = 0
          for byte in UInt8.min...UInt8.max {
            var changed = text
            changed[place] = byte
            guard let bytes = form.decode(changed) else { continue }
            accepted += 1
            #expect(form.encode(bytes) == changed, "\(byte) at \(place)")
            #expect(form.decode(changed.span) == bytes)
            #expect(form.letterCount(ofByteCount: bytes.count) == changed.count)
          }
          #expect(accepted > 0)
        }
      }
    }
  }

  /// Seeds 1 to 60: what is written is read back.
  @Test(arguments: UInt64(1)...60) func roundTrips(seed: UInt64) {
    var entropy = SeededEntropy(seed: seed)
    let bytes = entropy.bytes(Int(seed))
    for form in [Base64.padded, .unpadded, .url] {
      #expect(form.decode(form.encode(bytes)) == bytes, "seed \(seed)")
    }
  }
}
