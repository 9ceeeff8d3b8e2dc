// The payment process generator (paper, section 4): from an order and a template to a process.

public import PaymentModel

extension PaymentProcess {
  /// At most so many goods in one process.
  public static let largestGoodCount = 256
  /// At most so many banks in one process.
  public static let largestBankCount = 16

  /// Generates the process for an order, and checks that it always terminates.
  ///
  /// An order of free goods has no payments. An order of offers without containers has no goods, and each is
  /// deposited all the same: the merchant binds itself. Banks are told apart by name: an order has at most one
  /// payment part for each, and two of one bank make no process.
  ///
  /// - Parameter templateDigest: SHA-256 of the template's JSON.
  /// - Throws: `empty-order`, `too-large`, `stock-shared`, or `not-well-formed` with the violations.
  public static func generate(
    from order: AdmittedOrder, template: ProcessTemplate, templateDigest: Digest
  ) throws(CoordinatorError) -> PaymentProcess {
    try generate(
      from: order, template: template, templateDigest: templateDigest, rules: .standard)
  }

  package static func generate(
    from order: AdmittedOrder, template: ProcessTemplate, templateDigest: Digest,
    rules: ProtocolRules
  ) throws(CoordinatorError) -> PaymentProcess {
    guard !order.items.isEmpty else {
      throw CoordinatorError(
        .emptyOrder, "an order needs an offer: of a good, or of a payment without one")
    }
    guard order.items.count <= largestGoodCount, order.payments.count <= largestBankCount else {
      throw CoordinatorError(
        .tooLarge, "at most \(largestGoodCount) goods and \(largestBankCount) banks in one order")
    }
    let generator = ProcessGenerator(order: order, template: template, rules: rules)
    return try checked(
      PaymentProcess(
        process: order.process, template: templateDigest,
        root: try generator.segment(from: template.root)))
  }

  /// What runs for an order that was never handed in: nothing but its abort.
  package static func abortOnly(
    _ process: ProcessID, templateDigest: Digest
  ) throws(CoordinatorError) -> PaymentProcess {
    let generator = ProcessGenerator(order: nil, template: .neverBegun, rules: .standard)
    return try checked(
      PaymentProcess(
        process: process, template: templateDigest,
        root: try generator.segment(from: ProcessTemplate.neverBegun.root)))
  }

  private static func checked(
    _ process: PaymentProcess
  ) throws(CoordinatorError) -> PaymentProcess {
    let violations = process.checkGuaranteedTermination()
    guard violations.isEmpty else {
      throw CoordinatorError(
        .notWellFormed, violations.map(\.description).joined(separator: "; "))
    }
    return process
  }
}

private struct ProcessGenerator {
  let order: AdmittedOrder?
  let template: ProcessTemplate
  let rules: ProtocolRules

  /// What a step is repeated over.
  private enum Instance: Equatable {
    case once
    case bank(PartyName)
    case good(AdmittedOrder.Item)
    case merchant(PartyName)

    var suffix: String {
      switch self {
      case .once: ""
      case .bank(let name), .merchant(let name): "/\(name)"
      case .good(let item): "/\(item.offer.id)"
      }
    }
  }

  func segment(from template: TemplateSegment) throws(CoordinatorError) -> Segment {
    var alternatives: [Segment] = []
    for alternative in template.alternatives {
      alternatives.append(try segment(from: alternative))
    }
    let compensatable = try activities(from: template.compensatable)
    return Segment(
      compensatable: compensatable,
      pivot: try activities(from: template.pivot.map { [$0] } ?? []).first,
      retriable: try activities(from: template.retriable),
      alternatives: alternatives,
      precedence: try precedence(in: template.compensatable)
        + turns(of: compensatable) + precedence(in: template.retriable))
  }

  /// What may run out is taken one after another, in an order that is the same in all processes. So of
  /// processes that wait for each other's goods one can always go on (paper, section 6).
  private func turns(of activities: [Activity]) throws(CoordinatorError) -> [Precedence] {
    // A good of a stock stands where its stock does, and its own offer comes just before.
    let taking = activities.compactMap { activity in
      activity.resources.last.map { (resource: $0.resource, path: activity.path) }
    }.sorted { $0.resource < $1.resource }
    let pairs = zip(taking, taking.dropFirst())
    // Two holds on one stock would be two turns: two processes could each have the first.
    if let (shared, _) = pairs.first(where: { !($0.resource < $1.resource) }) {
      throw CoordinatorError(
        .stockShared,
        "two goods of one order draw on one stock of \(shared.resource.owner): order a quantity of one"
      )
    }
    guard rules.takesGoodsInTurns else { return [] }
    return pairs.map { Precedence(before: $0.path, after: $1.path) }
  }

  private func activities(from steps: [TemplateStep]) throws(CoordinatorError) -> [Activity] {
    var activities: [Activity] = []
    for step in steps {
      for instance in instances(of: step) {
        activities.append(try activity(step, instance))
      }
    }
    return activities
  }

  private func activity(
    _ step: TemplateStep, _ instance: Instance
  ) throws(CoordinatorError) -> Activity {
    var compensation: StepPath?
    if let undoneBy = step.undoneBy { compensation = try path(undoneBy, instance) }
    var offer: StatementID?
    var resources: [ResourceUse] = []
    if case .good(let item) = instance {
      offer = item.offer.id
      if step.verb == .deposit { resources = Self.resources(of: item) }
    }
    return Activity(
      path: try path(step.name, instance), verb: step.verb,
      participant: participant(of: step.verb, instance), guarantee: step.guarantee,
      compensation: compensation, offer: offer, resources: resources)
  }

  /// A catalogue sells to everybody. An individual offer is for one sale, and with a stock it takes pieces
  /// of that, too.
  private static func resources(of item: AdmittedOrder.Item) -> [ResourceUse] {
    let offer = item.offer.claim
    guard offer.mode == .individual else { return [] }
    let own = ResourceUse(Resource(owner: item.merchant, name: item.offer.id.hex), .exclusive)
    guard let stock = offer.stock else { return [own] }
    return [
      own, ResourceUse(Resource(owner: item.merchant, name: stock), .counted(item.quantity)),
    ]
  }

  private func instances(of step: TemplateStep) -> [Instance] {
    guard let order else { return step.multiplicity == .once ? [.once] : [] }
    switch step.multiplicity {
    case .once: return [.once]
    case .perBank: return order.payments.map { .bank($0.content.bank) }
    case .perGood: return order.items.map { .good($0) }
    case .perMerchant:
      let names = order.items.map(\.merchant).sorted()
      return names.enumerated()
        .filter { $0.offset == 0 || names[$0.offset - 1] != $0.element }
        .map { .merchant($0.element) }
    }
  }

  private func path(
    _ name: String, _ instance: Instance
  ) throws(CoordinatorError) -> StepPath {
    guard let path = StepPath(rawValue: name + instance.suffix) else {
      throw CoordinatorError(.notWellFormed, "the template's step name \(name) makes no path")
    }
    return path
  }

  private func participant(of verb: Verb, _ instance: Instance) -> Participant {
    switch (verb, instance) {
    case (.receivePayment, _), (.decide, _), (.notify, _): .customer
    case (_, .bank(let name)): .bank(name)
    case (_, .good(let item)): .merchant(item.merchant)
    case (_, .merchant(let name)): .merchant(name)
    case (_, .once): .coordinator
    }
  }

  private func precedence(in steps: [TemplateStep]) throws(CoordinatorError) -> [Precedence] {
    var pairs: [Precedence] = []
    for step in steps {
      for name in step.after {
        guard let earlier = steps.first(where: { $0.name == name }) else {
          throw CoordinatorError(.notWellFormed, "\(step.name) follows \(name), which is not there")
        }
        if earlier.verb == .reserve, step.verb == .deposit, !rules.reservesBeforeDeposits {
          continue
        }
        for after in instances(of: step) {
          for before in instances(of: earlier) where areOrdered(before, after) {
            pairs.append(
              Precedence(before: try path(name, before), after: try path(step.name, after)))
          }
        }
      }
    }
    return pairs
  }

  private func areOrdered(_ before: Instance, _ after: Instance) -> Bool {
    switch (before, after) {
    case (.bank(let one), .bank(let other)): one == other
    case (.bank(let bank), .merchant(let merchant)): pays(bank, merchant)
    default: true
    }
  }

  private func pays(_ bank: PartyName, _ merchant: PartyName) -> Bool {
    guard let order else { return false }
    let payees = order.items.filter { $0.merchant == merchant }.map(\.offer.claim.payee)
    return order.payments.contains { payment in
      payment.content.bank == bank
        && payment.content.payouts.contains { payees.contains($0.payee) }
    }
  }
}
