// The payment process generator (paper, section 4): from an order and a template to a process.

public import PaymentModel

extension PaymentProcess {
  /// At most so many goods in one process.
  public static let largestGoodCount = 256
  /// At most so many banks in one process.
  public static let largestBankCount = 16
  /// At most so many parts in one order: those of the goods and of the banks, and the coordinator's fee.
  public static let largestPartCount = largestGoodCount + largestBankCount + 1

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
    PaymentProcess(
      process: order.process,
      shape: try .generate(
        from: OrderOutline(order), template: template, templateDigest: templateDigest,
        rules: rules))
  }

  /// What runs for an order that was never handed in: nothing but its abort.
  package static func abortOnly(
    _ process: ProcessID, templateDigest: Digest
  ) throws(CoordinatorError) -> PaymentProcess {
    PaymentProcess(
      process: process,
      shape: try .generate(
        from: nil, template: .neverBegun, templateDigest: templateDigest, rules: .standard))
  }
}

/// What of an order makes a difference to its process: orders of the same outline have processes of the same
/// shape.
struct OrderOutline: Hashable, Sendable {
  struct Good: Hashable, Sendable {
    let merchant: PartyName
    let offer: StatementID
    let payee: Payee
    let resources: [ResourceUse]
  }

  struct Payment: Hashable, Sendable {
    let bank: PartyName
    let payees: [Payee]

    /// Whether the bank will owe something to another one, which takes no more than it has agreed to.
    var needsRoom: Bool { payees.contains { $0.bank != bank } }
  }

  let goods: [Good]
  let payments: [Payment]

  init(_ order: AdmittedOrder) {
    goods = order.items.map { item in
      Good(
        merchant: item.merchant, offer: item.offer.id, payee: item.offer.claim.payee,
        resources: Self.resources(of: item))
    }
    payments = order.payments.map { payment in
      Payment(bank: payment.content.bank, payees: payment.content.payouts.map(\.payee))
    }
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

  /// Whether the bank pays an account to which the merchant's offers are paid.
  func pays(_ bank: PartyName, _ merchant: PartyName) -> Bool {
    payments.contains { payment in
      payment.bank == bank
        && goods.contains { $0.merchant == merchant && payment.payees.contains($0.payee) }
    }
  }
}

extension ProcessShape {
  /// - Parameter outline: `nil` for an order that was never handed in.
  /// - Throws: as `PaymentProcess.generate`.
  static func generate(
    from outline: OrderOutline?, template: ProcessTemplate, templateDigest: Digest,
    rules: ProtocolRules
  ) throws(CoordinatorError) -> ProcessShape {
    if let outline {
      guard !outline.goods.isEmpty else {
        throw CoordinatorError(
          .emptyOrder, "an order needs an offer: of a good, or of a payment without one")
      }
      let (goods, banks) = (PaymentProcess.largestGoodCount, PaymentProcess.largestBankCount)
      guard outline.goods.count <= goods, outline.payments.count <= banks else {
        throw CoordinatorError(
          .tooLarge, "at most \(goods) goods and \(banks) banks in one order")
      }
    }
    let generator = ProcessGenerator(outline: outline, rules: rules)
    let shape = ProcessShape(
      template: templateDigest, root: try generator.segment(from: template.root))
    let violations = shape.checkGuaranteedTermination()
    guard violations.isEmpty else {
      throw CoordinatorError(
        .notWellFormed, violations.map(\.description).joined(separator: "; "))
    }
    return shape
  }
}

private struct ProcessGenerator {
  let outline: OrderOutline?
  let rules: ProtocolRules

  /// What a step is repeated over.
  private enum Instance: Equatable {
    case once
    case bank(PartyName)
    case good(OrderOutline.Good)
    case merchant(PartyName)

    var suffix: String {
      switch self {
      case .once: ""
      case .bank(let name), .merchant(let name): "/\(name)"
      case .good(let good): "/\(good.offer)"
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
      pivot: try pivot(of: template),
      retriable: try activities(from: template.retriable),
      alternatives: alternatives,
      precedence: try precedence(in: template.compensatable)
        + turns(of: compensatable) + roomTurns(of: compensatable)
        + precedence(in: template.retriable))
  }

  private func pivot(of template: TemplateSegment) throws(CoordinatorError) -> Activity? {
    guard let step = template.pivot else { return nil }
    let activities = try activities(from: [step])
    guard activities.count == 1 else {
      throw CoordinatorError(
        .notWellFormed, "the pivot \(step.name) stands for \(activities.count) activities")
    }
    return activities[0]
  }

  /// What a bank may owe others runs out, too. Banks that pay into accounts elsewhere are asked one after another,
  /// by name: of processes that wait for room at each other's banks one can always go on.
  private func roomTurns(of activities: [Activity]) -> [Precedence] {
    guard let outline, rules.takesRoomInTurns else { return [] }
    let needing = activities.compactMap { activity -> (bank: PartyName, path: StepPath)? in
      guard activity.verb == .reserve, case .bank(let name) = activity.participant,
        outline.payments.contains(where: { $0.bank == name && $0.needsRoom })
      else { return nil }
      return (name, activity.path)
    }.sorted { $0.bank < $1.bank }
    return zip(needing, needing.dropFirst()).map {
      Precedence(before: $0.path, after: $1.path)
    }
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
    if case .good(let good) = instance {
      offer = good.offer
      if step.verb == .deposit { resources = good.resources }
    }
    return Activity(
      path: try path(step.name, instance), verb: step.verb,
      participant: participant(of: step.verb, instance), guarantee: step.guarantee,
      compensation: compensation, offer: offer, resources: resources)
  }

  private func instances(of step: TemplateStep) -> [Instance] {
    guard let outline else { return step.multiplicity == .once ? [.once] : [] }
    switch step.multiplicity {
    case .once: return [.once]
    case .perBank: return outline.payments.map { .bank($0.bank) }
    case .perGood: return outline.goods.map { .good($0) }
    case .perMerchant:
      let names = outline.goods.map(\.merchant).sorted()
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
    case (_, .good(let good)): .merchant(good.merchant)
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
    case (.bank(let bank), .merchant(let merchant)):
      outline?.pays(bank, merchant) ?? false
    default: true
    }
  }
}
