// What cheats have on record counts, too; what excuses others is exactly what cheats cause, and only with its
// proof on file.

import Coordinator
import PaymentModel
import Testing

@testable import Laboratory

@Suite("Books of cheats", .onOneThread)
struct CheatBooksTests {
  // MARK: - Records

  @Test(
    "coins that a cheating bank never gives back, and money that it makes",
    arguments: [BankCheat.silent, .late, .falseClaim, .twoFaced, .keepsMore, .breaksPromises])
  func banks(_ cheat: BankCheat) throws {
    let isMeant = { (hold: BankBooks.Hold) in hold.state == .voided && hold.method == .ecash }
    let run = ModelRun.first(size: PopulationSize(customers: 5, merchants: 2, banks: 1)) { world in
      world.banks[0].cheat == cheat
    } ended: { run in
      run.world.banks[0].desk.books.holds.contains { hold in
        isMeant(hold) && run.world.purchase(hold.process)?.isForRogue == false
      }
    }
    #expect(run.finding == nil)
    #expect(
      run.finding { world in
        let holds = world.banks[0].desk.books.holds
        guard
          let place = holds.firstIndex(where: {
            isMeant($0) && world.purchase($0.process)?.isForRogue == false
          })
        else { return }
        world.banks[0].desk.books.holds[place].state = .reserved
        world.banks[0].desk.books.reserve(holds[place])
      } == .atomicity)
    #expect(run.finding { $0.banks[0].desk.books.accounts[0].minor += 1 } == .money)
  }

  @Test(
    "goods that a cheating merchant never gives back, and stock that it loses",
    arguments: [ShopCheat.silent, .late, .wrongKey])
  func shops(_ cheat: ShopCheat) throws {
    let run = ModelRun.first(size: PopulationSize(customers: 5, merchants: 1)) { world in
      world.shops[0].cheat == cheat && !world.shops[0].desk.books.stocks.isEmpty
        && world.rogue == nil
    } ended: { run in
      run.world.shops[0].desk.books.holds.contains { $0.state == .released && $0.stock == nil }
    }
    #expect(run.finding == nil)
    #expect(
      run.finding { world in
        let place = world.shops[0].desk.books.holds.firstIndex {
          $0.state == .released && $0.stock == nil
        }
        if let place { world.shops[0].desk.books.holds[place].state = .held }
      } == .atomicity)
    #expect(run.finding { $0.shops[0].desk.books.stocks[0].level -= 1 } == .stock)
  }

  // MARK: - Excuses

  /// A purchase that was committed through a bank that cheats so, and how its merchant stands.
  private func broken(
    by cheat: BankCheat, isSold: Bool
  ) throws -> (ModelRun, CustomerBooks.Purchase, shop: Int) {
    func found(in world: World) -> (CustomerBooks.Purchase, shop: Int)? {
      for purchase in world.purchases where purchase.state == .committed {
        for (number, shop) in world.shops.enumerated() where shop.cheat == nil {
          let holds = shop.desk.books.holds.filter { $0.process == purchase.process }
          let isPaidThere = purchase.payments.contains { payment in
            payment.content.payouts.contains { payout in holds.contains { $0.payee == payout.payee }
            }
              && world.banks.contains { $0.name == payment.content.bank && $0.cheat == cheat }
          }
          if isPaidThere, holds.allSatisfy({ ($0.state == .sold) == isSold }) {
            return (purchase, number)
          }
        }
      }
      return nil
    }
    let run = ModelRun.first { world in
      world.banks.contains { $0.cheat == cheat }
    } ended: { run in
      found(in: run.world) != nil
    }
    let (purchase, shop) = try #require(found(in: run.world))
    #expect(run.finding == nil)
    return (run, purchase, shop)
  }

  private func unsell(_ process: ProcessID, at shop: Int, in world: inout World) {
    // Who was refused it would come first.
    world.shops[shop].desk.books.soldOut = []
    for place in world.shops[shop].desk.books.holds.indices
    where world.shops[shop].desk.books.holds[place].process == process {
      world.shops[shop].desk.books.holds[place].state = .held
    }
  }

  @Test("a merchant settles with a transfer of which no more was kept than it allows")
  func dearerTransfer() throws {
    let (run, purchase, shop) = try broken(by: .keepsMore, isSold: true)
    #expect(run.finding { unsell(purchase.process, at: shop, in: &$0) } == .atomicity)
    // Its end must be on file, too.
    #expect(run.finding { $0.drop(8, from: purchase.process) } == .progress)
    // Nobody has a ground to refuse to settle with them.
    let world = run.world
    let logged = try #require(purchase.verdict)
    let sale = try #require(
      world.shops[shop].desk.books.sales.first { $0.process == purchase.process })
    func settled(with transfers: [Signed<Transfer>]) throws -> Property? {
      var world = world
      let name = world.shops[shop].name
      world.record.answered(
        .settled(.refused(.amountMismatch, nil)),
        to: .settle(
          SettleRequest(
            id: RequestID(
              process: purchase.process, step: try #require(StepPath(rawValue: "confirm/\(name)"))),
            verdict: logged, transfers: transfers),
          merchant: name), by: .shop(shop), at: Stage.start)
      return run.books.falseAnswer(in: world)?.property
    }
    #expect(!sale.transfers.isEmpty)
    #expect(try settled(with: sale.transfers) == .refusals)
    #expect(try settled(with: []) == nil)
    #expect(try settled(with: sale.transfers + sale.transfers) == nil)
  }

  @Test("a merchant who is not paid is excused by the proof, and somebody is called")
  func excused() throws {
    for cheat in [BankCheat.breaksPromises, .keepsMore] {
      let (run, purchase, shop) = try broken(by: cheat, isSold: false)
      #expect(run.world.stage.node.isOpen(purchase.process) && run.books.isOver(run.world))
      #expect(run.books.needNotSettle(run.world.shops[shop], purchase, run.world))
      // Without what the bank has signed after the verdict.
      #expect(run.finding { $0.drop(6, from: purchase.process) } == .atomicity, "\(cheat)")
      #expect(run.finding { $0.drop(9, from: purchase.process) } == .progress, "\(cheat)")
    }
  }

  @Test("a merchant whom another bank pays is not excused")
  func otherBank() throws {
    func other(_ world: World) -> (CustomerBooks.Purchase, shop: Int)? {
      for purchase in world.purchases where purchase.state == .committed {
        let banks = world.banks.filter { bank in
          purchase.payments.contains { $0.content.bank == bank.name }
        }
        guard banks.contains(where: { $0.cheat == .breaksPromises }) else { continue }
        for (number, shop) in world.shops.enumerated() {
          let sold = shop.desk.books.holds.filter {
            $0.process == purchase.process && $0.state == .sold && !$0.amount.isZero
          }
          if !sold.isEmpty { return (purchase, number) }
        }
      }
      return nil
    }
    let run = ModelRun.first(size: PopulationSize(customers: 6, merchants: 4, banks: 2)) { world in
      world.banks.contains { $0.cheat == .breaksPromises }
    } ended: { run in
      other(run.world) != nil
    }
    let (purchase, shop) = try #require(other(run.world))
    #expect(run.finding { unsell(purchase.process, at: shop, in: &$0) } == .atomicity)
  }

  // MARK: - Answers

  @Test("two final answers that were under way, of which a crash has taken back one")
  func twoAnswers() throws {
    let run = ModelRun.first { world in
      world.banks[0].cheat == nil
    } ended: { run in
      run.world.banks[0].desk.books.replies.contains {
        if case .reserved(.done) = $0.reply { true } else { false }
      }
    }
    var reservations: [ParticipantReply] = []
    for seed in [1, 2] as [UInt64] {
      var entropy = SimulationEntropy(seed: seed)
      let process = try #require(run.world.processes.first)
      let refusal = SymbolicSigner(run.world.banks[0].name).sign(
        Refusal(
          process: process, step: try #require(StepPath(rawValue: "reserve/bank")),
          reason: .tooLate),
        nonce: Nonce(from: &entropy))
      reservations.append(.reserved(.refused(.tooLate, refusal)))
    }
    var attempts: Set<ActivityAttempt> = []
    _ = Simulation.run(seed: run.report.seed) { world, _ in
      for message in world.stage.network.messages {
        if case .request(.reserve, let tag) = message.content, let attempt = tag.attempt {
          attempts.insert(attempt)
        }
      }
    }
    let attempt = try #require(attempts.first)
    let tag = RequestTag(run: 100, attempt: attempt)
    let party = Party.bank(7)
    #expect(
      run.finding { world in
        for reply in [reservations[0], reservations[0]] {
          world.record.sent(.reply(reply, tag), by: party)
        }
      } == nil)
    #expect(
      run.finding { world in
        for reply in reservations { world.record.sent(.reply(reply, tag), by: party) }
      } == .answers)
  }
}
