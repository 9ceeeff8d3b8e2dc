// What the generator makes of an order and a template.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct GeneratorTests {
  @Test func figureOneForTwoMerchantsAndTwoBanks() throws {
    let driver = try MachineDriver(goods: [0, 0, 1], banks: [0, 1])
    let process = driver.machine.definition
    #expect(process.checkGuaranteedTermination().isEmpty)
    func count(_ verb: Verb) -> Int { driver.numbers(verb).count }
    #expect(count(.reserve) == 2 && count(.receivePayment) == 2 && count(.post) == 2)
    #expect(count(.deposit) == 3 && count(.release) == 3 && count(.void) == 2)
    // One confirmation for each merchant, however many goods.
    #expect(count(.confirm) == 2)
    let deposits = driver.numbers(.deposit).map { driver.activity($0) }
    #expect(deposits.allSatisfy { $0.offer != nil && $0.compensation != nil })
    // Every deposit waits for every reservation, and a reservation for its own payment only.
    let order = process.root.precedence
    for deposit in deposits {
      #expect(order.filter { $0.after == deposit.path }.count == 2)
    }
    #expect(order.filter { $0.after.rawValue.hasPrefix("reserve/") }.count == 2)
    #expect(process.activities.map(\.path).count == Set(process.activities.map(\.path)).count)
  }

  @Test func anOrderIsTheSameHoweverOftenItIsAdmitted() throws {
    let world = ModelWorld()
    let submission = world.order(goods: [0])
    let orders = try (0..<2).map { _ in
      try world.notary.admit(submission, at: world.clock.now())
    }
    #expect(orders[0] !== orders[1] && orders[0] == orders[1] && Set(orders).count == 1)
    #expect(orders[0] != orders[0].withoutHandovers())
    #expect(orders[0].withoutHandovers() == orders[1].withoutHandovers())
    let other = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    #expect(orders[0] != other)
  }

  @Test func limitsHold() throws {
    let world = ModelWorld()
    let few = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    func code(_ items: [AdmittedOrder.Item], _ payments: [AdmittedOrder.Payment])
      -> CoordinatorError.Code?
    {
      let order = AdmittedOrder(
        process: few.process, signedOrder: few.signedOrder, order: few.order, items: items,
        payments: payments)
      do {
        _ = try MachineDriver.definition(of: order)
        return nil
      } catch { return (error as? CoordinatorError)?.code }
    }
    #expect(code(few.items, few.payments) == nil)
    #expect(code([], few.payments) == .emptyOrder)
    #expect(code([], []) == .emptyOrder)
    // Without payments it is an order of free goods.
    #expect(code(few.items, []) == nil)
    #expect(code(Array(repeating: few.items[0], count: 257), few.payments) == .tooLarge)
    // 16 banks make a process, and 17 do not.
    let payments = try (0..<17).map { number in
      let content = few.payments[0].content
      let handover = try #require(few.payments[0].handover)
      return AdmittedOrder.Payment(
        content: PaymentPart(
          bank: try #require(PartyName("bank-\(number).example")), method: content.method,
          total: content.total, payouts: content.payouts),
        part: handover.part, partDigest: few.payments[0].partDigest,
        instrument: handover.instrument)
    }
    #expect(code(few.items, Array(payments.prefix(16))) == nil)
    #expect(code(few.items, payments) == .tooLarge)
    // The same offer or bank twice makes no process.
    #expect(code(few.items + few.items, few.payments) == .notWellFormed)
    #expect(code(few.items, few.payments + few.payments) == .notWellFormed)
  }

  @Test func theLargestProcessIsGeneratedQuickly() throws {
    let driver = try MachineDriver(goods: (0..<256).map { $0 % 3 }, banks: [0, 1])
    #expect(driver.machine.definition.activities.count > 512)
    #expect(driver.numbers(.deposit).count == PaymentProcess.largestGoodCount)
  }

  @Test func aTemplateThatPushesItsLuckIsRefused() throws {
    let world = ModelWorld()
    let order = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    let root = ProcessTemplate.standard.root
    let flawed: [TemplateSegment] = [
      // Nothing undoes the reservation.
      TemplateSegment(compensatable: [TemplateStep(.reserve, .perBank, .compensatable)]),
      // No way out after the pivot.
      TemplateSegment(
        compensatable: root.compensatable, pivot: root.pivot,
        alternatives: [root.alternatives[0], root.alternatives[0]]),
      // A step that follows what is not there.
      TemplateSegment(retriable: [TemplateStep(.post, .perBank, .retriable, after: ["pay"])]),
    ]
    for root in flawed {
      #expect {
        try PaymentProcess.generate(
          from: order, template: ProcessTemplate(name: "flawed", version: 1, root: root),
          templateDigest: order.order.template)
      } throws: { ($0 as? CoordinatorError)?.code == .notWellFormed }
    }
  }

  /// A pivot stands for one activity: with two of them one would be left out, and with none what it was to decide.
  @Test func aPivotIsNotRepeated() throws {
    func generate(banks: [Int]) throws -> PaymentProcess {
      let world = ModelWorld()
      let order = try world.notary.admit(
        world.order(goods: [0], banks: banks), at: world.clock.now())
      let root = TemplateSegment(
        pivot: TemplateStep(.reserve, .perBank, .pivot),
        retriable: [TemplateStep(.recordAbort, .once, .retriable)])
      return try PaymentProcess.generate(
        from: order, template: ProcessTemplate(name: "repeated", version: 1, root: root),
        templateDigest: order.order.template)
    }
    #expect(try generate(banks: [0]).root.pivot?.participant.name == ModelWorld.bankNames[0])
    for banks in [[], [0, 1]] {
      #expect { _ = try generate(banks: banks) } throws: {
        ($0 as? CoordinatorError)?.code == .notWellFormed
      }
    }
  }

  // MARK: - Free goods, and payments without goods

  /// With nothing to pay nobody reserves or posts, and merchants still hear of the commit after it is public.
  @Test func freeGoodsNeedNoBank() throws {
    let process = try MachineDriver(goods: [0, 1], banks: []).machine.definition
    let verbs = process.activities.map(\.verb)
    for verb in [Verb.receivePayment, .reserve, .post, .void] { #expect(!verbs.contains(verb)) }
    #expect(verbs.filter { $0 == .deposit }.count == 2)
    let commit = process.root.alternatives[0]
    let publish = try #require(commit.retriable.first { $0.verb == .publish }).path
    for confirm in commit.retriable.filter({ $0.verb == .confirm }) {
      #expect(commit.precedence.contains(Precedence(before: publish, after: confirm.path)))
    }
  }

  /// The merchant binds itself to be paid: the same steps, and the escrow holds nothing.
  @Test func aPaymentWithoutAGoodIsDepositedToo() throws {
    let driver = try MachineDriver(goods: [0], isIndividual: true, hasContainers: false)
    #expect(driver.order.items.allSatisfy { $0.offer.claim.container == nil })
    let with = try MachineDriver(goods: [0], isIndividual: true).machine.definition
    let without = driver.machine.definition
    #expect(without.activities.map(\.verb) == with.activities.map(\.verb))
    let deposit = driver.activity(driver.numbers(.deposit)[0])
    // An invoice is paid once.
    #expect(deposit.resources.map(\.mode) == [.exclusive])
  }

  // MARK: - Resources

  @Test func resourcesSayWhatCommutes() throws {
    func uses(_ driver: MachineDriver) -> [ResourceUse] {
      driver.machine.definition.activities.flatMap(\.resources)
    }
    #expect(uses(try MachineDriver(goods: [0])).isEmpty)
    let counted = uses(try MachineDriver(goods: [0], stock: "chairs", quantity: 3))
    #expect(counted.map(\.mode) == [.exclusive, .counted(3)])
    #expect(counted[1].resource.name == "chairs")
    let single = try MachineDriver(goods: [0], isIndividual: true)
    let exclusive = uses(single)
    #expect(exclusive.map(\.mode) == [.exclusive])
    #expect(exclusive[0].resource.name == single.order.items[0].offer.id.hex)

    let merchant = ModelWorld.merchantNames[0]
    let chairs = Resource(owner: merchant, name: "chairs")
    let tables = Resource(owner: merchant, name: "tables")
    let foreign = Resource(owner: ModelWorld.merchantNames[1], name: "chairs")
    for (one, other, commute) in [
      (ResourceUse(chairs, .counted(1)), ResourceUse(chairs, .counted(5)), true),
      (ResourceUse(chairs, .counted(1)), ResourceUse(chairs, .exclusive), false),
      (ResourceUse(chairs, .exclusive), ResourceUse(chairs, .exclusive), false),
      (ResourceUse(chairs, .exclusive), ResourceUse(tables, .exclusive), true),
      (ResourceUse(chairs, .exclusive), ResourceUse(foreign, .exclusive), true),
    ] {
      #expect(one.commutes(with: other) == commute && other.commutes(with: one) == commute)
    }
    func activity(_ resources: [ResourceUse]) throws -> Activity {
      Activity(
        path: try #require(StepPath(rawValue: "deposit")), verb: .deposit,
        participant: .merchant(merchant), guarantee: .compensatable, resources: resources)
    }
    // One pair that does not is enough.
    let both = try activity([ResourceUse(chairs, .counted(1)), ResourceUse(tables, .exclusive)])
    #expect(try both.commutes(with: activity([ResourceUse(chairs, .counted(1))])))
    #expect(try !both.commutes(with: activity([ResourceUse(tables, .exclusive)])))
    #expect(try both.commutes(with: activity([])))
    // Names are bytes: two that Unicode holds for equal are two stocks.
    #expect(
      Resource(owner: merchant, name: "\u{E9}") != Resource(owner: merchant, name: "e\u{301}"))
  }
}
