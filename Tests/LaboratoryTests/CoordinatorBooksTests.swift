// The books over the coordinator: commits and aborts for which there was no ground, times that its clock has not
// shown, and files in which something is missing.

import Coordinator
import PaymentCrypto
import PaymentModel
import Testing

@testable import Laboratory

@Suite("Books of the coordinator", .onOneThread)
struct CoordinatorBooksTests {
  private static func first(
    _ isMeant: @escaping (World, CustomerBooks.Purchase) -> Bool
  ) throws -> (ModelRun, CustomerBooks.Purchase) {
    let run = ModelRun.first { run in
      run.report.tally[.clockSet] == 0 && run.world.purchases.contains { isMeant(run.world, $0) }
    }
    #expect(run.finding == nil)
    return (run, try #require(run.world.purchases.first { isMeant(run.world, $0) }))
  }

  private func finding(
    _ run: ModelRun, _ purchase: CustomerBooks.Purchase,
    _ change: (inout CoordinatorCase.Told) -> Void
  ) -> Property? {
    run.finding { world in
      world.record.rearrange(purchase.process) { known in
        guard var grounds = known.grounds else { return }
        change(&grounds.value)
        known.grounds = grounds
      }
    }
  }

  private static func later<Value>(_ heard: [Heard<Value>]) -> [Heard<Value>] {
    heard.map {
      Heard(
        value: $0.value,
        at: ClockReading(step: .max, time: $0.at.time.adding(seconds: 3600)))
    }
  }

  private static func hours(
    _ heard: [Heard<Signed<DeliveryRequest>>], _ count: Int64
  ) -> [Heard<Signed<DeliveryRequest>>] {
    heard.map {
      Heard(
        value: $0.value,
        at: ClockReading(step: $0.at.step, time: $0.at.time.adding(seconds: count * 3600)))
    }
  }

  // MARK: - Commits

  @Test("a commit has everything when the customer asks, and says when that was")
  func commits() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.verdict(on: purchase.process)?.decision.isCommit == true && !purchase.payments.isEmpty
    }
    #expect(finding(run, purchase) { _ in } == nil)
    // The clock showed something else when the request came: the verdict is dated back, or ahead.
    #expect(finding(run, purchase) { $0.requests = Self.hours($0.requests, 1) } == .verdict)
    #expect(finding(run, purchase) { $0.requests = Self.hours($0.requests, -1) } == .verdict)
    #expect(finding(run, purchase) { $0.requests = [] } == .verdict)
    #expect(finding(run, purchase) { $0.reservations = [] } == .verdict)
    #expect(finding(run, purchase) { $0.reservations = Self.later($0.reservations) } == .verdict)
    #expect(finding(run, purchase) { $0.deposits = Self.later($0.deposits) } == .verdict)
    #expect(finding(run, purchase) { $0.acceptances = [] } == .verdict)
  }

  @Test("a verdict in the log was seen to be signed")
  func unseen() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.verdict(on: purchase.process) != nil
    }
    #expect(
      run.finding { world in
        world.record.rearrange(purchase.process) { $0 = CoordinatorCase() }
      } == .verdict)
  }

  // MARK: - Aborts

  @Test("nobody refused, or not then, or something else than what is on file")
  func refused() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.reason(of: purchase) == .refused
        && world.record.coordinatorCase(purchase.process)?.grounds?.value.refusals
          .contains { $0.value.signed != nil } == true
    }
    #expect(finding(run, purchase) { _ in } == nil)
    #expect(finding(run, purchase) { $0.refusals = [] } == .verdict)
    #expect(finding(run, purchase) { $0.refusals = Self.later($0.refusals) } == .verdict)
    // Of another step than the one that is on file.
    #expect(
      finding(run, purchase) { told in
        told.refusals = told.refusals.map {
          Heard(
            value: CoordinatorCase.Refused(
              activity: $0.value.activity + 1, signed: $0.value.signed), at: $0.at)
        }
      } == .verdict)
    // Unsigned, and a signed one is on file.
    #expect(
      finding(run, purchase) { told in
        told.refusals = told.refusals.map {
          Heard(
            value: CoordinatorCase.Refused(activity: $0.value.activity, signed: nil), at: $0.at)
        }
      } == .verdict)
    #expect(run.finding { $0.drop(3, from: purchase.process) } == .verdict)
  }

  @Test("nobody cancelled, or somebody else did")
  func cancelled() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.reason(of: purchase) == .cancelled
    }
    #expect(finding(run, purchase) { $0.cancellations = [] } == .verdict)
    #expect(finding(run, purchase) { $0.cancellations = Self.later($0.cancellations) } == .verdict)
    var entropy = SimulationEntropy(seed: 1)
    let other = SymbolicSigner(Setting.rogueName).sign(
      Cancellation(process: purchase.process), nonce: Nonce(from: &entropy))
    #expect(
      finding(run, purchase) { told in
        told.cancellations = told.cancellations.map { Heard(value: other, at: $0.at) }
      } == .verdict)
  }

  @Test("the key opened the good, or its merchant has not signed for it")
  func invalid() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.reason(of: purchase) == .invalid
    }
    #expect(finding(run, purchase) { $0.deposits = [] } == .verdict)
    var entropy = SimulationEntropy(seed: 2)
    #expect(
      finding(run, purchase) { told in
        told.deposits = told.deposits.map { heard in
          guard let claim = SymbolicEvidence.claim(of: heard.value.deposit) else { return heard }
          let forged = SymbolicSigner(Setting.rogueName).sign(claim, nonce: Nonce(from: &entropy))
          return Heard(value: DepositedKey(deposit: forged, key: heard.value.key), at: heard.at)
        }
      } == .verdict)
    // What the merchant has signed for was something else.
    #expect(
      finding(run, purchase) { told in
        told.deposits = told.deposits.map { heard in
          Heard(
            value: DepositedKey(
              deposit: heard.value.deposit, key: SymbolicKey.seal(purchase.process.bytes)),
            at: heard.at)
        }
      } == .verdict)
  }

  @Test("the time was not out: not on its clock, not of the deposit, not since everything stood")
  func timeouts() throws {
    let (late, order) = try Self.first { world, purchase in
      world.verdict(on: purchase.process).map {
        $0.decision == .abort(.timeout) && $0.decidedAt >= purchase.order.decideBy
      } ?? false
    }
    #expect(
      late.finding { world in
        world.record.rearrange(order.process) { $0.grounds?.at.time = Stage.start }
      } == .verdict)
    for isPrepared in [false, true] {
      let (run, purchase) = try Self.first { world, purchase in
        let file = JournalReading(world.stage.node.journal.rows(of: purchase.process))
        return world.verdict(on: purchase.process).map {
          $0.decision == .abort(.timeout) && $0.decidedAt < purchase.order.decideBy
            && (file.preparedAt != nil) == isPrepared
        } ?? false
      }
      #expect(finding(run, purchase) { $0.deposits = [] } == .verdict, "\(isPrepared)")
      guard isPrepared else { continue }
      // Everything stood later than the journal says.
      #expect(finding(run, purchase) { $0.deposits = Self.later($0.deposits) } == .verdict)
    }
  }

  // MARK: - Files

  @Test("something is missing in a file, of a commit or of an abort")
  func files() throws {
    for isCommit in [true, false] {
      let (run, purchase) = try Self.first { world, purchase in
        world.verdict(on: purchase.process)?.decision.isCommit == isCommit
          && !purchase.payments.isEmpty
          && world.reason(of: purchase) != .refused && world.reason(of: purchase) != .invalid
          && !(JournalReading(world.stage.node.journal.rows(of: purchase.process))
            .beforeVerdict.count < 3)
      }
      let process = purchase.process
      // The verdict, the answers before it and after it, the end, and what begins it.
      for (kind, property) in [
        (5, .evidence), (3, .evidence), (isCommit ? 6 : 7, .evidence), (8, .progress),
      ] as [(UInt8, Property)] {
        #expect(run.finding { $0.drop(kind, from: process) } == property, "\(isCommit) \(kind)")
      }
      if isCommit { #expect(run.finding { $0.drop(4, from: process) } == .evidence) }
    }
  }

  @Test("a void that a bank has signed, and that is not on file")
  func voids() throws {
    let (run, purchase) = try Self.first { world, purchase in
      world.verdict(on: purchase.process)?.decision.isCommit == false
        && world.banks[0].desk.books.holds.contains { $0.process == purchase.process }
    }
    #expect(
      run.finding { world in
        world.banks[0].desk.books.statements.append(
          StatementNote(
            kind: .void, coordinator: world.setting.coordinatorKey, process: purchase.process,
            part: 9, id: SHA256.digest([9]).renamed()))
      } == .evidence)
  }
}
