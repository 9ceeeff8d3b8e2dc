// What every benchmark yields: one figure, as a line of JSON.

import Foundation

/// A named measurement.
package struct Figure: Sendable {
  package let name: String
  package let measure: @Sendable () async throws -> Result

  package init(name: String, measure: @escaping @Sendable () async throws -> Result) {
    self.name = name
    self.measure = measure
  }

  /// What was measured.
  package struct Result {
    package let value: Double
    package let unit: String
    /// What the value is compared with, in the same unit, measured in the same run; `nil` for a count.
    package let baseline: Double?
    package let goal: Goal
    /// Other numbers that help to understand the value, by name.
    package var more: [String: Double]

    package init(
      value: Double, unit: String, baseline: Double?, goal: Goal, more: [String: Double] = [:]
    ) {
      self.value = value
      self.unit = unit
      self.baseline = baseline
      self.goal = goal
      self.more = more
    }

    package var ratio: Double? { baseline.map { value / $0 } }

    package var isReached: Bool {
      switch goal {
      case .ratioAtLeast(let bound): ratio.map { $0 >= bound } ?? false
      case .ratioAtMost(let bound): ratio.map { $0 <= bound } ?? false
      case .valueAtLeast(let bound): value >= bound
      case .valueAtMost(let bound): value <= bound
      case .valueAndMemberAtMost(let bound, let member, let memberBound):
        value <= bound && more[member].map { $0 <= memberBound } ?? false
      }
    }
  }

  /// What the figure should be.
  package enum Goal {
    case ratioAtLeast(Double)
    case ratioAtMost(Double)
    case valueAtLeast(Double)
    case valueAtMost(Double)
    /// Of the value, and of one of the other numbers.
    case valueAndMemberAtMost(Double, String, Double)

    var words: String {
      switch self {
      case .ratioAtLeast(let bound): "ratio >= \(Figure.rounded(bound))"
      case .ratioAtMost(let bound): "ratio <= \(Figure.rounded(bound))"
      case .valueAtLeast(let bound): "value >= \(Figure.rounded(bound))"
      case .valueAtMost(let bound): "value <= \(Figure.rounded(bound))"
      case .valueAndMemberAtMost(let bound, let member, let memberBound):
        "value <= \(Figure.rounded(bound)), \(member) <= \(Figure.rounded(memberBound))"
      }
    }
  }

  /// Something that the figure needs is not there.
  package struct Skipped: Error {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
  }

  /// Measures, and prints one JSON object on a line. A figure that cannot be measured says why.
  package func print() async throws {
    let result: Result
    do {
      result = try await measure()
    } catch let skipped as Skipped {
      FileHandle.standardError.write(Data("\(name) is skipped: \(skipped.reason)\n".utf8))
      FileHandle.standardOutput.write(
        Data("{\"name\":\"\(name)\",\"skipped\":\"\(skipped.reason)\"}\n".utf8))
      return
    }
    var members = [
      ("name", "\"\(name)\""), ("value", Self.rounded(result.value)),
      ("unit", "\"\(result.unit)\""),
      ("baseline", result.baseline.map(Self.rounded) ?? "null"),
      ("ratio", result.ratio.map(Self.rounded) ?? "null"), ("goal", "\"\(result.goal.words)\""),
      ("reached", "\(result.isReached)"),
    ]
    members += result.more.sorted { $0.key < $1.key }.map { ($0, Self.rounded($1)) }
    let object = members.map { "\"\($0)\":\($1)" }.joined(separator: ",")
    FileHandle.standardOutput.write(Data("{\(object)}\n".utf8))
  }

  /// Four significant digits, and what is above 1000 as a whole number.
  private static func rounded(_ value: Double) -> String {
    String(format: abs(value) < 1000 ? "%.4g" : "%.0f", value)
  }
}

extension Figure {
  /// Measures all figures, or those that the program's arguments name.
  package static func run(_ figures: [Figure]) async throws {
    let names = CommandLine.arguments.dropFirst()
    let unknown = names.filter { name in !figures.contains { $0.name == name } }
    guard unknown.isEmpty else {
      let known = figures.map(\.name).joined(separator: " ")
      FileHandle.standardError.write(
        Data("no such figure: \(unknown.joined(separator: " ")); there are: \(known)\n".utf8))
      exit(64)
    }
    for figure in figures where names.isEmpty || names.contains(figure.name) {
      try await figure.print()
    }
  }
}
