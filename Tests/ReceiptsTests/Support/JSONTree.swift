// JSON as a tree that keeps what no decoder keeps: members twice, in any order, and each value as it was
// spelled. For taking files apart and putting them together wrongly.

import PaymentModel

/// A value of a canonical JSON text.
enum JSONTree {
  case object([(name: String, value: JSONTree)])
  case array([JSONTree])
  /// A text, number or word, as it stands in the file.
  case scalar(String)

  /// Reads a text that is canonical.
  init(_ bytes: Bytes) throws {
    var rest = bytes[...]
    self = try Self.value(&rest)
    guard rest.isEmpty else { throw BadFixture("bytes after the value") }
  }

  var bytes: Bytes { Bytes(text.utf8) }

  var text: String {
    switch self {
    case .object(let members):
      "{\(members.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ","))}"
    case .array(let elements): "[\(elements.map(\.text).joined(separator: ","))]"
    case .scalar(let text): text
    }
  }

  /// The content of a text without escapes.
  var content: String? {
    guard case .scalar(let text) = self, text.hasPrefix("\"") else { return nil }
    return String(text.dropFirst().dropLast())
  }

  /// The value of a member; of an array, of the element at that place.
  subscript(name: String) -> JSONTree? {
    get {
      switch self {
      case .object(let members): members.first { $0.name == name }?.value
      case .array(let elements): Int(name).map { elements[$0] }
      case .scalar: nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .object(var members):
        guard let place = members.firstIndex(where: { $0.name == name }) else { return }
        members[place].value = newValue
        self = .object(members)
      case .array(var elements):
        guard let place = Int(name) else { return }
        elements[place] = newValue
        self = .array(elements)
      case .scalar: break
      }
    }
  }

  /// The value at the end of a path.
  subscript(path: [String]) -> JSONTree? {
    get { path.reduce(self) { $0?[$1] } }
    set {
      guard let name = path.first else { return self = newValue ?? self }
      guard var inner = self[name] else { return }
      inner[Array(path.dropFirst())] = newValue
      self[name] = inner
    }
  }

  /// The paths of all objects and arrays that are not empty.
  func containers(at path: [String] = []) -> [[String]] {
    switch self {
    case .object(let members):
      (members.isEmpty ? [] : [path])
        + members.flatMap { $0.value.containers(at: path + [$0.name]) }
    case .array(let elements):
      (elements.isEmpty ? [] : [path])
        + elements.indices.flatMap { elements[$0].containers(at: path + ["\($0)"]) }
    case .scalar: []
    }
  }

  // MARK: - Reading

  private static func value(_ rest: inout ArraySlice<UInt8>) throws -> JSONTree {
    switch rest.first {
    case UInt8(ascii: "{"):
      var members: [(name: String, value: JSONTree)] = []
      try list(&rest, until: UInt8(ascii: "}")) { rest in
        let name = scalar(&rest)
        guard rest.popFirst() == UInt8(ascii: ":") else { throw BadFixture("no colon") }
        members.append((String(name.dropFirst().dropLast()), try value(&rest)))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONTree] = []
      try list(&rest, until: UInt8(ascii: "]")) { elements.append(try value(&$0)) }
      return .array(elements)
    default:
      return .scalar(scalar(&rest))
    }
  }

  private static func list(
    _ rest: inout ArraySlice<UInt8>, until end: UInt8,
    _ element: (inout ArraySlice<UInt8>) throws -> Void
  ) throws {
    rest.removeFirst()
    while rest.first != end {
      if rest.first == UInt8(ascii: ",") { rest.removeFirst() }
      guard !rest.isEmpty else { throw BadFixture("the text ends too early") }
      try element(&rest)
    }
    rest.removeFirst()
  }

  private static func scalar(_ rest: inout ArraySlice<UInt8>) -> String {
    var isText = false
    var isEscaped = false
    let end = rest.indices.first { index in
      defer { isEscaped = rest[index] == UInt8(ascii: "\\") && !isEscaped }
      if rest[index] == UInt8(ascii: "\""), !isEscaped {
        isText.toggle()
        return false
      }
      return !isText && ",:]}".utf8.contains(rest[index])
    }
    let text = rest[..<(end ?? rest.endIndex)]
    rest = rest[(end ?? rest.endIndex)...]
    return String(decoding: text, as: UTF8.self)
  }
}
