// A coordinator with a new key, and what it began under an older one: what is decided for everybody to see is
// carried out, and what would need the older key's signature is reported and keeps nobody back.

import Conformance
import Coordinator
import PaymentModel
import Testing

/// The model coordinator's notary with another key than orders have named so far.
private struct RotatedNotary: Notary {
  let base: ModelNotary
  let key: Thumbprint

  func process(of order: Signed<Order>) -> ProcessID? { base.process(of: order) }

  func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder { try base.admit(submission, at: time) }

  func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    let stated = try base.read(signed, by: signatory, at: time)
    guard signatory == .party(ModelWorld.coordinatorName) else { return stated }
    return Stated(
      id: stated.id, issuer: Issuer(party: stated.issuer.party, key: key), claim: stated.claim)
  }

  func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    base.sign(claim, nonce: nonce)
  }

  func digest(_ bytes: Bytes) -> Digest { base.digest(bytes) }
}

@Suite(.timeLimit(.minutes(5))) struct OlderKeyTests {
  /// - isOnRecord: whether the journal says that the verdict is public, or only the log.
  @Test(arguments: [true, false])
  func whatIsDecidedIsCarriedOutAndTheRestKeepsNobodyBack(isOnRecord: Bool) async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.merchants[0].setStock("shelf", to: 2)
    // One is decided, and its bank does not answer. One waits for its customer. One is decided, and the log
    // does not answer.
    world.banks[0].faults.always(.post, .silent)
    let orders = [
      world.order(goods: [0, 1], banks: [0]), world.order(goods: [0], banks: [1], stock: "shelf"),
      world.order(goods: [1], banks: [1]),
    ]
    let processes = orders.map(ModelWorld.process)
    world.modelCustomer(of: processes[1])?.faults.always(.decide, .silent)
    let before = driver.engine()
    _ = try await before.submit(orders[0])
    let verdict = try await before.verdict(of: processes[0])
    if isOnRecord {
      // Nobody answers in time: what was held back is written.
      world.clock.advance(seconds: 11)
      try await eventually("on record") {
        driver.store.snapshot().rows(of: processes[0]).contains { $0.kinds.contains(.forward) }
      }
    } else {
      #expect(
        !driver.store.snapshot().rows(of: processes[0]).contains { $0.kinds.contains(.forward) })
    }
    _ = try await before.submit(orders[1])
    try await eventually("prepared") {
      try await before.status(of: processes[1]).state.isPrepared
    }
    world.log.faults.always(.publish, .silent)
    _ = try await before.submit(orders[2])
    try await eventually("decided") {
      driver.store.snapshot().rows(of: processes[2]).contains { $0.kinds.contains(.verdict) }
    }
    await before.quiesce()
    world.log.faults.always(.publish, nil)
    world.banks[0].faults.always(.post, nil)

    let key: Thumbprint = ModelEvidence.digest(Bytes("a new key".utf8)).renamed()
    let engine = driver.engine(notary: RotatedNotary(base: world.notary, key: key))
    // The log says what it holds, and then nothing: nobody is given up for that.
    _ = try await engine.processes(atMost: 1, onlyOpen: true)
    world.log.setReachable(false)
    let early = await engine.recover()
    #expect(early.refusal?.code == .logUnreachable)
    #expect(early.failed.map(\.process) == [processes[1]])
    #expect(early.resumed == (isOnRecord ? [processes[0]] : []))
    world.log.setReachable(true)
    let report = await engine.recover()
    #expect(report.resumed == (isOnRecord ? [] : [processes[0]]))
    #expect(Set(report.failed.map(\.process)) == Set(processes.dropFirst()))
    #expect(report.failed.allSatisfy { $0.error.code == .keyEnded })
    #expect(try await engine.outcome(of: processes[0]).verdict == verdict.verdict)
    #expect(world.log.verdict(of: processes[0]) == verdict.verdict.verdict)
    // The customer hands it in again and hears of it, but for a word that nobody can sign any more.
    #expect(try await engine.submit(orders[0]).submission == nil)

    // The others can be looked at, and go no further.
    for (process, phase) in zip(processes.dropFirst(), ["prepared", "committed"]) {
      let status = try await engine.status(of: process)
      #expect("\(status.state.phase)".hasPrefix(phase) && status.obstacle?.code == .keyEnded)
      await #expect {
        try await engine.outcome(of: process)
      } throws: { ($0 as? CoordinatorError)?.code == .keyEnded }
    }
    world.clock.advance(seconds: 100_000)
    #expect(world.log.verdictCount == 1)
    // Their places are given up.
    let next = world.order(goods: [0, 1], banks: [0], stock: "shelf", coordinator: key)
    world.merchants[1].setStock("shelf", to: 1)
    let process = try await engine.submit(next).process
    #expect(try await engine.outcome(of: process).decision.isCommit)
    #expect(driver.store.snapshot().locks().allSatisfy { $0.process != processes[1] })
    await engine.quiesce()

    // Whoever still has the older key goes on with them.
    let older = driver.engine()
    #expect(Set(await older.recover().resumed) == Set(processes.dropFirst()))
    #expect(try await older.outcome(of: processes[1]).decision == .abort(.timeout))
    #expect(try await older.outcome(of: processes[2]).decision.isCommit)
    await older.quiesce()
  }
}
