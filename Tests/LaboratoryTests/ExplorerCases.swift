// Markets that are gone through from end to end, with what must come of each.

import Laboratory
import PaymentModel
import Testing

/// A market, and what is known of it.
struct ExplorerCase: CustomTestStringConvertible, Sendable {
  typealias Order = ScarceMarket.Order
  typealias Outcome = ScarceMarket.Outcome

  let supply: ScarceMarket.Supply
  let orders: [Order]
  /// Whether a pause may end at any time. If not, whoever waits is woken, or waits for ever.
  var pausesEnd = true
  /// Whether the coordinator may crash, once, at any position.
  var mayCrash = false
  /// How many there are: another number is another protocol, or another search.
  let positions: Int
  let choices: Int
  /// All ways in which the orders can end.
  let outcomes: Set<[Outcome]>

  var market: ScarceMarket { ScarceMarket(supply, orders) }

  var testDescription: String {
    let orders = orders.map { order in
      order.goods.map { String(Array("abcd")[$0]) }.joined()
        + (order.temper == .wants ? "" : " (\(order.temper))")
    }
    return "\(supply): \(orders.joined(separator: ", "))\(pausesEnd ? "" : ", no pause ends")"
      + (mayCrash ? ", a crash" : "")
  }

  // MARK: - Outcomes

  /// Exactly one commits, whoever it is, and all others are refused.
  static func oneOf(_ count: Int, besides others: [Outcome] = []) -> Set<[Outcome]> {
    Set(
      (0..<count).map { winner in
        others + (0..<count).map { $0 == winner ? .committed : .aborted(.refused) }
      })
  }

  /// The first may end for that reason, and then exactly one of the others gets everything.
  static func oneOf(_ count: Int, unlessTheFirstIs reason: AbortReason) -> Set<[Outcome]> {
    oneOf(count).union(oneOf(count - 1, besides: [.aborted(reason)]))
  }

  static func of(_ count: Int, _ goods: Int, first temper: ScarceMarket.Temper = .wants) -> [Order]
  {
    // In which order a customer names her goods must not matter.
    let forward = Array(0..<goods)
    let backward = Array(forward.reversed())
    return (0..<count).map { number in
      Order(number.isMultiple(of: 2) ? forward : backward, temper: number == 0 ? temper : .wants)
    }
  }
}

// MARK: - Everybody wants the last piece of everything

extension ExplorerCase {
  /// In the first tier: seconds without optimization.
  static let quick = [
    ExplorerCase(
      supply: .singlePiece, orders: of(2, 2), positions: 23, choices: 34, outcomes: oneOf(2)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2), positions: 115, choices: 228, outcomes: oneOf(2)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2), pausesEnd: false, positions: 74, choices: 129,
      outcomes: oneOf(2)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 3), positions: 204, choices: 454, outcomes: oneOf(2)),
    ExplorerCase(
      supply: .singlePiece, orders: of(3, 2), positions: 43, choices: 83, outcomes: oneOf(3)),
    ExplorerCase(
      supply: .singlePiece, orders: of(3, 3), positions: 64, choices: 137, outcomes: oneOf(3)),
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 2), positions: 78, choices: 189, outcomes: oneOf(4)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 2), pausesEnd: false, positions: 558, choices: 1363,
      outcomes: oneOf(3)),
    ExplorerCase(
      supply: .singlePiece, orders: of(2, 2, first: .cancels), positions: 169, choices: 319,
      outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .cancels), pausesEnd: false, positions: 587,
      choices: 1364, outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .singlePiece, orders: of(2, 2, first: .timesOut), positions: 190, choices: 349,
      outcomes: oneOf(2, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .timesOut), pausesEnd: false, positions: 673,
      choices: 1528, outcomes: oneOf(2, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .cannotPay), positions: 17, choices: 27,
      outcomes: oneOf(1, besides: [.aborted(.refused)])),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 2, first: .cannotPay), positions: 241, choices: 599,
      outcomes: oneOf(2, besides: [.aborted(.refused)])),
    ExplorerCase(
      supply: .singlePiece, orders: of(2, 2), mayCrash: true, positions: 580, choices: 1379,
      outcomes: oneOf(2)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 1), mayCrash: true, positions: 791, choices: 2031,
      outcomes: oneOf(2)),
    ExplorerCase(
      supply: .stock(1), orders: [Order(0), Order(1)], positions: 16, choices: 24,
      outcomes: [[.committed, .committed]]),
    ExplorerCase(
      supply: .singlePiece, orders: [Order(0, 1), Order(2, 1)], positions: 45, choices: 68,
      outcomes: oneOf(2)),
  ]

  /// In the second tier.
  static let long = [
    ExplorerCase(
      supply: .stock(1), orders: of(3, 2), positions: 1298, choices: 3699, outcomes: oneOf(3)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 2), positions: 12_885, choices: 48_173,
      outcomes: oneOf(4)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 3), positions: 2347, choices: 7244, outcomes: oneOf(3)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3), pausesEnd: false, positions: 6722, choices: 22_973,
      outcomes: oneOf(4)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .cancels), positions: 910, choices: 2267,
      outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 3, first: .cancels), positions: 3337, choices: 9658,
      outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .singlePiece, orders: of(3, 2, first: .cancels), positions: 436, choices: 971,
      outcomes: oneOf(3, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 2, first: .cancels), positions: 26_553, choices: 89_639,
      outcomes: oneOf(3, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 3, first: .cancels), pausesEnd: false,
      positions: 36_962, choices: 133_622, outcomes: oneOf(3, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 2, first: .cancels), pausesEnd: false,
      positions: 96_382, choices: 363_879, outcomes: oneOf(4, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .timesOut), positions: 1064, choices: 2574,
      outcomes: oneOf(2, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 2, first: .timesOut), positions: 28_722,
      choices: 95_808, outcomes: oneOf(3, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1),
      orders: [Order(0, 1, temper: .timesOut), Order(1, 0, temper: .timesOut)],
      positions: 989, choices: 2725,
      outcomes: oneOf(2).union([
        [.aborted(.timeout), .committed], [.committed, .aborted(.timeout)],
        [.aborted(.timeout), .aborted(.timeout)],
      ])),
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 2, first: .cancels), positions: 881, choices: 2345,
      outcomes: oneOf(4, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(5, 2), pausesEnd: false, positions: 23_226,
      choices: 92_265, outcomes: oneOf(5)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2), mayCrash: true, positions: 3068, choices: 9423,
      outcomes: oneOf(2)),
    ExplorerCase(
      supply: .singlePiece, orders: of(3, 2), mayCrash: true, positions: 2770, choices: 8214,
      outcomes: oneOf(3)),
    ExplorerCase(
      supply: .singlePiece, orders: of(2, 2, first: .cancels), mayCrash: true,
      positions: 8399, choices: 25_293, outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .cancels), mayCrash: true, positions: 40_392,
      choices: 147_296, outcomes: oneOf(2, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(2, 2, first: .timesOut), mayCrash: true,
      positions: 42_826, choices: 155_136, outcomes: oneOf(2, unlessTheFirstIs: .timeout)),
    // The first and the second may both be cancelled.
    ExplorerCase(
      supply: .stock(1),
      orders: [Order(0, 1, temper: .cancels), Order(1, 0, temper: .cancels), Order(0, 1)],
      pausesEnd: false, positions: 43_624, choices: 164_478,
      outcomes: oneOf(3)
        .union([
          [.aborted(.cancelled), .aborted(.cancelled), .committed],
          [.aborted(.cancelled), .committed, .aborted(.refused)],
          [.aborted(.cancelled), .aborted(.refused), .committed],
          [.committed, .aborted(.cancelled), .aborted(.refused)],
          [.aborted(.refused), .aborted(.cancelled), .committed],
        ])),
    // Two pieces of each: two of three commit.
    ExplorerCase(
      supply: .stock(2), orders: of(3, 2), positions: 2255, choices: 6968,
      outcomes: Set(
        (0..<3).map { loser in (0..<3).map { $0 == loser ? .aborted(.refused) : .committed } })),
  ]
}
