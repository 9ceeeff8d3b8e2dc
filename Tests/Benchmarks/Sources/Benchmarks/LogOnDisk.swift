// A log as a coordinator runs it: on SQLite, with an embedded witness, and new entries for it.

import Evidence
import Foundation
import Measurement
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import StoreSQLite
import Synchronization

/// A log without entries in a folder of its own, which is removed with it.
final class LogOnDisk: Sendable {
  let log: TransparencyLog
  let folder: TemporaryFolder
  private let store: SQLiteStore<any LogRows>
  private let count = Mutex<UInt64>(0)

  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    store = try SQLiteStore.log(in: StateFolder(at: folder.path("log")))
    var entropy = SystemEntropy()
    let clock = SystemWallClock()
    let root = StatementSigner(
      party: try required(PartyName("root.example")),
      key: Ed25519.PrivateKey.generate(from: &entropy))
    let now = clock.now()
    let listed = TrustedKey(
      party: root.issuer.party, role: .trustRoot,
      key: try required(SigningKeyValue(root.publicKey.bytes)), validFrom: now,
      validUntil: now.adding(seconds: 86_400))
    let trust = try TrustStore(
      TrustStore.sign(
        TrustList(madeAt: now, keys: [listed], witnessQuorum: 0), with: root, entropy: &entropy))
    log = TransparencyLog(
      signer: NoteSigner(
        party: try required(PartyName("log.example")), purpose: .note,
        key: Ed25519.PrivateKey.generate(from: &entropy)),
      store: store,
      embedded: EmbeddedWitness(
        signer: NoteSigner(
          party: try required(PartyName("witness.example")), purpose: .cosignature,
          key: Ed25519.PrivateKey.generate(from: &entropy))),
      quorum: 1, trust: trust, clock: clock)
  }

  /// Puts one entry in that was not there, and returns its proof.
  func includeNext() async throws -> LogProof {
    let number = count.withLock { count in
      count += 1
      return count
    }
    let entry = LogEntry(slot: .none, statement: SHA256.digest(Bytes(bigEndian: number)).renamed())
    return try await log.include([entry])[0]
  }

  /// Puts so many entries in, one after another for each of so many writers.
  func include(_ total: Int, writers: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<writers {
        group.addTask {
          for _ in 0..<total / writers { keep(try await self.includeNext()) }
        }
      }
      try await group.waitForAll()
    }
  }

  /// How often rows were committed and synced so far.
  var commitCount: Int { store.counters.commits }
}
