// What activities of different processes can take away from each other, and when they cannot.

public import PaymentModel

/// Something of which there may not be enough for everybody: a merchant's stock, or a good that is sold
/// once.
public struct Resource: Hashable, Comparable, Sendable {
  public let owner: PartyName
  /// The owner's name for it, or the identifier of an offer that is for one sale.
  public let name: String

  public init(owner: PartyName, name: String) {
    self.owner = owner
    self.name = name
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.owner == right.owner && left.name.utf8.elementsEqual(right.name.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(owner)
    hasher.combine(Bytes(name.utf8))
  }

  /// The order in which all processes take resources: by owner, then by the name's bytes.
  public static func < (left: Self, right: Self) -> Bool {
    left.owner == right.owner
      ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : left.owner < right.owner
  }
}

/// How an activity uses a resource.
public struct ResourceUse: Hashable, Sendable {
  public enum Mode: Hashable, Sendable {
    /// Whoever comes first gets it, and nobody after. In a history: nothing is known about the operation but
    /// that it reads or changes the resource.
    case exclusive
    /// So many pieces of a stock, at least 1: a bounded counter, from which all get theirs while it lasts.
    /// Takes, and what gives them back, commute: none of them tells how much was there.
    case counted(Int)
  }

  public let resource: Resource
  public let mode: Mode

  public init(_ resource: Resource, _ mode: Mode = .exclusive) {
    self.resource = resource
    self.mode = mode
  }

  /// Whether it makes no difference which of the two comes first, as long as the stock lasts for both. A
  /// refusal is no use: `HistoryEvent.Kind.refused` says how it commutes.
  public func commutes(with other: Self) -> Bool {
    resource != other.resource || !mode.conflicts(with: other.mode)
  }
}

extension ResourceUse.Mode {
  /// Whether two uses of one resource conflict: unless both are counted.
  func conflicts(with other: Self) -> Bool {
    switch (self, other) {
    case (.counted, .counted): false
    case (.exclusive, _), (_, .exclusive): true
    }
  }
}

extension Activity {
  /// Whether it makes no difference which of the two comes first: all their uses of resources commute.
  public func commutes(with other: Self) -> Bool {
    resources.allSatisfy { use in other.resources.allSatisfy(use.commutes) }
  }
}
