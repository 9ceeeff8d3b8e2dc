// Checks of the verdict: that there is one, by the order's coordinator, in time, and in the log.

import Evidence
import PaymentModel

extension Examination {
  mutating func checkVerdict() {
    guard let order else { return }
    let verdicts = unused.verdicts
    unused.verdicts = []
    guard let verdict = verdicts.first else {
      return findMissing(
        .verdict, .missing, of: .verdict, by: nil, "no verdict about this purchase is there")
    }
    guard verdicts.count == 1 else {
      for other in verdicts {
        // One key that decides twice has broken the rules, whatever the order says.
        let isTwice = verdicts.contains { $0.id != other.id && $0.issuer == other.issuer }
        find(
          .verdict, .refuted, other, "there are two verdicts about one purchase",
          atFault: isTwice ? other.issuer.party : nil)
      }
      return
    }
    for other in unused.unloggedVerdicts
    where other.id != verdict.id && other.issuer == verdict.issuer {
      find(
        .verdict, .refuted, other, "another verdict about this purchase was signed by the same key",
        atFault: other.issuer.party)
    }
    guard verdict.issuer.key == order.claim.coordinator else {
      return find(.verdict, .refuted, verdict, "the verdict is not by the order's coordinator")
    }
    if verdict.claim.decision.isCommit, verdict.claim.decidedAt >= order.claim.decideBy {
      return find(
        .verdict, .refuted, verdict, "the commit is dated after the order's time",
        atFault: verdict.issuer.party)
    }
    guard let seen = earliestSight(of: verdict) else { return }
    self.verdict = verdict
    find(.verdict, .proven, verdict, Self.words(verdict.claim.decision), noLaterThan: seen)
    checkKeyBundle(of: verdict)
  }

  /// When a witness first saw the verdict in the log; `nil` when a proof of that is wrong.
  private mutating func earliestSight(of verdict: Stated<Verdict>) -> Timestamp? {
    guard let time, let proof = receipt.verdictProof else { return time }
    do {
      let entry = LogEntry(slot: .verdict(of: receipt.process), statement: verdict.id)
      let sight = try policy.verify(entry, by: proof)
      return min(time, sight.witnessedAt ?? time)
    } catch {
      find(
        .verdict, .refuted, verdict,
        "the verdict's own log proof does not hold: \(error.message) (\(error.code.rawValue))")
      return nil
    }
  }

  private mutating func checkKeyBundle(of verdict: Stated<Verdict>) {
    switch (verdict.claim.decision, receipt.keyBundle) {
    case (.commit(let signed), let fetched?) where signed == fetched:
      find(.keyBundle, .proven, verdict, "the fetched keys are those that the verdict delivers")
    case (.commit, nil):
      find(.keyBundle, .pending, verdict, "the keys have not been fetched")
    case (.abort, nil):
      break
    case (.commit, _), (.abort, _):
      find(.keyBundle, .refuted, verdict, "the verdict does not deliver these keys")
    }
  }

  private static func words(_ decision: Decision) -> String {
    switch decision {
    case .commit: "the purchase was committed"
    case .abort(let reason): "the purchase was aborted: \(reason.rawValue)"
    }
  }
}
