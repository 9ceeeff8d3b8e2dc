// Receipts over keys that were registered, revoked, and rotated.

import Evidence
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite struct KeyRotationTests {
  /// The bank's second key, which no list has.
  private let second: StatementSigner
  private let world: World
  private var entropy = SeededEntropy(seed: 9)

  init() throws {
    world = try World()
    second = StatementSigner(
      party: try World.party("bank.example"), key: try World.privateKey("the bank's second key"))
  }

  private func registration() throws -> Bytes {
    var entropy = SeededEntropy(seed: 10)
    return try second.cosign(
      world.bank.sign(
        KeyRegistration(
          role: .bank, key: second.publicKey.value, validFrom: World.validFrom,
          validUntil: World.validUntil), entropy: &entropy)
    ).bytes
  }

  private func revocation(of key: StatementSigner, from: Timestamp) throws -> Bytes {
    var entropy = SeededEntropy(seed: 11)
    return world.root.sign(
      Revocation(.key(key.issuer.key), from: from, reason: .compromised), entropy: &entropy
    ).bytes
  }

  /// A purchase in which the bank signs with its second key.
  private func purchase() throws -> Purchase { try Purchase(in: world, bank: second) }

  private func report(_ receipt: Receipt) -> ReceiptReport {
    ReceiptVerification(world.trust).verify(receipt)
  }

  @Test func statementsByARegisteredKeyAreProvenBehindTheRegistration() async throws {
    let log = world.log()
    let registration = try registration()
    _ = try await log.include([entry(registration)])
    let receipt = try await purchase().receipt(from: log, with: [registration])
    let found = report(receipt)
    #expect(found.answer == .proven)
    #expect(found.findings.contains { $0.check == .key && $0.result == .proven })

    // Without the registration nobody knows the key.
    let without = try await purchase().receipt(from: log)
    #expect(report(without).answer == .cannotBeChecked)
  }

  @Test func aKeyThatIsRegisteredLaterProvesNothingEarlier() async throws {
    let log = world.log()
    let purchase = try purchase()
    _ = try await log.include(
      purchase.statements.filter { $0.name != "verdict" }.map { entry($0.bytes) })
    let receipt = try await purchase.receipt(from: log, with: [try registration()])
    #expect(report(receipt).answer == .cannotBeChecked)
  }

  @Test func aRevocationLooksForward() async throws {
    let log = world.log()
    let before = try Purchase(in: world, seed: 7)
    _ = try await before.receipt(from: log)
    let revocation = try revocation(of: world.bank, from: World.start)
    _ = try await log.include([entry(revocation)])
    // What stood in the log before keeps its worth, also beside the revocation.
    let kept = try await before.receipt(from: log, with: [revocation])
    #expect(report(kept).answer == .proven)
    // What comes after it has none.
    let after = try await Purchase(in: world, seed: 8).receipt(from: log, with: [revocation])
    #expect(report(after).answer == .cannotBeChecked)
    #expect(
      report(after).findings.contains {
        $0.check == .signature && $0.result == .missing && $0.message.contains("key-expired")
      })
  }

  @Test func aRevocationBySomebodyElseIsRefuted() async throws {
    let log = world.log()
    var entropy = SeededEntropy(seed: 12)
    let strange = world.bystander.sign(
      Revocation(.key(world.bank.issuer.key), from: World.start, reason: .lost), entropy: &entropy
    ).bytes
    let receipt = try await Purchase(in: world).receipt(from: log, with: [strange])
    let found = report(receipt)
    #expect(found.answer == .refuted && found.atFault.isEmpty)
    #expect(found.findings.contains { $0.message.contains("revocation-not-entitled") })
  }

  private func entry(_ statement: Bytes) -> LogEntry {
    LogEntry(
      slot: .none,
      statement: (try? UnverifiedStatement(statement).id) ?? identifier("no statement"))
  }
}

@Suite struct RelianceTests {
  @Test func aStatementFallsWithThoseThatItReliesOn() async throws {
    let world = try World()
    let receipt = try await Purchase(in: world).receipt(from: world.log())
    let whole = ReceiptVerification(world.trust).verify(receipt)
    #expect(whole.answer == .proven && !whole.findings.contains { $0.check == .prev })

    // One changed signature: the deposit falls, and with it acceptance and delivery request, but no offer.
    let broken = Receipt(
      process: receipt.process,
      entries: try receipt.entries.map { entry in
        let statement = try UnverifiedStatement(entry.statement)
        guard statement.kind == .deposit, statement.issuer == world.merchants[0].issuer else {
          return entry
        }
        let other = try #require(
          receipt.entries.first { (try? UnverifiedStatement($0.statement))?.kind == .settlement })
        return Receipt.Entry(
          statement: try Self.withSignature(of: other.statement, on: entry.statement),
          index: entry.index, path: entry.path)
      }, checkpoint: receipt.checkpoint, verdictProof: receipt.verdictProof, parts: receipt.parts,
      exhibits: [], keyBundle: receipt.keyBundle)
    let report = ReceiptVerification(world.trust).verify(broken)
    #expect(report.answer == .refuted && report.atFault.isEmpty)
    let fallen = report.findings.filter { $0.check == .prev }
    #expect(fallen.map(\.kind) == [.acceptance, .deliveryRequest])
    #expect(fallen.allSatisfy { $0.result == .refuted })

    // What nobody can check makes nothing wrong.
    let stranger = try await Purchase(
      in: world, bank: try World.signer("bank-without-a-key.example")
    ).receipt(from: world.log())
    let unknown = ReceiptVerification(world.trust).verify(stranger)
    #expect(unknown.answer == .cannotBeChecked)
    let unchecked = unknown.findings.filter { $0.check == .prev }
    #expect(!unchecked.isEmpty && unchecked.allSatisfy { $0.result == .missing })
  }

  /// The statement with the 64 signature bytes of another one.
  private static func withSignature(of other: Bytes, on statement: Bytes) throws -> Bytes {
    func signature(_ bytes: Bytes) throws -> Range<Bytes.Index> {
      let name = Bytes("\"signature\":\"".utf8)
      let start = try #require(bytes.firstRange(of: name)).upperBound
      return start..<(start + 86)
    }
    var changed = statement
    changed.replaceSubrange(try signature(statement), with: other[try signature(other)])
    return changed
  }
}
