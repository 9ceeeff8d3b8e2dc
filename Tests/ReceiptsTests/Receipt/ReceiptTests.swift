// Receipts of whole purchases: what is proven, what is not, and whom it names.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Receipts")
struct ReceiptTests {
  let world: World
  let log: TransparencyLog
  let verification: ReceiptVerification

  init() throws {
    world = try World()
    log = world.log()
    verification = ReceiptVerification(world.trust)
  }

  /// The findings that are not what one hopes for.
  func troubles(_ report: ReceiptReport) -> [String] {
    report.findings.filter { $0.result != .proven }
      .map { "\($0.check.rawValue): \($0.result.rawValue): \($0.message)" }
  }

  func result(_ report: ReceiptReport, _ check: Finding.Check) -> Set<Finding.Result> {
    Set(report.findings.filter { $0.check == check }.map(\.result))
  }

  @Test("a committed purchase is proven, as a file, step by step")
  func commit() async throws {
    let purchase = try Purchase(in: world)
    let receipt = try await purchase.receipt(from: log)
    let report = verification.verify(receipt.bytes)
    #expect(troubles(report) == [])
    #expect(report.answer == .proven)
    #expect(report.process == purchase.process)
    #expect(report.decision?.isCommit == true)
    #expect(report.atFault == [])
    #expect(try Receipt(receipt.bytes) == receipt)
    // Who has signed what, and since when it is known.
    for statement in receipt.entries {
      let id = try UnverifiedStatement(statement.statement).id
      let finding = try #require(
        report.findings.first { $0.check == .signature && $0.statement == id })
      #expect(finding.result == .proven)
      #expect(finding.party != nil && finding.key != nil && finding.kind != nil)
      #expect(finding.noLaterThan == World.start)
    }
    // Strangers in the same log change nothing.
    _ = try await Purchase(in: world, seed: 8).receipt(from: log)
    #expect(verification.verify(try await purchase.receipt(from: log)).answer == .proven)
  }

  @Test("an aborted purchase is proven, with or without what came before and after")
  func abort() async throws {
    let purchase = try Purchase(in: world, abort: .timeout)
    let report = verification.verify(try await purchase.receipt(from: log))
    #expect(report.answer == .proven)
    #expect(report.decision == .abort(.timeout))
    #expect(result(report, .void) == [.proven] && result(report, .release) == [.proven])
    let rest = Set(purchase.statements.map(\.name)).subtracting([
      "order", "verdict", "offer 0", "offer 1",
    ])
    let bare = verification.verify(try await purchase.receipt(from: log, without: rest))
    #expect(bare.answer == .proven)
    #expect(result(bare, .void) == [.pending] && result(bare, .release) == [.pending])
  }

  @Test("the verdict's own proof tells better when it was there")
  func earlierSight() async throws {
    let purchase = try Purchase(in: world)
    guard
      case .done(let logged) = await log.publish(
        purchase.verdict, process: purchase.process, bundle: purchase.bundle)
    else {
      Issue.record("not published")
      return
    }
    let later = World.start.adding(seconds: 3600)
    world.clock.set(later)
    func contents(_ verdict: LoggedVerdict) -> ReceiptContents {
      ReceiptContents(
        process: purchase.process, statements: purchase.statements.map(\.bytes), verdict: verdict,
        parts: purchase.parts)
    }
    let report = verification.verify(try await log.receipt(for: contents(logged)).bytes)
    #expect(report.answer == .proven)
    #expect(report.findings.first { $0.check == .verdict }?.noLaterThan == World.start)
    #expect(report.findings.first { $0.check == .deposit }?.noLaterThan == later)
    #expect(result(report, .keyBundle) == [.pending])
    // The proof of another entry does not do.
    let order = try #require(try await log.proof(of: purchase.order.id))
    let wrong = LoggedVerdict(verdict: purchase.verdict, proof: order.bytes)
    let refuted = verification.verify(try await log.receipt(for: contents(wrong)).bytes)
    #expect(refuted.answer == .refuted)
    #expect(result(refuted, .verdict) == [.refuted])
  }

  @Test("without a statement it depends: pending, or cannot be checked, never proven by halves")
  func removed() async throws {
    let purchase = try Purchase(in: world)
    for (name, _) in purchase.statements {
      let report = verification.verify(try await purchase.receipt(from: log, without: [name]))
      let later = ["submission", "transfer 0", "transfer 1", "settlement 0", "settlement 1"]
      if later.contains(name) {
        #expect(report.answer == .proven, "\(name)")
        #expect(name == "submission" || !troubles(report).isEmpty, "\(name)")
      } else {
        #expect(report.answer != .proven, "\(name)")
      }
      if name.hasPrefix("transfer") { #expect(result(report, .transfer).contains(.pending)) }
    }
  }

  @Test("a statement of another purchase, or one that stands twice, refutes")
  func foreign() async throws {
    let purchase = try Purchase(in: world)
    let other = try Purchase(in: world, seed: 8)
    for (name, bytes) in other.statements {
      let added = verification.verify(try await purchase.receipt(from: log, with: [bytes]))
      #expect(added.answer == .refuted, "\(name) added")
      let exchanged = verification.verify(
        try await purchase.receipt(from: log, without: [name], with: [bytes]))
      #expect(exchanged.answer != .proven, "\(name) exchanged")
    }
    let receipt = try await purchase.receipt(from: log)
    for entry in receipt.entries {
      let twice = Receipt(
        process: receipt.process, entries: receipt.entries + [entry],
        checkpoint: receipt.checkpoint, verdictProof: nil, parts: receipt.parts, exhibits: [],
        keyBundle: nil)
      #expect(verification.verify(twice).answer == .refuted)
    }
  }

  @Test(
    "what several banks keep of one payee's money counts together",
    arguments: [(4, 0, true), (4, 1, false), (4, 3, false), (1, 3, true), (1, 4, false)]
      as [(Int, UInt64, Bool)])
  func feesThatAddUp(bankCount: Int, fee: UInt64, isProven: Bool) async throws {
    let bank = world.bank.issuer.party
    let others = try (1..<4).map { try World.party("bank-\($0).example") }.prefix(bankCount - 1)
    let euro = try #require(Currency("EUR"))
    let payee = Payee(bank: bank, account: try #require(AccountName("merchant-1")))
    let share = Payout(payee: payee, amount: try Amount(minor: 100, currency: euro))
    let accepts = ([bank] + others).map {
      AcceptedPayment(bank: $0, method: .ecash, largestFee: 3)
    }
    // 100 for one merchant, and 400 for the other, to which each bank but the first pays 100.
    let total = try Amount(minor: UInt64(500 - 100 * others.count), currency: euro)
    let rest = try Amount(minor: UInt64(400 - 100 * others.count), currency: euro)
    var changes = Purchase.Changes()
    changes.offer = { offer, _ in offer.changed(accepts: accepts) }
    changes.payment = { part in
      PaymentPart(
        bank: part.bank, method: part.method, total: total,
        payouts: part.payouts.dropLast() + [Payout(payee: payee, amount: rest)],
        transferFee: fee)
    }
    changes.morePayments = others.map {
      PaymentPart(
        bank: $0, method: .ecash, total: share.amount, payouts: [share], transferFee: fee)
    }
    let purchase = try Purchase(in: world, changes)
    let report = verification.verify(try await purchase.receipt(from: log))
    let expected: Finding.Result = isProven ? .proven : .refuted
    #expect(result(report, .payments) == [expected])
  }

  @Test("a part that is missing, shown twice, or of another order is noticed")
  func parts() async throws {
    let purchase = try Purchase(in: world)
    let other = try Purchase(in: world, seed: 8)
    let receipt = try await purchase.receipt(from: log)
    func answer(_ parts: [CommittedPart]) -> ReceiptReport.Answer {
      verification.verify(
        Receipt(
          process: receipt.process, entries: receipt.entries, checkpoint: receipt.checkpoint,
          verdictProof: nil, parts: parts, exhibits: [], keyBundle: nil)
      ).answer
    }
    let parts = receipt.parts
    #expect(answer(parts) == .proven)
    #expect(answer(parts.reversed()) == .proven)
    #expect(answer([]) != .proven)
    #expect(answer(parts.dropLast()) != .proven)
    #expect(answer(Array(parts.dropFirst())) == .refuted)
    #expect(answer(parts + [parts[0]]) == .refuted)
    #expect(answer(parts + [other.parts[0]]) == .refuted)
    #expect(answer([other.parts[0]] + parts.dropFirst()) == .refuted)
  }

  @Test("at least 200 receipts with one changed byte: none is proven")
  func mutations() async throws {
    let purchase = try Purchase(in: world)
    let bytes = try await purchase.receipt(from: log).bytes
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    let count = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2" ? 2000 : 220
    for round in 0..<count {
      var changed = bytes
      let draw = entropy.bytes(9)
      let place = Int(
        draw.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } % UInt64(bytes.count))
      changed[place] ^= 1 << (draw[8] & 7)
      #expect(
        verification.verify(changed).answer != .proven,
        "seed \(seed), round \(round), byte \(place)")
    }
  }

  @Test("files that are no receipts are refuted, without a crash")
  func noReceipts() async throws {
    let bytes = try await Purchase(in: world).receipt(from: log).bytes
    for count in stride(from: 0, to: bytes.count, by: 977) {
      #expect(verification.verify(Bytes(bytes.prefix(count))).answer == .refuted)
    }
    #expect(verification.verify(bytes + [0x0A]).answer == .refuted)
    let huge = Bytes(repeating: 0x20, count: Receipt.largestByteCount + 1)
    #expect(verification.verify(huge).findings.map(\.check) == [.format])
  }

  @Test("whom one does not know, one cannot check")
  func unknownKeys() async throws {
    let purchase = try Purchase(in: world)
    let receipt = try await purchase.receipt(from: log)
    func answer(_ change: (TrustedKey) -> TrustedKey?) throws -> ReceiptReport.Answer {
      var entropy = SeededEntropy(seed: 2)
      let list = world.trust.list.claim
      let trust = try TrustStore.sign(
        TrustList(madeAt: list.madeAt, keys: list.keys.compactMap(change), witnessQuorum: 0),
        with: world.root, entropy: &entropy)
      return ReceiptVerification(try TrustStore(trust)).verify(receipt).answer
    }
    #expect(try answer { $0 } == .proven)
    for role in [Role.bank, .merchant, .coordinator, .log, .witness] {
      #expect(try answer { $0.role == role ? nil : $0 } == .cannotBeChecked, "\(role)")
      let expired = try answer { key in
        guard key.role == role else { return key }
        return TrustedKey(
          party: key.party, role: key.role, key: key.key, validFrom: key.validFrom,
          validUntil: World.start)
      }
      #expect(expired == .cannotBeChecked, "\(role)")
    }
  }
}

@Suite("Receipts of purchases in which somebody cheats")
struct CheatingTests {
  /// One way to cheat: who says what, which check notices, and who is named.
  struct Cheat: Sendable, CustomStringConvertible {
    let description: String
    var abort: AbortReason?
    let check: Finding.Check
    var atFault: String?
    let changes: @Sendable (World) throws -> Purchase.Changes
  }

  static func more(_ amount: Amount) throws -> Amount {
    try amount.adding(Amount(minor: 1, currency: amount.currency))
  }

  static let cheats: [Cheat] = [
    Cheat(description: "the payments are more than the offers cost", check: .payments) { _ in
      var changes = Purchase.Changes()
      changes.payment = { part in
        guard let last = part.payouts.last, let amount = try? more(last.amount),
          let total = try? more(part.total)
        else { return part }
        return PaymentPart(
          bank: part.bank, method: part.method, total: total,
          payouts: part.payouts.dropLast() + [Payout(payee: last.payee, amount: amount)])
      }
      return changes
    },
    Cheat(description: "an offer does not allow the coordinator", check: .offer) { world in
      let other = world.secondCoordinator.issuer.key
      var changes = Purchase.Changes()
      changes.offer = { offer, number in
        number == 0 ? offer.changed(coordinators: [other]) : offer
      }
      return changes
    },
    Cheat(description: "an offer does not accept the payment", check: .payments) { _ in
      var changes = Purchase.Changes()
      changes.offer = { offer, number in number == 0 ? offer.changed(accepts: []) : offer }
      return changes
    },
    Cheat(description: "the bank reserves less", check: .reservation) { _ in
      var changes = Purchase.Changes()
      changes.reservation = {
        Reservation(
          process: $0.process, part: $0.part, total: .zero($0.total.currency), decideBy: $0.decideBy
        )
      }
      return changes
    },
    Cheat(description: "a merchant deposits for a higher price", check: .deposit) { _ in
      var changes = Purchase.Changes()
      changes.deposit = { deposit, number in
        guard number == 1, let amount = try? more(deposit.amount) else { return deposit }
        return Deposit(
          process: deposit.process, offer: deposit.offer, quantity: deposit.quantity,
          amount: amount, payee: deposit.payee, decideBy: deposit.decideBy,
          heldUntil: deposit.heldUntil, keyDigest: deposit.keyDigest)
      }
      return changes
    },
    Cheat(
      description: "the coordinator accepts another key than the deposited one", check: .acceptance,
      atFault: "coordinator.example"
    ) { _ in
      var changes = Purchase.Changes()
      changes.acceptance = {
        Acceptance(
          process: $0.process, offer: $0.offer, deposit: $0.deposit, keyDigest: identifier("other"))
      }
      return changes
    },
    Cheat(description: "the customer asks for one key only", check: .deliveryRequest) { _ in
      var changes = Purchase.Changes()
      changes.request = {
        DeliveryRequest(process: $0.process, acceptances: Array($0.acceptances.prefix(1)))
      }
      return changes
    },
    Cheat(description: "another coordinator decides", check: .verdict) { _ in
      var changes = Purchase.Changes()
      changes.decider = { $0.secondCoordinator }
      return changes
    },
    Cheat(
      description: "the coordinator commits after the order's time", check: .verdict,
      atFault: "coordinator.example"
    ) { _ in
      var changes = Purchase.Changes()
      changes.verdict = {
        Verdict(
          process: $0.process, decision: $0.decision,
          decidedAt: World.start.adding(seconds: 600), evidence: $0.evidence)
      }
      return changes
    },
    Cheat(description: "the verdict delivers other keys", check: .keyBundle) { _ in
      var changes = Purchase.Changes()
      changes.verdict = {
        Verdict(
          process: $0.process, decision: .commit(keyBundle: identifier("other")),
          decidedAt: $0.decidedAt, evidence: $0.evidence)
      }
      return changes
    },
    Cheat(description: "the bank pays less", check: .transfer) { _ in
      var changes = Purchase.Changes()
      changes.transfer = {
        Transfer(
          process: $0.process, verdict: $0.verdict, payee: $0.payee,
          amount: .zero($0.amount.currency))
      }
      return changes
    },
    Cheat(
      description: "the bank keeps what was not agreed", check: .transfer, atFault: "bank.example"
    ) { _ in
      var changes = Purchase.Changes()
      changes.transfer = {
        Transfer(
          process: $0.process, verdict: $0.verdict, payee: $0.payee, amount: $0.amount,
          fee: try? Amount(minor: 1, currency: $0.amount.currency))
      }
      return changes
    },
    Cheat(description: "the bank's fee is more than an offer allows", check: .payments) { _ in
      var changes = Purchase.Changes()
      changes.payment = { part in
        PaymentPart(
          bank: part.bank, method: part.method, total: part.total, payouts: part.payouts,
          transferFee: 1)
      }
      return changes
    },
    Cheat(description: "a merchant confirms another verdict", check: .settlement) { _ in
      var changes = Purchase.Changes()
      changes.settlement = {
        Settlement(process: $0.process, verdict: identifier("other"), transfers: $0.transfers)
      }
      return changes
    },
    Cheat(description: "the bank releases less", abort: .timeout, check: .void) { _ in
      var changes = Purchase.Changes()
      changes.void = {
        VoidedReservation(
          process: $0.process, verdict: $0.verdict,
          released: $0.released.map { .zero($0.currency) })
      }
      return changes
    },
    Cheat(description: "a merchant releases on another verdict", abort: .timeout, check: .release) {
      _ in
      var changes = Purchase.Changes()
      changes.release = {
        Release(process: $0.process, offer: $0.offer, verdict: identifier("other"))
      }
      return changes
    },
  ]

  let world: World
  let log: TransparencyLog

  init() throws {
    world = try World()
    log = world.log()
  }

  @Test("is refuted by the check that is for it", arguments: cheats)
  func refuted(_ cheat: Cheat) async throws {
    let purchase = try Purchase(in: world, abort: cheat.abort, try cheat.changes(world))
    let report = ReceiptVerification(world.trust).verify(try await purchase.receipt(from: log))
    #expect(report.answer == .refuted)
    #expect(report.findings.contains { $0.check == cheat.check && $0.result == .refuted })
    #expect(report.atFault.map(\.text) == (cheat.atFault.map { [$0] } ?? []))
  }

  @Test("two verdicts name the coordinator, and take a log that breaks the rule as well")
  func twoVerdicts() async throws {
    let purchase = try Purchase(in: world)
    let second = world.coordinator.sign(
      Verdict(
        process: purchase.process, decision: .abort(.timeout), decidedAt: World.start,
        evidence: identifier("evidence")),
      nonce: try #require(Nonce(Bytes(repeating: 9, count: 16))))
    await #expect(throws: ReceiptsError(.slotTaken, "")) {
      try await purchase.receipt(from: log, with: [second.bytes])
    }
    // A log and a witness that do whatever they are told.
    let entries = try (purchase.statements.map(\.bytes) + [second.bytes]).map { bytes in
      let statement = try UnverifiedStatement(bytes)
      return (
        bytes,
        LogEntry(
          slot: statement.kind == .verdict ? .verdict(of: purchase.process) : .none,
          statement: statement.id)
      )
    }
    let tree = MerkleLevels(entries.map(\.1.leafHash))
    let text = Checkpoint(origin: "log.example", size: tree.size, root: tree.root).text
    let receipt = Receipt(
      process: purchase.process,
      entries: try entries.enumerated().map { index, entry in
        Receipt.Entry(
          statement: entry.0, index: UInt64(index),
          path: try #require(tree.auditPath(of: UInt64(index), in: tree.size)))
      },
      checkpoint: SignedNote(
        text: text,
        signatures: [
          world.logSigner.sign(text, at: World.start),
          world.witnessSigner.sign(text, at: World.start),
        ]),
      verdictProof: nil, parts: purchase.parts, exhibits: [], keyBundle: nil)
    let report = ReceiptVerification(world.trust).verify(receipt.bytes)
    #expect(report.answer == .refuted)
    #expect(report.decision == nil)
    #expect(report.atFault == [world.coordinator.issuer.party])
  }

  @Test("the bank that voids a commit, or pays on an abort, is named")
  func contradictions() async throws {
    var entropy = SeededEntropy(seed: 11)
    let commit = try Purchase(in: world)
    let void = world.bank.sign(
      VoidedReservation(process: commit.process, verdict: commit.verdictID, released: nil),
      entropy: &entropy)
    let release = world.merchants[1].sign(
      Release(process: commit.process, offer: identifier("offer"), verdict: commit.verdictID),
      entropy: &entropy)
    let verification = ReceiptVerification(world.trust)
    let receipt = try await commit.receipt(from: log, with: [void.bytes, release.bytes])
    let report = verification.verify(receipt)
    #expect(report.answer == .refuted)
    #expect(report.atFault == [world.bank.issuer.party, world.merchants[1].issuer.party])

    let abort = try Purchase(in: world, seed: 9, abort: .cancelled)
    let payee = Payee(
      bank: world.bank.issuer.party, account: try #require(AccountName("merchant-0")))
    let transfer = world.bank.sign(
      Transfer(
        process: abort.process, verdict: abort.verdictID, payee: payee,
        amount: .zero(try #require(Currency("EUR")))), entropy: &entropy)
    let paid = verification.verify(try await abort.receipt(from: log, with: [transfer.bytes]))
    #expect(paid.answer == .refuted)
    #expect(paid.atFault == [world.bank.issuer.party])
  }

  @Test("whoever refuses after a commit does not undo it, and is not named for it")
  func refusalAfterCommit() async throws {
    var entropy = SeededEntropy(seed: 12)
    let purchase = try Purchase(in: world)
    func refusal(_ signer: StatementSigner, _ step: String) throws -> Bytes {
      signer.sign(
        Refusal(
          process: purchase.process, step: try #require(StepPath(rawValue: step)),
          reason: .conflict), entropy: &entropy
      ).bytes
    }
    let verification = ReceiptVerification(world.trust)
    for (signer, step, check) in [
      (world.merchants[0], "settle/books.example", Finding.Check.settlement),
      (world.bank, "post/bank.example", .transfer),
    ] {
      let refused = try refusal(signer, step)
      for left in [[], ["transfer 0", "transfer 1", "settlement 0"]] as [Set<String>] {
        let report = verification.verify(
          try await purchase.receipt(from: log, without: left, with: [refused]))
        let id = try UnverifiedStatement(refused).id
        let findings = report.findings.filter { $0.statement == id && $0.check != .signature }
        #expect(report.answer == .proven, "\(step)")
        #expect(findings.map(\.check) == [check] && findings.map(\.result) == [.pending])
        #expect(report.atFault == [])
      }
    }
    let stranger = try refusal(world.bystander, "settle/bystander.example")
    let report = verification.verify(try await purchase.receipt(from: log, with: [stranger]))
    #expect(report.answer == .refuted, "it has no place in this purchase")
  }

  @Test("a revealed key that does not open the good names the merchant, and only then")
  func wrongKey() async throws {
    let verification = ReceiptVerification(world.trust)
    var changes = Purchase.Changes()
    changes.wrongKey = 1
    let purchase = try Purchase(in: world, abort: .invalid, changes)
    func report(_ deposit: Int, _ identity: Bytes) async throws -> ReceiptReport {
      verification.verify(
        try await purchase.receipt(
          from: log,
          exhibits: [.revealedKey(deposit: purchase.deposits[deposit], identity: identity)]
        ).bytes)
    }
    let named = try await report(1, purchase.identities[1])
    #expect(named.answer == .proven)
    #expect(named.atFault == [world.merchants[1].issuer.party])
    // The other merchant's key is right, and bytes that nobody has deposited prove nothing.
    for (deposit, identity) in [
      (0, purchase.identities[0]), (0, purchase.identities[1]), (1, purchase.identities[0]),
      (1, []), (1, Bytes(repeating: 0, count: 32)),
    ] {
      let cleared = try await report(deposit, identity)
      #expect(cleared.answer == .refuted)
      #expect(cleared.atFault == [])
    }
    // After a commit nothing makes up for it.
    let committed = try Purchase(in: world, seed: 9, changes)
    let complaint = verification.verify(
      try await committed.receipt(
        from: log,
        exhibits: [
          .revealedKey(deposit: committed.deposits[1], identity: committed.identities[1])
        ]))
    #expect(complaint.answer == .refuted)
    #expect(complaint.atFault == [world.merchants[1].issuer.party])
  }

  // MARK: - Coins spent twice

  /// A use of one coin, signed by it.
  func use(_ process: ProcessID) throws -> CoinUse {
    let bank = world.bank.issuer.party
    let message = Bytes("foil/spend/v1\n".utf8) + process.bytes + Bytes(bank.text.utf8)
    return CoinUse(
      process: process, bank: bank, signature: try World.privateKey("coin").sign(message))
  }

  /// What a receipt says of the bank's double-spend proof. The first purchase's verdict is in its log
  /// before the second one's, unless that is there already.
  func doubleSpend(
    _ first: Purchase, _ firstUse: CoinUse, _ second: Purchase, firstLog: TransparencyLog? = nil,
    trust: TrustStore? = nil
  ) async throws -> Set<Finding.Result> {
    guard
      case .done(let verdict) = await (firstLog ?? log).publish(
        first.verdict, process: first.process, bundle: first.bundle)
    else { throw BadFixture("not published") }
    var entropy = SeededEntropy(seed: 5)
    let proof = world.bank.sign(
      DoubleSpend(
        coin: try #require(CoinID(try World.privateKey("coin").publicKey.bytes)),
        denomination: identifier("denomination"), first: firstUse,
        second: try use(second.process), verdict: verdict), entropy: &entropy)
    let report = ReceiptVerification(trust ?? world.trust).verify(
      try await second.receipt(from: log, with: [proof.bytes]))
    return Set(report.findings.filter { $0.check == .doubleSpend }.map(\.result))
  }

  @Test("a coin spent before excuses the abort, when the first use is final")
  func spentBefore() async throws {
    let first = try Purchase(in: world, seed: 20)
    let aborted = try Purchase(in: world, seed: 21, abort: .timeout)
    let second = try Purchase(in: world, seed: 22, abort: .refused)
    #expect(try await doubleSpend(first, use(first.process), second) == [.proven])
    // A use whose process was aborted proves nothing, nor one that the coin has not signed.
    #expect(try await doubleSpend(aborted, use(aborted.process), second) == [.refuted])
    let forged = CoinUse(
      process: first.process, bank: world.bank.issuer.party,
      signature: try use(second.process).signature)
    #expect(try await doubleSpend(first, forged, second) == [.refuted])
  }

  @Test("a coin that an abort gave free and that was spent later was not spent twice")
  func spentLater() async throws {
    let aborted = try Purchase(in: world, seed: 23, abort: .timeout)
    _ = try await aborted.receipt(from: log)
    let later = try Purchase(in: world, seed: 24)
    #expect(try await doubleSpend(later, use(later.process), aborted) == [.refuted])
  }

  @Test("a commit in another log does not tell which use came first")
  func spentInAnotherLog() async throws {
    let signer = try World.noteSigner("second-log.example", .note)
    let list = world.trust.list.claim
    var entropy = SeededEntropy(seed: 6)
    let trust = try TrustStore(
      TrustStore.sign(
        TrustList(
          madeAt: list.madeAt,
          keys: list.keys + [
            TrustedKey(
              party: World.party(signer.key.name), role: .log, key: signer.key.publicKey.value,
              validFrom: World.validFrom, validUntil: World.validUntil)
          ], witnessQuorum: list.witnessQuorum), with: world.root, entropy: &entropy))
    let other = TransparencyLog(
      signer: signer, store: MemoryStore<any LogRows>(MemoryLogRows()),
      witnesses: [
        LocalWitness(
          signer: world.witnessSigner, logs: [signer.key],
          store: MemoryStore<any LogRows>(MemoryLogRows()), clock: world.clock)
      ], quorum: 1, trust: trust, clock: world.clock)
    let first = try Purchase(in: world, seed: 25)
    let second = try Purchase(in: world, seed: 26, abort: .refused)
    #expect(
      try await doubleSpend(first, use(first.process), second, firstLog: other, trust: trust)
        == [.refuted])
    #expect(
      try await doubleSpend(first, use(first.process), second, trust: trust) == [.refuted],
      "nor does one that came into this log too late")
  }
}

extension Offer {
  /// The offer with other coordinators or other ways to pay.
  func changed(coordinators: [Thumbprint]? = nil, accepts: [AcceptedPayment]? = nil) -> Offer {
    Offer(
      title: title, description: description, fileName: fileName, mediaType: mediaType,
      container: container, mode: mode, stock: stock, price: price,
      maximumQuantity: maximumQuantity, payee: payee, accepts: accepts ?? self.accepts,
      coordinators: coordinators ?? self.coordinators, holdLimitSeconds: holdLimitSeconds,
      deliveryLimitSeconds: deliveryLimitSeconds, expiresAt: expiresAt,
      retainedUntil: retainedUntil)
  }
}
