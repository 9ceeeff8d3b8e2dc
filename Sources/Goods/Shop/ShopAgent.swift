// The shop as coordinators see it: keys are deposited, and then goods are sold or given free.

import Evidence
import PaymentCrypto
public import PaymentModel

/// A step at a merchant ends in `/` and the identifier of its offer, for example `deposit/1f…`; that of a
/// settlement may be anything.
extension Shop: MerchantAgent {
  /// Verifies the order and its part, holds the good and deposits its key. Nothing is kept for an order that
  /// does not verify or names a coordinator that the shop does not know.
  public func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    guard let order = try? trust.verifyOrder(request.order),
      order.id.renamed() == request.id.process,
      case .item(let item)? = try? request.part.verify(against: order.claim),
      Self.offer(of: request.id.step) == item.offer
    else { return .refused(.invalid, nil) }
    let desk = desk()
    let key = RequestKey(
      coordinator: order.claim.coordinator, process: request.id.process, step: request.id.step)
    let body = Self.body(of: request)
    if let recorded = await store.read({ ShopAnswer.recorded(key, body: body, in: $0) }) {
      return Self.deposited(recorded)
    }
    guard let escrow = escrow(of: order.claim.coordinator, at: desk.now) else {
      return .refused(.coordinatorRefused, nil)
    }
    let deposit = CheckedDeposit(
      request: key, body: body, order: order.claim, signedOrder: request.order, item: item,
      escrow: escrow)
    return Self.deposited(
      await answer(desk) { desk, rows throws(GoodsError) in
        try DepositRule.apply(deposit, desk: &desk, rows: &rows)
      })
  }

  /// Gives a good free again. Owed to anyone who presents the logged abort verdict.
  public func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    guard let verdict = check(request.verdict, of: request.id),
      let offer = Self.offer(of: request.id.step)
    else { return .refused(.invalid, nil) }
    let body = SHA256.digest(verdict.stated.id.bytes)
    let answer = await answer(desk()) { desk, rows throws(GoodsError) in
      try ReleaseRule.apply(verdict, offer: offer, body: body, desk: &desk, rows: &rows)
    }
    return answer.outcome { $0.first.map { Signed<Release>($0) } }
  }

  /// Takes note of the commit and of the transfers that pay for it.
  public func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    let desk = desk()
    guard let verdict = check(request.verdict, of: request.id),
      let transfers = check(
        request.transfers, at: desk.now, decidedAt: verdict.stated.claim.decidedAt)
    else { return .refused(.invalid, nil) }
    let ids = transfers.map(\.id).sorted()
    let body = SHA256.digest(verdict.stated.id.bytes, ids.flatMap(\.bytes))
    let answer = await answer(desk) { desk, rows throws(GoodsError) in
      try SettlementRule.apply(
        verdict, transfers: transfers, body: body, desk: &desk, rows: &rows)
    }
    return answer.outcome { $0.first.map { Signed<Settlement>($0) } }
  }

  // MARK: - Checks

  /// At most so many transfers in one settlement.
  private static let mostTransfers = 256

  /// The offer that a step is about: what stands behind the last `/`.
  private static func offer(of step: StepPath) -> StatementID? {
    step.rawValue.split(separator: "/").last.flatMap { StatementID(hex: $0) }
  }

  /// Where a coordinator has keys sealed to, when it is one that the shop trusts.
  private func escrow(of coordinator: Thumbprint, at time: Timestamp) -> Age.Recipient? {
    guard let party = trust.key(coordinator)?.party,
      (try? trust.key(coordinator, party: party, role: .coordinator, at: time)) != nil
    else { return nil }
    return trust.recipient(of: party, role: .coordinator)
  }

  /// The verdict, verified under the coordinator that is said to have signed it. Only rows of that
  /// coordinator's processes are in its reach.
  private func check(_ logged: LoggedVerdict, of id: RequestID) -> CheckedVerdict? {
    guard logged.verdict.bytes.count <= LoggedVerdict.largestVerdict,
      logged.proof.count <= LoggedVerdict.largestProof,
      let coordinator = try? UnverifiedStatement(logged.verdict.bytes).issuer.key,
      let stated = try? verdicts.read(logged, of: id.process, by: coordinator),
      stated.claim.process == id.process, stated.issuer.key == coordinator
    else { return nil }
    return CheckedVerdict(stated: stated, step: id.step)
  }

  /// Transfers by banks that the shop trusts: now, or when the process was decided, so that a sale can be
  /// settled after a bank has changed its key.
  private func check(
    _ transfers: [Signed<Transfer>], at now: Timestamp, decidedAt: Timestamp
  ) -> [Stated<Transfer>]? {
    guard transfers.count <= Self.mostTransfers else { return nil }
    var stated: [Stated<Transfer>] = []
    for transfer in transfers {
      guard
        let verified = (try? trust.verify(transfer, at: now))
          ?? (try? trust.verify(transfer, at: decidedAt))
      else { return nil }
      stated.append(verified.stated)
    }
    return stated
  }

  // MARK: - Answers

  private func answer(
    _ desk: ShopDesk,
    _ rule:
      @escaping @Sendable (inout ShopDesk, inout any ShopRows) throws(GoodsError) -> ShopAnswer
  ) async -> ShopAnswer {
    do throws(GoodsError) {
      return try await store.transact { rows throws(GoodsError) in
        var desk = desk
        return try rule(&desk, &rows)
      }
    } catch {
      return .failed(error)
    }
  }

  private static func deposited(_ answer: ShopAnswer) -> Outcome<DepositedKey> {
    answer.outcome { fields in
      guard fields.count == 2 else { return nil }
      return DepositedKey(
        deposit: Signed(fields[0]), key: Sealed(fields[1], digest: SHA256.digest(fields[1])))
    }
  }

  /// SHA-256 of what a deposit asks for, each field behind its length.
  private static func body(of request: DepositRequest) -> Digest {
    let part = request.part
    let fields =
      [request.order.bytes, part.part, part.salt.bytes, Bytes(bigEndian: UInt64(part.index))]
      + part.path.map(\.bytes)
    return SHA256.digest(fields.flatMap { Bytes(bigEndian: UInt64($0.count)) + $0 })
  }
}
