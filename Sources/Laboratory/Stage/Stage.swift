// Where the parties meet, whoever stands behind them: time, network, and the coordinator.

import Coordinator
package import PaymentModel

package struct Stage: Hashable, Sendable {
  package static let start = Timestamp(seconds: 1_800_000_000)

  package private(set) var now = Stage.start
  package var network = Network()
  package var node: CoordinatorNode
  /// Clocks that are wrong.
  private var clocks: [PartyClock] = []
  /// Who handed in which process.
  private var customers: [ProcessID: Int] = [:]

  package init(node: CoordinatorNode) { self.node = node }

  // MARK: - Time

  package func clock(of party: Party) -> Timestamp {
    clocks.first { $0.party == party }?.reading(at: now) ?? now
  }

  /// When a party's clock shows that time.
  package func moment(of time: Timestamp, at party: Party) -> Timestamp {
    clocks.first { $0.party == party }?.moment(of: time) ?? time
  }

  package mutating func advance(milliseconds: Int64) {
    now = now.adding(milliseconds: milliseconds)
  }

  package mutating func setClock(of party: Party, by milliseconds: Int64) {
    clocks[place(of: party)].set(by: milliseconds)
  }

  package mutating func setRate(of party: Party, toPerMillion rate: Int64) {
    clocks[place(of: party)].run(at: rate, from: now)
  }

  private mutating func place(of party: Party) -> Int {
    if let place = clocks.firstIndex(where: { $0.party == party }) { return place }
    clocks.append(PartyClock(of: party, at: now))
    return clocks.count - 1
  }

  /// Whether its sender does not hold the message back any more.
  func mayArrive(_ message: Message) -> Bool { message.notBefore.map { $0 <= now } ?? true }

  /// When the first of the messages that are held back may arrive.
  var nextArrival: Timestamp? {
    var next: Timestamp?
    for case let time? in network.messages.lazy.map(\.notBefore) where time > now {
      next = min(next ?? time, time)
    }
    return next
  }

  // MARK: - Messages

  /// Sends what the coordinator wants sent: requests find their participant by name.
  package mutating func sendFromCoordinator(_ outgoing: [Outgoing], _ setting: Setting) {
    for one in outgoing {
      guard case .request(let request, let tag) = one.content else {
        network.send(one, from: .coordinator)
        continue
      }
      if let party = participant(of: request, setting) {
        network.send(Outgoing(to: party, content: one.content), from: .coordinator)
      } else {
        network.send(
          Outgoing(to: .coordinator, content: .reply(.unreachable, tag)), from: .coordinator)
      }
    }
  }

  /// - Returns: whether the process was handed in for the first time.
  @discardableResult
  package mutating func note(customer: Int, of process: ProcessID) -> Bool {
    customers.updateValue(customer, forKey: process) == nil
  }

  func participant(of request: ParticipantRequest, _ setting: Setting) -> Party? {
    switch request {
    case .reserve(_, let bank), .post(_, let bank), .void(_, let bank):
      setting.bankNames.firstIndex(of: bank).map { .bank($0) }
    case .deposit(_, let merchant), .release(_, let merchant), .settle(_, let merchant):
      setting.shopNames.firstIndex(of: merchant).map { .shop($0) }
    case .requestDelivery(let query): customers[query.id.process].map { .customer($0) }
    case .notify(let notice): customers[notice.id.process].map { .customer($0) }
    case .publish: .log
    }
  }

  /// Hands a message to the coordinator.
  package mutating func deliverToCoordinator(_ message: Message, _ setting: Setting) {
    let time = clock(of: .coordinator)
    let conduct = setting.conduct
    switch message.content {
    case .reply(let reply, let tag): node.take(reply, tag, at: time, conduct)
    case .submit(let submission):
      guard let order = conduct.readOrder(submission.order) else { return }
      let process: ProcessID = order.id.renamed()
      sendFromCoordinator(
        node.take(submission, process: process, from: message.from, at: time, conduct), setting)
    case .cancel(let process, let cancellation):
      node.cancel(process, cancellation, at: time, conduct)
    case .question(let order, let key):
      sendFromCoordinator(
        node.answer(order, key, from: message.from, at: time, conduct), setting)
    case .request, .accepted, .notAccepted, .answer, .present, .credited: break
    }
  }
}
