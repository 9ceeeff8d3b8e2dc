// Blame is sound: whatever is complained of, and whatever is left out of the evidence, a judge who looks at honest
// parties names nobody.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite struct JudgeSoundnessTests {
  /// Random complaints by random complainants, with random parts of an honest purchase's evidence in random files.
  @Test func honestPartiesAreNeverNamed() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Dice(seed: seed)
    var outcomes: [RulingOutcome: Int] = [:]
    for round in 0..<150 {
      let world = try DisputeWorld()
      let isCommit = random.below(4) > 0
      let purchase = try DisputedPurchase(
        in: world, .init(abort: isCommit ? nil : .timeout))
      let honest = try world.honestStatements(of: purchase)
      let grievance = Grievance.allCases[random.below(Grievance.allCases.count)]
      let signers = [
        world.customer, world.merchant, world.bystander, world.bank, world.account,
      ]
      let subjects = honest + [purchase.order.bytes, purchase.offer.bytes, purchase.verdict.bytes]
      let about = try UnverifiedStatement(subjects[random.below(subjects.count)]).id
      let complaint = world.sign(
        Complaint(
          grievance, about: about, process: random.below(8) > 0 ? purchase.process : nil),
        by: signers[random.below(signers.count)])

      var exhibits: [Receipt.Exhibit] = [world.chunk(of: purchase), .keyBundle(purchase.bundle)]
      exhibits.append(
        .oneTimeIdentity(
          random.below(2) > 0 ? world.oneTimeIdentity : DisputeWorld.secret("another")))
      var files: [Receipt] = []
      var all = purchase.statements + honest
      if random.below(2) > 0 { all.removeAll { _ in random.below(3) == 0 } }
      for _ in 0..<(1 + random.below(3)) {
        files.append(
          try await world.file(
            about: purchase.process,
            all.filter { _ in random.below(3) > 0 } + [purchase.order.bytes],
            parts: purchase.parts, exhibits: exhibits.filter { _ in random.below(2) > 0 },
            attachment: random.below(2) > 0 ? purchase.chunk.ciphertext : Bytes([1, 2, 3])))
        world.clock.pass(seconds: Int64(random.below(400)))
      }
      files.append(
        try await world.file(
          about: purchase.process, [purchase.order.bytes, complaint.bytes], parts: purchase.parts))
      guard let audit = try? DisputeAudit(files, trust: world.trust) else { continue }
      if case .ruled(let ruling) = audit.judgement {
        outcomes[ruling.outcome, default: 0] += 1
        #expect(
          ruling.outcome == .notAtFault,
          "seed \(seed), round \(round): \(grievance) \(DisputeCase.words(audit.judgement))")
      }
    }
    #expect((outcomes[.notAtFault] ?? 0) > 10, "seed \(seed): something was decided")
  }
}

extension DisputeWorld {
  /// What honest parties say after the verdict.
  fileprivate func honestStatements(of purchase: DisputedPurchase) throws -> [Bytes] {
    let withdrawal = sign(
      Withdrawal(
        bank: bank.issuer.party, account: Fair.account("alice"), total: try Fair.amount(64),
        coinCount: 1, blindedMessages: SHA256.digest([1])), by: account)
    let issue = sign(
      Issue(
        withdrawal: try UnverifiedStatement(withdrawal.bytes).id, account: Fair.account("alice"),
        debit: try Fair.amount(64), blindSignatures: SHA256.digest([2])), by: bank)
    let others: [Bytes] = [withdrawal.bytes, issue.bytes]
    let verdict: Verdict = try UnverifiedStatement(purchase.verdict.bytes).unverifiedClaim()
    guard verdict.decision.isCommit else {
      let void = sign(
        VoidedReservation(
          process: purchase.process, verdict: purchase.verdictID, released: try Fair.amount(500)),
        by: bank)
      return others + [void.bytes]
    }
    let offer: Offer = try UnverifiedStatement(purchase.offer.bytes).unverifiedClaim()
    let transfer = sign(
      Transfer(
        process: purchase.process, verdict: purchase.verdictID, payee: offer.payee,
        amount: offer.price.gross), by: bank)
    let address = sign(
      AddressClaim(
        process: purchase.process, offer: purchase.offerID, verdict: purchase.verdictID,
        address: SHA256.digest([3])), by: customer)
    let dispatch = sign(
      Dispatch(
        process: purchase.process, offer: purchase.offerID,
        addressClaim: try UnverifiedStatement(address.bytes).id, reference: "parcel"), by: merchant)
    let refund = sign(
      Refund(
        process: purchase.process, verdict: purchase.verdictID, source: offer.payee,
        amount: offer.price.gross), by: merchant)
    let refunded = sign(
      Issue(
        withdrawal: try UnverifiedStatement(refund.bytes).id, account: Fair.account("books"),
        debit: offer.price.gross, blindSignatures: SHA256.digest([4])), by: bank)
    return others
      + [transfer.bytes, address.bytes, dispatch.bytes, refund.bytes, refunded.bytes]
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
