// How time is measured: both sides in turn, and medians.

/// Measures two bodies in turn, so that both see the same machine, and returns the median seconds of one
/// call of each.
///
/// - Parameters:
///   - rounds: how often each is timed.
///   - secondsEach: how long a timed stretch lasts, about.
package func medianSeconds(
  rounds: Int = 15, secondsEach: Double = 0.1, of one: () throws -> Void,
  and other: () throws -> Void
) rethrows -> (one: Double, other: Double) {
  let counts = (
    try callCount(for: secondsEach, one), try callCount(for: secondsEach, other)
  )
  var times: (one: [Double], other: [Double]) = ([], [])
  for _ in 0..<rounds {
    times.one.append(try seconds(of: counts.0, one))
    times.other.append(try seconds(of: counts.1, other))
  }
  return (median(times.one), median(times.other))
}

/// Measures several asynchronous bodies in turn, and returns the median seconds of one operation of each.
///
/// Each body does as many operations as it is told.
///
/// - Parameters:
///   - rounds: how often each is timed, after one stretch that warms it up.
///   - count: how many operations a timed stretch has.
package func medianSeconds(
  rounds: Int = 15, count: Int, ofEach bodies: [(Int) async throws -> Void]
) async throws -> [Double] {
  let clock = ContinuousClock()
  var times = [[Double]](repeating: [], count: bodies.count)
  for round in 0...rounds {
    for (place, body) in bodies.enumerated() {
      let start = clock.now
      try await body(count)
      if round > 0 {
        times[place].append((clock.now - start) / .seconds(1) / Double(count))
      }
    }
  }
  return times.map(median)
}

/// The middle one, or the larger of the two in the middle.
package func median(_ values: [Double]) -> Double {
  values.sorted()[values.count / 2]
}

/// How many calls take about so long. The body is warm afterwards.
private func callCount(for target: Double, _ body: () throws -> Void) rethrows -> Int {
  var count = 1
  while true {
    let time = try seconds(of: count, body) * Double(count)
    if time > target / 4 { return max(1, Int(Double(count) * target / time)) }
    count *= 2
  }
}

/// The seconds of one call, as the mean of so many.
private func seconds(of count: Int, _ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  for _ in 0..<count { try body() }
  return (clock.now - start) / .seconds(1) / Double(count)
}

/// Keeps the optimizer from leaving out what nobody uses.
@inline(never)
package func keep<Value>(_ value: Value) {}
