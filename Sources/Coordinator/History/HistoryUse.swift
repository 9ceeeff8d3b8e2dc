// What an event of a history touches, and when two such uses commute.

/// The use of a resource by one activity.
public struct HistoryUse: Hashable, Sendable {
  /// How the resource is used.
  public enum Mode: Hashable, Sendable {
    /// Nothing is known about the operation but that it reads or changes the resource.
    case exclusive
    /// Takes that many pieces, at least 1, of a stock. Takes, and what gives them back, commute: none
    /// of them tells how much was there.
    case counted(quantity: Int)
  }

  public let resource: Resource
  public let mode: Mode

  public init(_ resource: Resource, _ mode: Mode = .exclusive) {
    self.resource = resource
    self.mode = mode
  }

  /// Whether the order of the two does not matter, both being activities that succeeded or undo such a
  /// one. A refusal is not: `HistoryEvent.Kind.refused` says how it commutes.
  public func commutes(with other: HistoryUse) -> Bool {
    resource != other.resource || !mode.conflicts(with: other.mode)
  }
}

extension HistoryUse.Mode {
  /// Whether two uses of one resource conflict: unless both are counted.
  func conflicts(with other: Self) -> Bool {
    switch (self, other) {
    case (.counted, .counted): false
    case (.exclusive, _), (_, .exclusive): true
    }
  }
}
