// The heap against a sorted list.

import Conformance
import PaymentModel
import Testing

@testable import Coordinator

@Suite struct BinaryHeapTests {
  @Test(arguments: UInt64(0)..<20)
  func theLeastComesFirstWhateverCameBefore(seed: UInt64) {
    var chance = ModelEntropy(seed: seed)
    var heap = BinaryHeap<Int>()
    var plain: [Int] = []
    for _ in 0..<2000 {
      switch chance.below(20) {
      case 0: heap.sort()
      case 1 where plain.count > 40:
        plain = plain.filter { $0.isMultiple(of: 2) }
        heap.replaceAll(by: plain)
      case 2 where plain.count > 100:
        #expect(heap.takeAll() == plain)
        plain = []
      case 3...9:
        heap.removeLeast()
        if !plain.isEmpty { plain.removeFirst() }
      default:
        let number = chance.below(500)
        heap.insert(number)
        plain.insert(number, at: plain.firstIndex { $0 > number } ?? plain.endIndex)
      }
      #expect(heap.least == plain.first && heap.count == plain.count)
    }
    while let least = heap.least {
      #expect(least == plain.removeFirst())
      heap.removeLeast()
    }
    #expect(plain.isEmpty)
  }
}
