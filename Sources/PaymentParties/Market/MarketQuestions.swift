// Shops ask what became of orders that should have been decided, and for which they still hold something.
//
//   overdue ──log──▶ its verdict ────────────────▶ abort: released; commit: left to the coordinator
//      │               ▲
//      └─ none: own coordinator, which decides abort for an order that nobody has handed in
//         another one: nobody is asked

import Coordinator
import Evidence
public import Goods
public import PaymentModel
import Receipts

/// What came of a shop's question.
public struct OverdueFinding: Sendable {
  public enum Finding: Hashable, Sendable {
    /// It was aborted: so many goods are free again.
    case released(Int)
    /// It was committed, and the coordinator has to bring the transfers.
    case committed
    /// The coordinator has not decided yet.
    case undecided
    /// Another coordinator decides about it, or this one under an older key, and the log has no verdict.
    case elsewhere
    /// The shop does not take what the log or the coordinator says.
    case refused(RefusalReason)
    /// There was no answer now.
    case unanswered(String)
  }

  public let shop: PartyName
  public let order: OverdueOrder
  public let finding: Finding
}

/// What came of all questions of one round.
public struct OverdueReport: Sendable {
  /// In the order of the questions.
  public let findings: [OverdueFinding]
  /// Whether there may be more orders to ask about now.
  public let hasMore: Bool
}

extension Market {
  /// At most so many questions are under way at a time.
  private static let questionsAtOnce = 32

  /// Has every shop ask what became of the orders for which it holds something although they should have been decided,
  /// and gives free what was aborted. An order that nobody has handed in is aborted by that.
  ///
  /// A question in vain keeps none of the others back, and is not asked again for as long a time as the order is
  /// overdue, unless it is asked for. The releases are statements, which `logStatements` logs.
  ///
  /// - Parameters:
  ///   - last: where to go on at each shop; at the beginning for those that are not in it.
  ///   - count: the most orders that are asked about, of all shops.
  ///   - seconds: how long answers are waited for, all together.
  ///   - includingPostponed: also about those about which somebody has asked in vain lately.
  public func askAboutOverdue(
    after last: [PartyName: ShopOrderPlace] = [:], atMost count: Int = 256,
    withinSeconds seconds: Int64 = 2, includingPostponed: Bool = false
  ) async -> OverdueReport {
    let (questions, hasMore) = await overdue(
      after: last, atMost: count, includingPostponed: includingPostponed)
    guard !questions.isEmpty else { return OverdueReport(findings: [], hasMore: hasMore) }
    var answers: [Int: Answer] = [:]
    await withTaskGroup(of: (Int, Answer)?.self) { group in
      group.addTask {
        try? await Task.sleep(for: .seconds(seconds))
        return nil
      }
      var next = 0
      func askNext() {
        guard next < questions.count else { return }
        let (number, question) = (next, questions[next])
        next += 1
        group.addTask { (number, await self.ask(question.order, of: question.shop)) }
      }
      for _ in 0..<Self.questionsAtOnce { askNext() }
      while answers.count < questions.count, let answer = await group.next() {
        guard let (number, found) = answer else {
          // The time is over. Who is being waited for is decided all the same, and found next time.
          next = questions.count
          group.cancelAll()
          continue
        }
        answers[number] = found
        askNext()
      }
      group.cancelAll()
    }
    await postpone(questions, answers)
    let findings = questions.enumerated().map { number, question in
      OverdueFinding(
        shop: question.shop.name, order: question.order,
        finding: answers[number]?.finding ?? .unanswered("there was no time to ask"))
    }
    return OverdueReport(findings: findings, hasMore: hasMore)
  }

  private struct Question: Sendable {
    let shop: Shop
    let order: OverdueOrder
  }

  private struct Answer: Sendable {
    let finding: OverdueFinding.Finding
    /// Whether the same question may be answered at once: this one met a hindrance that has to do with no order.
    var isPassing = false
  }

  /// The first of each shop, then the second of each, and so on: a shop with many keeps no other back.
  private func overdue(
    after last: [PartyName: ShopOrderPlace], atMost count: Int, includingPostponed: Bool
  ) async -> (questions: [Question], hasMore: Bool) {
    var pages: [(shop: Shop, orders: [OverdueOrder])] = []
    for shop in shops {
      pages.append(
        (
          shop,
          await shop.overdue(
            after: last[shop.name], atMost: count, includingPostponed: includingPostponed)
        ))
    }
    var questions: [Question] = []
    for number in 0..<(pages.map(\.orders.count).max() ?? 0) {
      for page in pages where number < page.orders.count {
        questions.append(Question(shop: page.shop, order: page.orders[number]))
      }
    }
    let hasMore = questions.count > count || pages.contains { $0.orders.count == count }
    return (Array(questions.prefix(count)), hasMore)
  }

  private func ask(_ order: OverdueOrder, of shop: Shop) async -> Answer {
    guard !Task.isCancelled else {
      return Answer(finding: .unanswered("there was no time to ask"), isPassing: true)
    }
    let verdict: LoggedVerdict
    switch await self.verdict(about: order) {
    case .success(let found): verdict = found
    case .failure(let answer): return answer
    }
    switch await shop.carryOut(verdict, on: order) {
    case .released(let releases): return Answer(finding: .released(releases.count))
    case .committed: return Answer(finding: .committed)
    case .refused(let reason): return Answer(finding: .refused(reason))
    case .unknown(let why): return Answer(finding: .unanswered(why))
    }
  }

  private enum VerdictFound {
    case success(LoggedVerdict)
    case failure(Answer)
  }

  /// The verdict about an order, from the log or from this market's coordinator.
  private func verdict(about order: OverdueOrder) async -> VerdictFound {
    do {
      if let logged = try await log.verdict(of: order.process) { return .success(logged) }
    } catch {
      return .failure(Answer(finding: .unanswered(error.message), isPassing: true))
    }
    guard order.coordinator == coordinator.key else {
      return .failure(Answer(finding: .elsewhere))
    }
    let oneTimeKey: SigningKeyValue
    do {
      oneTimeKey = try trust.verifyOrder(order.signed).claim.oneTimeKey
    } catch {
      return .failure(Answer(finding: .unanswered("the order on record does not verify")))
    }
    do {
      let answer = try await coordinator.engine.verdictOrAbort(
        for: order.signed, oneTimeKey: oneTimeKey)
      switch answer {
      case .decided(let verdict): return .success(verdict)
      case .undecided: return .failure(Answer(finding: .undecided))
      }
    } catch {
      let isPassing = [.busy, .waitCancelled, .behindLog, .logUnreachable, .stopped].contains(
        error.code)
      return .failure(Answer(finding: .unanswered(error.message), isPassing: isPassing))
    }
  }

  private func postpone(_ questions: [Question], _ answers: [Int: Answer]) async {
    for shop in shops {
      var places: [ShopOrderPlace] = []
      for (number, question) in questions.enumerated() where question.shop === shop {
        guard let answer = answers[number], !answer.isPassing else { continue }
        if case .released = answer.finding { continue }
        places.append(question.order.place)
      }
      await shop.postpone(places)
    }
  }
}
