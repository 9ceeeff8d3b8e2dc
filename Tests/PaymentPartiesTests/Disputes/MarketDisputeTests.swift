// From a good that is not what was offered to the ruling, in a market.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite struct MarketDisputeTests {
  @Test func aMerchantThatSealsSomethingElseIsNamed() async throws {
    let market = try await Fair.open()
    let lie = try await sellALie(in: market)
    let process = try await market.order([lie])
    #expect(try await market.conclude(process).decision.isCommit)
    #expect(try await market.open(process).allSatisfy { $0.good == nil && $0.problem != nil })

    let complaint = try await market.complain(.goodsWrong, of: process, offer: lie.id)
    let file = try Receipt(complaint.bytes)
    #expect(file.attachment != nil && complaint.bytes.count < 131_072)
    let audit = try DisputeAudit([file], trust: market.trust)
    #expect(DisputeCase.words(audit.judgement) == "at-fault red.example chunk-is-wrong")

    // The ruling is signed and logged, and what the auditor hands out is enough to come to it again.
    let ruled = try #require(try await market.rule(on: audit, over: [file]))
    let again = try DisputeAudit([try Receipt(ruled.bytes)], trust: market.trust)
    #expect(again.judgement == audit.judgement)
    let rulings = try ruled.entries.map { try UnverifiedStatement($0.statement) }
      .filter { $0.kind == .ruling }
    #expect(rulings.map(\.issuer.party) == [Fair.party("auditor.example")])
    try await market.close()
  }

  @Test func whoIsEntitledAndWhatThereIsToComplainOf() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    #expect(try await market.conclude(process).decision.isCommit)
    for grievance in [Grievance.notPaid, .notIssued, .goodsWrong, .twoVerdicts, .notDispatched] {
      await #expect(throws: PartyError.self) {
        _ = try await market.complain(grievance, of: process)
      }
    }
    let offers = LockedGood.all(in: market.home.locked).map(\.id)
    await #expect {
      _ = try await market.complain(.goodsWrong, of: process, offer: offers[0])
    } throws: {
      code(of: $0) == .evidence
    }
    try await market.close()
  }

  /// A complaint's file puts nothing into the auditor's log but the auditor's own word.
  @Test func aFileOfEvidenceFillsNoSlots() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    _ = try await market.conclude(process)
    let complaint = try await market.complain(.keyMissing, of: process)
    // A verdict of another process that nobody trusted has signed.
    let stranger = DisputeWorld.signer("coordinator.example")
    var entropy = SystemEntropy()
    let forged = stranger.sign(
      Verdict(
        process: SHA256.digest([1]).renamed(), decision: .abort(.timeout),
        decidedAt: Timestamp(seconds: 1), evidence: SHA256.digest([])), entropy: &entropy)
    let file = Receipt(
      process: complaint.process,
      entries: complaint.entries
        + [Receipt.Entry(statement: forged.bytes, index: 0, path: complaint.entries[0].path)],
      checkpoint: complaint.checkpoint, verdictProof: complaint.verdictProof,
      parts: complaint.parts, exhibits: complaint.exhibits, keyBundle: complaint.keyBundle)
    let audit = try DisputeAudit([file], trust: market.trust)
    let ruled = try #require(try await market.rule(on: audit, over: [file]))
    let id = try UnverifiedStatement(forged.bytes).id
    #expect(try await market.log.proof(of: id) == nil)
    #expect(
      try ruled.entries.allSatisfy { try UnverifiedStatement($0.statement).id != id })
    try await market.close()
  }

  /// A good whose chunk list, and offer, say something else than what was sealed.
  private func sellALie(in market: Market) async throws -> LockedGood {
    let shop = try #require(market.shop(Fair.red))
    let stem = "\(market.home.locked)/lie"
    let source = TestFolder.fresh("lie")
    try Data("This is not a chair.".utf8).write(to: URL(filePath: source))
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    let honest = try Container.seal(
      FileSource(path: source), to: identity.recipient, container: "\(stem).age",
      chunkList: "\(stem).chunks", from: &entropy)
    let list = URL(filePath: "\(stem).chunks")
    var listed = Bytes(try Data(contentsOf: list))
    listed[listed.count - 1] ^= 1
    try Data(listed).write(to: list)
    let container = Bytes(try Data(contentsOf: URL(filePath: "\(stem).age")))
    let chunk = Bytes(container.dropFirst(honest.header.count + 16))
    let commitment = ContainerCommitment(
      recipient: honest.recipient, header: honest.header, payloadNonce: honest.payloadNonce,
      ciphertextLength: honest.ciphertextLength, chunkCount: 1,
      goodsRoot: MerkleTree.leafHash(SHA256.digest(chunk).bytes + listed.suffix(32)),
      plaintextLength: honest.plaintextLength)
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let draft = OfferDraft(
      title: "A chair", fileName: "chair.txt", container: commitment,
      price: try Price(net: try Fair.amount(3), tax: .zero(Fair.euro)),
      payee: Fair.payee(of: Fair.red),
      accepts: [AcceptedPayment(bank: Fair.bank, method: .ecash)],
      coordinators: [market.coordinator.key], expiresAt: now.adding(seconds: 3600),
      retainedUntil: now.adding(seconds: 7200))
    let offer = try await shop.publish(draft, identity: identity)
    try Data(offer.bytes).write(to: URL(filePath: "\(stem).offer"))
    return try #require(LockedGood.all(in: market.home.locked).first { $0.name == "lie" })
  }
}
