// What an engine works with, for whoever works for it beside its actor.

import PaymentModel
import Synchronization

/// Ports and planner of an engine. One object, so that a request that waits for an answer holds little.
final class EngineSurroundings: Sendable {
  let ports: CoordinatorPorts
  let planner: ProcessPlanner
  let hook: JournalHook
  private let busy = Atomic(false)
  private let entropy: Mutex<any Entropy & Sendable>

  init(ports: CoordinatorPorts, planner: ProcessPlanner, hook: JournalHook) {
    self.ports = ports
    self.planner = planner
    self.hook = hook
    entropy = Mutex(ports.makeEntropy())
  }

  /// Whether one more undecided process would be too much, as of the machine's last step.
  var isBusy: Bool {
    get { busy.load(ordering: .relaxed) }
    set { busy.store(newValue, ordering: .relaxed) }
  }

  /// For what is signed beside the actor.
  func nextNonce() -> Nonce { entropy.withLock { Nonce(from: &$0) } }

  /// Asks, and checks the answer.
  func perform(_ call: ActivityCall) async -> ActivityOutcome {
    guard let request = call.request(notary: ports.notary) else { return .unknown }
    return outcome(of: call, await ask(request))
  }

  private func outcome(of call: ActivityCall, _ reply: ParticipantReply) -> ActivityOutcome {
    call.outcome(
      of: reply, coordinator: planner.coordinator, notary: ports.notary, examiner: ports.examiner,
      at: ports.clock.now())
  }

  /// Writes a batch in one transaction.
  ///
  /// - Returns: the processes of which somebody else has written that part of the journal.
  func write(_ batch: JournalBatch) async -> [ProcessID] {
    batch.forEachRecord { hook.beforeWrite($0, $1) }
    let taken = await ports.journal.transact { batch.write(to: &$0) }
    batch.forEachRecord { hook.afterCommit($0, $1) }
    return taken
  }

  // One function for each request: what waits for an answer holds what that request needs, and not what any
  // of them would.

  private func ask(_ request: ParticipantRequest) async -> ParticipantReply {
    switch request {
    case .reserve(let request, let bank): await reserve(request, bank)
    case .post(let request, let bank): await post(request, bank)
    case .void(let request, let bank): await void(request, bank)
    case .deposit(let request, let merchant): await deposit(request, merchant)
    case .release(let request, let merchant): await release(request, merchant)
    case .settle(let request, let merchant): await settle(request, merchant)
    case .requestDelivery(let query): await requestDelivery(query)
    case .notify(let notice): await notify(notice)
    case .publish(let verdict, let process, let bundle):
      .published(await ports.log.publish(verdict, process: process, bundle: bundle))
    }
  }

  private func reserve(_ request: ReserveRequest, _ bank: PartyName) async -> ParticipantReply {
    guard let agent = ports.participants.bank(bank) else { return .unreachable }
    return .reserved(await agent.reserve(request))
  }

  private func post(_ request: PostRequest, _ bank: PartyName) async -> ParticipantReply {
    guard let agent = ports.participants.bank(bank) else { return .unreachable }
    return .transferred(await agent.post(request))
  }

  private func void(_ request: VerdictRequest, _ bank: PartyName) async -> ParticipantReply {
    guard let agent = ports.participants.bank(bank) else { return .unreachable }
    return .voided(await agent.void(request))
  }

  private func deposit(
    _ request: DepositRequest, _ merchant: PartyName
  ) async -> ParticipantReply {
    guard let agent = ports.participants.merchant(merchant) else { return .unreachable }
    return .deposited(await agent.deposit(request))
  }

  private func release(
    _ request: VerdictRequest, _ merchant: PartyName
  ) async -> ParticipantReply {
    guard let agent = ports.participants.merchant(merchant) else { return .unreachable }
    return .released(await agent.release(request))
  }

  private func settle(_ request: SettleRequest, _ merchant: PartyName) async -> ParticipantReply {
    guard let agent = ports.participants.merchant(merchant) else { return .unreachable }
    return .settled(await agent.settle(request))
  }

  private func requestDelivery(_ query: DeliveryQuery) async -> ParticipantReply {
    guard let agent = ports.participants.customer(of: query.id.process) else {
      return .unreachable
    }
    return .requested(await agent.requestDelivery(query))
  }

  private func notify(_ notice: VerdictRequest) async -> ParticipantReply {
    guard let agent = ports.participants.customer(of: notice.id.process) else {
      return .unreachable
    }
    return .notified(await agent.notify(notice))
  }
}
