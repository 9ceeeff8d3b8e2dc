// Nobody waits longer than he must: whoever gives a good back wakes whoever waits for it.

import Coordinator
import PaymentModel

extension Books {
  /// Looked at whenever time is about to pass: somebody is kept back from what his merchant would give him now,
  /// nobody stands before him, and nobody is on his way. Then only the end of a pause would bring him on.
  ///
  /// Who stands for a good is read in the coordinator's table of turns; what a merchant would say, and whom it has told to
  /// wait, in the merchant's books. Left out is what nobody at this coordinator could hear of: what another
  /// coordinator gives back, and a merchant that held as much as it allows itself.
  func idleWait(in world: World) -> Finding? {
    let node = world.stage.node
    guard world.rogue == nil, node.isReady, !node.isRecovering, node.failed.isEmpty,
      !world.parties.contains(where: { world.isDirty($0) })
    else { return nil }
    for (number, shop) in world.shops.enumerated()
    where shop.cheat == nil && shop.desk.isUp && !isAnybodyUnderWay(to: number, in: world) {
      for resource in shop.scarceResources {
        guard let idle = idle(at: shop, on: resource, in: world) else { continue }
        return finding(
          .progress, idle, "waits for a pause to end at \(shop.name) although nobody is before him")
      }
    }
    return nil
  }

  private func isAnybodyUnderWay(to shop: Int, in world: World) -> Bool {
    world.stage.network.messages.contains { $0.to == .shop(shop) || $0.from == .shop(shop) }
  }

  private func idle(at shop: ModelShop, on resource: Resource, in world: World) -> ProcessID? {
    let node = world.stage.node
    let places = node.places(on: resource)
    guard let first = places.first(where: { $0.standing.isKeptBack }),
      shop.wouldGive(first.process, on: resource, in: world)
    else { return nil }
    let isQuiet = places.allSatisfy { place in
      // Whoever asks, or will as soon as he is sure to have been lost, wakes the others afterwards.
      guard !isAsking(place.process, of: shop.name, node) else { return false }
      return place.standing.isKeptBack
        ? node.isUndecided(place.process)
        : place.standing == .holding && shop.keeps(resource, for: place.process)
    }
    return isQuiet ? first.process : nil
  }

  private func isAsking(
    _ process: ProcessID, of merchant: PartyName, _ node: CoordinatorNode
  ) -> Bool {
    node.outline(of: process)?.steps.contains {
      $0.isAsked && $0.activity.participant == .merchant(merchant)
    } ?? true
  }
}

extension ModelShop {
  /// What may run out here, and stands in the coordinator's table.
  fileprivate var scarceResources: [Resource] {
    goods.filter { $0.offer.claim.mode == .individual }
      .map { Resource(owner: name, name: $0.offer.id.hex) }
      + desk.books.stocks.map { Resource(owner: name, name: $0.name) }
  }

  /// Whether something of it is held or sold for the process. What was given back while the answer was lost is not:
  /// its coordinator asks again for the release, and wakes the others when it hears.
  fileprivate func keeps(_ resource: Resource, for process: ProcessID) -> Bool {
    desk.books.holds.contains {
      $0.process == process && ($0.offer.hex == resource.name || $0.stock == resource.name)
        && ($0.state == .held || $0.state == .sold)
    }
  }

  /// Whether a process that was told to wait for what others hold would get it now.
  fileprivate func wouldGive(
    _ process: ProcessID, on resource: Resource, in world: World
  ) -> Bool {
    guard
      let line = world.purchase(process)?.lines.first(where: {
        let offer = $0.good.offer
        return offer.issuer.party == name
          && (offer.id.hex == resource.name || offer.claim.stock == resource.name)
      }), waiting.contains(where: { $0.process == process && $0.offer == line.good.offer.id })
    else { return false }
    return isAvailable(line.good, quantity: line.quantity)
  }
}
