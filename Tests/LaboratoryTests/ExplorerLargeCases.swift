// Four orders for the last piece of each of three goods, one of which may end for a reason of its own: the largest
// markets that are gone through. What takes longer than some seconds is in the second tier, what takes minutes and a
// gigabyte in the third.

import Laboratory
import PaymentModel
import Testing

extension ExplorerCase {
  /// Whoever does not ask for delivery is too late, or refused like others.
  private static let declined = oneOf(3, besides: [.aborted(.timeout)])
    .union(oneOf(3, besides: [.aborted(.refused)]))

  static let quickFourForThree = [
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 3), positions: 106, choices: 275, outcomes: oneOf(4)),
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 3, first: .cannotPay), positions: 133, choices: 351,
      outcomes: oneOf(3, besides: [.aborted(.refused)])),
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 3, first: .declines), positions: 518, choices: 1393,
      outcomes: declined),
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 3, first: .cancels), positions: 1763, choices: 5301,
      outcomes: oneOf(4, unlessTheFirstIs: .cancelled)),
  ]

  static let longFourForThree = [
    ExplorerCase(
      supply: .singlePiece, orders: of(4, 3, first: .timesOut), positions: 1958, choices: 5889,
      outcomes: oneOf(4, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3, first: .cannotPay), positions: 4735, choices: 16_974,
      outcomes: oneOf(3, besides: [.aborted(.refused)])),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3), positions: 23_536, choices: 93_410,
      outcomes: oneOf(4)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3, first: .declines), pausesEnd: false,
      positions: 69_263, choices: 272_453, outcomes: declined),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 2, first: .timesOut), pausesEnd: false,
      positions: 94_775, choices: 353_210, outcomes: oneOf(4, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(3, 3, first: .timesOut), pausesEnd: false,
      positions: 37_402, choices: 135_092, outcomes: oneOf(3, unlessTheFirstIs: .timeout)),
  ]

  static let largest = [
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3, first: .cancels), pausesEnd: false,
      positions: 362_806, choices: 1_562_213,
      outcomes: oneOf(4, unlessTheFirstIs: .cancelled)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 3, first: .timesOut), pausesEnd: false,
      positions: 347_330, choices: 1_494_772, outcomes: oneOf(4, unlessTheFirstIs: .timeout)),
    ExplorerCase(
      supply: .stock(1), orders: of(4, 2, first: .cancels), positions: 441_816,
      choices: 1_893_943, outcomes: oneOf(4, unlessTheFirstIs: .cancelled)),
  ]
}
