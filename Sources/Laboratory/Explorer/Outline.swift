// A position of a market in few bytes, and the 128 bits by which it is known again.
//
// An outline has everything on which it depends how a market goes on, and nothing else: for each order how
// it stands with coordinator, bank, log and customer, at which place in which queue, with what at each
// merchant, and which of its messages are under way. Left out are statements, keys and identifiers, which
// follow from the order; the journal and the history, which nobody reads as long as nobody crashes; how often
// something was asked for, since pauses do not end by themselves; numbers of messages, batches and places; and
// the order of lists in which things are only looked up.
//
// Orders refer to each other by places in a queue alone. So the outlines of orders that want the same are
// sorted: worlds that differ in who of them is who have one outline.
//
// Nothing proves by itself that an outline has everything. So `Explorer.compareOutlines` goes through a market
// in which whole worlds are compared, and looks whether worlds of one outline always go on alike.

import Coordinator
import PaymentCrypto
import PaymentModel

/// The first 128 bits of an outline's SHA-256. Of n positions two have one key by chance with a probability
/// below n² / 2^129: among a million, 2 in 10^27.
struct PositionKey: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  init(_ outline: Bytes) {
    var words: [UInt64] = [0, 0]
    for (place, byte) in SHA256.digest(outline).bytes.prefix(16).enumerated() {
      words[place / 8] = words[place / 8] << 8 | UInt64(byte)
    }
    high = words[0]
    low = words[1]
  }
}

/// Makes outlines of one market's worlds.
struct Outliner: Sendable {
  private let market: ScarceMarket
  /// Orders that want the same, by number.
  private let classes: [[Int]]
  /// For each order, for each of its process's activities, where it stands in the outline.
  private var slots: [[Int]]

  private let forgetsTurns: Bool

  /// - Parameters:
  ///   - mergesOrders: whether orders that want the same may change places.
  ///   - forgetsTurns: leaves out who stands where in which queue, which no outline may.
  init(_ market: ScarceMarket, mergesOrders: Bool = true, forgetsTurns: Bool = false) {
    self.market = market
    self.forgetsTurns = forgetsTurns
    classes = mergesOrders ? market.interchangeable : market.orders.indices.map { [$0] }
    slots = market.orders.map { _ in [] }
  }

  /// - Parameter restarted: the same world after a crash of the coordinator, where one may come. What the
  ///   journal has is what is left then.
  mutating func key(of world: World, restarted: World? = nil) -> PositionKey {
    PositionKey(outline(of: world) + (restarted.map { outline(of: $0) } ?? []))
  }

  mutating func outline(of world: World) -> Bytes {
    var orders = market.orders.indices.map { order(of: $0, in: world) }
    let messages = self.messages(in: world)
    for number in orders.indices {
      orders[number].append(UInt8(clamping: messages[number].count))
      for message in messages[number] {
        orders[number].append(UInt8(clamping: message.count))
        orders[number] += message
      }
    }
    for (good, shop) in world.shops.enumerated() {
      let places =
        forgetsTurns ? [] : world.stage.node.places(on: market.resource(good, in: world))
      for (rank, place) in places.enumerated() {
        guard let number = market.order(of: place.process, in: world) else { continue }
        orders[number] += [
          0, UInt8(clamping: good), UInt8(clamping: rank), Self.code(of: place.standing),
          place.isOvertaken ? 1 : 0,
        ]
      }
      for waiting in shop.waiting {
        guard let number = market.order(of: waiting.process, in: world) else { continue }
        orders[number] += [1, UInt8(clamping: good)]
      }
    }
    var outline = common(in: world)
    for members in classes {
      let sorted = members.map { orders[$0] }.sorted { $0.lexicographicallyPrecedes($1) }
      for one in sorted {
        outline += [UInt8(one.count >> 8), UInt8(one.count & 0xFF)]
        outline += one
      }
    }
    return outline
  }

  // MARK: - Parts

  /// What is nobody's own.
  private func common(in world: World) -> Bytes {
    var bytes = Self.bytes(of: world.stage.now.milliseconds(since: Stage.start))
    for shop in world.shops {
      bytes += shop.desk.books.stocks.map { UInt8(clamping: $0.level) }
    }
    let dirty = world.parties.map { world.isDirty($0) ? UInt8(1) : 0 }
    bytes += dirty
    bytes += [world.stage.node.hasEffects ? 1 : 0, UInt8(clamping: world.stage.node.run)]
    return bytes
  }

  private mutating func order(of number: Int, in world: World) -> Bytes {
    let customer = world.customers[number]
    var bytes: Bytes = [UInt8(clamping: customer.desk.books.nextWish)]
    guard let purchase = customer.desk.books.purchases.first else { return bytes }
    let process = purchase.process
    let state: UInt8 =
      switch purchase.state {
      case .undecided: 0
      case .committed: 1
      case .aborted: 2
      }
    bytes += [
      state, purchase.deliveryRequest == nil ? 0 : 1, purchase.keys == nil ? 0 : 1,
      customer.nextAt.map { $0 <= world.stage.now } == true ? 1 : 0,
    ]
    if market.orders[number].temper == .timesOut {
      bytes += Self.bytes(of: purchase.order.decideBy.milliseconds(since: Stage.start))
    }
    bytes.append(decision(of: process, in: world))
    bytes += money(of: process, in: world)
    for good in market.orders[number].goods.sorted() {
      bytes += dealings(of: process, at: world.shops[good])
    }
    if let outline = world.stage.node.outline(of: process) {
      bytes.append(1)
      bytes += self.bytes(of: outline, number, in: world)
    } else {
      bytes.append(0)
    }
    return bytes
  }

  private func decision(of process: ProcessID, in world: World) -> UInt8 {
    switch world.log.desk.books.entry(of: process, by: world.setting.coordinatorKey)?.decision {
    case nil: 0
    case .commit: 1
    case .abort(let reason): 2 + Self.code(of: reason)
    }
  }

  private func money(of process: ProcessID, in world: World) -> Bytes {
    world.banks.flatMap { bank -> Bytes in
      let books = bank.desk.books
      let hold: UInt8 =
        switch books.holds.first(where: { $0.process == process })?.state {
        case nil: 0
        case .reserved: 1
        case .posted: 2
        case .voided: 3
        }
      return [
        hold, books.tombstones.contains { $0.process == process } ? 1 : 0,
        books.replies.contains { $0.key.process == process } ? 1 : 0,
      ]
    }
  }

  /// What a merchant has of an order.
  private func dealings(of process: ProcessID, at shop: ModelShop) -> Bytes {
    let books = shop.desk.books
    let hold: UInt8 =
      switch books.holds.first(where: { $0.process == process })?.state {
      case nil: 0
      case .held: 1
      case .released: 2
      case .sold: 3
      }
    var answers: UInt8 = 0
    for reply in books.replies where reply.key.process == process {
      switch reply.reply {
      case .deposited(.done): answers |= 1
      case .deposited: answers |= 2
      case .released: answers |= 4
      case .settled: answers |= 8
      default: answers |= 16
      }
    }
    let verdict: UInt8 =
      switch books.verdicts.first(where: { $0.process == process })?.isCommit {
      case nil: 0
      case false: 1
      case true: 2
      }
    return [hold, answers, verdict, books.soldOut.contains { $0.process == process } ? 1 : 0]
  }

  private mutating func bytes(
    of outline: ProcessOutline, _ number: Int, in world: World
  ) -> Bytes {
    var bytes: Bytes = [
      Self.code(of: outline.phase), outline.isResumed ? 1 : 0,
      outline.failure.map(Self.code) ?? 0xFF,
    ]
    if case .prepared(let answerBy) = outline.phase {
      bytes += Self.bytes(of: answerBy.milliseconds(since: Stage.start))
    }
    if slots[number].isEmpty { slots[number] = slots(of: outline, in: world) }
    var steps = Bytes(repeating: 0, count: outline.steps.count)
    for (slot, step) in zip(slots[number], outline.steps) { steps[slot] = Self.code(of: step) }
    return bytes + steps
  }

  /// The activities' places: by verb, and by whom they are with. A definition has them in an order that
  /// depends on identifiers.
  private func slots(of outline: ProcessOutline, in world: World) -> [Int] {
    let ranks = outline.steps.map { step -> (verb: Int, place: Int) in
      let verb = Verb.allCases.firstIndex(of: step.activity.verb) ?? 0
      let isAfterAbort = step.activity.path.rawValue == "notify-abort"
      let merchant = step.activity.offer.flatMap { world.good(of: $0) }
      if let merchant { return (verb, merchant) }
      if case .merchant(let name) = step.activity.participant {
        return (verb, world.setting.shopNames.firstIndex(of: name) ?? 0)
      }
      return (verb, isAfterAbort ? 1 : 0)
    }
    let order = ranks.indices.sorted { ranks[$0] < ranks[$1] }
    var slots = Array(repeating: 0, count: ranks.count)
    for (slot, activity) in order.enumerated() { slots[activity] = slot }
    return slots
  }

  /// For each order its messages that are under way, sorted.
  private func messages(in world: World) -> [[Bytes]] {
    var messages: [[Bytes]] = market.orders.map { _ in [] }
    for message in world.stage.network.messages {
      guard let process = message.process,
        let number = market.order(of: process, in: world)
      else { continue }
      messages[number].append(Self.code(of: message))
    }
    for number in messages.indices {
      messages[number].sort { $0.lexicographicallyPrecedes($1) }
    }
    return messages
  }
}
