// What stands where in a canonical text: a flat list instead of a tree.

/// The tokens of one text, in its order.
///
/// An object is its own token, then for each member a name and a value; an array its own token, then its
/// elements. `next` leads past a value, or from a name past its value, so that nothing needs recursion to
/// be skipped.
struct TokenTape: Sendable {
  enum Kind: UInt8, Sendable {
    case name
    case text
    /// Text with at least one escape.
    case escapedText
    case number
    case yes
    case no
    case array
    case object
  }

  struct Token: Sendable {
    let kind: Kind
    /// The bytes: without the quotation marks for names and text, with the brackets for arrays and
    /// objects.
    let start: UInt32
    var end: UInt32
    /// The index of the token that follows.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }
    var byteCount: Int { Int(end) - Int(start) }
  }

  /// The largest text that a token can point into.
  static let largestByteCount = Int(UInt32.max)

  private(set) var tokens: [Token] = []

  subscript(index: Int) -> Token { tokens[index] }

  /// The index of what follows the value, or the member, at `index`.
  func next(after index: Int) -> Int { Int(tokens[index].next) }

  /// Adds a token that ends, and whose value ends, with itself. Returns its index.
  @discardableResult
  mutating func append(_ kind: Kind, _ start: Int, _ end: Int) -> Int {
    tokens.append(
      Token(
        kind: kind, start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
        next: UInt32(truncatingIfNeeded: tokens.count + 1)))
    return tokens.count - 1
  }

  /// Ends an array or object at `end`; all tokens since then are inside.
  mutating func close(_ index: Int, at end: Int) {
    tokens[index].end = UInt32(truncatingIfNeeded: end)
    closeMember(index)
  }

  /// Ends a member whose value has been added.
  mutating func closeMember(_ index: Int) {
    tokens[index].next = UInt32(truncatingIfNeeded: tokens.count)
  }

  mutating func reserve(forByteCount count: Int) {
    tokens.reserveCapacity(count / 12)
  }
}
