// Which processes have ended while somebody read, compared with remembering everything.

import PaymentModel
import Testing

@testable import Coordinator

@Suite struct EndedMeanwhileTests {
  private static func process(_ number: Int) -> ProcessID {
    var bytes = Bytes(repeating: 0, count: 32)
    bytes[0] = UInt8(number)
    guard let process = ProcessID(bytes) else { fatalError("32 bytes make an identifier") }
    return process
  }

  @Test func everyReaderHearsOfThoseThatEndedSinceItBegan() {
    let seed = UInt64.random(in: 1...(1 << 40))
    var state = seed
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var ended = EndedMeanwhile()
    // Everything that has ended since each reader began.
    var readers: [(reader: EndedMeanwhile.Reader, since: Set<Int>)] = []
    for _ in 0..<600 {
      switch draw(4) {
      case 0: readers.append((ended.start(), []))
      case 1 where !readers.isEmpty: ended.stop(readers.remove(at: draw(readers.count)).reader)
      default:
        let number = draw(40)
        ended.end(Self.process(number))
        for place in readers.indices { readers[place].since.insert(number) }
      }
      for (reader, since) in readers {
        let known = (0..<40).filter { ended.hasEnded(Self.process($0), since: reader) }
        #expect(Set(known) == since, "seed \(seed)")
      }
    }
    for (reader, _) in readers { ended.stop(reader) }
    let next = ended.start()
    #expect((0..<40).allSatisfy { !ended.hasEnded(Self.process($0), since: next) })
  }
}
