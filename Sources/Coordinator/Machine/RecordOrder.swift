// Which record may follow which: what a machine writes, and nothing else.

import PaymentModel

extension ProcessState {
  /// Whether the record may come next. A journal in which one may not was not written by this machine.
  ///
  /// What is durable of a process is the beginning of what was written, so this asks for all that a machine would
  /// have written before.
  func accepts(_ record: JournalRecord, in graph: ProcessGraph, rules: ProtocolRules) -> Bool {
    switch (phase, record) {
    case (.idle, .begin): true
    case (.idle, _), (.ended, _), (_, .begin): false
    case (_, .intent(let number)):
      number != graph.prepare && (failure == nil || isCommitted != nil)
        && mayBegin(number, in: graph)
    case (.preparing, .result(let number, let result)),
      (.prepared, .result(let number, let result)):
      failure == nil && isAnswer(result, to: number, in: graph)
    case (.preparing, .prepared):
      failure == nil && graph.prepare.map { mayBegin($0, in: graph) } ?? false
    case (.preparing, .verdict(let verdict)), (.prepared, .verdict(let verdict)):
      mayBeDecided(verdict.ruling, in: graph, rules: rules)
    case (.committed, .forward(let number, let result)),
      (.aborted, .compensated(let number, let result)):
      isAnswer(result, to: number, in: graph)
    case (.committed, .called(let call)), (.aborted, .called(let call)):
      mayBeCalledFor(call.activity, in: graph)
    case (.committed, .end), (.aborted, .end): isCarriedOut(in: graph)
    default: false
    }
  }

  /// Whether it is the activity's turn, and nobody was asked for it yet.
  private func mayBegin(_ number: Int, in graph: ProcessGraph) -> Bool {
    guard activities.indices.contains(number), activities[number] == .waiting,
      let last = path.last
    else { return false }
    let node = graph.nodes[last]
    if isCommitted == nil, node.pivot == number {
      return node.compensatable.allSatisfy { activities[$0].isFinal }
    }
    let group = isCommitted == nil ? node.compensatable : node.retriable
    return group.contains(number)
      && graph.predecessors[number].allSatisfy { activities[$0].isFinal }
  }

  /// Whether somebody was asked for the activity, and can have answered so.
  private func isAnswer(_ result: ActivityResult, to number: Int, in graph: ProcessGraph) -> Bool {
    guard activities.indices.contains(number), activities[number] == .asked else { return false }
    let activity = graph.activities[number]
    return result.fits(activity.verb)
      && (activity.guarantee == .retriable) == (isCommitted != nil)
  }

  private func mayBeDecided(
    _ ruling: VerdictRecord.Ruling, in graph: ProcessGraph, rules: ProtocolRules
  ) -> Bool {
    switch ruling {
    case .commit:
      guard case .prepared = phase, failure == nil else { return false }
      return isDeliveryRequested
    case .abort(let reason, let owed, let cancellation):
      guard graph.recordAbort != nil, (reason == .cancelled) == (cancellation != nil) else {
        return false
      }
      // Time may have been out when somebody refused.
      if reason == .refused || reason == .invalid, failure != reason { return false }
      return isOwed(owed, in: graph, rules: rules)
    }
  }

  /// Whether an abort makes nothing due but compensations, and those of everybody who was asked.
  private func isOwed(_ owed: [Int], in graph: ProcessGraph, rules: ProtocolRules) -> Bool {
    var isCompensation = Array(repeating: false, count: activities.count)
    var isMissing = isCompensation
    for (state, compensation) in zip(activities, graph.compensations) {
      guard let compensation else { continue }
      isCompensation[compensation] = true
      if rules.undoesWhatWasAsked ? state != .waiting : state == .done {
        isMissing[compensation] = true
      }
    }
    for number in owed {
      guard activities.indices.contains(number), isCompensation[number] else { return false }
      isMissing[number] = false
    }
    return !isMissing.contains(true)
  }

  /// Whether somebody may be called to look after the activity, and was not yet.
  private func mayBeCalledFor(_ number: Int, in graph: ProcessGraph) -> Bool {
    guard activities.indices.contains(number) else { return false }
    return graph.activities[number].guarantee == .retriable
      && (activities[number] == .asked || activities[number] == .refused)
      && !calls.contains { $0.activity == number }
  }

  /// Whether nothing is left to do.
  private func isCarriedOut(in graph: ProcessGraph) -> Bool {
    guard let last = path.last else { return false }
    return graph.nodes[last].retriable.allSatisfy { activities[$0].isFinal }
  }
}
