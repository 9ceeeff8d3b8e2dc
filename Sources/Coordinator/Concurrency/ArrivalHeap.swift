// The earliest of some arrivals.

/// Numbers of places, of which the least can be found. A number that is no more meant stays until it comes
/// up: whoever takes it looks whether it still is.
struct ArrivalHeap: Sendable {
  /// Each number is not greater than those at twice its place plus one and plus two.
  private var numbers: [Int] = []

  var count: Int { numbers.count }
  var least: Int? { numbers.first }

  mutating func insert(_ number: Int) {
    numbers.append(number)
    var place = numbers.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard numbers[place] < numbers[parent] else { break }
      numbers.swapAt(place, parent)
      place = parent
    }
  }

  mutating func removeLeast() {
    guard let last = numbers.popLast(), !numbers.isEmpty else { return }
    numbers[0] = last
    var place = 0
    while true {
      let left = 2 * place + 1
      guard left < numbers.count else { return }
      let right = left + 1
      let child = right < numbers.count && numbers[right] < numbers[left] ? right : left
      guard numbers[child] < numbers[place] else { return }
      numbers.swapAt(place, child)
      place = child
    }
  }

  /// Keeps those numbers, each once. They are sorted, which is a heap, too.
  mutating func replaceAll(by sorted: [Int]) { numbers = sorted }
}
