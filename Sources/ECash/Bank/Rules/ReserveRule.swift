// The money of one payment part is held for one process: check and change in one transaction.
//
//   what is on record                     answer
//   same request, same body               the stored answer
//   same request, other body              conflict
//   void came first                       voided
//   process held under another step       conflict
//   then what the method says:            refused, held by others until a time, or reserved

import Evidence
import PaymentCrypto
import PaymentModel

enum ReserveRule {
  /// What a coordinator asks for.
  struct Request: Sendable {
    let key: RequestKey
    /// SHA-256 of the request.
    let body: Digest
    /// The order's one-time recipient.
    let recipient: RecipientValue
  }

  /// A payment and what its method found.
  struct Checked<Scheme: PaymentScheme>: Sendable {
    let payment: OfferedPayment
    let instrument: Scheme.Checked
  }

  /// Answers a reserve whose order names this coordinator.
  ///
  /// - Parameter finding: what the checks before the transaction found.
  static func apply<Scheme: PaymentScheme>(
    _ request: Request, finding: Result<Checked<Scheme>, PaymentRefusal>, with scheme: Scheme,
    desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    if let answer = precedent(request, rows: rows) { return answer }
    if isVoided(request, rows: rows) {
      return try refuse(request, .voided, desk: &desk, rows: &rows)
    }
    let checked: Checked<Scheme>
    switch finding {
    case .success(let found): checked = found
    case .failure(let refusal):
      return try refuse(request, refusal.reason, desk: &desk, rows: &rows)
    }
    let payment = checked.payment
    guard haveAccounts(payment, rows: rows) else {
      return try refuse(request, .payeeUnknown, desk: &desk, rows: &rows)
    }
    switch Promises.room(for: payment, at: desk.now, rows: rows) {
    case .enough: break
    case .waits(let until):
      return .held(until: max(until, desk.now.adding(seconds: lateRetrySeconds)))
    case .refused(let reason): return try refuse(request, reason, desk: &desk, rows: &rows)
    }
    switch try scheme.hold(checked.instrument, of: payment, at: desk.now, in: &rows) {
    case .waits(let decideBy):
      return .held(until: max(decideBy, desk.now.adding(seconds: lateRetrySeconds)))
    case .refused(let reason, let proof):
      let details = try proof.map { proof throws(ECashError) in
        try seal(proof, to: request, desk: &desk, rows: &rows)
      }
      return try refuse(request, reason, details: details, desk: &desk, rows: &rows)
    case .held(let money):
      return try reserve(payment, money, request, desk: &desk, rows: &rows)
    }
  }

  /// Refuses what no method was asked about.
  static func refuse(
    _ request: Request, because refusal: PaymentRefusal, desk: inout BankDesk,
    rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    if let answer = precedent(request, rows: rows) { return answer }
    let reason = isVoided(request, rows: rows) ? .voided : refusal.reason
    return try refuse(request, reason, desk: &desk, rows: &rows)
  }

  /// The answer to a request that was answered before; `nil` for a new one.
  static func recorded(_ request: RequestKey, body: Digest, rows: any BankRows) -> Answer? {
    guard let row = rows.reply(to: request) else { return nil }
    return row.body == body ? Answer(stored: row.reply) : .passing(.conflict)
  }

  /// When to ask again for the money of a process whose verdict is overdue.
  private static let lateRetrySeconds: Int64 = 1

  // MARK: - What came before

  /// What was answered before, or stands in the way now.
  private static func precedent(_ request: Request, rows: any BankRows) -> Answer? {
    if let answer = recorded(request.key, body: request.body, rows: rows) { return answer }
    guard isVoided(request, rows: rows) || rows.hold(of: request.key.process) == nil else {
      return .passing(.conflict)
    }
    return nil
  }

  private static func isVoided(_ request: Request, rows: any BankRows) -> Bool {
    rows.tombstone(coordinator: request.key.coordinator, process: request.key.process) != nil
  }

  /// Whether all payees of this bank have accounts.
  private static func haveAccounts(_ payment: OfferedPayment, rows: any BankRows) -> Bool {
    payment.part.payouts.allSatisfy {
      $0.payee.bank != payment.bank || rows.account($0.payee.account) != nil
    }
  }

  // MARK: - Answers

  private static func reserve(
    _ payment: OfferedPayment, _ money: HeldMoney, _ request: Request, desk: inout BankDesk,
    rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    guard money.moved.map({ $0 <= payment.total.minor }) ?? true else {
      throw ECashError(.booksUnbalanced, "a method moves more than the total")
    }
    let hold = HoldRow(
      process: payment.process, coordinator: payment.coordinator, decideBy: payment.decideBy,
      total: payment.total, payouts: payment.part.payouts,
      transferFee: payment.part.transferFee, method: payment.part.method, held: money.held,
      source: money.source, moved: money.moved)
    rows.put(hold)
    try Promises.give(hold, at: desk.bank, rows: &rows)
    try Ledger.post(
      .hold, reference: hold.process.renamed(), at: desk.now, lines: hold.holdLines, in: &rows)
    let reservation = try desk.sign(
      Reservation(
        process: payment.process, part: payment.partDigest, total: payment.total,
        decideBy: payment.decideBy),
      in: &rows)
    return store(.done([reservation.bytes]), request, rows: &rows)
  }

  /// Signs a proof and seals it to the customer.
  ///
  /// - Returns: SHA-256(salt ‖ proof), by which the refusal speaks of it.
  private static func seal(
    _ proof: DoubleSpend, to request: Request, desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Digest {
    guard let recipient = try? Age.Recipient(request.recipient.bytes) else {
      throw ECashError(.statementInvalid, "the order's recipient cannot be sealed to")
    }
    let signed = try desk.sign(proof, in: &rows)
    let details = RefusalDetails(salt: Salt(from: &desk.entropy), proof: signed)
    rows.putSealedDetails(
      details.sealed(to: recipient, from: &desk.entropy), of: request.key.process)
    return details.digest
  }

  private static func refuse(
    _ request: Request, _ reason: RefusalReason, details: Digest? = nil, desk: inout BankDesk,
    rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    let refusal = try desk.refuse(
      request.key.step, of: request.key.process, reason, details: details, in: &rows)
    return store(refusal, request, rows: &rows)
  }

  private static func store(
    _ reply: FinalReply, _ request: Request, rows: inout any BankRows
  ) -> Answer {
    rows.put(ReplyRow(request: request.key, body: request.body, reply: reply.bytes))
    return .final(reply)
  }
}
