// The disk is full, or a sync fails, while a record of a certain kind is written: the program ends without an
// answer, and the next one finds everybody's books as they must be.

import Coordinator
import Foundation
import Goods
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct StorageLossTests {
  enum Loss: String, CaseIterable, Sendable {
    /// No file grows any more.
    case fullDisk
    /// It is written, and the sync fails: nobody knows whether it is there.
    case failedSync
  }

  @Test(arguments: RecordKind.allCases, Loss.allCases)
  func theProgramEndsAndTheNextOneGoesOn(kind: RecordKind, loss: Loss) async throws {
    #if !os(Linux)
      // Only Linux has the filter that makes syncs fail.
      guard loss == .fullDisk else { return }
    #endif
    let comment: Comment = "\(kind), \(loss)"
    let home = try await Fair.copy()
    let ended = await #expect(
      processExitsWith: .exitCode(74), observing: [\.standardErrorContent], comment
    ) {
      [path = home.path as String, kind = kind.rawValue as UInt8, loss = loss.rawValue as String] in
      try await LossyPurchase.run(in: path, losing: kind, by: loss)
    }
    let errors = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
    // SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE
    #expect(errors.contains("SQLite error \(loss == .failedSync ? 1034 : 778)"), "\(errors)")

    let market = try await Market(
      at: home, passphraseFile: nil, clock: SystemWallClock(), policy: .quick)
    let engine = market.coordinator.engine
    let process = try await LatestPurchase.of(market)
    let journal = (try? await engine.file(of: process).records) ?? []
    if loss == .fullDisk { #expect(!journal.contains { $0.kind == kind }, comment) }
    let report = await market.recover()
    #expect(report.failed.isEmpty, comment)
    let isOpen = !journal.isEmpty && journal.last?.kind != .end
    #expect(report.resumed == (isOpen ? [process] : []), comment)
    // The customer hands her purchase in again.
    let purchase = try await market.conclude(process)
    let isCommit = kind != .compensated
    #expect(purchase.decision.isCommit == isCommit && purchase.isSettled, comment)
    #expect(purchase.report.answer == .proven, comment)
    let after = try await engine.file(of: process)
    #expect(Array(after.records.prefix(journal.count)) == journal, comment)
    #expect(after.records.count { $0.kind == .verdict } == 1, comment)
    let logged = try await market.log.verdict(of: process)
    #expect(logged?.verdict == after.verdict?.logged.verdict, comment)
    if isCommit {
      #expect(try await market.open(process).allSatisfy { $0.good != nil }, comment)
    }
    try await market.expectMoneyConserved(earned: isCommit ? Fair.redPrice + Fair.bluePrice : 0)
    try await market.close()
  }
}

/// A purchase in a program of its own, that loses its disk.
private enum LossyPurchase {
  static func run(in path: String, losing number: UInt8, by name: String) async throws {
    let kind = try #require(RecordKind(rawValue: number))
    let loss = try #require(StorageLossTests.Loss(rawValue: name))
    let market = try await Market(
      at: HomeFolder(path), passphraseFile: nil, clock: SystemWallClock(),
      policy: RetryPolicy(
        firstPauseMilliseconds: 20, longestPauseMilliseconds: 200, operatorAfterAttempts: 1),
      journalHook: JournalHook(beforeWrite: { written, _ in if written == kind { lose(by: loss) } })
    )
    switch kind {
    case .compensated:
      let keys = try market.keys(of: Fair.blue)
      try market.replace(Fair.blue) {
        try CheatingMerchant(shop: $0, keys: keys, trust: market.trust)
      }
    case .called:
      market.directory.register(bank: UnpayingBank(bank: market.bank), as: Fair.bank)
    default: break
    }
    _ = try await market.conclude(try await market.order())
  }

  private static func lose(by loss: StorageLossTests.Loss) {
    switch loss {
    case .fullDisk:
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 0, rlim_max: 0)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    case .failedSync: FailingSyncs.begin()
    }
  }
}

/// A bank that reserves and never pays.
struct UnpayingBank: PaymentAgent {
  let bank: any PaymentAgent

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    await bank.reserve(request)
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> { .unknown("no answer") }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    await bank.void(request)
  }
}

/// Makes every sync of this program fail from now on, as a disk does that is about to die.
private enum FailingSyncs {
  /// One instruction of a filter of system calls (`struct sock_filter`).
  private struct Instruction {
    let code: UInt16
    var ifTrue: UInt8 = 0
    var ifFalse: UInt8 = 0
    let value: UInt32
  }

  /// `struct sock_fprog`
  private struct Filter {
    let count: UInt16
    let instructions: UnsafePointer<Instruction>
  }

  #if arch(x86_64)
    private static let (fsync, fdatasync, prctl, seccomp) = (74, 75, 157, 317)
  #else
    private static let (fsync, fdatasync, prctl, seccomp) = (82, 83, 167, 277)
  #endif

  static func begin() {
    let (load, jumpIfEqual, end): (UInt16, UInt16, UInt16) = (0x20, 0x15, 0x06)
    let filter = [
      Instruction(code: load, value: 0),
      Instruction(code: jumpIfEqual, ifTrue: 1, value: UInt32(fsync)),
      Instruction(code: jumpIfEqual, ifFalse: 1, value: UInt32(fdatasync)),
      Instruction(code: end, value: 0x0005_0000 | UInt32(EIO)),
      Instruction(code: end, value: 0x7FFF_0000),
    ]
    typealias SystemCall = @convention(c) (Int, Int, Int, UnsafeRawPointer?, Int, Int) -> Int
    guard let symbol = dlsym(nil, "syscall") else { fatalError("no system calls") }
    let call = unsafeBitCast(symbol, to: SystemCall.self)
    let (noNewPrivileges, setFilter, allThreads) = (38, 1, 1)
    let isSet = filter.withUnsafeBufferPointer { instructions in
      guard let first = instructions.baseAddress else { return false }
      var program = Filter(count: UInt16(instructions.count), instructions: first)
      return call(prctl, noNewPrivileges, 1, nil, 0, 0) == 0
        && call(seccomp, setFilter, allThreads, &program, 0, 0) == 0
    }
    guard isSet else { fatalError("syncs cannot be made to fail") }
  }
}
