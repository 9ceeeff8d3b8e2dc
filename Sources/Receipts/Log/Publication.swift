// What gets a slot in the log, and what the log serves about it.

import Evidence
import PaymentCrypto
public import PaymentModel

extension TransparencyLog: VerdictLog {
  /// Logs a verdict in its process's slot and keeps its key bundle, all durable before the answer.
  ///
  /// A verdict gets the slot only when a trusted coordinator has signed it for that process, and a commit
  /// only with the bundle that it names.
  public func publish(
    _ verdict: Signed<Verdict>, process: ProcessID, bundle: Sealed<SealedContent.KeyBundle>?
  ) async -> Outcome<LoggedVerdict> {
    do throws(ReceiptsError) {
      let delivery = LogDelivery(verdict: verdict.bytes, bundle: bundle?.bytes)
      let entry = try admit(verdict, of: process, delivery)
      let answer = try await rounds.answer(
        LogRequest([entry], serving: LogRequest.Delivery(process: process, content: delivery)))
      guard let proof = answer.proofs.first else { return .unknown("there is no proof") }
      return .done(LoggedVerdict(verdict: verdict, proof: proof.bytes))
    } catch {
      switch error.code {
      case .slotTaken: return .refused(.conflict, nil)
      case .notAdmitted:
        // What stands there was admitted when its key was valid.
        if let known = try? await self.verdict(of: process), known.verdict == verdict {
          return .done(known)
        }
        return .refused(.invalid, nil)
      case .bundleMismatch: return .refused(.invalid, nil)
      default: return .unknown(error.message)
      }
    }
  }

  /// The verdicts with the highest indices. They may not be below a witnessed checkpoint yet. Not more than
  /// the last 65,536 entries are looked at.
  public func latestVerdicts(
    by key: Thumbprint, atMost count: Int
  ) async -> Outcome<[VerdictEntry]> {
    .done(
      await store.read { rows in
        var found: [VerdictEntry] = []
        // An index that is not in the log yet: of a verdict that stood there before its delivery.
        var end = rows.size + 1
        let first = end > 65_536 ? end - 65_536 : 0
        while end > first, found.count < count {
          let start = end > 256 ? end - 256 : 0
          for process in rows.deliveries(from: start..<end).reversed() {
            guard let delivery = rows.delivery(of: process),
              (try? UnverifiedStatement(delivery.verdict).issuer.key) == key
            else { continue }
            found.append(VerdictEntry(process: process, verdict: Signed(delivery.verdict)))
          }
          end = start
        }
        return Array(found.prefix(count))
      })
  }

  /// The verdict in a process's slot. It may not be below a witnessed checkpoint yet.
  public func loggedVerdict(of process: ProcessID) async -> Outcome<Signed<Verdict>?> {
    .done(await store.read { rows in rows.delivery(of: process).map { Signed($0.verdict) } })
  }

  /// The logged verdict of a process; `nil` when there is none.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func verdict(of process: ProcessID) async throws(ReceiptsError) -> LoggedVerdict? {
    let found = await store.read { rows in
      (rows.delivery(of: process), rows.index(in: .verdict(of: process)))
    }
    guard let delivery = found.0, let index = found.1, let proof = try await proof(of: index)
    else { return nil }
    return LoggedVerdict(verdict: Signed(delivery.verdict), proof: proof.bytes)
  }

  /// The sealed keys of a committed process, for anybody; `nil` when there are none. Nobody gets them before the
  /// verdict is below a witnessed checkpoint.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func bundle(
    of process: ProcessID
  ) async throws(ReceiptsError) -> Sealed<SealedContent.KeyBundle>? {
    guard let bytes = await store.read({ $0.delivery(of: process)?.bundle }),
      try await proof(in: .verdict(of: process)) != nil
    else { return nil }
    return Sealed(bytes, digest: SHA256.digest(bytes))
  }

  /// Logs a bank's keyset in the slot of its period and proves it.
  ///
  /// - Throws: `notAdmitted` unless a trusted bank has signed it; `slotTaken` when another keyset has that
  ///   slot; `unwitnessed`, `logBehind`, `tileFiles`.
  public func publish(_ keyset: Signed<Keyset>) async throws(ReceiptsError) -> LogProof {
    let stated: Stated<Keyset>
    do {
      stated = try trust.verify(keyset, at: clock.now()).stated
    } catch {
      throw ReceiptsError(.notAdmitted, "the keyset does not verify: \(error.message)")
    }
    let slot = LogSlot.keyset(of: stated.issuer.party, period: stated.claim.period)
    guard let proof = try await include([LogEntry(slot: slot, statement: stated.id)]).first else {
      throw ReceiptsError(.unwitnessed, "there is no proof")
    }
    return proof
  }

  private func admit(
    _ verdict: Signed<Verdict>, of process: ProcessID, _ delivery: LogDelivery
  ) throws(ReceiptsError) -> LogEntry {
    let stated: Stated<Verdict>
    do {
      stated = try trust.verify(verdict, at: clock.now()).stated
    } catch {
      throw ReceiptsError(.notAdmitted, "the verdict does not verify: \(error.message)")
    }
    guard stated.claim.process == process, verdict.bytes.count <= LoggedVerdict.largestVerdict
    else { throw ReceiptsError(.notAdmitted, "the verdict is about another process") }
    switch stated.claim.decision {
    case .commit(let keyBundle):
      guard let bundle = delivery.bundle, bundle.count <= LogDelivery.largestBundle,
        SHA256.digest(bundle) == keyBundle
      else { throw ReceiptsError(.bundleMismatch, "not the key bundle that the verdict names") }
    case .abort:
      guard delivery.bundle == nil else {
        throw ReceiptsError(.bundleMismatch, "an abort delivers no keys")
      }
    }
    return LogEntry(slot: .verdict(of: process), statement: stated.id)
  }
}
