// Ends of runs of the model world that tests look for, and ways to falsify what is on record there.

import Coordinator
import PaymentModel

@testable import Laboratory

/// The end of a run, with the books that were opened at its beginning.
struct ModelRun {
  var world: World
  let books: Books
  let report: RunReport

  /// What the books find at the end.
  var finding: Books.Finding? { books.check(world) }

  /// What they find when something is changed.
  func finding(_ change: (inout World) -> Void) -> Property? {
    var changed = self
    change(&changed.world)
    return changed.finding?.property
  }

  init(seed: UInt64, size: PopulationSize = PopulationSize()) {
    var first: World?
    var last: (World, Choice)?
    report = Simulation.run(seed: seed, size: size) { world, choice in
      if first == nil { first = world }
      last = (world, choice)
    }
    guard let first, let (before, choice) = last else { fatalError("a run without a step") }
    world = before
    world.apply(choice)
    books = Books(of: first)
  }

  /// The first run without a violation that begins so and ends so.
  static func first(
    size: PopulationSize = PopulationSize(), begun: (World) -> Bool = { _ in true },
    ended: (ModelRun) -> Bool
  ) -> ModelRun {
    for seed in 1...2000 as ClosedRange<UInt64> {
      var entropy = SimulationEntropy(seed: seed &* 0x2545_F491_4F6C_DD1D)
      var population = Population(size, flaw: nil, entropy: &entropy)
      guard begun(population.world()) else { continue }
      let run = ModelRun(seed: seed, size: size)
      if run.report.violation == nil, ended(run) { return run }
    }
    fatalError("no run that serves")
  }
}

extension World {
  /// Purchases through the coordinator.
  var purchases: [CustomerBooks.Purchase] {
    customers.flatMap { $0.desk.books.purchases.filter { !$0.isForRogue } }
  }

  func verdict(on process: ProcessID) -> Verdict? {
    log.desk.books.entry(of: process, by: setting.coordinatorKey)
      .flatMap { SymbolicEvidence.claim(of: $0.verdict) }
  }

  func reason(of purchase: CustomerBooks.Purchase) -> AbortReason? {
    guard case .abort(let reason) = verdict(on: purchase.process)?.decision else { return nil }
    return reason
  }

  /// Takes records of that kind out of a process's journal. What its rows say of themselves stays.
  mutating func drop(_ kind: UInt8, from process: ProcessID) {
    var changed = MemoryJournalRows()
    let old = stage.node.journal
    for other in old.processes(after: nil, atMost: .max, onlyOpen: false) {
      for row in old.rows(of: other) {
        let records = other == process ? row.records.without(kind) : row.records
        _ = changed.append(
          JournalRow(
            process: row.process, sequence: row.sequence, kinds: row.kinds, records: records,
            chain: row.chain))
      }
    }
    stage.node.journal = changed
  }
}

extension Bytes {
  /// Entries, but for those of one kind of record: time (8), length (LEB128), version, kind, content.
  fileprivate func without(_ kind: UInt8) -> Bytes {
    var rest = self[...]
    var kept: Bytes = []
    while !rest.isEmpty {
      let start = rest.startIndex
      var place = start + 8
      var (size, shift) = (0, 0)
      while true {
        let byte = rest[place]
        size |= Int(byte & 0x7F) << shift
        shift += 7
        place += 1
        if byte < 0x80 { break }
      }
      if rest[place + 1] != kind { kept += rest[start..<(place + size)] }
      rest = rest[(place + size)...]
    }
    return kept
  }
}
