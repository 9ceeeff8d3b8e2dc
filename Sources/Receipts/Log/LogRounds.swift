// How a log answers: in rounds that everybody shares who waits at the time.
//
//   request ─┐                ┌─ one transaction ─────────────────┐   ┌─ no transaction ─┐
//   request ─┼→ waiting ──────┤ append all, sign one checkpoint,  ├──→┤ ask the remote   ├→ answers
//   request ─┘     ↑          │ embedded witness: move on, cosign │   │ witnesses        │
//                  │          └───────────────────────────────────┘   └──────────────────┘
//            the next round gathers here
//
// What a crash leaves, and what the next start does:
//
//   before the commit       nothing: nobody has seen a signature    ask again
//   after the commit        entries and signed checkpoint           the same checkpoint is used again
//   witnesses partly asked  some witnesses are at the new size      they are asked again, from their size
//   quorum reached          the cosignatures of remote witnesses    they are asked again and cosign again:
//                           are lost                                the same size with the same root
//   static files            the folder lags                         it is caught up from the rows
//
// The first round of a process asks the remote witnesses about the checkpoint that was signed last, before it
// changes anything: a log on an old copy of its rows learns it there, and signs nothing more. So does every
// round after one that has learned it.

import PaymentCrypto
import PaymentModel

/// Carries requests out, one round at a time.
///
/// A round runs for all who wait when it begins, in a task that is none of theirs: whoever is cancelled disturbs
/// nobody else. This holds caches only; what it answers is durable.
actor LogRounds {
  /// Proofs under one witnessed checkpoint, for one request, in the order of its entries.
  struct Answer: Sendable {
    let proofs: [LogProof]
    let checkpoint: SignedNote
    let size: UInt64
  }

  typealias Outcome = Result<Answer, ReceiptsError>

  private struct Waiting {
    let request: LogRequest
    let answer: CheckedContinuation<Outcome, Never>
  }

  private let hands: LogHands
  private let store: any Store<any LogRows>
  private let council: WitnessCouncil
  private let mirror: TileMirror?
  private let clock: any WallClock

  private var waiting: [Waiting] = []
  private var isRunning = false
  private var isUpToDate = false
  private var tip: LogTip?
  private var published: (note: SignedNote, size: UInt64)?

  /// How many requests share a round at most, so that the first of a long queue need not wait for the last.
  private static let largestRound = 1024

  init(
    hands: LogHands, store: any Store<any LogRows>, council: WitnessCouncil, mirror: TileMirror?,
    clock: any WallClock
  ) {
    self.hands = hands
    self.store = store
    self.council = council
    self.mirror = mirror
    self.clock = clock
  }

  /// Carries a request out in the next round.
  ///
  /// - Throws: `slotTaken` when the request cannot be granted, and then none of it is; `logBehind`;
  ///   `unwitnessed`, after which its entries may be there; `tileFiles`.
  func answer(_ request: LogRequest) async throws(ReceiptsError) -> Answer {
    let outcome = await withCheckedContinuation { answer in
      waiting.append(Waiting(request: request, answer: answer))
      guard !isRunning else { return }
      isRunning = true
      Task { await run() }
    }
    return try outcome.get()
  }

  /// Runs rounds until nobody waits.
  private func run() async {
    while !waiting.isEmpty {
      let sharing = Array(waiting.prefix(Self.largestRound))
      waiting.removeFirst(sharing.count)
      let outcomes = await round(sharing.map(\.request))
      for (one, outcome) in zip(sharing, outcomes) { one.answer.resume(returning: outcome) }
    }
    isRunning = false
  }

  /// How many entries the last checkpoint covers that a quorum has cosigned; 0 when none has since the start.
  var publishedSize: UInt64 { published?.size ?? 0 }

  /// A witnessed checkpoint over at least `size` entries, which are there.
  func checkpoint(covering size: UInt64) async throws(ReceiptsError) -> SignedNote {
    if let published, published.size >= size { return published.note }
    return try await answer(LogRequest([])).checkpoint
  }

  private func round(_ requests: [LogRequest]) async -> [Outcome] {
    let round: LogRules.Round
    do throws(ReceiptsError) {
      if !isUpToDate { try await catchUp() }
      let (last, hands, now) = (tip, hands, clock.now())
      round = try await store.transact { rows throws(ReceiptsError) in
        try LogRules.round(requests, after: last, by: hands, at: now, in: &rows)
      }
    } catch {
      stopIfBehind(error)
      return requests.map { _ in .failure(error) }
    }
    tip = round.tip
    let size = round.tip.edge.size
    do throws(ReceiptsError) {
      let note = try await publish(round.tip.note, size: size)
      return round.standings.map { standings in
        standings.map { standings in
          Answer(
            proofs: standings.map {
              LogProof(index: $0.index, path: $0.path, checkpoint: note)
            }, checkpoint: note, size: size)
        }
      }
    } catch {
      stopIfBehind(error)
      return round.standings.map { standings in standings.flatMap { _ in .failure(error) } }
    }
  }

  private func stopIfBehind(_ error: ReceiptsError) {
    if error.code == .logBehind { (isUpToDate, published) = (false, nil) }
  }

  /// The checkpoint with the cosignatures of a quorum.
  private func publish(_ signed: SignedNote, size: UInt64) async throws(ReceiptsError) -> SignedNote
  {
    if let published, published.note.text == signed.text {
      mirror?.retry()
      return published.note
    }
    let note = signed.adding(
      try await council.cosignatures(of: signed, lastSize: published?.size ?? 0, store: store))
    published = (note, size)
    mirror?.show(note)
    return note
  }

  /// Makes sure that nobody knows more of this log than its rows do: no remote witness, and not the static
  /// files, which are written after the rows.
  private func catchUp() async throws(ReceiptsError) {
    let stored = await store.read { $0.signedCheckpoint }
    // The empty log has one root only: signing it says nothing new.
    let empty = Checkpoint(origin: hands.log.key.name, size: 0, root: MerkleTree.emptyRoot).text
    let note =
      try stored.map(SignedNote.init)
      ?? SignedNote(text: empty, signatures: [hands.log.sign(empty, at: clock.now())])
    try await council.requireNotAhead(of: note, store: store)
    try await mirror?.requireNotAhead()
    isUpToDate = true
  }
}
