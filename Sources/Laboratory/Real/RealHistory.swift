// The history of a real run: what honest merchants did, as their rows show it around each request, and how processes
// were decided, in the order in which it became durable.
//
// One call is awaited at a time, so what is different in a merchant's rows afterwards is what it did. The same is
// noted as in the model world (`Record`): goods alone. Coins, accounts and what banks owe each other are no
// resources.

import Coordinator
import Goods
import PaymentModel

struct RealHistory {
  private(set) var events = History()
  /// Looked up, and never gone through.
  private var decided: Set<ProcessID> = []
  private var refused: Set<ShopHoldKey> = []

  mutating func began(_ process: ProcessID) { events.began(process) }

  mutating func ended(_ process: ProcessID) { events.ended(process) }

  /// The log has a verdict on the process.
  mutating func decided(_ process: ProcessID, _ verdict: HistoryVerdict) {
    if decided.insert(process).inserted { events.decided(process, verdict) }
  }

  mutating func append(_ event: HistoryEvent) { events.append(event) }

  /// Whether it is the first time that the merchant refuses it for what others have.
  mutating func isNew(refusalOf key: ShopHoldKey) -> Bool { refused.insert(key).inserted }
}

extension RealWorld {
  /// A merchant's holds for all processes, by process.
  func holds(at shop: Int) -> [ShopHoldRow] {
    let rows = shopStores[shop].snapshot()
    return buyers.flatMap(\.purchases).flatMap {
      rows.holds(coordinator: setting.coordinatorKey, process: $0.process)
    }
  }

  /// Notes what an honest merchant did since then.
  func note(doneBy shop: Int, since before: [ShopHoldRow]) {
    for hold in holds(at: shop) {
      let earlier = before.first { $0.key == hold.key }
      let path = path(of: hold.key.offer)
      switch (earlier?.state, hold.state) {
      case (nil, .held):
        let step = HistoryStep(path, uses: uses(of: hold.key.offer, hold.quantity, at: shop))
        history.append(
          HistoryEvent(process: hold.key.process, kind: .done(step, .compensatable)))
      case (.held, .released):
        history.append(HistoryEvent(process: hold.key.process, kind: .undone(path)))
      default: break
      }
    }
  }

  /// Notes that an honest merchant has refused a good for what others have of it.
  func note(_ reply: ParticipantReply, to request: ParticipantRequest, byShop shop: Int) {
    guard case (.deposit(let request, _), .deposited(.refused(.soldOut, _))) = (request, reply),
      let purchase = buyers.lazy.flatMap(\.purchases)
        .first(where: { $0.process == request.id.process }),
      let line = purchase.lines.first(where: { path(of: $0.offer.id) == request.id.step })
    else { return }
    let offer = line.offer.id
    let key = ShopHoldKey(
      coordinator: setting.coordinatorKey, process: purchase.process, offer: offer)
    guard history.isNew(refusalOf: key) else { return }
    let isTaken = holds(at: shop).contains { $0.key.offer == offer && $0.state != .released }
    let uses = uses(of: offer, line.quantity, at: shop)
    let level = line.offer.claim.stock.flatMap { shopStores[shop].snapshot().stockLevel(of: $0) }
    history.append(
      HistoryEvent(
        process: purchase.process,
        kind: .refused(
          path(of: offer), isTaken ? uses.first : uses.last, left: isTaken ? nil : level)))
  }

  private func path(of offer: StatementID) -> StepPath {
    guard let path = StepPath(rawValue: "deposit/\(offer)") else { fatalError("a path") }
    return path
  }

  /// A good takes its offer, if that is for one sale, and its pieces of a stock.
  private func uses(of offer: StatementID, _ quantity: Int, at shop: Int) -> [ResourceUse] {
    guard let claim = market.offers[shop].first(where: { $0.id == offer })?.claim else { return [] }
    let owner = RealMarket.shopNames[shop]
    let own =
      claim.mode == .individual ? [ResourceUse(Resource(owner: owner, name: offer.hex))] : []
    let pieces = claim.stock.map {
      [ResourceUse(Resource(owner: owner, name: $0), .counted(quantity))]
    }
    return own + (pieces ?? [])
  }
}

extension RealBooks {
  /// Every prefix of the history reduces to one process after another, as in the model world.
  func isolation() -> Books.Finding? {
    let history = world.history.events
    guard let violation = history.checkPrefixReducibility().violation else { return nil }
    return finding(
      .isolation, history.events[violation.prefix - 1].process, "no serial order: \(violation)")
  }
}
