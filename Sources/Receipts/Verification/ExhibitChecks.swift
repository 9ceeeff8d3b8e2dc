// Checks of what was revealed: a deposited key that does not open the good, and coins spent twice.

import Evidence
import PaymentCrypto
import PaymentModel

extension Examination {
  mutating func checkExhibits() {
    for exhibit in receipt.exhibits {
      switch exhibit {
      case .revealedKey(let deposit, let identity): checkRevealedKey(of: deposit, identity)
      case .keyBundle, .oneTimeIdentity, .blindSignatures, .chunk, .address:
        findings.append(Finding(.exhibit, .pending, "something was revealed for a dispute"))
      case .unlogged: break
      }
    }
    for proof in unused.doubleSpends { checkDoubleSpend(proof) }
    unused.doubleSpends = []
    checkDisputes()
  }

  /// What was said in a dispute stands beside the purchase, and changes nothing about it.
  private mutating func checkDisputes() {
    for complaint in unused.complaints {
      find(
        .dispute, .proven, complaint,
        "\(complaint.issuer.party) complains: \(complaint.claim.grievance.rawValue)")
    }
    // What was said about other complaints says nothing here.
    let complaints = unused.complaints.map(\.id)
    for request in unused.requests where complaints.contains(request.claim.complaint) {
      find(
        .dispute, .proven, request,
        "\(request.claim.party) was asked for \(request.claim.question.rawValue) by "
          + "\(request.claim.answerBy)")
    }
    for ruling in unused.rulings where complaints.contains(ruling.claim.complaint) {
      find(
        .dispute, .proven, ruling,
        "\(ruling.issuer.party) has ruled: \(ruling.claim.outcome.rawValue)"
          + (ruling.claim.party.map { ", \($0)" } ?? ""))
    }
    unused.complaints = []
    unused.requests.removeAll { complaints.contains($0.claim.complaint) }
    unused.rulings.removeAll { complaints.contains($0.claim.complaint) }
  }

  // MARK: - A wrong key

  /// The merchant is bound to the key by the digest in the deposit, and to the good by the offer. A key that
  /// matches the one and not the other names the merchant.
  private mutating func checkRevealedKey(of id: StatementID, _ identity: Bytes) {
    guard let (deposit, item) = deposits.first(where: { $0.deposit.id == id }) else {
      findings.append(
        Finding(
          .depositedKey, .missing, "the deposit of a revealed key is not there", kind: .deposit,
          statement: id))
      return
    }
    guard
      SHA256.digest(Deposit.keyDigestPrefix(of: receipt.process), identity)
        == deposit.claim.keyDigest
    else {
      return find(.depositedKey, .refuted, deposit, "what is revealed is not the deposited key")
    }
    guard let container = item.offer.claim.container else {
      return find(.depositedKey, .refuted, deposit, "the offer has no good that a key could open")
    }
    guard !Self.opens(container, identity) else {
      return find(
        .depositedKey, .refuted, deposit, "the revealed key opens the good, as it should")
    }
    // After an abort this is why; after a commit the key should never have been accepted.
    find(
      .depositedKey, isCommitted ? .refuted : .proven, deposit,
      "the key that \(deposit.issuer.party) deposited does not open the good that it offered",
      atFault: deposit.issuer.party)
  }

  /// Whether identity bytes are the key of a container: its recipient's, and its header opens.
  private static func opens(_ container: ContainerCommitment, _ identity: Bytes) -> Bool {
    do {
      let identity = try Age.Identity(copying: SecretBytes(copying: identity))
      guard identity.recipient.bytes == container.recipient.bytes else { return false }
      _ = try Age.Header(container.header).unwrap(with: identity)
      return true
    } catch {
      return false
    }
  }

  // MARK: - Coins spent before

  /// The commit of the first use must stand in the log before the verdict of this purchase. Otherwise a
  /// coin that an abort gave free, and that was well spent later, would look as if it had been spent twice.
  private mutating func checkDoubleSpend(_ proof: Stated<DoubleSpend>) {
    guard let verdict, let place = places[verdict.id] else {
      return find(
        .doubleSpend, .missing, proof,
        "the verdict is not there that the first use of the coin must precede")
    }
    let claim = proof.claim
    let bank = proof.issuer.party
    guard payments.contains(where: { $0.content.bank == bank }), !isCommitted,
      [claim.first, claim.second].allSatisfy({ Self.isValid($0, of: claim.coin, at: bank) }),
      let first = commit(claim.verdict, of: claim.first.process)
    else {
      return find(.doubleSpend, .refuted, proof, "the proof of a double spending does not hold")
    }
    guard first.precedes(place) else {
      return find(
        .doubleSpend, .refuted, proof, "the other use of the coin was not committed before this one"
      )
    }
    find(.doubleSpend, .proven, proof, "a coin of this payment had been spent before")
  }

  private static func isValid(_ use: CoinUse, of coin: CoinID, at bank: PartyName) -> Bool {
    guard let key = try? Ed25519.PublicKey(coin.bytes), use.bank == bank else { return false }
    return key.isValid(signature: use.signature, for: use.message)
  }

  /// Where another process's verdict stands, if that is a commit, by whichever trusted coordinator.
  private func commit(_ verdict: LoggedVerdict, of process: ProcessID) -> LogPlace? {
    guard let issuer = try? UnverifiedStatement(verdict.verdict.bytes).issuer else { return nil }
    func place(under trust: TrustStore) -> LogPlace? {
      guard
        let logged = try? VerdictVerifier(trust, policy: policy).verify(
          verdict, of: process, by: issuer.key),
        logged.stated.claim.decision.isCommit
      else { return nil }
      return logged.place
    }
    // The key must have been believed where that verdict stands, whatever has become of it since.
    guard let found = place(under: keys.latest) ?? place(under: keys.store(at: 0)) else {
      return nil
    }
    return place(under: keys.store(at: found.index))
  }
}
