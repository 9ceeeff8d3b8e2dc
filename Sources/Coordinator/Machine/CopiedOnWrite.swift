// Large values in a table: looked at and changed where they are.

/// A value behind a reference. Whoever is handed it shares it, until one of them changes it.
///
/// A dictionary hands out copies of its values, and a step moves one out and in again; for a value with
/// dozens of members that takes longer than the step.
struct CopiedOnWrite<Value: Sendable>: Sendable {
  /// Nobody changes one that has a second holder.
  private final class Box: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
  }

  private var box: Box

  init(_ value: Value) { box = Box(value) }

  var value: Value {
    _read { yield box.value }
    _modify {
      if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
      yield &box.value
    }
  }
}

extension CopiedOnWrite: Equatable where Value: Equatable {
  static func == (one: Self, other: Self) -> Bool {
    one.box === other.box || one.value == other.value
  }
}

extension CopiedOnWrite: Hashable where Value: Hashable {
  func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}
