// Text and numbers as SVG takes them.

extension String {
  /// Escaped for element content and attributes. What XML does not allow, control characters, and what turns
  /// the direction of writing become U+FFFD.
  package var escapedForSVG: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "\u{9}", "\u{A}", "\u{D}": text.unicodeScalars.append(" ")
      case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}", "\u{61C}", "\u{200E}", "\u{200F}",
        "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{FFFE}", "\u{FFFF}":
        text.unicodeScalars.append("\u{FFFD}")
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// At most so many characters, the last of them an ellipsis when some were left out.
  func shortened(to count: Int) -> String {
    self.count <= count ? self : "\(prefix(count - 1))…"
  }
}

extension Double {
  /// As a coordinate: tenths are fine enough.
  var coordinate: String {
    let tenths = Int((self * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let whole = tenths.magnitude / 10
    let rest = tenths.magnitude % 10
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }
}
