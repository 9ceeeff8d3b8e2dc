// The money of one payment part is held for one process: check and change in one transaction.
//
//   what is on record                     answer
//   same request, same body               the stored answer
//   same request, other body              conflict
//   void came first                       voided
//   process held under another step       conflict
//   a coin is spent                       double-spend, with a proof sealed to the customer
//   a coin is held by another process     held, until that process must be decided
//   nothing of all that                   reserved

import Evidence
import PaymentCrypto
import PaymentModel

enum ReserveRule {
  /// Answers a reserve whose order names this coordinator.
  ///
  /// - Parameters:
  ///   - body: SHA-256 of the request.
  ///   - finding: what `PaymentCheck` found.
  static func apply(
    _ request: RequestKey, body: Digest, finding: Result<CheckedPayment, PaymentRefusal>,
    desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    if let answer = recorded(request, body: body, rows: rows) { return answer }
    if rows.tombstone(coordinator: request.coordinator, process: request.process) != nil {
      return try refuse(request, body: body, .voided, desk: &desk, rows: &rows)
    }
    guard rows.hold(of: request.process) == nil else { return .passing(.conflict) }
    let payment: CheckedPayment
    switch finding {
    case .success(let checked): payment = checked
    case .failure(let refusal):
      return try refuse(request, body: body, refusal.reason, desk: &desk, rows: &rows)
    }
    guard payment.payouts.allSatisfy({ rows.account($0.payee.account) != nil }) else {
      return try refuse(request, body: body, .notOffered, desk: &desk, rows: &rows)
    }
    switch availability(of: payment, rows: rows) {
    case .spent(let coin, let row):
      let details = try prove(coin, spentBefore: row, payment: payment, desk: &desk, rows: &rows)
      return try refuse(
        request, body: body, .doubleSpend, details: details, desk: &desk, rows: &rows)
    case .held(let decideBy):
      return .held(until: max(decideBy, desk.now.adding(seconds: lateRetrySeconds)))
    case .free: break
    }
    guard takeCoins(payment, rows: &rows) else {
      return try refuse(request, body: body, .denominationRefused, desk: &desk, rows: &rows)
    }
    rows.put(
      HoldRow(
        process: payment.process, coordinator: payment.coordinator, decideBy: payment.decideBy,
        total: payment.total, payouts: payment.payouts,
        transferFee: rows.latestKeyset()?.fees.perTransfer ?? 0,
        coins: payment.coins.map(\.coin)))
    let reservation = try desk.sign(
      Reservation(
        process: payment.process, part: payment.part, total: payment.total,
        decideBy: payment.decideBy),
      in: &rows)
    return store(.done([reservation.bytes]), request, body: body, rows: &rows)
  }

  /// The answer to a request that was answered before; `nil` for a new one.
  static func recorded(_ request: RequestKey, body: Digest, rows: any BankRows) -> Answer? {
    guard let row = rows.reply(to: request) else { return nil }
    return row.body == body ? Answer(stored: row.reply) : .passing(.conflict)
  }

  /// When to ask again for coins of a process whose verdict is overdue.
  private static let lateRetrySeconds: Int64 = 1

  // MARK: - Coins

  private enum Availability {
    case free
    case held(until: Timestamp)
    case spent(CheckedCoin, CoinRow)
  }

  /// A spent coin decides; of several holds the one that ends last.
  private static func availability(of payment: CheckedPayment, rows: any BankRows) -> Availability {
    var decideBy: Timestamp?
    for coin in payment.coins {
      guard let row = rows.coin(coin.coin) else { continue }
      if row.state == .spent { return .spent(coin, row) }
      let until = rows.hold(of: row.use.process)?.decideBy ?? payment.decideBy
      decideBy = max(decideBy ?? until, until)
    }
    return decideBy.map { .held(until: $0) } ?? .free
  }

  /// Holds the coins. More coins of a denomination than were issued stop it: somebody else has its key.
  private static func takeCoins(_ payment: CheckedPayment, rows: inout any BankRows) -> Bool {
    var denominations: [DenominationRow] = []
    for coins in DenominationCount.counts(of: payment.coins.map(\.denomination)) {
      guard var row = rows.denomination(coins.id), !row.isStopped else { return false }
      guard row.reserved + row.redeemed + coins.count <= row.issued else {
        row.isStopped = true
        rows.put(row)
        return false
      }
      row.reserved += coins.count
      denominations.append(row)
    }
    for row in denominations { rows.put(row) }
    for coin in payment.coins {
      rows.put(
        CoinRow(
          coin: coin.coin, denomination: coin.denomination, state: .reserved, use: coin.use))
    }
    return true
  }

  // MARK: - Answers

  /// Makes the double-spend proof and seals it to the customer.
  ///
  /// - Returns: SHA-256(salt ‖ proof), by which the refusal speaks of it.
  private static func prove(
    _ coin: CheckedCoin, spentBefore row: CoinRow, payment: CheckedPayment,
    desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Digest {
    guard let verdict = rows.hold(of: row.use.process)?.verdict else {
      throw ECashError(.booksUnbalanced, "a spent coin's process has no verdict on record")
    }
    let proof = try desk.sign(
      DoubleSpend(
        coin: coin.coin, denomination: row.denomination, first: row.use, second: coin.use,
        verdict: verdict),
      in: &rows)
    let details = RefusalDetails(salt: Salt(from: &desk.entropy), proof: proof)
    rows.putSealedDetails(
      details.sealed(to: payment.recipient, from: &desk.entropy), of: payment.process)
    return details.digest
  }

  private static func refuse(
    _ request: RequestKey, body: Digest, _ reason: RefusalReason, details: Digest? = nil,
    desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    let refusal = try desk.refuse(
      request.step, of: request.process, reason, details: details, in: &rows)
    return store(refusal, request, body: body, rows: &rows)
  }

  private static func store(
    _ reply: FinalReply, _ request: RequestKey, body: Digest, rows: inout any BankRows
  ) -> Answer {
    rows.put(ReplyRow(request: request, body: body, reply: reply.bytes))
    return .final(reply)
  }
}
