// Claims written as a canonical text, members in any order.

package import PaymentModel
import PaymentCrypto

/// Takes the members of one object and sorts them when it ends.
///
/// A member is written where it comes, as `,"name":value`. At the end of an object its members are put in
/// order where they stand, and the first comma becomes the opening bracket.
///
/// Names and numbers come from this program: a name written twice, or one that is not allowed, is a
/// mistake in the program, which debug builds stop at. A number above 2^53 − 1 is written as it is: it
/// makes a text that nobody reads, never another number.
package struct CanonicalWriter: ClaimWriter {
  private var text = Bytes()
  /// The finished members of all objects that are open, the innermost object's last.
  private var members: [Member] = []

  private struct Member {
    let name: Range<Int>
    /// From the comma to the end of the value.
    let whole: Range<Int>
  }

  static func object(_ body: (inout Self) -> Void) -> Bytes {
    var writer = CanonicalWriter()
    writer.object(body)
    return writer.text
  }

  // MARK: - Members

  package mutating func text(_ name: String, _ value: String) {
    member(name) { $0.append(value) }
  }

  package mutating func number(_ name: String, _ value: UInt64) {
    member(name) { $0.text += String(value).utf8 }
  }

  package mutating func flag(_ name: String, _ value: Bool) {
    member(name) { $0.text += (value ? "true" : "false").utf8 }
  }

  package mutating func texts(_ name: String, _ values: [String]) {
    array(name, values) { $0.append($1) }
  }

  package mutating func bytes(_ name: String, _ value: Bytes) {
    member(name) { writer in
      writer.text.append(UInt8(ascii: "\""))
      writer.text += Base64.url.encode(value)
      writer.text.append(UInt8(ascii: "\""))
    }
  }

  package mutating func identifier<S>(_ name: String, _ value: Identifier<S>) {
    member(name) { $0.append(value) }
  }

  package mutating func identifiers<S>(_ name: String, _ values: [Identifier<S>]) {
    array(name, values) { $0.append($1) }
  }

  package mutating func object(_ name: String, _ body: (inout Self) -> Void) {
    member(name) { $0.object(body) }
  }

  package mutating func objects<Element>(
    _ name: String, _ elements: [Element], _ body: (inout Self, Element) -> Void
  ) {
    array(name, elements) { writer, element in writer.object { body(&$0, element) } }
  }

  /// Takes an object that is canonical JSON already.
  package mutating func canonicalObject(_ name: String, _ object: Bytes) {
    member(name) { $0.text += object }
  }

  /// Takes objects that are canonical JSON already.
  package mutating func canonicalObjects(_ name: String, _ objects: [Bytes]) {
    array(name, objects) { $0.text += $1 }
  }

  // MARK: - Values

  private mutating func member(_ name: String, _ value: (inout Self) -> Void) {
    let start = text.count
    text.append(UInt8(ascii: ","))
    text.append(UInt8(ascii: "\""))
    text += name.utf8
    let nameEnd = text.count
    text.append(UInt8(ascii: "\""))
    text.append(UInt8(ascii: ":"))
    value(&self)
    members.append(Member(name: start + 2..<nameEnd, whole: start..<text.count))
  }

  private mutating func array<Element>(
    _ name: String, _ elements: [Element], _ element: (inout Self, Element) -> Void
  ) {
    member(name) { writer in
      writer.text.append(UInt8(ascii: "["))
      for (index, value) in elements.enumerated() {
        if index > 0 { writer.text.append(UInt8(ascii: ",")) }
        element(&writer, value)
      }
      writer.text.append(UInt8(ascii: "]"))
    }
  }

  private mutating func append(_ string: String) {
    text.append(UInt8(ascii: "\""))
    if string.utf8.contains(where: JSONEscape.needsEscape) {
      for byte in string.utf8 { appendEscaped(byte) }
    } else {
      text += string.utf8
    }
    text.append(UInt8(ascii: "\""))
  }

  private mutating func append<S>(_ identifier: Identifier<S>) {
    text.append(UInt8(ascii: "\""))
    identifier.appendHexDigits(to: &text)
    text.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    guard JSONEscape.needsEscape(byte) else { return text.append(byte) }
    text.append(UInt8(ascii: "\\"))
    if let letter = JSONEscape.shortLetter(of: byte) {
      text.append(letter)
    } else {
      text += "u00".utf8
      text += [byte].hex.utf8
    }
  }

  private mutating func object(_ body: (inout Self) -> Void) {
    let (start, firstMember) = (text.count, members.count)
    body(&self)
    if members.count == firstMember {
      text.append(UInt8(ascii: "{"))
    } else {
      sort(members[firstMember...], from: start)
      text[start] = UInt8(ascii: "{")
    }
    text.append(UInt8(ascii: "}"))
    members.removeSubrange(firstMember...)
  }

  /// Puts the members that stand in the text from `start` on in the order of their names.
  private mutating func sort(_ written: ArraySlice<Member>, from start: Int) {
    func ascends(_ left: Member, _ right: Member) -> Bool {
      text[left.name].lexicographicallyPrecedes(text[right.name])
    }
    guard !zip(written, written.dropFirst()).allSatisfy(ascends) else { return }
    let sorted = written.sorted(by: ascends)
    assert(zip(sorted, sorted.dropFirst()).allSatisfy(ascends), "a member is written twice")
    var rearranged = Bytes()
    rearranged.reserveCapacity(text.count - start)
    for member in sorted { rearranged += text[member.whole] }
    text.replaceSubrange(start..., with: rearranged)
  }
}
