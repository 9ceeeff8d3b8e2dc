// Complaints about money and about verdicts.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

extension DisputeWorld {
  /// The bank's transfer of a purchase.
  fileprivate func transfer(
    of purchase: DisputedPurchase, on verdict: StatementID? = nil, keeping fee: UInt64 = 0
  ) throws -> Signed<Transfer> {
    let offer: Offer = try UnverifiedStatement(purchase.offer.bytes).unverifiedClaim()
    return sign(
      Transfer(
        process: purchase.process, verdict: verdict ?? purchase.verdictID, payee: offer.payee,
        amount: offer.price.gross, fee: fee == 0 ? nil : try Fair.amount(fee)), by: bank)
  }

  /// The bank's transfer of the coordinator's fee.
  fileprivate func feeTransfer(
    of purchase: DisputedPurchase, _ minor: UInt64, keeping fee: UInt64 = 0
  ) throws -> Signed<Transfer> {
    sign(
      Transfer(
        process: purchase.process, verdict: purchase.verdictID, payee: DisputedPurchase.till,
        amount: try Fair.amount(minor), fee: fee == 0 ? nil : try Fair.amount(fee)), by: bank)
  }

  /// A party's later key, registered with its earlier one.
  fileprivate func registration(
    of next: StatementSigner, by earlier: StatementSigner
  ) throws -> Signed<KeyRegistration> {
    guard let key = SigningKeyValue(next.publicKey.bytes) else { throw BadStep() }
    let claim = KeyRegistration(
      role: .coordinator, key: key, validFrom: Self.start,
      validUntil: Self.start.adding(seconds: 100 * Self.day))
    return try next.cosign(sign(claim, by: earlier))
  }

  /// The merchant gives the money back.
  fileprivate func refund(
    of purchase: DisputedPurchase
  ) throws -> (id: StatementID, claim: Refund, bytes: Bytes) {
    let offer: Offer = try UnverifiedStatement(purchase.offer.bytes).unverifiedClaim()
    let refund = Refund(
      process: purchase.process, verdict: purchase.verdictID, source: offer.payee,
      amount: offer.price.gross)
    let signed = sign(refund, by: merchant)
    return (try UnverifiedStatement(signed.bytes).id, refund, signed.bytes)
  }

  /// A withdrawal, and what the bank would answer.
  fileprivate func withdrawal() throws -> (
    id: StatementID, withdrawal: Bytes, issue: Bytes, issueID: StatementID, signatures: Bytes
  ) {
    let total = try Fair.amount(64)
    let withdrawal = sign(
      Withdrawal(
        bank: bank.issuer.party, account: Fair.account("alice"), total: total, coinCount: 1,
        blindedMessages: SHA256.digest([1])), by: account)
    let id = try UnverifiedStatement(withdrawal.bytes).id
    let signatures = Bytes("a blind signature".utf8)
    let issue = sign(
      Issue(
        withdrawal: id, account: Fair.account("alice"), debit: total,
        blindSignatures: SHA256.digest(signatures)), by: bank)
    return (
      id, withdrawal.bytes, issue.bytes, try UnverifiedStatement(issue.bytes).id, signatures
    )
  }

  /// The account complains that no coins came.
  fileprivate func complaint(
    about withdrawal: StatementID, with statements: [Bytes], by signer: StatementSigner? = nil,
    exhibits: [Receipt.Exhibit] = []
  ) async throws -> Receipt {
    let complaint = sign(
      Complaint(.notIssued, about: withdrawal, process: nil), by: signer ?? account)
    return try await file(
      about: withdrawal.renamed(), statements + [complaint.bytes], exhibits: exhibits)
  }
}

extension DisputeCase {
  static let money = payments + refunds + withdrawals

  // MARK: - Payments

  private static let payments: [DisputeCase] = [
    DisputeCase(
      "not-paid-honest", "did-not-answer bank.example asked-in-vain",
      "the bank has reserved, the purchase was committed, and no transfer is shown"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (id, file) = try await world.complaint(.notPaid, of: purchase, by: world.merchant)
      return [file] + (try await world.asked(world.bank, .transfer, about: id, of: purchase))
    },
    DisputeCase(
      "not-paid-dishonest", "not-at-fault bank.example answered", "the bank shows the transfer"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (_, file) = try await world.complaint(.notPaid, of: purchase, by: world.merchant)
      let transfer = try world.transfer(of: purchase)
      return [file, try await world.file(about: purchase.process, [transfer.bytes])]
    },
    DisputeCase(
      "not-paid-fee-honest", "did-not-answer bank.example asked-in-vain",
      "the coordinator's fee was reserved and committed, and no transfer to it is shown"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(fee: 25))
      let transfer = try world.transfer(of: purchase)
      let (id, file) = try await world.complaint(
        .notPaid, of: purchase, by: world.coordinator, with: [transfer.bytes])
      return [file] + (try await world.asked(world.bank, .transfer, about: id, of: purchase))
    },
    DisputeCase(
      "not-paid-fee-dishonest", "not-at-fault bank.example answered",
      "the bank shows the transfer of the coordinator's fee"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(fee: 25))
      let (_, file) = try await world.complaint(.notPaid, of: purchase, by: world.coordinator)
      let transfer = try world.feeTransfer(of: purchase, 25)
      return [file, try await world.file(about: purchase.process, [transfer.bytes])]
    },
    DisputeCase(
      "not-paid-fee-in-full", "at-fault bank.example kept-more",
      "the bank has kept of the coordinator's fee what it had not reserved it with"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(fee: 25))
      let transfer = try world.feeTransfer(of: purchase, 25, keeping: 1)
      return [
        try await world.complaint(
          .notPaid, of: purchase, by: world.coordinator, with: [transfer.bytes]
        ).file
      ]
    },
    DisputeCase(
      "not-paid-fee-new-key", "did-not-answer bank.example asked-in-vain",
      "the coordinator complains with a key that it has registered since it decided"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(fee: 25))
      let registration = try world.registration(of: world.nextCoordinator, by: world.coordinator)
      _ = try await world.file(about: purchase.process, [registration.bytes])
      let transfer = try world.transfer(of: purchase)
      let (id, file) = try await world.complaint(
        .notPaid, of: purchase, by: world.nextCoordinator,
        with: [registration.bytes, transfer.bytes])
      return [file] + (try await world.asked(world.bank, .transfer, about: id, of: purchase))
    },
    DisputeCase(
      "not-paid-fee-of-another", "not-at-fault nobody nothing-owed",
      "a coordinator complains of a fee of which it has not decided"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(fee: 25))
      return [
        try await world.complaint(.notPaid, of: purchase, by: world.otherCoordinator).file
      ]
    },
    DisputeCase(
      "not-paid-no-fee", "not-at-fault nobody nothing-owed",
      "the order pays the coordinator nothing"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [try await world.complaint(.notPaid, of: purchase, by: world.coordinator).file]
    },
    DisputeCase(
      "not-paid-agreed-fee", "not-at-fault bank.example answered",
      "the bank has kept of the transfer what it had reserved the payment with"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(transferFee: 3))
      let (_, file) = try await world.complaint(.notPaid, of: purchase, by: world.merchant)
      let transfer = try world.transfer(of: purchase, keeping: 3)
      return [file, try await world.file(about: purchase.process, [transfer.bytes])]
    },
    DisputeCase(
      "not-paid-in-full", "at-fault bank.example kept-more",
      "the bank has kept more of the transfer than it had reserved the payment with"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(transferFee: 3))
      let transfer = try world.transfer(of: purchase, keeping: 4)
      let (_, file) = try await world.complaint(
        .notPaid, of: purchase, by: world.merchant, with: [transfer.bytes])
      return [file]
    },
    DisputeCase(
      "not-paid-in-full-unasked", "at-fault bank.example kept-more",
      "the bank has kept something of a transfer, and nothing was agreed"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let transfer = try world.transfer(of: purchase, keeping: 1)
      let (_, file) = try await world.complaint(.notPaid, of: purchase, by: world.merchant)
      return [file, try await world.file(about: purchase.process, [transfer.bytes])]
    },
    DisputeCase(
      "not-paid-mended", "not-at-fault bank.example answered",
      "the bank has kept too much at first, and then signed the right transfer, too"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(transferFee: 3))
      let transfers = [
        try world.transfer(of: purchase, keeping: 400), try world.transfer(of: purchase),
      ]
      let (_, file) = try await world.complaint(.notPaid, of: purchase, by: world.merchant)
      return [file, try await world.file(about: purchase.process, transfers.map(\.bytes))]
    },
    DisputeCase(
      "not-paid-aborted", "not-at-fault nobody nothing-owed", "the purchase was aborted"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(abort: .timeout))
      return [try await world.complaint(.notPaid, of: purchase, by: world.merchant).file]
    },
    DisputeCase(
      "not-paid-to-a-stranger", "not-at-fault nobody nothing-owed",
      "a merchant complains that sold nothing in this purchase"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [try await world.complaint(.notPaid, of: purchase, by: world.bystander).file]
    },
  ]

  // MARK: - Refunds

  private static let refunds: [DisputeCase] = [
    DisputeCase(
      "not-refunded-honest", "did-not-answer bank.example asked-in-vain",
      "the merchant gives money back, and the bank neither issues nor refuses"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let refund = try world.refund(of: purchase)
      let (id, file) = try await world.complaint(
        .notRefunded, of: purchase, about: refund.id, with: [refund.bytes])
      return [file] + (try await world.asked(world.bank, .issue, about: id, of: purchase))
    },
    DisputeCase(
      "not-refunded-dishonest", "not-at-fault bank.example answered",
      "the bank shows what it has issued"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let refund = try world.refund(of: purchase)
      let issue = world.sign(
        Issue(
          withdrawal: refund.id, account: Fair.account("books"), debit: refund.claim.amount,
          blindSignatures: SHA256.digest(Bytes("coins".utf8))), by: world.bank)
      let (_, file) = try await world.complaint(
        .notRefunded, of: purchase, about: refund.id, with: [refund.bytes])
      return [
        file,
        try await world.file(
          about: purchase.process, [issue.bytes],
          exhibits: [
            .blindSignatures(issue: try UnverifiedStatement(issue.bytes).id, Bytes("coins".utf8))
          ]),
      ]
    },
    DisputeCase(
      "not-refunded-refused", "not-at-fault nobody refused",
      "the bank says that the money did not come: only the two know"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let refund = try world.refund(of: purchase)
      let refusal = try world.refusal("refund/\(refund.id)", of: purchase.process)
      let (_, file) = try await world.complaint(
        .notRefunded, of: purchase, about: refund.id, with: [refund.bytes])
      return [file, try await world.file(about: purchase.process, [refusal])]
    },
    DisputeCase(
      "not-refunded-contradiction", "at-fault bank.example contradiction",
      "the bank says that it issued coins for the refund, and that it refused to"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let refund = try world.refund(of: purchase)
      let refusal = try world.refusal("refund/\(refund.id)", of: purchase.process)
      let issue = world.sign(
        Issue(
          withdrawal: refund.id, account: Fair.account("books"), debit: refund.claim.amount,
          blindSignatures: SHA256.digest([])), by: world.bank)
      let (_, file) = try await world.complaint(
        .notRefunded, of: purchase, about: refund.id, with: [refund.bytes])
      return [file, try await world.file(about: purchase.process, [refusal, issue.bytes])]
    },
  ]

  // MARK: - Withdrawals

  private static let withdrawals: [DisputeCase] = [
    DisputeCase(
      "not-issued-honest", "ask bank.example issue", "the bank shows nothing for a withdrawal"
    ) { world in
      let made = try world.withdrawal()
      return [try await world.complaint(about: made.id, with: [made.withdrawal])]
    },
    DisputeCase(
      "not-issued-no-signatures", "ask bank.example blind-signatures",
      "the bank says that it debited, and does not show the coins"
    ) { world in
      let made = try world.withdrawal()
      return [try await world.complaint(about: made.id, with: [made.withdrawal, made.issue])]
    },
    DisputeCase(
      "not-issued-dishonest", "not-at-fault bank.example answered",
      "the bank shows issue and blind signatures"
    ) { world in
      let made = try world.withdrawal()
      return [
        try await world.complaint(about: made.id, with: [made.withdrawal]),
        try await world.file(
          about: made.id.renamed(), [made.issue],
          exhibits: [.blindSignatures(issue: made.issueID, made.signatures)]),
      ]
    },
    DisputeCase(
      "not-issued-repeated", "not-at-fault bank.example answered",
      "a second withdrawal over messages that were signed before: nothing was debited for it"
    ) { world in
      let made = try world.withdrawal()
      let issue = world.sign(
        Issue(
          withdrawal: made.id, account: Fair.account("alice"), debit: try Fair.amount(0),
          blindSignatures: SHA256.digest(made.signatures)), by: world.bank)
      return [
        try await world.complaint(about: made.id, with: [made.withdrawal]),
        try await world.file(
          about: made.id.renamed(), [issue.bytes],
          exhibits: [
            .blindSignatures(issue: try UnverifiedStatement(issue.bytes).id, made.signatures)
          ]),
      ]
    },
    DisputeCase(
      "not-issued-refused", "not-at-fault nobody refused",
      "the bank has refused the withdrawal and debited nothing"
    ) { world in
      let made = try world.withdrawal()
      let refusal = try world.refusal("withdraw/\(made.id)", of: made.id.renamed())
      return [
        try await world.complaint(about: made.id, with: [made.withdrawal]),
        try await world.file(about: made.id.renamed(), [refusal]),
      ]
    },
    DisputeCase(
      "not-issued-contradiction", "at-fault bank.example contradiction",
      "the bank says that it debited, and that it refused"
    ) { world in
      let made = try world.withdrawal()
      let refusal = try world.refusal("withdraw/\(made.id)", of: made.id.renamed())
      return [
        try await world.complaint(
          about: made.id, with: [made.withdrawal, made.issue, refusal])
      ]
    },
  ]

  // MARK: - Verdicts

  static let verdicts: [DisputeCase] = [
    DisputeCase(
      "two-verdicts-honest", "at-fault coordinator.example two-verdicts-by-one-key",
      "the coordinator has signed an abort beside the logged commit"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let other = world.sign(
        Verdict(
          process: purchase.process, decision: .abort(.timeout), decidedAt: DisputeWorld.start,
          evidence: SHA256.digest([])), by: world.coordinator)
      return [
        try await world.complaint(
          .twoVerdicts, of: purchase, exhibits: [.unlogged(other.bytes)]
        ).file
      ]
    },
    DisputeCase(
      "two-verdicts-revoked-key", "not-at-fault coordinator.example not-two-verdicts",
      "the other verdict is by a key that another file shows to have been revoked: anybody may have it"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (_, file) = try await world.complaint(.twoVerdicts, of: purchase)
      let revocation = world.sign(
        Revocation(
          .key(world.coordinator.issuer.key), from: DisputeWorld.start, reason: .compromised),
        by: world.coordinator)
      let revoked = try await world.file(about: purchase.process, [revocation.bytes])
      let other = world.sign(
        Verdict(
          process: purchase.process, decision: .abort(.timeout), decidedAt: DisputeWorld.start,
          evidence: SHA256.digest([])), by: world.coordinator)
      return [
        file, revoked,
        try await world.file(
          about: purchase.process, [purchase.order.bytes], exhibits: [.unlogged(other.bytes)]),
      ]
    },
    DisputeCase(
      "two-verdicts-other-coordinator", "not-at-fault coordinator.example not-two-verdicts",
      "another coordinator has signed a verdict of the process"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let other = world.sign(
        Verdict(
          process: purchase.process, decision: .abort(.timeout), decidedAt: DisputeWorld.start,
          evidence: SHA256.digest([])), by: world.otherCoordinator)
      return [
        try await world.complaint(
          .twoVerdicts, of: purchase, exhibits: [.unlogged(other.bytes)]
        ).file
      ]
    },
    DisputeCase(
      "two-verdicts-dishonest", "not-at-fault coordinator.example not-two-verdicts",
      "the same verdict in two files is one verdict"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [
        try await world.complaint(.twoVerdicts, of: purchase).file,
        try await world.file(about: purchase.process, [purchase.verdict.bytes]),
      ]
    },
    DisputeCase(
      "late-verdict-honest", "at-fault coordinator.example commit-dated-late",
      "a commit that is dated after the order's time"
    ) { world in
      let late = DisputeWorld.decideBy.adding(seconds: 1)
      let purchase = try DisputedPurchase(in: world, .init(decidedAt: late))
      return [try await world.complaint(.lateVerdict, of: purchase).file]
    },
    DisputeCase(
      "late-verdict-backdated", "at-fault coordinator.example commit-logged-late",
      "a commit with an early date, which the log did not have an hour after the order's time, and for which the coordinator has no answer"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      world.clock.pass(seconds: 4200)
      let before = try await world.file(about: purchase.process, [purchase.order.bytes])
      let (id, file) = try await world.complaint(.lateVerdict, of: purchase)
      return [before, file]
        + (try await world.asked(world.coordinator, .timelyVerdict, about: id, of: purchase))
    },
    DisputeCase(
      "late-verdict-unlogged-copy", "ask coordinator.example timely-verdict",
      "a copy of the commit beside a late checkpoint is no sight of it"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      _ = try await world.file(about: purchase.process, [purchase.verdict.bytes])
      world.clock.pass(seconds: 4200)
      return [
        try await world.complaint(
          .lateVerdict, of: purchase, exhibits: [.unlogged(purchase.verdict.bytes)]
        ).file
      ]
    },
    DisputeCase(
      "late-verdict-early-copy", "ask coordinator.example timely-verdict",
      "a late commit as an unlogged copy beside an early checkpoint is not in time"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let early = try await world.file(
        about: purchase.process, [purchase.order.bytes],
        exhibits: [.unlogged(purchase.verdict.bytes)])
      world.clock.pass(seconds: 4200)
      return [early, try await world.complaint(.lateVerdict, of: purchase).file]
    },
    DisputeCase(
      "late-verdict-dishonest", "ask coordinator.example timely-verdict",
      "the commit was in time; the complainant shows it under a checkpoint of later"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      _ = try await world.file(about: purchase.process, [purchase.verdict.bytes])
      world.clock.pass(seconds: 4200)
      return [try await world.complaint(.lateVerdict, of: purchase).file]
    },
    DisputeCase(
      "late-verdict-answered", "not-at-fault coordinator.example in-time",
      "the coordinator shows by an early proof of its own that the verdict was in the log in time"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let logged = await world.log.publish(
        purchase.verdict, process: purchase.process,
        bundle: Sealed(purchase.bundle, digest: SHA256.digest(purchase.bundle)))
      guard case .done(let verdict) = logged else { throw BadStep() }
      world.clock.pass(seconds: 4200)
      return [
        try await world.complaint(.lateVerdict, of: purchase).file,
        try await world.file(about: purchase.process, [], verdict: verdict),
      ]
    },
    DisputeCase(
      "not-paid-both-ways", "not-at-fault nobody nothing-owed",
      "the coordinator has logged a commit and an abort: the bank kept to the one that it was shown"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(abort: .timeout))
      let commit = world.sign(
        Verdict(
          process: purchase.process,
          decision: .commit(keyBundle: SHA256.digest(purchase.bundle)),
          decidedAt: DisputeWorld.start, evidence: SHA256.digest([])), by: world.coordinator)
      let complaint = world.sign(
        Complaint(
          .notPaid, about: try UnverifiedStatement(commit.bytes).id, process: purchase.process),
        by: world.merchant)
      return [
        try await world.file(
          about: purchase.process, purchase.statements + [complaint.bytes],
          parts: purchase.parts, exhibits: [.unlogged(commit.bytes)])
      ]
    },
    DisputeCase(
      "late-verdict-abort", "not-at-fault coordinator.example in-time",
      "an abort may come late"
    ) { world in
      let late = DisputeWorld.decideBy.adding(seconds: 1)
      let purchase = try DisputedPurchase(in: world, .init(abort: .timeout, decidedAt: late))
      return [try await world.complaint(.lateVerdict, of: purchase).file]
    },
  ]
}

extension DisputeWorld {
  /// A refusal of a step, by the bank unless said otherwise.
  func refusal(
    _ step: String, of process: ProcessID, by signer: StatementSigner? = nil
  ) throws -> Bytes {
    guard let step = StepPath(rawValue: step) else { throw BadStep() }
    return sign(
      Refusal(process: process, step: step, reason: .invalid), by: signer ?? bank
    ).bytes
  }
}

/// A fixture that does not hold what the case needs.
struct BadStep: Error {}
