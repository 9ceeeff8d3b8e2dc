// A page of HTML, written so that text from outside can only ever be text.

import PaymentModel

/// Writes HTML. Tags and attributes are literals of this program; everything else goes through `text`, which
/// escapes it. So nothing that somebody signed can become a tag, end one, or turn the direction of writing.
struct HTMLWriter {
  private(set) var bytes = Bytes()

  /// Markup of this program, as it stands.
  mutating func markup(_ markup: StaticString) {
    bytes += markup.description.utf8
  }

  /// Text, whoever it is from.
  mutating func text(_ text: some StringProtocol) {
    bytes += Self.escaped(text).utf8
  }

  /// A line feed, where the lines of the file matter.
  mutating func endLine() {
    bytes.append(0x0A)
  }

  /// An element with what `body` writes in it. Its end tag ends the line.
  ///
  /// - Parameters:
  ///   - name: the tag's name.
  ///   - style: its class.
  mutating func element(
    _ name: StaticString, _ style: StaticString? = nil, _ body: (inout Self) -> Void
  ) {
    open(name, style)
    body(&self)
    close(name)
    endLine()
  }

  /// An element with text in it, within a line.
  mutating func span(
    _ name: StaticString, _ style: StaticString? = nil, _ text: some StringProtocol
  ) {
    open(name, style)
    self.text(text)
    close(name)
  }

  /// Text from outside that is shown as somebody wrote it: set apart, so that a language that runs from
  /// right to left does not reorder what stands beside it.
  mutating func foreign(_ text: some StringProtocol) {
    span("bdi", nil, text)
  }

  /// A link to the exhibit of that label, which is letters and digits of this program.
  mutating func link(to exhibit: ExhibitLabel) {
    markup("<a href=\"#")
    text(exhibit.text)
    markup("\">")
    text(exhibit.text)
    markup("</a>")
  }

  /// The place that `link(to:)` leads to.
  mutating func target(_ exhibit: ExhibitLabel) {
    markup("<b id=\"")
    text(exhibit.text)
    markup("\">")
    text(exhibit.text)
    markup("</b>")
  }

  private mutating func open(_ name: StaticString, _ style: StaticString?) {
    markup("<")
    markup(name)
    if let style {
      markup(" class=\"")
      markup(style)
      markup("\"")
    }
    markup(">")
  }

  private mutating func close(_ name: StaticString) {
    markup("</")
    markup(name)
    markup(">")
  }
}

// MARK: - Escaping

extension HTMLWriter {
  /// How many combining marks may stand on one letter. More would grow over the lines around it.
  private static let mostMarks = 4

  /// Text with everything escaped that could be more than text: what HTML gives a meaning to as character
  /// references; controls, formatting and bidirectional marks, line ends, what is not assigned and piled up
  /// combining marks as `\u{…}`, so that they can be seen.
  static func escaped(_ text: some StringProtocol) -> String {
    var escaped = ""
    var marks = 0
    for scalar in text.unicodeScalars {
      let category = scalar.properties.generalCategory
      let isMark = [.nonspacingMark, .enclosingMark, .spacingMark].contains(category)
      marks = isMark ? marks + 1 : 0
      switch category {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        escaped += visible(scalar)
      default:
        if marks > mostMarks || isFiller(scalar) {
          escaped += visible(scalar)
        } else if let reference = reference(for: scalar) {
          escaped += reference
        } else {
          escaped.unicodeScalars.append(scalar)
        }
      }
    }
    return escaped
  }

  private static func reference(for scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    case "'": "&#39;"
    default: nil
    }
  }

  /// Letters and symbols that show nothing at all.
  private static func isFiller(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return (properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector)
      || scalar == "\u{2800}"
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16))}"
  }
}

/// The name of an exhibit on the page: a letter for what it is, and a number.
struct ExhibitLabel: Hashable {
  /// What an exhibit is.
  enum Series: String {
    case receipt = "R"
    case trustList = "T"
    case checkpoint = "C"
    case statement = "S"
    case part = "P"
    case key = "K"
  }

  let text: String

  /// - Parameter number: counted from 1.
  init(_ series: Series, _ number: Int) {
    text = "\(series.rawValue)\(number)"
  }
}
