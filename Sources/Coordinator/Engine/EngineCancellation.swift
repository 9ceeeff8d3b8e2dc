// How a customer withdraws an order before its verdict, whether it was handed in or not.

public import PaymentModel

extension Engine {
  /// Withdraws an order that was handed in, and returns when that is durable. It has no effect after the verdict.
  ///
  /// - Throws: `unknown-process`, `not-entitled` when the order's one-time key did not sign this, or the order was
  ///   only presented and has no verdict yet; `journal-taken`, and what keeps the process from going on.
  public nonisolated func cancel(
    _ process: ProcessID, _ cancellation: Signed<Cancellation>
  ) async throws(CoordinatorError) {
    guard let key = try await oneTimeKey(of: process) else { return }
    try await withdraw(process, by: try read(cancellation, of: process, by: key))
  }

  /// Withdraws an order, and returns when that is durable. It has no effect after the verdict.
  ///
  /// One that was never handed in is aborted at once, and nobody else is asked: the order's own key says that it
  /// is not wanted any more. From then on it cannot be taken on.
  ///
  /// - Parameter oneTimeKey: the key that the order names.
  /// - Throws: `not-entitled` for an order that does not verify or belongs to another coordinator, or when its
  ///   one-time key did not sign the cancellation; `busy` while as many that were never handed in are aborted as may be
  ///   at a time; `behind-log`, `log-unreachable`, and what the journal throws.
  public nonisolated func cancel(
    _ order: Signed<Order>, oneTimeKey: SigningKeyValue, _ cancellation: Signed<Cancellation>
  ) async throws(CoordinatorError) {
    let now = ports.clock.now()
    let stated = try read(order, by: oneTimeKey, at: now)
    let process: ProcessID = stated.id.renamed()
    let exhibit = try read(cancellation, of: process, by: oneTimeKey)
    if try await !hasBegun(process) {
      var new = try planner.beginAbort(
        of: stated, signed: order, at: now, nonce: surroundings.nextNonce())
      new.cancellation = exhibit
      do throws(CoordinatorError) {
        try await begin(new)
      } catch {
        // It may have been handed in meanwhile.
        guard error.code == .journalTaken, try await hasBegun(process) else { throw error }
      }
    }
    try await withdraw(process, by: exhibit)
  }

  /// Whether a process has begun. One that an earlier run left open goes on.
  private func hasBegun(_ process: ProcessID) async throws(CoordinatorError) -> Bool {
    try await ready()
    if recentOutcomes[process] != nil { return true }
    return try await knownStanding(of: process) != nil
  }

  /// The key of an open process; `nil` when there is a verdict, which needs no cancellation.
  private func oneTimeKey(
    of process: ProcessID
  ) async throws(CoordinatorError) -> SigningKeyValue? {
    try await ready()
    guard let standing = try await knownStanding(of: process) else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    if let key = machine.oneTimeKey(of: process) { return key }
    guard standing.verdictRecord != nil || !machine.has(process) else {
      throw CoordinatorError(.notEntitled, "what was only presented is withdrawn with its order")
    }
    return nil
  }

  private func withdraw(
    _ process: ProcessID, by cancellation: Exhibit<Cancellation>
  ) async throws(CoordinatorError) {
    guard machine.has(process) else { return }
    try carryOut(.cancelled(process, cancellation))
    _ = try await standing(of: process, when: .durable)
  }

  private nonisolated func read(
    _ cancellation: Signed<Cancellation>, of process: ProcessID, by key: SigningKeyValue
  ) throws(CoordinatorError) -> Exhibit<Cancellation> {
    guard cancellation.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(cancellation, by: .oneTime(key), at: ports.clock.now()),
      stated.claim.process == process
    else { throw CoordinatorError(.notEntitled, "only the order's key cancels it") }
    return Exhibit(id: stated.id, signed: cancellation)
  }
}
