// The whole market dies at every record of the coordinator's journal, before and after it is durable, and
// is opened again from what is on disk: the outcome is the one that the journal implies, once.
//
// While one purchase runs, the home is copied at each record, before anything that follows from the record
// can begin. A copy is what a crash at that record leaves behind.

import Coordinator
import Foundation
import Goods
import PaymentModel
import PaymentParties
import Receipts
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct CrashTests {
  enum Story: String, CaseIterable, Sendable { case commit, wrongKey }

  @Test(arguments: Story.allCases)
  func aCrashAtAnyRecordLosesNothing(story: Story) async throws {
    let home = try await Fair.copy()
    let crashes = Crashes(of: home)
    let market = try await Market(
      at: home, passphraseFile: nil, clock: SystemWallClock(), policy: .quick,
      journalHook: crashes.hook)
    try prepare(story, in: market)
    let process = try await market.order()
    let purchase = try await market.conclude(process)
    let records = try await market.coordinator.engine.file(of: process).records
    try await market.close()

    let images = try crashes.images()
    #expect(images.first?.durableCount == 0 && images.last?.durableCount == records.count)
    #expect(Set(images.map(\.durableCount)).count > 3)
    for image in images {
      try await recover(
        from: image, process: process, story: story, records: records,
        decision: purchase.decision)
    }
  }

  private func prepare(_ story: Story, in market: Market) throws {
    guard story == .wrongKey else { return }
    let keys = try market.keys(of: Fair.blue)
    try market.replace(Fair.blue) {
      try CheatingMerchant(shop: $0, keys: keys, trust: market.trust)
    }
  }

  private func recover(
    from image: Crashes.Image, process: ProcessID, story: Story, records: [JournalRecord],
    decision: PaymentModel.Decision
  ) async throws {
    let comment: Comment = "\(story) at \(image)"
    let market = try await Market(
      at: image.home, passphraseFile: nil, clock: SystemWallClock(), policy: .quick)
    try prepare(story, in: market)
    let engine = market.coordinator.engine
    let journal = (try? await engine.file(of: process).records) ?? []
    #expect(journal == Array(records.prefix(image.durableCount)), comment)

    let report = await market.recover()
    #expect(report.failed.isEmpty, comment)
    let isOpen = (1..<records.count).contains(journal.count)
    #expect(report.resumed == (isOpen ? [process] : []), comment)
    // The customer does not know how far it has come: she hands her purchase in again.
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit == (story == .commit), comment)
    #expect(purchase.report.answer == .proven, comment)

    let after = try await engine.file(of: process)
    #expect(Array(after.records.prefix(journal.count)) == journal, comment)
    #expect(after.records.filter { $0.kind == .verdict }.count == 1, comment)
    if journal.contains(where: { $0.kind == .verdict }) {
      #expect(purchase.decision == decision, comment)
    }
    #expect(
      try await market.log.verdict(of: process)?.verdict == after.verdict?.logged.verdict, comment)

    switch story {
    case .commit:
      let opened = try await market.open(process).map { bought in
        Bytes(try Data(contentsOf: URL(filePath: try #require(bought.good?.path))))
      }
      #expect(Set(opened) == [Fair.contract, Fair.picture], comment)
      #expect(after.transfers.count == 2 && after.settlements.count == 2, comment)
      try await market.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    case .wrongKey:
      #expect(after.transfers.isEmpty, comment)
      #expect(try await market.log.bundle(of: process) == nil, comment)
      try await market.expectMoneyConserved(earned: 0)
    }
    try await market.close()
  }
}

/// Copies a home at each record that is written in it.
final class Crashes: Sendable {
  /// What a crash leaves behind.
  struct Image: CustomStringConvertible {
    /// How many records the journal holds.
    let durableCount: Int
    let home: HomeFolder
    let description: String
  }

  private struct State {
    var announced = -1
    var durableCount = 0
    var images: [Image] = []
    var failure: (any Error)?
  }

  private let home: HomeFolder
  private let state = Mutex(State())

  init(of home: HomeFolder) { self.home = home }

  /// Records are announced one by one and become durable together: one copy before, and one after.
  var hook: JournalHook {
    JournalHook(
      beforeWrite: { kind, number in
        self.state.withLock { state in
          if state.announced < state.durableCount {
            self.copy("before \(kind) \(number)", &state)
          }
          state.announced = number
        }
      },
      afterCommit: { kind, number in
        self.state.withLock { state in
          state.durableCount = number + 1
          if number == state.announced { self.copy("after \(kind) \(number)", &state) }
        }
      })
  }

  func images() throws -> [Image] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.images
    }
  }

  private func copy(_ label: String, _ state: inout State) {
    let image = HomeFolder(TestFolder.fresh("crash"))
    do {
      try TestFolder.copy(home.path, to: image.path)
      state.images.append(
        Image(durableCount: state.durableCount, home: image, description: label))
    } catch {
      state.failure = error
    }
  }
}
