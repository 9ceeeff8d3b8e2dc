// What all processes of one kind have in common: Figure 1 of the paper, as data.

public import PaymentModel

/// How often a step of a template occurs in a process.
public enum Multiplicity: String, Hashable, Sendable {
  case once
  /// Once for each bank that pays.
  case perBank = "per-bank"
  /// Once for each good.
  case perGood = "per-good"
  /// Once for each merchant, however many goods are bought from it.
  case perMerchant = "per-merchant"
}

/// A step of a template, which becomes one or more activities.
public struct TemplateStep: Hashable, Sendable {
  /// The beginning of the activities' paths, unique in the template.
  public let name: String
  public let verb: Verb
  public let multiplicity: Multiplicity
  public let guarantee: ActivityGuarantee
  /// The name of the step that undoes this one.
  public let undoneBy: String?
  /// Names of steps of the same group. Between steps of the same bank, or of a bank and a merchant
  /// that it pays, the order holds between those only; otherwise between all.
  public let after: [String]

  public init(
    _ verb: Verb, _ multiplicity: Multiplicity, _ guarantee: ActivityGuarantee,
    name: String? = nil, undoneBy: String? = nil, after: [String] = []
  ) {
    self.name = name ?? verb.rawValue
    self.verb = verb
    self.multiplicity = multiplicity
    self.guarantee = guarantee
    self.undoneBy = undoneBy
    self.after = after
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    let limit = ProcessLimits.name
    let name = try reader.text("name", atMost: limit)
    guard StepPath(rawValue: name) != nil else { throw ClaimError("name", .badValue) }
    self.init(
      try reader.choice("verb"), try reader.choice("multiplicity"),
      try reader.choice("guarantee"), name: name,
      undoneBy: try reader.ifPresent("undoneBy") { reader throws(ClaimError) in
        try reader.text("undoneBy", atMost: limit)
      },
      after: try reader.texts("after", atMost: Self.most, eachAtMost: limit))
  }

  /// How many steps of a group are read.
  fileprivate static let most = 64

  func write(to writer: inout some ClaimWriter) {
    writer.text("name", name)
    writer.choice("verb", verb)
    writer.choice("multiplicity", multiplicity)
    writer.choice("guarantee", guarantee)
    if let undoneBy { writer.text("undoneBy", undoneBy) }
    writer.texts("after", after)
  }
}

/// A segment of a template, see `Segment`.
public struct TemplateSegment: Hashable, Sendable {
  public let compensatable: [TemplateStep]
  public let pivot: TemplateStep?
  public let retriable: [TemplateStep]
  public let alternatives: [TemplateSegment]

  public init(
    compensatable: [TemplateStep] = [], pivot: TemplateStep? = nil,
    retriable: [TemplateStep] = [], alternatives: [TemplateSegment] = []
  ) {
    self.compensatable = compensatable
    self.pivot = pivot
    self.retriable = retriable
    self.alternatives = alternatives
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    self.init(
      compensatable: try reader.objects("compensatable", atMost: TemplateStep.most) {
        reader throws(ClaimError) in try TemplateStep(from: &reader)
      },
      pivot: try reader.ifPresent("pivot") { reader throws(ClaimError) in
        try reader.object("pivot") { reader throws(ClaimError) in
          try TemplateStep(from: &reader)
        }
      },
      retriable: try reader.objects("retriable", atMost: TemplateStep.most) {
        reader throws(ClaimError) in try TemplateStep(from: &reader)
      },
      alternatives: try reader.objects("alternatives", atMost: ProcessLimits.alternatives) {
        reader throws(ClaimError) in try TemplateSegment(from: &reader)
      })
  }

  func write(to writer: inout some ClaimWriter) {
    writer.objects("compensatable", compensatable) { $1.write(to: &$0) }
    if let pivot { writer.object("pivot") { pivot.write(to: &$0) } }
    writer.objects("retriable", retriable) { $1.write(to: &$0) }
    writer.objects("alternatives", alternatives) { $1.write(to: &$0) }
  }
}

/// A kind of payment process. An order pins its template by digest.
public struct ProcessTemplate: Hashable, Sendable {
  public let name: String
  public let version: Int
  public let root: TemplateSegment

  public init(name: String, version: Int, root: TemplateSegment) {
    self.name = name
    self.version = version
    self.root = root
  }

  /// Reads the members of a template. What was read is written as it was, so its digest is the same.
  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    self.init(
      name: try reader.text("name", atMost: ProcessLimits.name),
      version: try reader.number("version", in: 1...1_000_000),
      root: try reader.object("root") { reader throws(ClaimError) in
        try TemplateSegment(from: &reader)
      })
  }

  /// Writes the members of the template (Docs/Formats/Process.md).
  public func write(to writer: inout some ClaimWriter) {
    writer.text("name", name)
    writer.number("version", UInt64(clamping: version))
    writer.object("root") { root.write(to: &$0) }
  }

  /// The template in canonical JSON (RFC 8785). Its SHA-256 is the digest that orders carry.
  public var json: Bytes {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }

  /// Figure 1 of the paper. Keys reach the customer through the published verdict instead of being
  /// pushed to her, because a lost acknowledgement would give goods without money otherwise.
  public static let standard = ProcessTemplate(
    name: "standard", version: 1,
    root: TemplateSegment(
      compensatable: [
        TemplateStep(.receivePayment, .perBank, .compensatable),
        TemplateStep(
          .reserve, .perBank, .compensatable, undoneBy: "void", after: ["receive-payment"]),
        TemplateStep(.deposit, .perGood, .compensatable, undoneBy: "release", after: ["reserve"]),
      ],
      pivot: TemplateStep(.prepare, .once, .pivot),
      alternatives: [
        TemplateSegment(
          pivot: TemplateStep(.decide, .once, .pivot),
          retriable: [
            TemplateStep(.publish, .once, .retriable),
            TemplateStep(.post, .perBank, .retriable, after: ["publish"]),
            TemplateStep(.confirm, .perMerchant, .retriable, after: ["publish", "post"]),
            TemplateStep(
              .notify, .once, .retriable, name: "notify-commit", after: ["publish"]),
          ]),
        TemplateSegment(
          retriable: [
            TemplateStep(.recordAbort, .once, .retriable),
            TemplateStep(.release, .perGood, .retriable, after: ["record-abort"]),
            TemplateStep(.void, .perBank, .retriable, after: ["record-abort"]),
            TemplateStep(
              .notify, .once, .retriable, name: "notify-abort", after: ["record-abort"]),
          ]),
      ]))

  /// What is left of a process whose order was never handed in: the abort.
  package static let neverBegun = ProcessTemplate(
    name: "never-begun", version: 1,
    root: TemplateSegment(retriable: [TemplateStep(.recordAbort, .once, .retriable)]))
}
