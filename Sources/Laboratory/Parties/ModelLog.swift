// The log without a tree: one verdict for each process of a coordinator, and the keys that go with it.

import Coordinator
import PaymentCrypto
package import PaymentModel

package struct LogBooks: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let coordinator: Thumbprint
    package let process: ProcessID
    package let verdict: Signed<Verdict>
    package let decision: PaymentModel.Decision
    package let decidedAt: Timestamp
    package let bundle: Sealed<SealedContent.KeyBundle>?
  }

  package var entries: [Entry] = []

  package func entry(
    of process: ProcessID, by coordinator: Thumbprint
  ) -> Entry? {
    entries.first { $0.process == process && $0.coordinator == coordinator }
  }
}

package struct ModelLog: Hashable, Sendable {
  package var desk = Desk(LogBooks())

  /// The verdicts that a coordinator published last, the last one first.
  func latestVerdicts(by coordinator: Thumbprint, atMost count: Int) -> [VerdictEntry] {
    desk.durable.entries.filter { $0.coordinator == coordinator }.suffix(count).reversed().map {
      VerdictEntry(process: $0.process, verdict: $0.verdict)
    }
  }

  mutating func answer(
    _ request: ParticipantRequest, in setting: Setting
  ) -> ParticipantReply? {
    guard case .publish(let verdict, let process, let bundle) = request else {
      return .unreachable
    }
    return .published(publish(verdict, process, bundle, setting))
  }

  private mutating func publish(
    _ verdict: Signed<Verdict>, _ process: ProcessID, _ bundle: Sealed<SealedContent.KeyBundle>?,
    _ setting: Setting
  ) -> Outcome<LoggedVerdict> {
    guard let key = SymbolicEvidence.issuerKey(of: verdict), setting.isCoordinator(key),
      let party = SymbolicEvidence.party(of: key),
      let claim = try? SymbolicEvidence.read(verdict, by: .party(party)).claim,
      claim.process == process
    else { return .refused(.invalid, nil) }
    switch claim.decision {
    case .commit(let digest):
      guard let bundle, SHA256.digest(bundle.bytes) == digest else {
        return .refused(.invalid, nil)
      }
    case .abort: guard bundle == nil else { return .refused(.invalid, nil) }
    }
    if let entry = desk.books.entry(of: process, by: key) {
      guard entry.verdict == verdict else { return .refused(.conflict, nil) }
    } else {
      desk.books.entries.append(
        LogBooks.Entry(
          coordinator: key, process: process, verdict: verdict, decision: claim.decision,
          decidedAt: claim.decidedAt, bundle: bundle))
      desk.touch()
    }
    return .done(
      LoggedVerdict(verdict: verdict, proof: SymbolicEvidence.proof(of: verdict)))
  }
}
