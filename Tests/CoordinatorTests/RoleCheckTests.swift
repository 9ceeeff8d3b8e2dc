// What each role checks before it joins: generated processes pass, and one flaw each is found by whom it hurts.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct RoleCheckTests {
  private static let bank = ModelWorld.bankNames[0]
  private static let merchant = ModelWorld.merchantNames[0]

  private static let roles: [ProcessRole] = [
    .customer, .coordinator, .bank(nil), .bank(bank), .merchant(nil), .merchant(merchant),
    .merchant(merchant, paidBy: [bank]),
  ]

  @Test func whatTheGeneratorMakesIsFineForEverybody() throws {
    for (goods, banks) in [([0], [0]), ([0, 0, 1], [0, 1]), ([0, 1, 2], [0])] {
      for isIndividual in [false, true] {
        let driver = try MachineDriver(goods: goods, banks: banks, isIndividual: isIndividual)
        for role in Self.roles {
          #expect(driver.machine.definition.check(for: role) == [], "\(role) of \(goods) \(banks)")
        }
      }
    }
    let free = try MachineDriver(goods: [0, 1], banks: []).machine.definition
    for role in [
      ProcessRole.customer, .coordinator, .merchant(nil), .merchant(Self.merchant, paidBy: []),
    ] { #expect(free.check(for: role) == []) }
    #expect(free.check(for: .bank(Self.bank)).map(\.code) == ["takes-part"])
    let stranger = try #require(PartyName("stranger.example"))
    #expect(free.check(for: .merchant(stranger)).map(\.code) == ["takes-part"])
  }

  /// A flaw, and who must not join because of it, by which rule.
  private struct Flaw {
    let name: String
    let rule: String
    let roles: [ProcessRole]
    let root: TemplateSegment
  }

  private static let bankAndCustomer: [ProcessRole] = [.bank(bank), .customer]
  private static let merchantAndCustomer: [ProcessRole] = [.merchant(merchant), .customer]

  private func flaws() -> [Flaw] {
    let commit = ProcessTemplate.standard.root.alternatives[0]
    let abort = ProcessTemplate.standard.root.alternatives[1]
    let holds = ProcessTemplate.standard.root.compensatable
    func root(
      holds: [TemplateStep]? = nil, commit other: TemplateSegment? = nil,
      abort otherAbort: TemplateSegment? = nil
    ) -> TemplateSegment {
      TemplateSegment(
        compensatable: holds ?? ProcessTemplate.standard.root.compensatable,
        pivot: ProcessTemplate.standard.root.pivot,
        alternatives: [other ?? commit, otherAbort ?? abort])
    }
    func committing(_ steps: [TemplateStep]) -> TemplateSegment {
      root(commit: TemplateSegment(pivot: commit.pivot, retriable: steps))
    }
    func aborting(_ steps: [TemplateStep]) -> TemplateSegment {
      root(abort: TemplateSegment(retriable: steps))
    }
    let (publish, post, confirm, told) = (
      commit.retriable[0], commit.retriable[1], commit.retriable[2], commit.retriable[3]
    )
    let (record, release, void, untold) = (
      abort.retriable[0], abort.retriable[1], abort.retriable[2], abort.retriable[3]
    )
    return [
      Flaw(
        name: "a void that does not wait for the abort", rule: "reserve-undone",
        roles: Self.bankAndCustomer,
        root: aborting([record, release, TemplateStep(.void, .perBank, .retriable), untold])),
      Flaw(
        name: "a void on the way to commit", rule: "undone-on-abort", roles: Self.bankAndCustomer,
        root: committing([
          publish, post, confirm, told,
          TemplateStep(.void, .perBank, .retriable, name: "void-too", after: ["publish"]),
        ])),
      Flaw(
        name: "a reservation that is undone by a release", rule: "reserve-undone",
        roles: Self.bankAndCustomer,
        root: root(
          holds: [
            holds[0],
            TemplateStep(
              .reserve, .perBank, .compensatable, undoneBy: "gone", after: ["receive-payment"]),
            holds[2],
          ],
          abort: TemplateSegment(retriable: [
            record, release, untold,
            TemplateStep(.release, .perBank, .retriable, name: "gone", after: ["record-abort"]),
          ]))),
      Flaw(
        name: "money before the verdict is public", rule: "post-after-publish",
        roles: Self.bankAndCustomer,
        root: committing([publish, TemplateStep(.post, .perBank, .retriable), confirm, told])),
      Flaw(
        name: "no post", rule: "reserve-posted", roles: Self.bankAndCustomer,
        root: committing([
          publish, TemplateStep(.confirm, .perMerchant, .retriable, after: ["publish"]), told,
        ])),
      Flaw(
        name: "stock before money", rule: "money-before-stock", roles: [.merchant(Self.merchant)],
        root: root(holds: [
          holds[0], holds[1],
          TemplateStep(.deposit, .perGood, .compensatable, undoneBy: "release"),
        ])),
      Flaw(
        name: "a release that does not wait for the abort", rule: "deposit-undone",
        roles: [.merchant(Self.merchant)],
        root: aborting([record, TemplateStep(.release, .perGood, .retriable), void, untold])),
      Flaw(
        name: "a confirmation before the money", rule: "confirm-after-payment",
        roles: [.merchant(Self.merchant), .merchant(Self.merchant, paidBy: [Self.bank])],
        root: committing([
          publish, post, TemplateStep(.confirm, .perMerchant, .retriable, after: ["publish"]),
          told,
        ])),
      Flaw(
        name: "no confirmation", rule: "confirm-after-payment", roles: [.merchant(Self.merchant)],
        root: committing([publish, post, told])),
      Flaw(
        name: "nothing is deposited", rule: "good-deposited", roles: [.customer],
        root: root(holds: [holds[0], holds[1]])),
      Flaw(
        name: "a payment that is received and not reserved", rule: "payment-reserved",
        roles: [.customer],
        root: root(
          holds: [holds[0], TemplateStep(.deposit, .perGood, .compensatable, undoneBy: "release")],
          commit: TemplateSegment(
            pivot: commit.pivot,
            retriable: [
              publish, TemplateStep(.confirm, .perMerchant, .retriable, after: ["publish"]), told,
            ]),
          abort: TemplateSegment(retriable: [record, release, untold]))),
      Flaw(
        name: "she does not hear of the abort", rule: "customer-told", roles: [.customer],
        root: aborting([record, release, void])),
      Flaw(
        name: "she hears of the commit before it is public", rule: "customer-told",
        roles: [.customer],
        root: committing([
          publish, post, confirm, TemplateStep(.notify, .once, .retriable, name: "notify-commit"),
        ])),
      Flaw(
        name: "the commit is public before it is decided", rule: "publish-after-decide",
        roles: [.customer, .bank(Self.bank), .merchant(Self.merchant)],
        root: TemplateSegment(
          compensatable: holds, pivot: TemplateStep(.prepare, .once, .pivot),
          alternatives: [
            TemplateSegment(
              pivot: TemplateStep(.prepare, .once, .pivot, name: "prepare-again"),
              retriable: [publish, post, confirm, told]),
            abort,
          ])),
      Flaw(
        name: "decided before it is prepared", rule: "decide-after-prepare", roles: [.customer],
        root: TemplateSegment(
          compensatable: holds, pivot: TemplateStep(.decide, .once, .pivot),
          alternatives: [
            TemplateSegment(
              pivot: TemplateStep(.prepare, .once, .pivot), retriable: commit.retriable),
            abort,
          ])),
      Flaw(
        name: "two ways to abort", rule: "supported", roles: [.coordinator],
        root: aborting([
          record, TemplateStep(.recordAbort, .once, .retriable, name: "record-again"), release,
          void, untold,
        ])),
    ]
  }

  @Test func oneFlawEachIsFoundByWhomItHurts() throws {
    let world = ModelWorld()
    let order = try world.notary.admit(world.order(goods: [0, 1]), at: world.clock.now())
    for flaw in flaws() {
      let template = ProcessTemplate(name: "flawed", version: 1, root: flaw.root)
      let process: PaymentProcess
      do {
        process = try PaymentProcess.generate(
          from: order, template: template, templateDigest: ModelEvidence.digest(template.json))
      } catch {
        Issue.record("\(flaw.name): \(error)")
        continue
      }
      // It always ends: what is wrong with it is something else.
      #expect(process.checkGuaranteedTermination().isEmpty)
      for role in flaw.roles {
        let objections = process.check(for: role)
        #expect(objections.contains { $0.code == flaw.rule }, "\(flaw.name): \(objections)")
        #expect(objections.allSatisfy { !$0.activities.isEmpty }, "\(flaw.name)")
      }
    }
  }

  /// Every rule but that somebody takes part at all has a flaw above.
  @Test func everyRuleIsBrokenByAFlaw() {
    let broken = Set(flaws().map(\.rule) + ["takes-part"])
    #expect(broken == Set(RoleRule.allCases.map(\.rawValue)))
  }

  @Test func whoIsNotConcernedDoesNotObject() throws {
    let world = ModelWorld()
    let order = try world.notary.admit(world.order(goods: [0, 1]), at: world.clock.now())
    let flaw = try #require(flaws().first { $0.rule == "money-before-stock" })
    let template = ProcessTemplate(name: "flawed", version: 1, root: flaw.root)
    let process = try PaymentProcess.generate(
      from: order, template: template, templateDigest: ModelEvidence.digest(template.json))
    #expect(process.check(for: .bank(Self.bank)) == [])
    #expect(process.check(for: .coordinator) == [])
  }

  @Test func aProcessThatMayNotEndIsNothingForAnybody() throws {
    let process = try MachineDriver(goods: [0]).machine.definition
    let stuck = PaymentProcess(
      process: process.process, template: process.template,
      root: Segment(
        compensatable: process.root.compensatable, pivot: process.root.pivot,
        alternatives: [process.root.alternatives[0]], precedence: process.root.precedence))
    for role in Self.roles {
      let codes = stuck.check(for: role).map(\.code)
      #expect(codes.contains("at-least-two-alternatives") && codes.contains("compensation-exists"))
    }
  }
}
