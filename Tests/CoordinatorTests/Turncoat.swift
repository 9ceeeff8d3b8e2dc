// A participant that gives two answers to one request: what it did, and that it refuses.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

/// Stands before the model participants of a world. The first who is asked for the verb does what is asked and says so
/// in one answer, and signs a refusal in the other. Both wait until they are let go.
final class Turncoat: Participants, PaymentAgent, MerchantAgent, CustomerAgent {
  private struct State {
    /// The request that gets two answers.
    var target: RequestID?
    var requests = 0
    /// The requests whose answers may go.
    var isFree = [false, false]
    var arrived: [Bool] = []
  }

  private let world: ModelWorld
  private let verb: Verb
  private let isSuccessFirst: Bool
  private let isSecondOvertaking: Bool
  private let state = Mutex(State())
  private let name: PartyName
  private let teller: Turncoat?

  /// - isSuccessFirst: whether the answer that arrives first says that it is done.
  /// - isSecondOvertaking: whether the answer to the second request arrives first.
  init(world: ModelWorld, verb: Verb, isSuccessFirst: Bool, isSecondOvertaking: Bool) {
    self.world = world
    self.verb = verb
    self.isSuccessFirst = isSuccessFirst
    self.isSecondOvertaking = isSecondOvertaking
    name = .customer
    teller = nil
  }

  private init(_ teller: Turncoat, as name: PartyName) {
    world = teller.world
    verb = teller.verb
    isSuccessFirst = teller.isSuccessFirst
    isSecondOvertaking = teller.isSecondOvertaking
    self.name = name
    self.teller = teller
  }

  /// The step that gets two answers.
  var step: StepPath? { state.withLock { $0.target?.step } }

  var requestCount: Int { state.withLock { $0.requests } }

  /// Lets the answer go that is to arrive first, or the other one.
  func letGo(first: Bool) {
    state.withLock { $0.isFree[first == isSecondOvertaking ? 1 : 0] = true }
  }

  /// The answers that somebody still waited for, by whether they said that it is done.
  var arrived: [Bool] { state.withLock { $0.arrived } }

  func bank(_ name: PartyName) -> (any PaymentAgent)? { Turncoat(self, as: name) }
  func merchant(_ name: PartyName) -> (any MerchantAgent)? { Turncoat(self, as: name) }
  func customer(of process: ProcessID) -> (any CustomerAgent)? {
    Turncoat(self, as: .customer)
  }

  private func answer<Value: Sendable>(
    _ verb: Verb, _ id: RequestID, _ truth: Outcome<Value>
  ) async -> Outcome<Value> {
    guard verb == self.verb else { return truth }
    let teller = teller ?? self
    let number = teller.state.withLock { state in
      if state.target == nil { state.target = id }
      guard state.target == id else { return 0 }
      state.requests += 1
      return state.requests
    }
    guard number == 1 || number == 2 else { return truth }
    while !Task.isCancelled, !teller.state.withLock({ $0.isFree[number - 1] }) {
      try? await Task.sleep(for: .milliseconds(1))
    }
    let isFirstToArrive = (number == 2) == isSecondOvertaking
    let isSuccess = isFirstToArrive == isSuccessFirst
    if !Task.isCancelled { teller.state.withLock { $0.arrived.append(isSuccess) } }
    if isSuccess { return truth }
    let refusal = Refusal(process: id.process, step: id.step, reason: .conflict, details: nil)
    return .refused(
      .conflict,
      name == .customer
        ? nil
        : world.evidence.sign(
          refusal, by: .party(name), nonce: world.draw { Nonce(from: &$0) }))
  }

  // MARK: - Bank

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    guard let bank = world.bank(name) else { return .unknown("nobody") }
    return await answer(.reserve, request.id, await bank.reserve(request))
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    guard let bank = world.bank(name) else { return .unknown("nobody") }
    return await answer(.post, request.id, await bank.post(request))
  }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    guard let bank = world.bank(name) else { return .unknown("nobody") }
    return await answer(.void, request.id, await bank.void(request))
  }

  // MARK: - Merchant

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    guard let merchant = world.merchant(name) else { return .unknown("nobody") }
    return await answer(.deposit, request.id, await merchant.deposit(request))
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    guard let merchant = world.merchant(name) else { return .unknown("nobody") }
    return await answer(.release, request.id, await merchant.release(request))
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    guard let merchant = world.merchant(name) else { return .unknown("nobody") }
    return await answer(.confirm, request.id, await merchant.settle(request))
  }

  // MARK: - Customer

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    guard let customer = world.customer(of: query.id.process) else { return .unknown("nobody") }
    return await answer(.decide, query.id, await customer.requestDelivery(query))
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    guard let customer = world.customer(of: notice.id.process) else { return .unknown("nobody") }
    return await customer.notify(notice)
  }
}
