// Which checkpoints are believed.

import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Checkpoints verified")
struct LogPolicyTests {
  static let text = Checkpoint(origin: "log.example", size: 1, root: identifier("root")).text

  let log: NoteSigner
  let witnesses: [NoteSigner]
  let stranger: NoteSigner
  let now = World.start

  init() throws {
    log = try World.noteSigner("log.example", .note)
    witnesses = try ["w1.example", "w2.example"].map { try World.noteSigner($0, .cosignature) }
    stranger = try World.noteSigner("stranger.example", .note)
  }

  func policy(
    quorum: Int, from: Timestamp = World.validFrom, until: Timestamp = World.validUntil
  ) -> LogPolicy {
    LogPolicy(
      logs: [LogPolicy.Key(log.key, from: from, until: until)],
      witnesses: witnesses.map {
        LogPolicy.Key($0.key, from: World.validFrom, until: World.validUntil)
      },
      witnessQuorum: quorum)
  }

  func note(_ signatures: [NoteSignature], text: Bytes = text) -> SignedNote {
    SignedNote(text: text, signatures: signatures)
  }

  func code(_ policy: LogPolicy, _ signatures: [NoteSignature]) -> ReceiptsError.Code? {
    do throws(ReceiptsError) {
      _ = try policy.verify(note(signatures))
      return nil
    } catch { return error.code }
  }

  @Test("log and witnesses count, the earliest witness tells the time, strangers mean nothing")
  func accepted() throws {
    let own = log.sign(Self.text, at: now)
    let late = witnesses[0].sign(Self.text, at: now.adding(seconds: 60))
    let early = witnesses[1].sign(Self.text, at: now.adding(milliseconds: 5_999))
    let foreign = stranger.sign(Self.text, at: now)
    let junk = NoteSignature(name: "w1.example", keyID: 1, value: Bytes(repeating: 1, count: 3000))
    let checkpoint = try policy(quorum: 2).verify(note([junk, late, foreign, own, early]))
    #expect(checkpoint.checkpoint.size == 1)
    #expect(checkpoint.witnessedAt == now.adding(seconds: 5))
    #expect(checkpoint.key == log.key.publicKey)
    #expect(try policy(quorum: 0).verify(note([own])).witnessedAt == nil)
    #expect(try SignedNote(note([junk, late, own]).bytes) == note([junk, late, own]))
  }

  @Test("a missing or wrong signature is refused")
  func refused() throws {
    let own = log.sign(Self.text, at: now)
    let one = witnesses[0].sign(Self.text, at: now)
    let again = witnesses[0].sign(Self.text, at: now.adding(seconds: 9))
    #expect(code(policy(quorum: 1), [one]) == .checkpointUnsigned)
    #expect(
      code(policy(quorum: 1), [one, stranger.sign(Self.text, at: now)]) == .checkpointUnsigned)
    #expect(code(policy(quorum: 1), [own]) == .witnessQuorum)
    #expect(code(policy(quorum: 2), [own, one, again]) == .witnessQuorum)
    #expect(code(policy(quorum: 1), [own, one, again]) == nil)
    // A line that is meant for a known key must verify.
    var value = one.value
    value[7] ^= 1
    let backdated = NoteSignature(name: one.name, keyID: one.keyID, value: value)
    #expect(code(policy(quorum: 0), [own, backdated]) == .noteSignature)
    let other = log.sign(Self.text + [0x0A], at: now)
    #expect(code(policy(quorum: 0), [own, other]) == .noteSignature)
    // A witness's key does not sign for a log, nor a log's for a witness.
    let asWitness = NoteSignature(name: one.name, keyID: one.keyID, value: own.value)
    #expect(code(policy(quorum: 1), [own, asWitness]) == .noteSignature)
  }

  @Test("a witness that has two keys is one witness")
  func oneWitnessTwoKeys() throws {
    let second = NoteSigner(
      party: try World.party("w1.example"), purpose: .cosignature,
      key: try World.privateKey("the second key of w1"))
    let keys = (witnesses.map(\.key) + [second.key])
      .map { LogPolicy.Key($0, from: World.validFrom, until: World.validUntil) }
    let logs = [LogPolicy.Key(log.key, from: World.validFrom, until: World.validUntil)]
    func policy(_ quorum: Int) -> LogPolicy {
      LogPolicy(logs: logs, witnesses: keys, witnessQuorum: quorum)
    }
    let (own, one) = (log.sign(Self.text, at: now), witnesses[0].sign(Self.text, at: now))
    let again = second.sign(Self.text, at: now.adding(seconds: 1))
    #expect(code(policy(2), [own, one, again]) == .witnessQuorum)
    #expect(code(policy(1), [own, again]) == nil)
    #expect(code(policy(2), [own, again, witnesses[1].sign(Self.text, at: now)]) == nil)
    #expect(
      code(policy(3), [own, one, again, witnesses[1].sign(Self.text, at: now)]) == .witnessQuorum)
  }

  @Test("keys count only in their time")
  func windows() throws {
    let own = log.sign(Self.text, at: now)
    let atEnd = witnesses[0].sign(Self.text, at: World.validUntil)
    let before = witnesses[0].sign(Self.text, at: World.validFrom.adding(seconds: -1))
    let good = witnesses[1].sign(Self.text, at: now)
    #expect(code(policy(quorum: 1), [own, atEnd]) == .witnessQuorum)
    #expect(code(policy(quorum: 1), [own, before]) == .witnessQuorum)
    #expect(code(policy(quorum: 1), [own, before, good]) == nil)
    #expect(code(policy(quorum: 1, from: now.adding(seconds: 1)), [own, good]) == .logKeyWindow)
    #expect(code(policy(quorum: 1, until: now), [own, good]) == .logKeyWindow)
  }

  @Test("a key of one log does not sign for another origin")
  func origin() throws {
    let foreign = Checkpoint(origin: "other.example", size: 1, root: identifier("root")).text
    #expect(throws: ReceiptsError(.checkpointUnsigned, "")) {
      try policy(quorum: 0).verify(note([log.sign(foreign, at: now)], text: foreign))
    }
    // The Kelvin sign is equal to K in Swift's eyes and another name in all others.
    let kelvin = try World.noteSigner("k.example", .note)
    let alike = NoteSignature(
      name: "\u{212A}.example".lowercased(), keyID: kelvin.key.keyID, value: [1])
    #expect(kelvin.key.isMeant(by: alike))
    let different = NoteSignature(name: "\u{212A}.example", keyID: kelvin.key.keyID, value: [1])
    #expect(!kelvin.key.isMeant(by: different))
  }
}
