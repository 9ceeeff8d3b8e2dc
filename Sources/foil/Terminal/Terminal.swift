// What is printed, and how foreign text is kept from doing anything to a terminal.

import Foundation

/// Standard output and standard error.
enum Terminal {
  static func print(_ text: String = "", terminator: String = "\n") {
    write(text + terminator, to: .standardOutput)
  }

  /// Prints a document to the byte for a file or another program. On a terminal, where nobody reads it back,
  /// foreign text in it is escaped.
  static func printDocument(_ text: String) {
    write(isatty(STDOUT_FILENO) == 1 ? safe(text) : text, to: .standardOutput)
  }

  /// `foil: error: …`, and where there is a next step, `foil: hint: …`.
  static func report(_ message: String, hint: String?) {
    write("foil: error: \(line(message))\n", to: .standardError)
    if let hint { write("foil: hint: \(line(hint))\n", to: .standardError) }
  }

  static func note(_ text: String) {
    write(text + "\n", to: .standardError)
  }

  /// Whether somebody can be asked.
  static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

  /// Asks on the terminal; no answer is no.
  static func confirm(_ question: String) -> Bool {
    write(question + " [y/N] ", to: .standardError)
    guard let answer = readLine() else { return false }
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// Text from outside with everything escaped that could move a cursor, change a colour or turn the
  /// direction of writing: control characters, bidirectional marks, and what is not assigned.
  static func safe(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        escaped += scalar == "\n" ? "\n" : "\\u{\(String(scalar.value, radix: 16))}"
      default:
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// `safe`, in one line.
  static func line(_ text: String) -> String {
    safe(text.replacing("\n", with: " "))
  }

  /// Output that cannot be written ends the program: a file that was cut off must not look complete.
  private static func write(_ text: String, to file: FileHandle) {
    do {
      try file.write(contentsOf: Data(text.utf8))
    } catch {
      guard file === FileHandle.standardOutput else { return }
      report("cannot write the output", hint: nil)
      exit(ExitStatus.notChecked.rawValue)
    }
  }
}

/// Rows of text in columns as wide as they need to be.
struct TextTable {
  private var rows: [[String]] = []

  mutating func add(_ cells: String...) {
    add(cells)
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells.map(Terminal.line))
  }

  /// Says how many rows there were beyond the first so many, instead of showing them.
  mutating func keepFirst(_ count: Int) {
    guard rows.count > count else { return }
    let more = rows.count - count
    rows = rows.prefix(count) + [["… and \(more) more"]]
  }

  func lines(indent: Int = 2) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      return String(repeating: " ", count: indent) + cells.joined(separator: "  ")
    }
  }
}
