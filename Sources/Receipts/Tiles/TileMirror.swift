// Keeps the static files behind the log: nobody waits for them.
//
//   published → wanted → write what is new → replace `checkpoint` → wait a moment → the next wanted
//
// Only the newest checkpoint is wanted: those that were published while files were written are skipped. A
// crash in between leaves files that no checkpoint promises; the next start goes on from the checkpoint that
// the folder shows.

import Dispatch
import PaymentCrypto
import PaymentModel
import Synchronization

/// Writes a log's static files after its rows, one checkpoint at a time.
final class TileMirror: Sendable {
  private struct State {
    var wanted: SignedNote?
    /// How much the folder shows.
    var shownSize: UInt64 = 0
    var worker: Task<Void, Never>?
    var pause: Task<Void, Never>?
    /// Somebody waits for the files.
    var isHurried = false
    var failure: ReceiptsError?
  }

  private let tiles: LogTiles
  private let key: NoteKey
  private let store: any Store<any LogRows>
  private let clock: any WallClock
  private let queue = DispatchQueue(label: "foil.log.tiles")
  private let state = Mutex(State())

  /// How long a checkpoint stands before the next one takes its place, in milliseconds: files and log share
  /// one disk.
  private static let pauseMilliseconds: Int64 = 100

  init(tiles: LogTiles, key: NoteKey, store: any Store<any LogRows>, clock: any WallClock) {
    self.tiles = tiles
    self.key = key
    self.store = store
    self.clock = clock
  }

  /// Looks at what the folder shows, before the log signs anything.
  ///
  /// Files that this log has not signed, or whose right edge is damaged, are made again from the start.
  ///
  /// - Throws: `logBehind` when the folder shows entries that the rows do not hold.
  func requireNotAhead() async throws(ReceiptsError) {
    let shown = await onQueue { [tiles, key] () -> (checkpoint: Checkpoint, isWhole: Bool)? in
      guard let note = tiles.shown(),
        note.signatures.contains(where: { key.isValid($0, for: note.text) }),
        let checkpoint = try? Checkpoint(text: note.text)
      else { return nil }
      return (checkpoint, tiles.hasEdge(of: checkpoint))
    }
    guard let (checkpoint, isWhole) = shown else { return }
    let isThere = await store.read { rows in
      checkpoint.size <= rows.size && rows.root(ofSize: checkpoint.size) == checkpoint.root
    }
    guard isThere else {
      throw ReceiptsError(
        .logBehind, "\(tiles.path) shows entries of this log that its rows do not hold")
    }
    state.withLock { $0.shownSize = isWhole ? checkpoint.size : 0 }
  }

  /// Has the files written up to a published checkpoint, soon.
  func show(_ note: SignedNote) {
    state.withLock { state in
      state.wanted = note
      guard state.worker == nil else { return }
      state.worker = Task { await self.work() }
    }
  }

  /// Returns when the folder shows the last published checkpoint.
  ///
  /// - Throws: `tileFiles` when it does not because files cannot be written.
  func settle() async throws(ReceiptsError) {
    while let worker = hurriedWorker() { await worker.value }
    let failure = state.withLock { state in
      state.isHurried = false
      return state.failure
    }
    if let failure { throw failure }
  }

  private func hurriedWorker() -> Task<Void, Never>? {
    state.withLock { state in
      state.isHurried = true
      state.pause?.cancel()
      return state.worker
    }
  }

  private func work() async {
    while let (note, size) = next() {
      do throws(ReceiptsError) {
        let checkpoint = try Checkpoint(text: note.text)
        try await write(note, from: size, to: checkpoint.size)
        state.withLock { ($0.shownSize, $0.failure) = (checkpoint.size, nil) }
      } catch {
        state.withLock { $0.failure = error }
      }
      await pause()
    }
  }

  /// What is to be shown next, after how many entries; `nil` when nothing is, and then the worker ends.
  private func next() -> (SignedNote, UInt64)? {
    state.withLock { state in
      guard let note = state.wanted else {
        state.worker = nil
        return nil
      }
      state.wanted = nil
      return (note, state.shownSize)
    }
  }

  private func pause() async {
    let end = clock.now().adding(milliseconds: Self.pauseMilliseconds)
    let pause = state.withLock { state -> Task<Void, Never>? in
      guard !state.isHurried else { return nil }
      let pause = Task { [clock] in await clock.sleep(until: end) }
      state.pause = pause
      return pause
    }
    await pause?.value
  }

  private func write(
    _ note: SignedNote, from oldSize: UInt64, to size: UInt64
  ) async throws(ReceiptsError) {
    for level in 0...Tile.largestLevel {
      for index in TileContent.tiles(level: level, from: oldSize, to: size) {
        guard let tile = Tile(level: level, index: index, size: size) else { continue }
        let content = await store.read { TileContent(tile, in: $0) }
        try await written { tiles throws(ReceiptsError) in try tiles.write(content) }
        if level == 0 {
          let first = max(oldSize, index << UInt64(Tile.height))
          try await writeDeliveries(
            from: first..<(index << UInt64(Tile.height)) + UInt64(tile.width), under: note,
            size: size)
        }
      }
    }
    try await written { tiles throws(ReceiptsError) in try tiles.show(note) }
  }

  private func writeDeliveries(
    from range: Range<UInt64>, under note: SignedNote, size: UInt64
  ) async throws(ReceiptsError) {
    for process in await store.read({ $0.deliveries(from: range) }) {
      let delivery = await store.read { rows in
        ShownDelivery(process, under: note, size: size, in: rows)
      }
      guard let delivery else { continue }
      try await written { tiles throws(ReceiptsError) in try tiles.write(delivery) }
    }
  }

  private func written(
    _ write: @escaping @Sendable (LogTiles) throws(ReceiptsError) -> Void
  ) async throws(ReceiptsError) {
    let result = await onQueue { [tiles] in
      Result { () throws(ReceiptsError) in try write(tiles) }
    }
    try result.get()
  }

  /// Waiting for the disk is not for the cooperative threads.
  private func onQueue<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
