// A payment process as data: what is done, in which order, and what instead.

public import PaymentModel

/// `before` must have ended when `after` begins: before the pivot with success, after it with any final answer.
/// Both stand in the same segment.
public struct Precedence: Hashable, Sendable {
  public let before: StepPath
  public let after: StepPath

  public init(before: StepPath, after: StepPath) {
    self.before = before
    self.after = after
  }
}

/// A part of a process up to its next point of no return, and what comes after.
///
/// First all compensatable activities, then the pivot, then either the retriable activities or the
/// first alternative that succeeds. Activities of one group run in parallel but for `precedence`.
public struct Segment: Hashable, Sendable {
  public let compensatable: [Activity]
  public let pivot: Activity?
  public let retriable: [Activity]
  /// In order of preference: the next one is taken when one before it has failed and is undone.
  public let alternatives: [Segment]
  /// A partial order over the compensatable and over the retriable activities.
  public let precedence: [Precedence]

  public init(
    compensatable: [Activity] = [], pivot: Activity? = nil, retriable: [Activity] = [],
    alternatives: [Segment] = [], precedence: [Precedence] = []
  ) {
    self.compensatable = compensatable
    self.pivot = pivot
    self.retriable = retriable
    self.alternatives = alternatives
    self.precedence = precedence
  }

  /// The activities of this segment alone: compensatable, pivot, retriable.
  public var ownActivities: [Activity] {
    compensatable + (pivot.map { [$0] } ?? []) + retriable
  }

  /// The activities of this segment, then those of its alternatives.
  public var allActivities: [Activity] {
    ownActivities + alternatives.flatMap(\.allActivities)
  }
}

/// What all processes have in common that differ in nothing but their order's identifier. Shared by them, because
/// it never changes.
final class ProcessShape: Sendable {
  /// The template from which it was generated.
  let template: Digest
  let root: Segment
  /// Those of the root segment, then those of its alternatives, recursively.
  let activities: [Activity]
  let graph: ProcessGraph

  init(template: Digest, root: Segment) {
    self.template = template
    self.root = root
    activities = root.allActivities
    graph = ProcessGraph(root, activities: activities)
  }
}

/// The process that was generated for one order.
///
/// An activity's number, its place in `activities`, is what the journal calls it. It is stable because
/// the definition is pinned by its digest while the process runs.
public struct PaymentProcess: Sendable {
  public let process: ProcessID
  let shape: ProcessShape

  /// The template from which it was generated.
  public var template: Digest { shape.template }
  public var root: Segment { shape.root }
  /// All activities: those of the root segment, then those of its alternatives, recursively.
  public var activities: [Activity] { shape.activities }
  var graph: ProcessGraph { shape.graph }

  public init(process: ProcessID, template: Digest, root: Segment) {
    self.init(process: process, shape: ProcessShape(template: template, root: root))
  }

  init(process: ProcessID, shape: ProcessShape) {
    self.process = process
    self.shape = shape
  }

  /// The number of the activity with that path.
  public func number(of path: StepPath) -> Int? {
    activities.firstIndex { $0.path == path }
  }
}

extension PaymentProcess: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.process == right.process
      && (left.shape === right.shape
        || left.template == right.template && left.root == right.root)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(process)
    hasher.combine(template)
  }
}
