// The bank as coordinators see it: payments are held, and then posted or given free.

import Evidence
import PaymentCrypto
public import PaymentModel

extension Bank: PaymentAgent {
  /// Verifies the order, its part and what pays for it, and holds the money. Nothing is kept for an order that does
  /// not verify or names a coordinator that the bank does not know, nor for a part that is not a payment
  /// of this bank below that order: whoever has seen the order could else have it refused for good.
  public func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    guard let order = try? trust.verifyOrder(request.order),
      order.id.renamed() == request.id.process,
      case .payment(let part)? = try? request.part.verify(against: order.claim), part.bank == name
    else { return .refused(.invalid, nil) }
    let coordinator = order.claim.coordinator
    let key = RequestKey(
      coordinator: coordinator, process: request.id.process, step: request.id.step)
    let body = Self.body(of: request)
    let (recorded, keyset) = await store.read { rows in
      (ReserveRule.recorded(key, body: body, rows: rows), rows.latestKeyset())
    }
    if let recorded { return reservation(recorded) }
    let desk = desk()
    guard isCoordinator(coordinator, at: desk.now) else {
      return .refused(.coordinatorRefused, nil)
    }
    guard let keyset else { return .refused(.denominationRefused, nil) }
    let asked = ReserveRule.Request(key: key, body: body, recipient: order.claim.recipient)
    let check = PaymentCheck(
      bank: name, keyset: keyset, terms: terms, methods: schemes.properties.map(\.method))
    switch check.check(request, part, of: order, at: desk.now) {
    case .success(let payment):
      guard let scheme = schemes.scheme(part.method) else { return .refused(.methodRefused, nil) }
      return reservation(
        await reserve(request.instrument, for: asked, payment, with: scheme, desk))
    case .failure(let refusal):
      return reservation(
        await answer(desk) { desk, rows throws(ECashError) in
          try ReserveRule.refuse(asked, because: refusal, desk: &desk, rows: &rows)
        })
    }
  }

  private func reserve<Scheme: PaymentScheme>(
    _ blob: Sealed<SealedContent.Instrument>, for request: ReserveRule.Request,
    _ payment: OfferedPayment, with scheme: Scheme, _ desk: BankDesk
  ) async -> Answer {
    let finding = await PaymentCheck.check(
      blob, of: payment, with: scheme, identity: identity, at: desk.now
    ).map { ReserveRule.Checked<Scheme>(payment: payment, instrument: $0) }
    return await answer(desk) { desk, rows throws(ECashError) in
      try ReserveRule.apply(
        request, finding: finding, with: scheme, desk: &desk, rows: &rows)
    }
  }

  /// Moves the held money to the payees. Owed to anyone who presents the logged commit verdict.
  public func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    guard let verdict = check(request) else { return .refused(.invalid, nil) }
    let answer = await answer(desk()) { [schemes] desk, rows throws(ECashError) in
      try PostRule.apply(verdict, with: schemes, desk: &desk, rows: &rows)
    }
    return answer.outcome { statements in statements.map { Signed<Transfer>($0) } }
  }

  /// Gives the held money free. Owed to anyone who presents the logged abort verdict.
  public func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    guard let verdict = check(request) else { return .refused(.invalid, nil) }
    let answer = await answer(desk()) { [schemes] desk, rows throws(ECashError) in
      try VoidRule.apply(verdict, with: schemes, desk: &desk, rows: &rows)
    }
    return answer.outcome { statements in statements.first.map { Signed<VoidedReservation>($0) } }
  }

  /// Why a payment was refused, sealed to the order's one-time recipient; `nil` when there is nothing
  /// more to say. Anybody may ask.
  public func refusalDetails(of process: ProcessID) async -> Bytes? {
    await store.read { rows in rows.sealedDetails(of: process) }
  }

  // MARK: - Checks

  /// The verdict, verified under the coordinator that is said to have signed it. Whether that is the
  /// order's coordinator is up to the rules.
  private func check(_ request: VerdictRequest) -> CheckedVerdict? {
    let logged = request.verdict
    guard logged.verdict.bytes.count <= LoggedVerdict.largestVerdict,
      logged.proof.count <= LoggedVerdict.largestProof,
      let coordinator = try? UnverifiedStatement(logged.verdict.bytes).issuer.key,
      let stated = try? verdicts.read(logged, of: request.id.process, by: coordinator),
      stated.claim.process == request.id.process, stated.issuer.key == coordinator
    else { return nil }
    return CheckedVerdict(stated: stated, logged: logged)
  }

  private func isCoordinator(_ key: Thumbprint, at time: Timestamp) -> Bool {
    guard let listed = trust.key(key) else { return false }
    return (try? trust.key(key, party: listed.party, role: .coordinator, at: time)) != nil
  }

  // MARK: - Answers

  private func answer(
    _ desk: BankDesk,
    _ rule:
      @escaping @Sendable (inout BankDesk, inout any BankRows) throws(ECashError) -> Answer
  ) async -> Answer {
    do throws(ECashError) {
      return try await store.transact { rows throws(ECashError) in
        var desk = desk
        return try rule(&desk, &rows)
      }
    } catch {
      return .failed(error)
    }
  }

  private func reservation(_ answer: Answer) -> Outcome<Signed<Reservation>> {
    answer.outcome { statements in statements.first.map { Signed<Reservation>($0) } }
  }

  /// SHA-256 of what a reserve asks for, each field behind its length.
  private static func body(of request: ReserveRequest) -> Digest {
    let part = request.part
    let fields =
      [
        request.order.bytes, part.part, part.salt.bytes,
        Bytes(bigEndian: UInt64(clamping: part.index)),
        request.instrument.bytes,
      ] + part.path.map(\.bytes)
    return SHA256.digest(fields.flatMap { Bytes(bigEndian: UInt64($0.count)) + $0 })
  }
}
