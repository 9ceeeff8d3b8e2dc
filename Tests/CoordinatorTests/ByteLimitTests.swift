// Limits in bytes: what is held for undecided orders, what is written at once, what is read at once.

import Conformance
import PaymentModel
import Testing

@testable import Coordinator

@Suite struct ByteLimitTests {
  private let instrumentBytes = 100_000

  /// An order whose bank is handed so much.
  private func order(in shell: MachineShell) throws -> PurchaseSubmission {
    let plain = shell.world.order(goods: [0])
    let digest = try #require(plain.instruments.first?.digest)
    return PurchaseSubmission(
      order: plain.order, parts: plain.parts, offers: plain.offers,
      instruments: [Sealed(Bytes(repeating: 7, count: instrumentBytes), digest: digest)])
  }

  @Test func ordersThatAreLongAreFewer() throws {
    var shell = MachineShell(limits: CoordinatorLimits(mostUndecidedBytes: 250_000))
    let all = try (0..<3).map { _ in try shell.begin(order(in: shell)) }
    #expect(shell.machine.undecidedBytes >= 3 * instrumentBytes && shell.machine.isBusy)
    let before = shell.machine
    #expect { _ = try shell.begin(order(in: shell)) } throws: {
      ($0 as? CoordinatorError)?.code == .busy
    }
    #expect(shell.machine == before)
    // What a bank has taken is not held any more.
    try shell.answer(.reserve, of: all[0], .ended(.reserved(shell.exhibit())))
    #expect(shell.machine.undecidedBytes < 3 * instrumentBytes && !shell.machine.isBusy)
    let next = try shell.begin(order(in: shell))
    #expect(shell.machine.isBusy)
    // Nor what is decided.
    for process in all + [next] { try shell.cancel(process) }
    #expect(shell.machine.undecidedBytes == 0 && shell.machine.undecidedCount == 0)
  }

  @Test func aProcessThatSomebodyElseHasHoldsNothing() throws {
    let shell = MachineShell()
    var machine = CoordinatorMachine()
    var entropy = ModelEntropy(seed: 1)
    let submission = try order(in: shell)
    let new = try shell.planner.begin(
      shell.planner.admit(submission, at: shell.now), of: submission, at: shell.now,
      nonce: Nonce(from: &entropy))
    for event in [
      CoordinatorEvent.begin(new), .written(batch: 1, taken: [new.plan.process]),
    ] {
      #expect(machine.undecidedBytes == (machine.openCount == 0 ? 0 : new.plan.handedInBytes))
      _ = try machine.step(event, at: shell.now, entropy: &entropy, notary: shell.world.notary)
    }
    #expect(machine.openCount == 0 && machine.undecidedBytes == 0)
  }

  @Test(arguments: [1, 250_000, 1 << 30])
  func aBatchEndsWhenItIsLong(largestBatchBytes: Int) throws {
    let shell = MachineShell()
    var machine = CoordinatorMachine(
      limits: CoordinatorLimits(largestBatchBytes: largestBatchBytes))
    var entropy = ModelEntropy(seed: 1)
    var batches: [JournalBatch] = []
    func take(_ effects: [CoordinatorEffect]) {
      for case .write(let batch) in effects { batches.append(batch) }
    }
    for _ in 0..<9 {
      let submission = try order(in: shell)
      let new = try shell.planner.begin(
        shell.planner.admit(submission, at: shell.now), of: submission, at: shell.now,
        nonce: Nonce(from: &entropy))
      take(
        try machine.step(
          .begin(new), at: shell.now, entropy: &entropy, notary: shell.world.notary))
    }
    var written = 0
    while written < batches.count {
      let number = batches[written].number
      written += 1
      take(
        try machine.step(
          .written(batch: number, taken: []), at: shell.now, entropy: &entropy,
          notary: shell.world.notary))
    }
    let begun = batches.map { $0.rows.count { $0.kinds.contains(.begin) } }
    #expect(begun.reduce(0, +) == 9)
    switch largestBatchBytes {
    case 1: #expect(begun.allSatisfy { $0 <= 1 })
    case 250_000: #expect(begun.prefix(4) == [1, 3, 3, 2])
    default: #expect(begun.prefix(2) == [1, 8])
    }
  }

  @Test func recoveryReadsSoMuchAtATime() throws {
    var rows = MemoryJournalRows()
    let digest = try #require(Digest(Bytes(repeating: 0, count: 32)))
    let processes = try (1...5).map { try #require(ProcessID(Bytes(repeating: $0, count: 32))) }
    for process in processes {
      let row = JournalRow(
        process: process, sequence: 0, kinds: [.begin], records: Bytes(repeating: 0, count: 1000),
        chain: digest)
      let isAppended = rows.append(row)
      #expect(isAppended)
    }
    func pages(bytes: Int) -> [[ProcessID]] {
      var pages: [[ProcessID]] = []
      while true {
        let page = rows.openProcesses(after: pages.last?.last, atMost: 4, bytes: bytes)
        guard !page.isEmpty else { return pages }
        pages.append(page.map(\.0))
      }
    }
    #expect(pages(bytes: 1).map(\.count) == [1, 1, 1, 1, 1])
    #expect(pages(bytes: 1001).map(\.count) == [2, 2, 1])
    #expect(pages(bytes: 1 << 20).map(\.count) == [4, 1])
    #expect(pages(bytes: 1001).flatMap { $0 } == processes)
  }
}
