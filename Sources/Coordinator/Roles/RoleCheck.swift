// A role checks the process that it is to join, from the definition alone.

import PaymentModel

extension PaymentProcess {
  /// Everything that speaks against joining the process; none means that the role can rely on it.
  ///
  /// Every role needs a process that always ends (`checkGuaranteedTermination`). The rest is what the role
  /// would lose by: a bank money, a merchant goods, a customer both, the coordinator its verdict. What is promised
  /// to others is their matter.
  public func check(for role: ProcessRole) -> [Objection] {
    let check = RoleCheck(self)
    let own =
      switch role {
      case .customer: check.customer()
      case .coordinator: check.coordinator()
      case .bank(let name): check.bank(name)
      case .merchant(let name, let banks): check.merchant(name, paidBy: banks)
      }
    return checkGuaranteedTermination().map(Objection.init) + own
  }
}

private struct RoleCheck {
  private let process: PaymentProcess
  private let activities: [Activity]
  private let order: ProcessOrder

  init(_ process: PaymentProcess) {
    self.process = process
    activities = process.activities
    order = ProcessOrder(process)
  }

  // MARK: - Roles

  func bank(_ name: PartyName?) -> [Objection] {
    let own = numbers { isBank($0, name) }
    let reserves = own.filter { activities[$0].verb == .reserve }
    return takesPart(name, own) + reservesUndone(reserves)
      + reservesPosted(own) + postsAfterPublish(own.filter { activities[$0].verb == .post })
      + publishAfterDecide() + undoneOnAbort(own) + decideAfterPrepare(reserves)
  }

  func merchant(_ name: PartyName?, paidBy banks: [PartyName]?) -> [Objection] {
    let own = numbers { isMerchant($0, name) }
    let deposits = own.filter { activities[$0].verb == .deposit }
    let early = deposits.flatMap { deposit in
      numbers(.reserve).filter { !order.isOrdered($0, deposit) }.map { [$0, deposit] }
    }
    return takesPart(name, own) + depositsUndone(deposits)
      + early.map { objection(.moneyBeforeStock, $0) }
      + confirmsAfterPayment(own, deposits, paidBy: banks)
      + publishAfterDecide() + undoneOnAbort(own) + decideAfterPrepare(deposits)
  }

  func customer() -> [Objection] {
    let everything = Array(activities.indices)
    let holds = numbers(.reserve) + numbers(.deposit)
    let confirms = numbers(.confirm)
    return decideAfterPrepare(holds) + publishAfterDecide()
      + postsAfterPublish(numbers(.post) + confirms)
      + goodsDeposited() + paymentsReserved() + reservesPosted(everything)
      + reservesUndone(numbers(.reserve)) + undoneOnAbort(everything) + customerTold()
  }

  func coordinator() -> [Objection] {
    let terms = ProcessTerms(
      process: process.process, decideBy: Timestamp(milliseconds: 0), deliveryLimitSeconds: 1)
    guard (try? ProcessMachine(definition: process, terms: terms)) == nil else { return [] }
    return [
      objection(.supported, numbers { [.prepare, .decide, .recordAbort].contains($0.verb) })
    ]
  }

  // MARK: - Holds and what becomes of them

  private func reservesUndone(_ reserves: [Int]) -> [Objection] {
    undone(reserves, .reserveUndone) { reserve, undoing in
      undoing.verb == .void && undoing.participant == reserve.participant
    }
  }

  private func depositsUndone(_ deposits: [Int]) -> [Objection] {
    undone(deposits, .depositUndone) { deposit, undoing in
      undoing.verb == .release && undoing.participant == deposit.participant
        && undoing.offer == deposit.offer
    }
  }

  private func undone(
    _ holds: [Int], _ rule: RoleRule, by fits: (Activity, Activity) -> Bool
  ) -> [Objection] {
    holds.compactMap { hold in
      guard let undoing = compensation(of: hold) else { return objection(rule, [hold]) }
      let isRight =
        fits(activities[hold], activities[undoing]) && follows(undoing, .recordAbort)
      return isRight ? nil : objection(rule, [hold, undoing])
    }
  }

  private func undoneOnAbort(_ own: [Int]) -> [Objection] {
    own.filter {
      [.void, .release].contains(activities[$0].verb) && !follows($0, .recordAbort)
    }.map { objection(.undoneOnAbort, [$0]) }
  }

  private func reservesPosted(_ own: [Int]) -> [Objection] {
    own.filter { number in
      let bank = activities[number].participant
      switch activities[number].verb {
      case .reserve:
        return !numbers(.post).contains {
          activities[$0].participant == bank && order.isOrdered(number, $0)
        }
      case .post:
        return !numbers(.reserve).contains {
          activities[$0].participant == bank && order.isOrdered($0, number)
        }
      case .void: return !numbers(.reserve).contains { compensation(of: $0) == number }
      default: return false
      }
    }.map { objection(.reservePosted, [$0]) }
  }

  // MARK: - The commit path

  private func postsAfterPublish(_ posts: [Int]) -> [Objection] {
    posts.filter { !follows($0, .publish) }.map { objection(.postAfterPublish, [$0]) }
  }

  private func publishAfterDecide() -> [Objection] {
    numbers(.publish).filter { !follows($0, .decide) }
      .map { objection(.publishAfterDecide, [$0]) }
  }

  /// Every decision waits for a preparation, and every preparation for these holds.
  private func decideAfterPrepare(_ holds: [Int]) -> [Objection] {
    let unprepared = numbers(.decide).filter { !follows($0, .prepare) }
      .map { objection(.decideAfterPrepare, [$0]) }
    let late = holds.filter { hold in
      !(numbers(.prepare) + numbers(.decide)).allSatisfy { order.isOrdered(hold, $0) }
    }
    return unprepared + late.map { objection(.decideAfterPrepare, [$0]) }
  }

  private func confirmsAfterPayment(
    _ own: [Int], _ deposits: [Int], paidBy banks: [PartyName]?
  ) -> [Objection] {
    let confirms = own.filter { activities[$0].verb == .confirm }
    let unconfirmed = deposits.filter { deposit in
      !confirms.contains {
        activities[$0].participant == activities[deposit].participant
          && order.isOrdered(deposit, $0)
      }
    }
    let early = confirms.filter { !follows($0, .publish) }
    let unpaid: [Int]
    if let banks {
      // It knows its banks: each must have paid before the merchant is asked to confirm.
      unpaid = confirms.filter { confirm in
        !banks.allSatisfy { bank in
          numbers(.post).contains {
            activities[$0].participant == .bank(bank) && order.isOrdered($0, confirm)
          }
        }
      }
    } else {
      // Every payment pays somebody, who confirms it.
      unpaid = numbers(.post).filter { post in
        !numbers(.confirm).contains { order.isOrdered(post, $0) }
      }
    }
    return (unconfirmed + early + unpaid).map { objection(.confirmAfterPayment, [$0]) }
  }

  // MARK: - The customer's side

  private func goodsDeposited() -> [Objection] {
    let deposits = numbers(.deposit)
    return activities.indices.filter { number in
      switch activities[number].verb {
      case .release: !deposits.contains { compensation(of: $0) == number }
      case .confirm:
        !deposits.contains { activities[$0].participant == activities[number].participant }
      default: false
      }
    }.map { objection(.goodDeposited, [$0]) }
  }

  private func paymentsReserved() -> [Objection] {
    numbers(.receivePayment).filter { payment in
      !numbers(.reserve).contains { order.isOrdered(payment, $0) }
    }.map { objection(.paymentReserved, [$0]) }
  }

  /// An order that was never handed in is aborted without a word; she asks.
  private func customerTold() -> [Objection] {
    guard !numbers(.decide).isEmpty else { return [] }
    return (numbers(.publish) + numbers(.recordAbort)).filter { verdict in
      !numbers(.notify).contains {
        activities[$0].participant == .customer && order.isOrdered(verdict, $0)
      }
    }.map { objection(.customerTold, [$0]) }
  }

  // MARK: - Looking things up

  private func takesPart(_ name: PartyName?, _ own: [Int]) -> [Objection] {
    name != nil && own.isEmpty ? [objection(.takesPart, [])] : []
  }

  private func numbers(_ verb: Verb) -> [Int] { numbers { $0.verb == verb } }

  private func numbers(where isIncluded: (Activity) -> Bool) -> [Int] {
    activities.indices.filter { isIncluded(activities[$0]) }
  }

  private func isBank(_ activity: Activity, _ name: PartyName?) -> Bool {
    guard case .bank(let own) = activity.participant else { return false }
    return name.map { $0 == own } ?? true
  }

  private func isMerchant(_ activity: Activity, _ name: PartyName?) -> Bool {
    guard case .merchant(let own) = activity.participant else { return false }
    return name.map { $0 == own } ?? true
  }

  private func compensation(of number: Int) -> Int? {
    activities[number].compensation.flatMap(process.number)
  }

  /// Whether it waits for some activity with that verb.
  private func follows(_ number: Int, _ verb: Verb) -> Bool {
    numbers(verb).contains { order.isOrdered($0, number) }
  }

  private func objection(_ rule: RoleRule, _ numbers: [Int]) -> Objection {
    Objection(rule, numbers.map { activities[$0].path })
  }
}
