// The written form of a process: JSON that is canonical as it stands.

public import PaymentModel

extension PaymentProcess {
  /// Writes the members of the process (Docs/Formats/Process.md).
  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("template", template)
    writer.object("root") { root.write(to: &$0) }
  }

  /// The process in canonical JSON (RFC 8785). Its SHA-256 is the definition's digest.
  public var json: Bytes {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }
}

extension Segment {
  func write(to writer: inout some ClaimWriter) {
    writer.objects("compensatable", compensatable) { $1.write(to: &$0) }
    if let pivot { writer.object("pivot") { pivot.write(to: &$0) } }
    writer.objects("retriable", retriable) { $1.write(to: &$0) }
    writer.objects("alternatives", alternatives) { $1.write(to: &$0) }
    writer.objects("precedence", precedence) { writer, pair in
      writer.text("before", pair.before.rawValue)
      writer.text("after", pair.after.rawValue)
    }
  }
}

extension Activity {
  func write(to writer: inout some ClaimWriter) {
    writer.text("path", path.rawValue)
    writer.choice("verb", verb)
    writer.text("role", participant.role)
    if let name = participant.name { writer.text("party", name.text) }
    writer.choice("guarantee", guarantee)
    if let compensation { writer.text("compensation", compensation.rawValue) }
    if let offer { writer.identifier("offer", offer) }
    if !resources.isEmpty {
      writer.objects("resources", resources) { writer, resource in
        writer.text("owner", resource.owner.text)
        writer.text("name", resource.name)
      }
    }
  }
}
