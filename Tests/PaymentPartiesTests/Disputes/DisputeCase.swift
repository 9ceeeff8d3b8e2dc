// Complaints of every kind, by honest and by dishonest complainants, with what the judge must say.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

/// A complaint with its evidence and its outcome.
struct DisputeCase {
  let name: String
  let comment: String
  /// `at-fault books.example chunk-is-wrong`, or `ask bank.example transfer`, and so on.
  let expected: String
  /// Whether a second bank takes part.
  let hasOtherBank: Bool
  let evidence: @Sendable (DisputeWorld) async throws -> [Receipt]

  init(
    _ name: String, _ expected: String, _ comment: String, hasOtherBank: Bool = false,
    _ evidence: @escaping @Sendable (DisputeWorld) async throws -> [Receipt]
  ) {
    self.name = name
    self.expected = expected
    self.comment = comment
    self.hasOtherBank = hasOtherBank
    self.evidence = evidence
  }

  static let all = goods + keys + decoys + parcels + money + clearing + verdicts

  /// What a judgement is in words.
  static func words(_ judgement: Judgement) -> String {
    switch judgement {
    case .ruled(let ruling):
      "\(ruling.outcome.rawValue) \(ruling.party?.text ?? "nobody") \(ruling.rule.rawValue)"
    case .ask(let party, let question): "ask \(party) \(question.rawValue)"
    case .awaits(let party, let question, _): "awaits \(party) \(question.rawValue)"
    case .lacks(let kind): "lacks \(kind.rawValue)"
    }
  }
}

// MARK: - What the cases are made of

extension DisputeWorld {

  /// A purchase, its complaint, and the file that the complainant hands in.
  func complaint(
    _ grievance: Grievance, of purchase: DisputedPurchase, about: StatementID? = nil,
    by signer: StatementSigner? = nil, with more: [Bytes] = [],
    exhibits: [Receipt.Exhibit] = [], attachment: Bytes? = nil
  ) async throws -> (id: StatementID, file: Receipt) {
    let complaint = sign(
      Complaint(grievance, about: about ?? purchase.verdictID, process: purchase.process),
      by: signer ?? customer)
    let file = try await file(
      about: purchase.process, purchase.statements + more + [complaint.bytes],
      parts: purchase.parts, exhibits: exhibits, attachment: attachment)
    return (try UnverifiedStatement(complaint.bytes).id, file)
  }

  /// The auditor asks, in the log, and the time for the answer passes.
  func asked(
    _ party: StatementSigner, _ question: Question, about complaint: StatementID,
    of purchase: DisputedPurchase, answerSeconds: Int64 = 2 * day, passes: Bool = true
  ) async throws -> [Receipt] {
    let request = sign(
      EvidenceRequest(
        complaint: complaint, party: party.issuer.party, question: question,
        answerBy: clock.now().adding(seconds: answerSeconds)), by: auditor)
    let asking = try await file(about: purchase.process, [request.bytes])
    guard passes else { return [asking] }
    clock.pass(seconds: answerSeconds)
    // Something new in the log shows that the time has passed.
    let later = sign(
      Complaint(.twoVerdicts, about: complaint, process: nil), by: bystander)
    return [asking, try await file(about: complaint.renamed(), [later.bytes])]
  }

  func chunk(
    of purchase: DisputedPurchase, fileKey: Bytes? = nil
  ) -> Receipt.Exhibit {
    .chunk(
      offer: purchase.offerID, index: 0, listed: purchase.chunk.listed, path: [],
      fileKey: fileKey ?? purchase.chunk.fileKey)
  }
}

extension DisputeCase {
  // MARK: - Goods

  private static let goods: [DisputeCase] = [
    DisputeCase(
      "goods-wrong-honest", "at-fault books.example chunk-is-wrong",
      "the merchant signed another h_0 than that of what it sealed"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(merchantLies: true))
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID,
          exhibits: [world.chunk(of: purchase)], attachment: purchase.chunk.ciphertext
        ).file
      ]
    },
    DisputeCase(
      "goods-wrong-dishonest", "not-at-fault books.example chunk-is-right",
      "the chunk is what was offered"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID,
          exhibits: [world.chunk(of: purchase)], attachment: purchase.chunk.ciphertext
        ).file
      ]
    },
    DisputeCase(
      "goods-wrong-disk-rot", "not-at-fault books.example unproven",
      "the chunk has changed since: disks rot"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      var ciphertext = purchase.chunk.ciphertext
      ciphertext[3] ^= 1
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID,
          exhibits: [world.chunk(of: purchase)], attachment: ciphertext
        ).file
      ]
    },
    DisputeCase(
      "goods-wrong-other-key", "not-at-fault books.example unproven",
      "a file key that the header does not commit to, so that nothing opens"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID,
          exhibits: [world.chunk(of: purchase, fileKey: Bytes(repeating: 1, count: 16))],
          attachment: purchase.chunk.ciphertext
        ).file
      ]
    },
    DisputeCase(
      "goods-wrong-aborted", "not-at-fault nobody nothing-owed",
      "the merchant lied, but nothing was bought"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(merchantLies: true, abort: .timeout))
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID,
          exhibits: [world.chunk(of: purchase)], attachment: purchase.chunk.ciphertext
        ).file
      ]
    },
    DisputeCase(
      "goods-wrong-not-entitled", "not-at-fault nobody not-entitled",
      "another merchant complains of the good"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(merchantLies: true))
      return [
        try await world.complaint(
          .goodsWrong, of: purchase, about: purchase.offerID, by: world.bystander,
          exhibits: [world.chunk(of: purchase)], attachment: purchase.chunk.ciphertext
        ).file
      ]
    },
  ]

  // MARK: - Keys

  private static let keys: [DisputeCase] = [
    DisputeCase(
      "key-missing-honest", "at-fault coordinator.example bundle-lacks-keys",
      "the committed bundle opens and holds no key"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(bundleIsEmpty: true))
      return [
        try await world.complaint(
          .keyMissing, of: purchase,
          exhibits: [
            .keyBundle(purchase.bundle), .oneTimeIdentity(world.oneTimeIdentity),
          ]
        ).file
      ]
    },
    DisputeCase(
      "key-missing-dishonest", "not-at-fault coordinator.example bundle-is-there",
      "the bundle holds the key"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [
        try await world.complaint(
          .keyMissing, of: purchase,
          exhibits: [
            .keyBundle(purchase.bundle), .oneTimeIdentity(world.oneTimeIdentity),
          ]
        ).file
      ]
    },
    DisputeCase(
      "key-missing-other-identity", "not-at-fault coordinator.example bundle-is-there",
      "an identity is revealed that is not the order's, so that nothing opens"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [
        try await world.complaint(
          .keyMissing, of: purchase,
          exhibits: [
            .keyBundle(purchase.bundle), .oneTimeIdentity(DisputeWorld.secret("another")),
          ]
        ).file
      ]
    },
    DisputeCase(
      "key-missing-unserved", "ask coordinator.example key-bundle",
      "nobody has the bundle: the coordinator has to show it"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      return [try await world.complaint(.keyMissing, of: purchase).file]
    },
    DisputeCase(
      "key-missing-silent", "did-not-answer coordinator.example asked-in-vain",
      "the coordinator was asked in the log and stayed silent"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (id, file) = try await world.complaint(.keyMissing, of: purchase)
      return [file]
        + (try await world.asked(world.coordinator, .keyBundle, about: id, of: purchase))
    },
    DisputeCase(
      "key-missing-awaited", "awaits coordinator.example key-bundle",
      "the coordinator was asked, and its time has not passed"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (id, file) = try await world.complaint(.keyMissing, of: purchase)
      return [file]
        + (try await world.asked(
          world.coordinator, .keyBundle, about: id, of: purchase, passes: false))
    },
    DisputeCase(
      "key-missing-no-time-to-answer", "ask coordinator.example key-bundle",
      "a request that leaves an hour counts as not made"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (id, file) = try await world.complaint(.keyMissing, of: purchase)
      return [file]
        + (try await world.asked(
          world.coordinator, .keyBundle, about: id, of: purchase, answerSeconds: 3600))
    },
    DisputeCase(
      "key-missing-answered", "not-at-fault coordinator.example bundle-is-there",
      "the coordinator hands the bundle in"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (id, file) = try await world.complaint(.keyMissing, of: purchase)
      let answer = try await world.file(
        about: purchase.process, [purchase.verdict.bytes],
        exhibits: [.keyBundle(purchase.bundle)])
      return [file, answer]
        + (try await world.asked(world.coordinator, .keyBundle, about: id, of: purchase))
    },
    DisputeCase(
      "key-missing-acknowledged", "not-at-fault coordinator.example acknowledged",
      "she has acknowledged the good before"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let acknowledgement = world.sign(
        Acknowledgement(
          process: purchase.process, verdict: purchase.verdictID, offers: [purchase.offerID]),
        by: world.customer)
      let (_, file) = try await world.complaint(.keyMissing, of: purchase)
      return [
        file, try await world.file(about: purchase.process, [acknowledgement.bytes]),
      ]
    },
  ]

  private static let decoys: [DisputeCase] = [
    DisputeCase(
      "key-missing-hidden-part", "not-at-fault coordinator.example bundle-is-there",
      "a part of the order that the coordinator was never shown has no key, and none was accepted"
    ) { world in
      let hidden = try DisputedPurchase(in: world, .init(goodsName: "another good"))
      let purchase = try DisputedPurchase(in: world, .init(hiddenOffer: hidden.offerID))
      return [
        try await world.complaint(
          .keyMissing, of: purchase, with: [hidden.offer.bytes],
          exhibits: [.keyBundle(purchase.bundle), .oneTimeIdentity(world.oneTimeIdentity)]
        ).file
      ]
    },
    DisputeCase(
      "key-missing-extra-acceptance", "at-fault coordinator.example bundle-lacks-keys",
      "the coordinator accepts a key of a good that nobody bought, so that something is always missing"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(bundleIsEmpty: true))
      let extra = world.sign(
        Acceptance(
          process: purchase.process, offer: SHA256.digest([5]).renamed(),
          deposit: SHA256.digest([6]).renamed(), keyDigest: SHA256.digest([7])),
        by: world.coordinator)
      return [
        try await world.complaint(
          .keyMissing, of: purchase, with: [extra.bytes],
          exhibits: [.keyBundle(purchase.bundle), .oneTimeIdentity(world.oneTimeIdentity)]
        ).file
      ]
    },
    DisputeCase(
      "key-missing-no-acceptance", "lacks acceptance",
      "without an acceptance the coordinator owes no key"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let complaint = world.sign(
        Complaint(.keyMissing, about: purchase.verdictID, process: purchase.process),
        by: world.customer)
      return [
        try await world.file(
          about: purchase.process,
          purchase.statements.filter { $0 != purchase.acceptance.bytes } + [complaint.bytes],
          parts: purchase.parts)
      ]
    },
    DisputeCase(
      "key-missing-after-retention", "not-at-fault coordinator.example nothing-owed",
      "she complains when nobody has to keep the bundle any more"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      world.clock.pass(seconds: 5000)
      return [try await world.complaint(.keyMissing, of: purchase).file]
    },
    DisputeCase(
      "key-missing-decoy-verdict", "at-fault coordinator.example bundle-lacks-keys",
      "another coordinator's verdict over the same bundle hides nothing"
    ) { world in
      let purchase = try DisputedPurchase(in: world, .init(bundleIsEmpty: true))
      let decoy = world.sign(
        Verdict(
          process: purchase.process,
          decision: .commit(keyBundle: SHA256.digest(purchase.bundle)),
          decidedAt: DisputeWorld.start, evidence: SHA256.digest([])), by: world.otherCoordinator)
      return [
        try await world.file(
          about: purchase.process, [purchase.offer.bytes], exhibits: [.unlogged(decoy.bytes)]),
        try await world.complaint(
          .keyMissing, of: purchase,
          exhibits: [.keyBundle(purchase.bundle), .oneTimeIdentity(world.oneTimeIdentity)]
        ).file,
      ]
    },
  ]

  // MARK: - Parcels

  /// A sealed address, as far as anybody but the merchant can tell.
  private static let street = Bytes("a street, sealed".utf8)

  private static func address(
    of purchase: DisputedPurchase, in world: DisputeWorld
  ) throws -> (id: StatementID, bytes: Bytes) {
    let claim = world.sign(
      AddressClaim(
        process: purchase.process, offer: purchase.offerID, verdict: purchase.verdictID,
        address: SHA256.digest(street)), by: world.customer)
    return (try UnverifiedStatement(claim.bytes).id, claim.bytes)
  }

  private static let parcels: [DisputeCase] = [
    DisputeCase(
      "not-dispatched-honest", "did-not-answer books.example asked-in-vain",
      "an address was given, nothing was sent, and the merchant does not answer"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let address = try address(of: purchase, in: world)
      let (id, file) = try await world.complaint(
        .notDispatched, of: purchase, about: address.id, with: [address.bytes],
        exhibits: [.address(claim: address.id, Self.street)])
      return [file] + (try await world.asked(world.merchant, .dispatch, about: id, of: purchase))
    },
    DisputeCase(
      "not-dispatched-dishonest", "not-at-fault books.example answered",
      "the merchant shows the dispatch"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let address = try address(of: purchase, in: world)
      let dispatch = world.sign(
        Dispatch(
          process: purchase.process, offer: purchase.offerID, addressClaim: address.id,
          reference: "parcel 1"), by: world.merchant)
      let (_, file) = try await world.complaint(
        .notDispatched, of: purchase, about: address.id, with: [address.bytes],
        exhibits: [.address(claim: address.id, Self.street)])
      return [file, try await world.file(about: purchase.process, [dispatch.bytes])]
    },
    DisputeCase(
      "not-dispatched-by-another", "ask books.example dispatch",
      "a dispatch by another merchant is no answer"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let address = try address(of: purchase, in: world)
      let dispatch = world.sign(
        Dispatch(
          process: purchase.process, offer: purchase.offerID, addressClaim: address.id,
          reference: "parcel 1"), by: world.bystander)
      let (_, file) = try await world.complaint(
        .notDispatched, of: purchase, about: address.id, with: [address.bytes, dispatch.bytes],
        exhibits: [.address(claim: address.id, Self.street)])
      return [file]
    },
    DisputeCase(
      "not-dispatched-no-address", "lacks address-claim",
      "the digest of an address that nobody is shown asks nobody for a parcel"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let address = try address(of: purchase, in: world)
      return [
        try await world.complaint(
          .notDispatched, of: purchase, about: address.id, with: [address.bytes]
        ).file
      ]
    },
    DisputeCase(
      "not-dispatched-a-second-address", "not-at-fault books.example answered",
      "the good was sent to the first address, and she gives another one"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let (first, second) = (
        try address(of: purchase, in: world), try address(of: purchase, in: world)
      )
      let dispatch = world.sign(
        Dispatch(
          process: purchase.process, offer: purchase.offerID, addressClaim: first.id,
          reference: "parcel 1"), by: world.merchant)
      return [
        try await world.complaint(
          .notDispatched, of: purchase, about: second.id,
          with: [second.bytes, dispatch.bytes],
          exhibits: [.address(claim: second.id, Self.street)]
        ).file
      ]
    },
    DisputeCase(
      "not-dispatched-refused", "not-at-fault nobody refused",
      "the merchant says that this good is not one to be sent"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let address = try address(of: purchase, in: world)
      let refusal = try world.refusal(
        "dispatch/\(address.id)", of: purchase.process, by: world.merchant)
      let (id, file) = try await world.complaint(
        .notDispatched, of: purchase, about: address.id, with: [address.bytes],
        exhibits: [.address(claim: address.id, Self.street)])
      return [file, try await world.file(about: purchase.process, [refusal])]
        + (try await world.asked(world.merchant, .dispatch, about: id, of: purchase))
    },
  ]
}
