// How callers of an engine wait: for a process, and for readers to be done.

import PaymentModel

extension Engine {
  // MARK: - For a process

  /// Returns when an open process stands so; `nil` when it is not open here.
  ///
  /// - Throws: `journal-taken`, `stopped`; `wait-cancelled` when the task is cancelled that waits for a verdict
  ///   or the end. What has to become durable is waited for: that takes no longer than the disk does.
  func standing(
    of process: ProcessID, when want: Waiters.Want
  ) async throws(CoordinatorError) -> ProcessStanding? {
    while machine.has(process) {
      if let failure { throw failure }
      if let standing = machine.standing(of: process), want.isMet(by: standing) {
        return standing
      }
      switch await news(of: process, for: want) {
      case .lookAgain: continue
      case .ended(let standing): return standing
      case .taken:
        throw CoordinatorError(
          .journalTaken, "somebody else has written the journal of \(process)")
      case .givenUp:
        throw CoordinatorError(.waitCancelled, "nobody waits for process \(process) any more")
      }
    }
    return nil
  }

  private func news(of process: ProcessID, for want: Waiters.Want) async -> Waiters.News {
    let number = waiters.takeNumber()
    if case .durable = want { return await nextNews(of: process, for: want, number) }
    return await withTaskCancellationHandler {
      await nextNews(of: process, for: want, number)
    } onCancel: {
      // It comes to the engine after this wait has begun: until then the engine is taken.
      Task { await self.giveUp(number, of: process) }
    }
  }

  private func nextNews(
    of process: ProcessID, for want: Waiters.Want, _ number: Int
  ) async -> Waiters.News {
    await withCheckedContinuation { waiters.add(number, for: want, of: process, $0) }
  }

  private func giveUp(_ number: Int, of process: ProcessID) {
    waiters.giveUp(number, of: process)
  }

  /// Wakes those who wait for what has come about.
  func tell(_ process: ProcessID) {
    waiters.wake(process) { want in
      switch want {
      case .durable: machine.isDurable(process)
      case .verdict: machine.isDurable(process) && machine.hasPublishedVerdict(process)
      // Who waits for that hears it when the process is forgotten.
      case .end: false
      }
    }
  }

  /// The same for whoever can go on from the journal: somebody else's tells as much.
  func openStanding(
    of process: ProcessID, when want: Waiters.Want
  ) async throws(CoordinatorError) -> ProcessStanding? {
    do throws(CoordinatorError) {
      return try await standing(of: process, when: want)
    } catch {
      guard error.code == .journalTaken else { throw error }
      return nil
    }
  }

  // MARK: - For rows that are read while processes go on

  /// Reads rows. Until that is done `quiesce` does not return, and who has ended meanwhile is known.
  ///
  /// - Throws: `stopped`, and then nothing is read.
  func reading<Value: Sendable>(
    _ body: (EndedMeanwhile.Reader) async throws(CoordinatorError) -> Value
  ) async throws(CoordinatorError) -> Value {
    if let failure { throw failure }
    let reader = endedMeanwhile.start()
    defer {
      endedMeanwhile.stop(reader)
      if !endedMeanwhile.isBeingRead {
        for waiter in waitingForReaders { waiter.resume() }
        waitingForReaders = []
      }
    }
    return try await body(reader)
  }

  /// Returns when nobody reads any more.
  func waitForReaders() async {
    guard endedMeanwhile.isBeingRead else { return }
    await withCheckedContinuation { waitingForReaders.append($0) }
  }

  /// Whether a process has ended since somebody began to read: its rows are out of date then.
  func hasEnded(_ process: ProcessID, since reader: EndedMeanwhile.Reader) -> Bool {
    endedMeanwhile.hasEnded(process, since: reader)
  }
}
