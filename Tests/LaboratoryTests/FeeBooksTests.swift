// The books see when the coordinator has more or less than its fees, and a drawn coordinator charges in
// some worlds.

import Coordinator
import PaymentModel
import Testing

@testable import Laboratory

@Suite("Books of the coordinator's fee", .onOneThread)
struct FeeBooksTests {
  /// The end of a run in which the coordinator has charged and a purchase was committed.
  private static let ended: (world: World, books: Books) = {
    for seed in 1...200 as ClosedRange<UInt64> {
      var books: Books?
      var last: (World, Choice)?
      let report = Simulation.run(
        seed: seed, size: PopulationSize(customers: 4, merchants: 2, banks: 1)
      ) { world, choice in
        if books == nil { books = Books(of: world) }
        last = (world, choice)
      }
      guard report.violation == nil, let last, let books else { continue }
      var world = last.0
      world.apply(last.1)
      guard world.banks[0].cheat == nil, report.tally[.paidCoordinator] > 0 else { continue }
      return (world, books)
    }
    fatalError("no run that serves")
  }()

  private func finding(_ change: (inout World) -> Void) -> Property? {
    var (world, books) = Self.ended
    change(&world)
    return books.fees(world)?.property
  }

  private func change(_ world: inout World, _ body: (PaymentPart) -> PaymentPart) {
    for customer in world.customers.indices {
      for place in world.customers[customer].desk.books.purchases.indices {
        let purchase = world.customers[customer].desk.books.purchases[place]
        guard purchase.state == .committed, purchase.submission.terms != nil else { continue }
        world.customers[customer].desk.books.purchases[place] = CustomerBooks.Purchase(
          process: purchase.process, order: purchase.order, submission: purchase.submission,
          lines: purchase.lines,
          payments: purchase.payments.map {
            CustomerBooks.Payment(content: body($0.content), numbers: $0.numbers)
          }, isForRogue: false, state: .committed, asksAt: purchase.asksAt)
        return
      }
    }
  }

  private static func isFee(_ payout: Payout) -> Bool {
    payout.payee.account == Charging.account
  }

  @Test("a run as it was has nothing wrong")
  func sound() {
    #expect(finding { _ in } == nil)
  }

  @Test("a commit without the fee, or with another one than its order's, as some terms may ask for")
  func wrongFee() {
    #expect(
      finding { world in
        change(&world) { part in
          PaymentPart(
            bank: part.bank, method: part.method, total: part.total,
            payouts: part.payouts.filter { !Self.isFee($0) }, transferFee: part.transferFee)
        }
      } == .money)
    for factor in [2, 3] as [UInt64] {
      #expect(
        finding { world in
          change(&world) { part in
            PaymentPart(
              bank: part.bank, method: part.method, total: part.total,
              payouts: part.payouts.map { payout in
                guard Self.isFee(payout), let more = try? payout.amount.multiplied(by: factor)
                else { return payout }
                return Payout(payee: payout.payee, amount: more)
              }, transferFee: part.transferFee)
          }
        } == .money, "\(factor)")
    }
  }

  @Test("terms that had not begun when the order was handed in, or had ended long before")
  func wrongTime() {
    for seconds in [-10 * 86_400, 20 * 86_400] as [Int64] {
      #expect(
        finding { world in
          for process in world.processes {
            world.record.rearrange(process) { known in
              known.told.submissions = known.told.submissions.map {
                ClockReading(step: $0.step, time: $0.time.adding(seconds: seconds))
              }
            }
          }
        } == .money, "\(seconds)")
    }
  }

  @Test("an account with more or less than the commits have brought")
  func wrongAccount() {
    for change in [1, -1] {
      #expect(
        finding { world in
          let place = world.banks[0].desk.books.accounts.firstIndex {
            $0.name == Charging.account && $0.minor > 0
          }
          guard let place else { return }
          let minor = Int(world.banks[0].desk.books.accounts[place].minor) + change
          world.banks[0].desk.books.accounts[place].minor = UInt64(minor)
        } == .money)
    }
  }

  @Test("every way around the fee is tried, and none of them commits")
  func cheats() {
    var tried: Set<FeeCheat> = []
    for seed in 1...400 as ClosedRange<UInt64> where tried.count < FeeCheat.allCases.count {
      var entropy = SimulationEntropy(seed: seed &* 0x2545_F491_4F6C_DD1D)
      var population = Population(PopulationSize(), flaw: nil, entropy: &entropy)
      let cheats = population.world().customers.compactMap(\.feeCheat)
      guard !cheats.allSatisfy(tried.contains) else { continue }
      var last: (World, Choice)?
      let report = Simulation.run(seed: seed) { last = ($0, $1) }
      #expect(report.violation == nil)
      guard let last else { continue }
      var world = last.0
      world.apply(last.1)
      for customer in world.customers {
        guard let cheat = customer.feeCheat else { continue }
        tried.insert(cheat)
        let paying = customer.desk.books.purchases.filter {
          !$0.isForRogue && !$0.payments.isEmpty
        }
        #expect(paying.allSatisfy { $0.state != .committed }, "\(cheat), seed \(seed)")
      }
    }
    #expect(tried.count == FeeCheat.allCases.count)
  }
}
