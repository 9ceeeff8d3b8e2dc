// A second coordinator whom everybody trusts. It runs no process: it makes whatever it can sign.

import Coordinator
import PaymentCrypto
import PaymentModel

package struct Rogue: Hashable, Sendable {
  struct Purchase: Hashable, Sendable {
    let admitted: AdmittedOrder
    let customer: Int
    var acceptances: [Signed<Acceptance>] = []
    var transfers: [Signed<Transfer>] = []
  }

  /// A process of another coordinator, and who holds something for it.
  struct Foreign: Sendable {
    let process: ProcessID
    let banks: [Int]
    let goods: [(shop: Int, offer: StatementID)]
    let customer: Int
  }

  private struct Decided: Hashable, Sendable {
    let process: ProcessID
    let isCommit: Bool
    let verdict: Signed<Verdict>
    let bundle: Sealed<SealedContent.KeyBundle>?
    var logged: LoggedVerdict?
  }

  private let signer = SymbolicSigner(Setting.rogueName)
  private let notary = SymbolicNotary(Setting.rogueName)
  private var entropy: SimulationEntropy
  private(set) var purchases: [Purchase] = []
  private var decided: [Decided] = []
  /// How many moves it has left: a world ends.
  package private(set) var movesLeft: Int

  init(entropy: SimulationEntropy, moves: Int) {
    self.entropy = entropy
    movesLeft = moves
  }

  // MARK: - What it hears

  mutating func hear(_ message: Message, at now: Timestamp) {
    switch message.content {
    case .submit(let submission):
      guard case .customer(let customer) = message.from,
        let admitted = try? notary.admit(submission, at: now),
        !purchases.contains(where: { $0.admitted.process == admitted.process })
      else { return }
      purchases.append(Purchase(admitted: admitted, customer: customer))
    case .reply(.deposited(.done(let key)), _): accept(key)
    case .reply(.published(.done(let logged)), _):
      for place in decided.indices where decided[place].verdict == logged.verdict {
        decided[place].logged = logged
      }
    case .reply(.transferred(.done(let transfers)), _):
      for place in purchases.indices {
        let process = purchases[place].admitted.process
        let own = transfers.filter { signed in
          purchases[place].admitted.payments.contains { payment in
            (try? SymbolicEvidence.read(signed, by: .party(payment.content.bank)))?.claim.process
              == process
          }
        }
        for transfer in own where !purchases[place].transfers.contains(transfer) {
          purchases[place].transfers.append(transfer)
        }
      }
    default: break
    }
  }

  private mutating func accept(_ key: DepositedKey) {
    for place in purchases.indices {
      let purchase = purchases[place]
      for item in purchase.admitted.items {
        guard
          let deposit = try? SymbolicEvidence.read(key.deposit, by: .party(item.merchant)),
          deposit.claim.process == purchase.admitted.process,
          deposit.claim.offer == item.offer.id
        else { continue }
        purchases[place].acceptances.append(
          signer.sign(
            Acceptance(
              process: purchase.admitted.process, offer: item.offer.id, deposit: deposit.id,
              keyDigest: deposit.claim.keyDigest),
            nonce: Nonce(from: &entropy)))
      }
    }
  }

  // MARK: - What it can do

  /// - Parameter foreign: what it knows of the other coordinator's processes.
  func moves(foreign: [Foreign], in setting: Setting) -> [RogueMove] {
    guard movesLeft > 0 else { return [] }
    var moves: [RogueMove] = []
    for (number, purchase) in purchases.enumerated() {
      let admitted = purchase.admitted
      moves += admitted.payments.indices.map { .reserve(number, payment: $0) }
      moves += admitted.items.indices.map { .deposit(number, item: $0) }
      moves.append(.askForDelivery(number))
      moves += verdicts(
        on: Foreign(
          process: admitted.process,
          banks: admitted.payments.compactMap { setting.bankNames.firstIndex(of: $0.content.bank) },
          goods: admitted.items.compactMap { item in
            setting.shopNames.firstIndex(of: item.merchant).map { ($0, item.offer.id) }
          }, customer: purchase.customer))
    }
    for process in foreign { moves += verdicts(on: process) }
    return moves
  }

  /// To publish a verdict of either kind, and to show it to everybody whom it is about: what is in the log,
  /// or what stands nowhere.
  private func verdicts(on process: Foreign) -> [RogueMove] {
    var moves: [RogueMove] = []
    for isCommit in [false, true] {
      moves.append(.publish(process.process, isCommit: isCommit))
      let isLoggable = decided.contains {
        $0.process == process.process && $0.isCommit == isCommit && $0.logged != nil
      }
      for isLogged in isLoggable ? [false, true] : [false] {
        func show(_ party: Party, _ offer: StatementID? = nil) {
          moves.append(
            .present(
              process.process, isCommit: isCommit, isLogged: isLogged, to: party, offer: offer))
        }
        for bank in process.banks { show(.bank(bank)) }
        for (shop, offer) in process.goods { show(.shop(shop), offer) }
        show(.customer(process.customer))
      }
    }
    return moves
  }

  /// Does it.
  mutating func perform(_ move: RogueMove, at now: Timestamp, in setting: Setting) -> [Outgoing] {
    guard movesLeft > 0 else { return [] }
    movesLeft -= 1
    switch move {
    case .reserve(let number, let place):
      guard purchases.indices.contains(number) else { return [] }
      let order = purchases[number].admitted
      let payment = order.payments[place]
      guard let handover = payment.handover else { return [] }
      return request(
        .reserve(
          ReserveRequest(
            id: id(order.process, "reserve/\(payment.content.bank)"), order: order.signedOrder,
            part: handover.part, instrument: handover.instrument),
          bank: payment.content.bank),
        to: setting.bankNames.firstIndex(of: payment.content.bank).map { .bank($0) })
    case .deposit(let number, let place):
      guard purchases.indices.contains(number) else { return [] }
      let order = purchases[number].admitted
      let item = order.items[place]
      return request(
        .deposit(
          DepositRequest(
            id: id(order.process, "deposit/\(item.offer.id)"), order: order.signedOrder,
            part: item.part),
          merchant: item.merchant),
        to: setting.shopNames.firstIndex(of: item.merchant).map { .shop($0) })
    case .askForDelivery(let number):
      guard purchases.indices.contains(number) else { return [] }
      let purchase = purchases[number]
      return request(
        .requestDelivery(
          DeliveryQuery(
            id: id(purchase.admitted.process, "decide"), acceptances: purchase.acceptances,
            answerBy: now.adding(seconds: 600))),
        to: .customer(purchase.customer))
    case .publish(let process, let isCommit):
      let place = decide(process, isCommit: isCommit, at: now)
      return request(
        .publish(decided[place].verdict, process, bundle: decided[place].bundle), to: .log)
    case .present(let process, let isCommit, let isLogged, let party, let offer):
      return present(process, isCommit, isLogged, to: party, offer, at: now, setting)
    }
  }

  private mutating func present(
    _ process: ProcessID, _ isCommit: Bool, _ isLogged: Bool, to party: Party,
    _ offer: StatementID?, at now: Timestamp, _ setting: Setting
  ) -> [Outgoing] {
    let number = decide(process, isCommit: isCommit, at: now)
    let unlogged = LoggedVerdict(verdict: decided[number].verdict, proof: [])
    guard let verdict = isLogged ? decided[number].logged : unlogged else { return [] }
    func show(_ step: String) -> VerdictRequest {
      VerdictRequest(id: id(process, step), verdict: verdict)
    }
    switch party {
    case .bank(let bank):
      let name = setting.bankNames[bank]
      return request(
        isCommit
          ? .post(show("post/\(name)"), bank: name) : .void(show("void/\(name)"), bank: name),
        to: party)
    case .shop(let shop):
      let merchant = setting.shopNames[shop]
      guard isCommit else {
        guard let offer else { return [] }
        return request(.release(show("release/\(offer)"), merchant: merchant), to: party)
      }
      // Of others' payments it has no transfers: it may try without.
      let purchase = purchases.first { $0.admitted.process == process }
      let payees = (purchase?.admitted.items ?? []).filter { $0.merchant == merchant }
        .map(\.offer.claim.payee)
      let transfers = (purchase?.transfers ?? []).filter { signed in
        payees.contains { payee in
          (try? SymbolicEvidence.read(signed, by: .party(payee.bank)))?.claim.payee == payee
        }
      }
      return request(
        .settle(
          SettleRequest(
            id: id(process, "confirm/\(merchant)"), verdict: verdict, transfers: transfers),
          merchant: merchant),
        to: party)
    default: return request(.notify(show("notify")), to: party)
    }
  }

  /// The verdict of that kind; both kinds exist as soon as it wants them to.
  private mutating func decide(_ process: ProcessID, isCommit: Bool, at now: Timestamp) -> Int {
    if let place = decided.firstIndex(where: {
      $0.process == process && $0.isCommit == isCommit
    }) {
      return place
    }
    let recipient = purchases.first { $0.admitted.process == process }?.admitted.order.recipient
    let bundle = isCommit ? SymbolicExaminer().bundle([], for: recipient ?? process.renamed()) : nil
    let decision: PaymentModel.Decision =
      bundle.map { .commit(keyBundle: $0.digest) } ?? .abort(.timeout)
    let verdict = signer.sign(
      Verdict(
        process: process, decision: decision, decidedAt: now, evidence: process.renamed()),
      nonce: Nonce(from: &entropy))
    decided.append(
      Decided(process: process, isCommit: isCommit, verdict: verdict, bundle: bundle))
    return decided.count - 1
  }

  private func id(_ process: ProcessID, _ step: String) -> RequestID {
    guard let path = StepPath(rawValue: step) else { fatalError("no path: \(step)") }
    return RequestID(process: process, step: path)
  }

  private func request(_ request: ParticipantRequest, to party: Party?) -> [Outgoing] {
    guard let party else { return [] }
    return [Outgoing(to: party, content: .request(request, RequestTag(run: 0, attempt: nil)))]
  }
}
