// Template versions side by side: a process goes on under the one that its order names. And orders without money,
// or without goods, through the engine.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct TemplateVersionTests {
  /// The standard process, in which the customer hears of a commit only after all money has moved.
  private static let second: ProcessTemplate = {
    let root = ProcessTemplate.standard.root
    let commit = root.alternatives[0]
    return ProcessTemplate(
      name: "standard", version: 2,
      root: TemplateSegment(
        compensatable: root.compensatable, pivot: root.pivot,
        alternatives: [
          TemplateSegment(
            pivot: commit.pivot,
            retriable: commit.retriable.dropLast() + [
              TemplateStep(
                .notify, .once, .retriable, name: "notify-commit", after: ["publish", "post"])
            ]),
          root.alternatives[1],
        ]))
  }()

  @Test func aProcessGoesOnUnderTheVersionThatItsOrderNames() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let old = world.order(goods: [0])
    let process = ModelWorld.process(of: old)
    world.modelCustomer(of: process)?.faults.always(.decide, .silent)
    let before = driver.engine()
    _ = try await before.submit(old)
    try await eventually("prepared") { try await before.status(of: process).state.isPrepared }
    await before.quiesce()
    world.modelCustomer(of: process)?.faults.always(.decide, nil)

    // A coordinator that has dropped the version cannot go on, and does not guess.
    let forgetful = driver.engine(templates: [Self.second])
    #expect(await forgetful.recover().failed.map(\.error.code) == [.unknownTemplate])

    let after = driver.engine(templates: [Self.second, .standard])
    #expect(await after.recover().resumed == [process])
    #expect(try await after.outcome(of: process).decision.isCommit)
    let definition = try await after.file(of: process).definition
    #expect(definition.template == ModelEvidence.digest(ProcessTemplate.standard.json))

    // A new order may name either.
    for template in [ProcessTemplate.standard, Self.second] {
      let order = world.order(goods: [1], template: template)
      let accepted = try await after.submit(order)
      #expect(try await after.outcome(of: accepted.process).decision.isCommit)
      let definition = try await after.file(of: accepted.process).definition
      #expect(definition.template == ModelEvidence.digest(template.json))
      let waitsForMoney = definition.root.alternatives[0].precedence.contains {
        $0.after.rawValue == "notify-commit" && $0.before.rawValue.hasPrefix("post/")
      }
      #expect(waitsForMoney == (template == Self.second))
    }
  }

  @Test func anUnknownTemplateIsRefused() async throws {
    let driver = EngineDriver()
    let order = driver.world.order(goods: [0], template: Self.second)
    let engine = driver.engine()
    await #expect { try await engine.submit(order) } throws: {
      ($0 as? CoordinatorError)?.code == .unknownTemplate
    }
    #expect(driver.world.banks[0].faults.requests.isEmpty)
  }

  // MARK: - Orders without money, or without goods

  @Test func freeGoodsCommitWithoutABank() async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let process = try await engine.submit(driver.world.order(goods: [0, 1], banks: [])).process
    #expect(try await engine.outcome(of: process).decision.isCommit)
    let file = try await engine.file(of: process)
    #expect(file.deposits.count == 2 && file.settlements.count == 2)
    #expect(file.reservations.isEmpty && file.transfers.isEmpty)
    #expect(driver.world.banks.allSatisfy { $0.faults.requests.isEmpty })
  }

  @Test func aPaymentWithoutAGoodCommitsWithoutAKey() async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let process = try await engine.submit(
      driver.world.order(goods: [0], isIndividual: true, hasContainers: false)
    ).process
    #expect(try await engine.outcome(of: process).decision.isCommit)
    let file = try await engine.file(of: process)
    #expect(file.deposits.map(\.key.bytes) == [[]])
    #expect(file.transfers.count == 1 && file.settlements.count == 1)
    #expect(driver.world.banks[0].balance(of: driver.world.payee(of: 0)) == 100)
    // Its journal says the same in another run.
    #expect(try await driver.engine().file(of: process).deposits == file.deposits)
  }

  @Test func freeGoodsAbort() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.merchants[0].setStock("chairs", to: 1)
    let engine = driver.engine()
    let process = try await engine.submit(world.order(goods: [0, 1], banks: [], stock: "chairs"))
      .process
    #expect(try await engine.outcome(of: process).decision == .abort(.refused))
    #expect(try await engine.file(of: process).releases.count == 2)
    #expect(world.merchants.allSatisfy { !$0.isHolding })
  }
}
