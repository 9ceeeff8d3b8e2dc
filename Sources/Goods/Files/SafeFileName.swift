// File names that a seller chose, made harmless.

/// A seller's file name that is safe to create and to print.
///
/// It has no path, no control, format or bidirectional characters, no character that a common file
/// system or shell treats specially, no leading dot, hyphen or space, no trailing dot or space, and 1
/// to 200 bytes. What was left of nothing is `goods`.
public struct SafeFileName: Hashable, Sendable, CustomStringConvertible {
  /// The longest name, in UTF-8 bytes.
  public static let largestByteCount = 200

  public let text: String

  /// Makes a name out of anything.
  public init(_ claimed: String) {
    let lastPart = claimed.unicodeScalars.split(separator: Unicode.Scalar(0x2F)).last ?? [][...]
    let lastOfBoth = lastPart.split(separator: Unicode.Scalar(0x5C)).last ?? [][...]
    var scalars = String.UnicodeScalarView()
    for scalar in lastOfBoth where Self.isPrintable(scalar) {
      scalars.append(Self.special.contains(scalar) ? "_" : scalar)
    }
    self.init(checked: Self.shortened(Self.trimmed(String(scalars))))
  }

  private init(checked text: String) {
    let isEmpty = text.utf8.isEmpty
    let stem = text.prefix { $0 != "." }.lowercased()
    self.text = isEmpty ? "goods" : Self.deviceNames.contains(stem) ? "_\(text)" : text
  }

  public var description: String { text }

  /// The same name for the first, `name-2.ext` for the second, and so on.
  func numbered(_ number: Int) -> SafeFileName {
    guard number > 1 else { return self }
    let (stem, suffix) = Self.split(text)
    return SafeFileName(checked: Self.joined(stem, "-\(number)\(suffix)"))
  }

  /// Leaves out what shows nothing, moves the cursor, or turns the writing direction (Unicode
  /// categories Cc, Cf, Cs, Co, Cn, Zl, Zp), and the fillers that look like spaces.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: scalar == " "
    default: !scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  private static let special = Array(#":*?"<>|'`$;&%~"#.unicodeScalars)

  /// Names that open a device on some systems, with any suffix.
  private static let deviceNames: [String] =
    ["con", "prn", "aux", "nul"]
    + (0...9).flatMap { ["com\($0)", "lpt\($0)"] }

  private static func trimmed(_ text: String) -> String {
    let isOuter: (Character) -> Bool = { $0 == "." || $0 == " " || $0 == "-" }
    return String(
      text.drop(while: isOuter).reversed().drop { $0 == "." || $0 == " " }.reversed())
  }

  private static func shortened(_ text: String) -> String {
    let (stem, suffix) = split(text)
    return joined(stem, suffix)
  }

  /// Stem and suffix; a suffix begins with its dot and has at most 16 bytes.
  private static func split(_ text: String) -> (stem: String, suffix: String) {
    guard let dot = text.lastIndex(of: "."), dot > text.startIndex,
      text[dot...].utf8.count <= 16
    else { return (text, "") }
    return (String(text[..<dot]), String(text[dot...]))
  }

  /// Cuts whole characters off the stem until both parts fit.
  private static func joined(_ stem: String, _ suffix: String) -> String {
    var stem = stem.unicodeScalars
    var count = String(stem).utf8.count
    while count + suffix.utf8.count > largestByteCount, let last = stem.popLast() {
      count -= UTF8.width(last)
    }
    return trimmed(String(stem)) + suffix
  }
}
