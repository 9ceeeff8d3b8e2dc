// What goes into the coordinator's machine, and what comes out.

public import PaymentModel

/// Something that happened to a coordinator.
public enum CoordinatorEvent: Sendable {
  /// An order was admitted.
  case begin(NewProcess)
  /// An open process was read back from the journal.
  case resume(ResumedProcess)
  /// A process of an earlier run cannot go on: nobody waits for it any more.
  case lost(ProcessID)
  /// All open processes of an earlier run were read back, or are lost.
  case recovered
  /// A batch is durable. `taken` are processes of which somebody else has written that part of the journal:
  /// nothing of theirs was written.
  case written(batch: Int, taken: [ProcessID])
  /// An attempt at an activity came to something.
  case outcome(ProcessID, activity: Int, attempt: Int, ActivityOutcome)
  /// The customer withdraws an order.
  case cancelled(ProcessID, Exhibit<Cancellation>)
  /// Somebody wants everything that waits for its next attempt asked for now.
  case retry(ProcessID)
  /// Time went on.
  case tick
}

/// Something to do for a coordinator.
public enum CoordinatorEffect: Hashable, Sendable {
  /// Write it in one transaction, and say when it is durable. One batch at a time.
  case write(JournalBatch)
  /// Ask the activity's participant.
  case ask(ActivityAttempt)
  /// What is known of the process has changed.
  case changed(ProcessID)
  /// Nothing is left to do for the process: it is forgotten here, and stands in the journal.
  indirect case ended(ProcessID, ProcessStanding)
  /// Somebody else has written the process's journal: it is forgotten here.
  case taken(ProcessID)
  /// Somebody should look after this activity: it goes on failing. Said once.
  case callOperator(ProcessID, activity: Int, verb: Verb)
  /// This activity is not asked for again, although nobody has answered. It is on record.
  case gaveUp(ProcessID, activity: Int, verb: Verb)
  /// Step with a tick then. It replaces an earlier wake.
  case wake(at: Timestamp)
}

/// Rows that become durable together.
public struct JournalBatch: Hashable, Sendable {
  public let number: Int
  public let rows: [JournalRow]
  let locks: [LockChange]

  /// The kinds and numbers of all records, in order.
  func forEachRecord(_ body: (RecordKind, Int) -> Void) {
    for row in rows {
      for (offset, kind) in row.kinds.enumerated() { body(kind, row.sequence + offset) }
    }
  }

  /// Writes the batch within a transaction.
  ///
  /// - Returns: the processes of which somebody else has written that part of the journal.
  public func write(to journal: inout any JournalRows) -> [ProcessID] {
    var taken: [ProcessID] = []
    for row in rows where !journal.append(row) { taken.append(row.process) }
    for change in locks {
      switch change {
      case .add(let row): if !taken.contains(row.process) { journal.add(row) }
      case .remove(let row): journal.remove(row)
      }
    }
    return taken
  }
}

/// One attempt at an activity.
public struct ActivityAttempt: Hashable, Sendable {
  public let process: ProcessID
  /// The activity's number.
  public let activity: Int
  /// From 1.
  public let attempt: Int
  /// For what the coordinator signs about the answer.
  let nonce: Nonce
}
