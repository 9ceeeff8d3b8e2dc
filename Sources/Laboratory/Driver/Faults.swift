// What goes wrong in a run, and how often: drawn anew for each, so that some runs are calm and some are not.

/// Chances in a thousand at each step.
struct Faults: Hashable, Sendable {
  var drop = 0
  var duplicate = 0
  var crash = 0
  /// Of a party that is down.
  var restart = 1000
  var clock = 0
  /// Somebody's clock begins to run fast or slow.
  var drift = 0
  /// Time goes on although something else could happen.
  var delay = 0
  /// Of a message: it arrives seconds or minutes later.
  var late = 0
  /// Somebody has a process ask again before its pause is over.
  var retry = 0
  /// How many steps the faults last.
  var steps = 0

  static let none = Faults()

  init() {}

  init(from entropy: inout SimulationEntropy) {
    drop = entropy.pick([0, 0, 10, 30, 100])
    duplicate = entropy.pick([0, 20, 50])
    crash = entropy.pick([0, 3, 8, 30])
    restart = entropy.pick([30, 150, 500])
    clock = entropy.pick([0, 0, 2])
    drift = entropy.pick([0, 0, 2])
    delay = entropy.pick([2, 5, 20, 120])
    late = entropy.pick([0, 15, 100])
    retry = entropy.pick([0, 5, 20])
    steps = entropy.pick([100, 400, 1200])
  }
}
