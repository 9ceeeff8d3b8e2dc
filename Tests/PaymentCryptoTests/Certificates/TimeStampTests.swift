// Time stamps: what they prove, and which are refused.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Time stamps")
struct TimeStampTests {
  func verify(
    _ token: Bytes, over text: Bytes? = nil, anchors: [Bytes]? = nil
  ) throws -> TimeStamp {
    let digest = SHA256.digest(try text ?? CertificateVectors.bytes("message"))
    return try TimeStampToken(token).verify(
      over: digest, anchors: anchors ?? CertificateVectors.der("root"))
  }

  func verify(_ name: String) throws -> TimeStamp {
    try verify(try CertificateVectors.bytes("\(name).token"))
  }

  func refusal(_ body: () throws -> TimeStamp) -> String? {
    do {
      return "accepted: \(try body().authority)"
    } catch {
      return (error as? CryptoError)?.code.rawValue ?? "\(error)"
    }
  }

  @Test("a token tells until when its text existed, by whose word, and for which anchor")
  func valid() throws {
    let stamp = try verify("stamp")
    #expect(stamp.authority == "CN=Time stamps,O=Registrar")
    #expect(stamp.anchor == (try CertificateVectors.bytes("root.der")))
    // Its time, read from the bytes: 15 characters of GeneralizedTime; then 1.5 seconds of accuracy, rounded up.
    let token = try CertificateVectors.bytes("stamp.token")
    let start = try #require(token.firstRange(of: [0x18, 0x0f]))
    let text = String(decoding: token[start.upperBound..<start.upperBound + 15], as: UTF8.self)
    let moment = try Date(
      text,
      strategy: Date.ParseStrategy(
        format:
          "\(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)Z",
        timeZone: .gmt))
    #expect(stamp.noLaterThan == Timestamp(seconds: Int64(moment.timeIntervalSince1970) + 2))
    // With an authority in between.
    #expect(try verify("stamp-chain").authority == "CN=Time stamps below")
    let below = try CertificateVectors.bytes("stamp-chain.token")
    _ = try verify(below, anchors: CertificateVectors.der("registrar"))
  }

  @Test(
    "a token that breaks a rule is refused with the code of that rule",
    arguments: [
      ("stamp-sha1", "time-stamp-digest"), ("stamp-sha384", "time-stamp-digest"),
      ("stamp-signed-sha1", "time-stamp-algorithm"),
      ("stamp-without-certificate", "time-stamp-signer"),
      ("stamp-expired", "certificate-expired"), ("stamp-stranger", "certificate-untrusted"),
    ])
  func refused(name: String, code: String) {
    #expect(refusal { try verify(name) } == code)
  }

  @Test("a token is over one text, below one's own anchors")
  func otherText() throws {
    let token = try CertificateVectors.bytes("stamp.token")
    #expect(refusal { try verify(token, over: Bytes("another".utf8)) } == "time-stamp-digest")
    let stranger = try CertificateVectors.der("stranger")
    #expect(refusal { try verify(token, anchors: stranger) } == "certificate-untrusted")
    #expect(refusal { try verify(token, anchors: []) } == "certificate-count")
    let stamper = try CertificateVectors.der("stamper")
    #expect(refusal { try verify(token, anchors: stamper) } == "certificate-anchor")
  }

  @Test("what is no token, or goes on after it, is refused")
  func malformed() throws {
    let token = try CertificateVectors.bytes("stamp.token")
    let certificate = try CertificateVectors.bytes("root.der")
    for bytes in [[], [0x30], Bytes(token.dropLast()), token + [0], certificate] {
      #expect(refusal { try verify(bytes) } == "time-stamp-format")
    }
    // Signed data without content, and content that is no signed data.
    let empty: Bytes = [
      0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
    ]
    let data: Bytes = [
      0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
    ]
    for bytes in [empty, data] { #expect(refusal { try verify(bytes) } == "time-stamp-format") }
    #expect(
      refusal { try verify(Bytes(repeating: 0, count: 32_769)) } == "time-stamp-size")
  }

  @Test("a changed token says nothing else than before")
  func changed() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    let token = try CertificateVectors.bytes("stamp.token")
    let stamp = try verify(token)
    for round in 0..<300 {
      var changed = token
      let random = entropy.bytes(3)
      changed[(Int(random[0]) << 8 | Int(random[1])) % changed.count] ^= 1 << (random[2] & 7)
      // A few bytes of the envelope are not signed, such as its lists of algorithms; they say nothing.
      if let other = try? verify(changed) {
        #expect(other == stamp, "seed \(seed), round \(round)")
      }
    }
    var last = token
    last[last.count - 1] ^= 1
    #expect(refusal { try verify(last) } == "time-stamp-signature")
    let time = try #require(token.firstRange(of: [0x18, 0x0f]))
    var earlier = token
    earlier[time.upperBound + 13] ^= 1
    #expect(refusal { try verify(earlier) } == "time-stamp-signature")
  }
}
