// What every benchmark yields: one figure, as a line of JSON.

import Foundation

/// A named measurement.
struct Figure: Sendable {
  let name: String
  let measure: @Sendable () async throws -> Result

  /// What was measured.
  struct Result {
    let value: Double
    let unit: String
    /// What the value is compared with, in the same unit, measured in the same run.
    let baseline: Double
    let goal: Goal
    /// Other numbers that help to understand the value, by name.
    var more: [String: Double] = [:]

    var ratio: Double { value / baseline }

    var isReached: Bool {
      switch goal {
      case .ratioAtLeast(let bound): ratio >= bound
      case .ratioAtMost(let bound): ratio <= bound
      case .valueAtLeast(let bound): value >= bound
      case .valueAtMost(let bound): value <= bound
      case .valueAndMemberAtMost(let bound, let member, let memberBound):
        value <= bound && more[member].map { $0 <= memberBound } ?? false
      }
    }
  }

  /// What the figure should be.
  enum Goal {
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

  /// Measures, and prints one JSON object on a line.
  func print() async throws {
    let result = try await measure()
    var members = [
      ("name", "\"\(name)\""), ("value", Self.rounded(result.value)),
      ("unit", "\"\(result.unit)\""), ("baseline", Self.rounded(result.baseline)),
      ("ratio", Self.rounded(result.ratio)), ("goal", "\"\(result.goal.words)\""),
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
