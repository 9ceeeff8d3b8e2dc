// The age suite of C2SP CCTV, and files that were made to make readers disagree.

import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
struct AgeSuiteTests {
  /// Passphrases, hybrid keys and armor are not ours to open.
  @Test func cctv() async throws {
    var counts: [String: Int] = [:]
    for name in try PeerVectors.files(in: "age") {
      let vector = try await AgeVector(PeerVectors.data("age/\(name)"))
      let isOurs =
        !name.hasPrefix("hybrid") && vector["armored"] == nil && vector["passphrase"] == nil
        && vector["identity"] != nil
      guard isOurs else { continue }
      if vector["compressed"] != nil, !Program.python.isPresent { continue }
      try check(vector, name)
      counts[vector["expect"] ?? "", default: 0] += 1
    }
    #expect(counts["success", default: 0] >= 7)
    #expect(counts["payload failure", default: 0] >= 8)
    #expect(counts["header failure", default: 0] >= 8)
    #expect(counts["no match", default: 0] >= 2)
  }

  @Test(arguments: [
    "clamp_twin", "dual_flag_last", "dual_flag_then_final", "recipient_high_bit",
    "twist_share_scalar_a", "twist_share_scalar_b", "two_stanzas_bad_first",
    "two_stanzas_good_first",
  ]) func adversarial(name: String) async throws {
    try await check(AgeVector(PeerVectors.data("age-adversarial/\(name)")), name)
  }

  @Test func dualFlagIsNamed() async throws {
    let vector = try await AgeVector(PeerVectors.data("age-adversarial/dual_flag_last"))
    let error = try vector.open().error
    #expect(error?.code == .ageDualFlagChunk)
  }

  @Test(arguments: [
    ("twist_share_scalar_a", CryptoError.Code.ageShareNotOnCurve),
    ("two_stanzas_good_first", .ageNotSoleStanza), ("two_stanzas_bad_first", .ageNotSoleStanza),
    ("clamp_twin", nil),
  ]) func containerProfile(name: String, code: CryptoError.Code?) async throws {
    let vector = try await AgeVector(PeerVectors.data("age-adversarial/\(name)"))
    let header = try #require(try Age.Header.read(from: vector.file))
    do {
      try header.requireSoleX25519Stanza()
      #expect(code == nil)
    } catch {
      #expect(error.code == code)
    }
  }

  private func check(_ vector: AgeVector, _ name: String) throws {
    let outcome = try vector.open()
    let expected = vector["expect"]
    #expect(outcome.kind == expected, "\(name): \(outcome.error?.code.rawValue ?? "")")
    if let digest = vector["payload"] {
      #expect(SHA256.digest(outcome.released).hex == digest, "\(name): released content")
    }
    // In memory it is all or nothing. The largest files would only repeat what smaller ones show.
    guard vector.file.count < 1 << 20 else { return }
    let identity = try vector.identity()
    let whole = try? Age.open(vector.file, with: identity, largestByteCount: 1 << 26).revealed
    #expect(whole == (expected == "success" ? outcome.released : nil), "\(name)")
  }
}

/// One file of the suite.
private struct AgeVector {
  private var members: [String: String] = [:]
  var file: Bytes

  struct Outcome {
    var kind: String
    var released: Bytes
    var error: CryptoError?
  }

  init(_ data: Data) async throws {
    let end = try #require(data.firstRange(of: Data("\n\n".utf8)))
    for line in String(decoding: data[..<end.lowerBound], as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: ": ", maxSplits: 1)
      members[String(parts[0])] = String(parts[1])
    }
    file = Bytes(data[end.upperBound...])
    if members["compressed"] != nil {
      let inflate =
        "import sys,zlib;sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))"
      file = try await Program.python.run("-c", inflate, input: file).bytes
    }
  }

  subscript(name: String) -> String? { members[name] }

  func identity() throws -> Age.Identity {
    try Age.Identity(encoded: SecretBytes(copying: Bytes(try #require(members["identity"]).utf8)))
  }

  /// Opens the file as a stream does, and names the outcome as the suite does.
  func open() throws -> Outcome {
    var released = Bytes()
    do {
      guard let header = try Age.Header.read(from: file) else {
        return Outcome(kind: "header failure", released: [])
      }
      let payload = header.bytes.count + Age.nonceByteCount
      let fileKey = try header.unwrap(with: identity())
      guard file.count >= payload else { return Outcome(kind: "header failure", released: []) }
      do {
        var decryptor = try Age.Decryptor(
          fileKey: fileKey, nonce: Bytes(file[header.bytes.count..<payload]))
        try decryptor.update(file.span.extracting(payload..<file.count)) { _, plaintext, _ in
          released += plaintext.revealed
        }
        try decryptor.finish { _, plaintext, _ in released += plaintext.revealed }
        return Outcome(kind: "success", released: released)
      } catch let error as CryptoError {
        return Outcome(kind: "payload failure", released: released, error: error)
      }
    } catch let error as CryptoError {
      let kinds: [CryptoError.Code: String] = [
        .ageNoMatch: "no match", .ageHeaderMAC: "HMAC failure",
      ]
      return Outcome(kind: kinds[error.code] ?? "header failure", released: [], error: error)
    }
  }
}
