// Keeps the static files behind the log: nobody waits for them.
//
//   published → wanted → write what is new → replace `checkpoint` → wait a moment → the next wanted
//
// Only the newest checkpoint is wanted: those that were published while files were written are skipped. What
// cannot be written stays wanted, and is tried again with the next round. A crash in between leaves files that no
// checkpoint promises; the next start goes on from the checkpoint that the folder shows.

import Dispatch
import PaymentCrypto
import PaymentModel
import Synchronization

/// Writes a log's static files after its rows, one checkpoint at a time.
final class TileMirror: Sendable {
  private struct Wanted {
    let note: SignedNote
    /// The how manyth it is.
    let number: UInt64
  }

  private struct Waiting {
    /// Of the checkpoint that this one waits for, or a later one.
    let number: UInt64
    let end: CheckedContinuation<Result<Void, ReceiptsError>, Never>
  }

  private struct State {
    /// The newest checkpoint, as long as nobody writes it and the folder does not show it.
    var wanted: Wanted?
    /// Whether it is to be tried now.
    var isDue = false
    /// How many checkpoints were wanted.
    var count: UInt64 = 0
    /// How much the folder shows.
    var shownSize: UInt64 = 0
    /// The number of the checkpoint that it shows; 0 when this process has written none.
    var shownNumber: UInt64 = 0
    var isWorking = false
    var pause: Task<Void, Never>?
    var waiting: [Waiting] = []

    /// Takes out those who wait for no later checkpoint.
    mutating func waiting(upTo number: UInt64) -> [Waiting] {
      let ready = waiting.filter { $0.number <= number }
      waiting.removeAll { $0.number <= number }
      return ready
    }
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
  /// - Throws: `logBehind` when the folder shows entries that the rows do not hold; `tileFiles` when it cannot be
  ///   told what it shows.
  func requireNotAhead() async throws(ReceiptsError) {
    let shown = await onQueue { [tiles, key] in
      Result { () throws(ReceiptsError) -> (checkpoint: Checkpoint, isWhole: Bool)? in
        guard let note = try tiles.shown(),
          note.signatures.contains(where: { key.isValid($0, for: note.text) }),
          let checkpoint = try? Checkpoint(text: note.text)
        else { return nil }
        return (checkpoint, tiles.hasEdge(of: checkpoint))
      }
    }
    guard let (checkpoint, isWhole) = try shown.get() else { return }
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
      state.count += 1
      state.wanted = Wanted(note: note, number: state.count)
      work(&state)
    }
  }

  /// Has files that could not be written tried again.
  func retry() {
    state.withLock { state in
      if state.wanted != nil { work(&state) }
    }
  }

  /// Returns when the folder shows the checkpoint that was published last, or a later one.
  ///
  /// - Throws: `tileFiles` when it does not because files cannot be written.
  func settle() async throws(ReceiptsError) {
    let result = await withCheckedContinuation { end in
      let isShown = state.withLock { state in
        guard state.shownNumber < state.count else { return true }
        state.waiting.append(Waiting(number: state.count, end: end))
        state.pause?.cancel()
        if state.wanted != nil { work(&state) }
        return false
      }
      if isShown { end.resume(returning: .success(())) }
    }
    try result.get()
  }

  private func work(_ state: inout State) {
    state.isDue = true
    guard !state.isWorking else { return }
    state.isWorking = true
    Task { await self.work() }
  }

  private func work() async {
    while let (wanted, size) = next() {
      let ready: [Waiting]
      let result: Result<Void, ReceiptsError>
      do throws(ReceiptsError) {
        let checkpoint = try Checkpoint(text: wanted.note.text)
        try await write(wanted.note, from: size, to: checkpoint.size)
        result = .success(())
        ready = state.withLock { state in
          (state.shownSize, state.shownNumber) = (checkpoint.size, wanted.number)
          return state.waiting(upTo: wanted.number)
        }
      } catch {
        result = .failure(error)
        ready = state.withLock { state in
          if state.wanted == nil { state.wanted = wanted }
          return state.waiting(upTo: wanted.number)
        }
      }
      for one in ready { one.end.resume(returning: result) }
      await pause()
    }
  }

  /// What is to be shown next, after how many entries; `nil` when nothing is, and then the worker ends.
  private func next() -> (Wanted, UInt64)? {
    state.withLock { state in
      guard state.isDue, let wanted = state.wanted else {
        (state.isDue, state.isWorking) = (false, false)
        return nil
      }
      (state.isDue, state.wanted) = (false, nil)
      return (wanted, state.shownSize)
    }
  }

  private func pause() async {
    let end = clock.now().adding(milliseconds: Self.pauseMilliseconds)
    let pause = state.withLock { state -> Task<Void, Never>? in
      guard state.waiting.isEmpty else { return nil }
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
    var processes = await store.read({ $0.deliveries(from: range) })[...]
    while !processes.isEmpty {
      let next = processes.prefix(Self.deliveriesAtATime)
      processes = processes.dropFirst(next.count)
      let deliveries = await store.read { rows in
        next.compactMap { ShownDelivery($0, under: note, size: size, in: rows) }
      }
      try await written { tiles throws(ReceiptsError) in try tiles.write(deliveries) }
    }
  }

  /// They share the syncs of their folders.
  private static let deliveriesAtATime = 16

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
