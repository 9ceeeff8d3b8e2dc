// The least of some elements.

/// Elements of which the least can be found and taken: each time in the logarithm of how many there are.
struct BinaryHeap<Element: Comparable & Hashable & Sendable>: Hashable, Sendable {
  /// Each element is not greater than those at twice its place plus one and plus two.
  private var elements: [Element] = []

  var count: Int { elements.count }
  var least: Element? { elements.first }

  mutating func insert(_ element: Element) {
    elements.append(element)
    var place = elements.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard elements[place] < elements[parent] else { break }
      elements.swapAt(place, parent)
      place = parent
    }
  }

  mutating func removeLeast() {
    guard let last = elements.popLast(), !elements.isEmpty else { return }
    elements[0] = last
    var place = 0
    while true {
      let left = 2 * place + 1
      guard left < elements.count else { return }
      let right = left + 1
      let child = right < elements.count && elements[right] < elements[left] ? right : left
      guard elements[child] < elements[place] else { return }
      elements.swapAt(place, child)
      place = child
    }
  }

  /// Keeps those, each once. They are sorted, which is a heap, too.
  mutating func replaceAll(by sorted: [Element]) { elements = sorted }

  /// The elements in their order: a heap, too, and the same one for the same elements.
  mutating func sort() { elements.sort() }

  /// Takes all elements out, in their order.
  mutating func takeAll() -> [Element] {
    defer { elements = [] }
    return elements.sorted()
  }
}
