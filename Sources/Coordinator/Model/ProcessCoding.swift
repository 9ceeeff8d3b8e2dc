// The written form of a process: JSON that is canonical as it stands.

public import PaymentModel

/// How much of a process or template is read.
enum ProcessLimits {
  /// Activities of one group, or steps.
  static let activities = 4096
  static let alternatives = 64
  static let precedences = 65_536
  static let resources = 16
  /// A step's name, in bytes.
  static let name = 64
}

extension PaymentProcess {
  /// Reads the members of a process.
  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    self.init(
      process: try reader.identifier("process"), template: try reader.identifier("template"),
      root: try reader.object("root") { reader throws(ClaimError) in
        try Segment(from: &reader)
      })
  }

  /// Writes the members of the process (Docs/Formats/Process.md).
  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    shape.write(to: &writer)
  }

  /// The process in canonical JSON (RFC 8785). Its SHA-256 is the definition's digest.
  public var json: Bytes { json(endingWith: shape.json) }

  /// - Parameter rest: the JSON of the shape, where it is at hand. `process` comes before its members.
  func json(endingWith rest: Bytes) -> Bytes {
    Bytes("{\"process\":\"\(process.hex)\",".utf8) + rest.dropFirst()
  }
}

extension ProcessShape {
  func write(to writer: inout some ClaimWriter) {
    writer.object("root") { root.write(to: &$0) }
    writer.identifier("template", template)
  }

  /// The shape in canonical JSON.
  var json: Bytes {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }
}

extension Segment {
  init(from reader: inout some ClaimReader) throws(ClaimError) {
    self.init(
      compensatable: try reader.activities("compensatable"),
      pivot: try reader.ifPresent("pivot") { reader throws(ClaimError) in
        try reader.object("pivot") { reader throws(ClaimError) in try Activity(from: &reader) }
      },
      retriable: try reader.activities("retriable"),
      alternatives: try reader.objects("alternatives", atMost: ProcessLimits.alternatives) {
        reader throws(ClaimError) in try Segment(from: &reader)
      },
      precedence: try reader.objects("precedence", atMost: ProcessLimits.precedences) {
        reader throws(ClaimError) in
        Precedence(before: try reader.path("before"), after: try reader.path("after"))
      })
  }

  func write(to writer: inout some ClaimWriter) {
    writer.objects("alternatives", alternatives) { $1.write(to: &$0) }
    writer.objects("compensatable", compensatable) { $1.write(to: &$0) }
    if let pivot { writer.object("pivot") { pivot.write(to: &$0) } }
    writer.objects("precedence", precedence) { writer, pair in
      writer.text("after", pair.after.rawValue)
      writer.text("before", pair.before.rawValue)
    }
    writer.objects("retriable", retriable) { $1.write(to: &$0) }
  }
}

extension Activity {
  init(from reader: inout some ClaimReader) throws(ClaimError) {
    self.init(
      path: try reader.path("path"), verb: try reader.choice("verb"),
      participant: try Participant(from: &reader), guarantee: try reader.choice("guarantee"),
      compensation: try reader.ifPresent("compensation") { reader throws(ClaimError) in
        try reader.path("compensation")
      },
      offer: try reader.ifPresent("offer") { reader throws(ClaimError) in
        try reader.identifier("offer")
      },
      resources: try reader.ifPresent("resources") { reader throws(ClaimError) in
        let uses = try reader.objects("resources", atMost: ProcessLimits.resources) {
          reader throws(ClaimError) in try ResourceUse(from: &reader)
        }
        // No resources have one spelling.
        guard !uses.isEmpty else { throw ClaimError("resources", .badValue) }
        return uses
      } ?? [])
  }

  func write(to writer: inout some ClaimWriter) {
    if let compensation { writer.text("compensation", compensation.rawValue) }
    writer.choice("guarantee", guarantee)
    if let offer { writer.identifier("offer", offer) }
    if let name = participant.name { writer.text("party", name.text) }
    writer.text("path", path.rawValue)
    if !resources.isEmpty { writer.objects("resources", resources) { $1.write(to: &$0) } }
    writer.text("role", participant.role)
    writer.choice("verb", verb)
  }
}

extension Participant {
  /// Reads `role`, and `party` for a bank or merchant.
  fileprivate init(from reader: inout some ClaimReader) throws(ClaimError) {
    switch try reader.text("role", atMost: ProcessLimits.name) {
    case "customer": self = .customer
    case "coordinator": self = .coordinator
    case "bank": self = .bank(try reader.party("party"))
    case "merchant": self = .merchant(try reader.party("party"))
    default: throw ClaimError("role", .badValue)
    }
  }
}

extension ResourceUse {
  fileprivate init(from reader: inout some ClaimReader) throws(ClaimError) {
    let resource = Resource(
      owner: try reader.party("owner"), name: try reader.text("name", atMost: 100))
    switch try reader.text("mode", atMost: ProcessLimits.name) {
    case "exclusive": self.init(resource, .exclusive)
    case "counted": self.init(resource, .counted(try reader.number("quantity", in: 1...1_000_000)))
    default: throw ClaimError("mode", .badValue)
    }
  }

  fileprivate func write(to writer: inout some ClaimWriter) {
    writer.text("owner", resource.owner.text)
    writer.text("name", resource.name)
    switch mode {
    case .exclusive: writer.text("mode", "exclusive")
    case .counted(let quantity):
      writer.text("mode", "counted")
      writer.number("quantity", UInt64(clamping: quantity))
    }
  }
}

extension ClaimReader {
  fileprivate mutating func activities(_ name: String) throws(ClaimError) -> [Activity] {
    try objects(name, atMost: ProcessLimits.activities) { reader throws(ClaimError) in
      try Activity(from: &reader)
    }
  }

  fileprivate mutating func path(_ name: String) throws(ClaimError) -> StepPath {
    guard let path = StepPath(rawValue: try text(name, atMost: StepPath.longest)) else {
      throw ClaimError(name, .badValue)
    }
    return path
  }
}
