// Blame is sound: whatever is complained of, whatever is left out of the evidence or put into it, a judge who looks
// at honest parties names nobody, and who is asked has an answer.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite struct JudgeSoundnessTests {
  /// Random complaints by random complainants, with random parts of an honest purchase's evidence in random files,
  /// and decoys: verdicts of another coordinator, unlogged copies, an order with a part that nobody was shown.
  @Test func honestPartiesAreNeverNamed() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Dice(seed: seed)
    var (decided, asked) = (0, 0)
    for round in 0..<120 {
      let world = try DisputeWorld(hasOtherBank: true)
      let hidden = try DisputedPurchase(in: world, .init(goodsName: "hidden"))
      let purchase = try DisputedPurchase(
        in: world,
        .init(
          abort: random.below(4) > 0 ? nil : .timeout,
          hiddenOffer: random.below(2) > 0 ? hidden.offerID : nil))
      let honest = try await HonestEvidence(of: purchase, in: world)
      let grievance = Grievance.allCases[random.below(Grievance.allCases.count)]
      let complaint = world.sign(
        Complaint(
          grievance, about: try honest.subject(of: grievance, random.below(4)),
          process: random.below(8) > 0 ? purchase.process : nil),
        by: random.below(4) > 0
          ? world.complainant(of: grievance) : world.signers[random.below(world.signers.count)])

      let decoy = world.sign(
        Verdict(
          process: purchase.process, decision: .commit(keyBundle: SHA256.digest(purchase.bundle)),
          decidedAt: DisputeWorld.decideBy.adding(seconds: 100), evidence: SHA256.digest([9])),
        by: world.otherCoordinator)
      let exhibits: [Receipt.Exhibit] =
        honest.exhibits + [
          .unlogged(purchase.verdict.bytes), .unlogged(decoy.bytes),
          .oneTimeIdentity(DisputeWorld.secret("another")),
        ]
      let all = purchase.statements + honest.statements + [hidden.offer.bytes]
      var files: [Receipt] = []
      for _ in 0..<(1 + random.below(3)) {
        files.append(
          try await world.file(
            about: purchase.process,
            all.filter { _ in random.below(4) > 0 } + [purchase.order.bytes],
            parts: purchase.parts, exhibits: exhibits.filter { _ in random.below(2) > 0 },
            attachment: random.below(2) > 0 ? purchase.chunk.ciphertext : Bytes([1, 2, 3])))
        world.clock.pass(seconds: Int64(random.below(500)))
      }
      files.append(
        try await world.file(
          about: purchase.process, [purchase.order.bytes, complaint.bytes], parts: purchase.parts))
      let id = try UnverifiedStatement(complaint.bytes).id
      guard var audit = try? DisputeAudit(files, trust: world.trust, complaint: id) else {
        continue
      }

      // Whoever is asked hands in what it has.
      for _ in 0..<2 {
        guard case .ask(let party, let question) = audit.judgement else { break }
        asked += 1
        files += try await world.asked(
          try #require(world.signers.first { $0.issuer.party == party }), question, about: id,
          of: purchase)
        files.append(
          try await world.file(
            about: purchase.process, purchase.statements + honest.statements,
            parts: purchase.parts, exhibits: honest.exhibits, verdict: honest.verdict))
        audit = try DisputeAudit(files, trust: world.trust, complaint: id)
      }
      if case .ruled(let ruling) = audit.judgement {
        decided += 1
        #expect(
          ruling.outcome == .notAtFault,
          "seed \(seed), round \(round): \(grievance) \(DisputeCase.words(audit.judgement))")
      }
    }
    #expect(
      decided > 20 && asked > 0, "seed \(seed): something was decided, and somebody was asked")
  }
}

extension DisputeWorld {
  fileprivate var signers: [StatementSigner] {
    [customer, merchant, bystander, bank, otherBank, account, coordinator]
  }

  fileprivate func complainant(of grievance: Grievance) -> StatementSigner {
    switch grievance.complainants[0] {
    case .merchant: merchant
    case .account: account
    default: customer
    }
  }
}

/// What honest parties say after the verdict, and what they can show.
private struct HonestEvidence {
  private(set) var statements: [Bytes] = []
  private(set) var exhibits: [Receipt.Exhibit]
  let verdict: LoggedVerdict
  private var subjects: [StatementKind: StatementID]

  init(of purchase: DisputedPurchase, in world: DisputeWorld) async throws {
    exhibits = [world.chunk(of: purchase), .oneTimeIdentity(world.oneTimeIdentity)]
    subjects = [.offer: purchase.offerID, .verdict: purchase.verdictID]
    let claim: Verdict = try UnverifiedStatement(purchase.verdict.bytes).unverifiedClaim()
    let bundle = Sealed<SealedContent.KeyBundle>(
      purchase.bundle, digest: SHA256.digest(purchase.bundle))
    let logged = await world.log.publish(
      purchase.verdict, process: purchase.process,
      bundle: claim.decision.isCommit ? bundle : nil)
    guard case .done(let verdict) = logged else { throw BadStep() }
    self.verdict = verdict

    let withdrawal = try add(
      world.sign(
        Withdrawal(
          bank: world.bank.issuer.party, account: Fair.account("alice"),
          total: try Fair.amount(64), coinCount: 1, blindedMessages: SHA256.digest([1])),
        by: world.account))
    subjects[.withdrawal] = withdrawal
    try addIssue(for: withdrawal, debit: try Fair.amount(64), in: world)
    guard claim.decision.isCommit else {
      _ = try add(
        world.sign(
          VoidedReservation(
            process: purchase.process, verdict: purchase.verdictID,
            released: try Fair.amount(500)), by: world.bank))
      return
    }
    exhibits.append(.keyBundle(purchase.bundle))
    let offer: Offer = try UnverifiedStatement(purchase.offer.bytes).unverifiedClaim()
    _ = try add(
      world.sign(
        Transfer(
          process: purchase.process, verdict: purchase.verdictID, payee: offer.payee,
          amount: offer.price.gross), by: world.bank))
    subjects[.transfer] = try addClearing(of: purchase, in: world)
    let street = Bytes("a street".utf8)
    let address = try add(
      world.sign(
        AddressClaim(
          process: purchase.process, offer: purchase.offerID, verdict: purchase.verdictID,
          address: SHA256.digest(street)), by: world.customer))
    subjects[.addressClaim] = address
    exhibits.append(.address(claim: address, street))
    _ = try add(
      world.sign(
        Dispatch(
          process: purchase.process, offer: purchase.offerID, addressClaim: address,
          reference: "parcel"), by: world.merchant))
    let refund = try add(
      world.sign(
        Refund(
          process: purchase.process, verdict: purchase.verdictID, source: offer.payee,
          amount: offer.price.gross), by: world.merchant))
    subjects[.refund] = refund
    try addIssue(for: refund, debit: offer.price.gross, in: world)
  }

  /// What a complaint of that kind is about; sometimes something else.
  func subject(of grievance: Grievance, _ number: Int) throws -> StatementID {
    let right = subjects[grievance.subject]
    guard let right, number > 0 else {
      return try UnverifiedStatement(statements[0]).id
    }
    return right
  }

  private mutating func add<Content: Claim>(_ signed: Signed<Content>) throws -> StatementID {
    statements.append(signed.bytes)
    return try UnverifiedStatement(signed.bytes).id
  }

  /// A transfer into an account at the other bank, which has credited it, between two others that draw on the same
  /// line, and a line of the other way.
  private mutating func addClearing(
    of purchase: DisputedPurchase, in world: DisputeWorld
  ) throws -> StatementID {
    func line(of debtor: StatementSigner, by creditor: StatementSigner) throws -> Signed<CreditLine>
    {
      world.sign(
        CreditLine(
          debtor: debtor.issuer.party, limit: try Fair.amount(30), validFrom: DisputeWorld.start,
          validUntil: DisputeWorld.decideBy), by: creditor)
    }
    let granted = try add(line(of: world.bank, by: world.otherBank))
    _ = try add(line(of: world.otherBank, by: world.bank))
    var middle = granted
    for (number, account) in ["one", "two", "three"].enumerated() {
      let claim = Transfer(
        process: purchase.process, verdict: purchase.verdictID,
        payee: Payee(bank: world.otherBank.issuer.party, account: Fair.account(account)),
        amount: try Fair.amount(10), draw: Draw(line: granted, total: UInt64(10 * number + 10)))
      let transfer = try add(world.sign(claim, by: world.bank))
      _ = try add(
        world.sign(
          Credit(transfer: transfer, account: claim.payee.account, amount: claim.amount),
          by: world.otherBank))
      if number == 1 { middle = transfer }
    }
    return middle
  }

  private mutating func addIssue(
    for id: StatementID, debit: Amount, in world: DisputeWorld
  ) throws {
    let signatures = id.bytes
    let issue = try add(
      world.sign(
        Issue(
          withdrawal: id, account: Fair.account("alice"), debit: debit,
          blindSignatures: SHA256.digest(signatures)), by: world.bank))
    exhibits.append(.blindSignatures(issue: issue, signatures))
  }
}

/// Numbers from a seed.
private struct Dice {
  private var entropy: SeededEntropy

  init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

  mutating func below(_ bound: Int) -> Int {
    entropy.bytes(4).reduce(0) { $0 << 8 | Int($1) } % bound
  }
}
