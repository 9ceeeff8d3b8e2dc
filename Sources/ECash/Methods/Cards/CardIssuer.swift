// The bank's test issuer of cards: it issues them, and it is the method "card".
//
//   authorise = hold     number known, not blocked, code and expiry right, not expired, money there
//   capture   = capture  the held money goes to the payees
//   void      = free     the held money goes back
//
// A wrong code counts against the card. After so many in a row the card is blocked until the issuer lifts
// that; after so many in all, too, so that a code of three digits cannot be tried out between its holder's own
// payments. Whoever knows a number can so block the card. An authorisation ends by a verdict only.

public import PaymentCrypto
public import PaymentModel

/// Issues cards of a bank and carries out payments with them.
///
/// No card number is kept: a card is known by a code over its number (HMAC-SHA-256), under a key that is
/// sealed in the store. Expiry and verification code are sealed to the card's row. The numbers begin with
/// 999999, which no issuer of the world has.
public final class CardIssuer: PaymentScheme {
  /// After so many wrong codes in a row a card is blocked.
  public static let largestFailedTries = 3
  /// After so many wrong codes in all, too.
  public static let largestAllFailedTries = 10
  /// The largest credit limit, in minor units: 2^40.
  public static let largestLimit: UInt64 = 1 << 40
  /// Where expiry and verification code stand; the row is the card's identifier.
  static let secretsColumn = SealedColumn(table: "card", column: "secrets")
  /// Where the key over the numbers stands.
  static let keyColumn = SealedColumn(table: "method_record", column: "record")
  private static let keyRow = SHA256.digest(Bytes("foil/card-number-key/v1".utf8))

  private let bank: PartyName
  private let store: any Store<any BankRows>
  private let atRest: AtRestKey
  private let clock: any WallClock

  /// - Parameters:
  ///   - bank: whose cards they are.
  ///   - store: the bank's.
  ///   - atRest: what codes, and the key over the numbers, are sealed with.
  public init(
    bank: PartyName, store: any Store<any BankRows>, atRest: consuming AtRestKey,
    clock: any WallClock
  ) {
    self.bank = bank
    self.store = store
    self.atRest = atRest
    self.clock = clock
  }

  // MARK: - Issuing

  /// For so long a request may be good: a day. What lies about for longer is more likely found than sent.
  public static let largestRequestSeconds: Int64 = 86_400

  /// Issues a card. Its data are not kept and cannot be asked for again.
  ///
  /// - Parameters:
  ///   - grounds: the bank's credit, or what an account holder has signed. One request gives one card.
  ///   - validMonths: for how many months after this one; at most 120.
  /// - Throws: `cardRequest` when the account's key has not signed the request, or a card was issued for it;
  ///   `cardRequestExpired` when it came too late, or is good for longer than `largestRequestSeconds`;
  ///   `amountOverflow` for a limit above `largestLimit`.
  public func issue(
    _ grounds: CardGrounds, validMonths: Int = 36
  ) async throws(ECashError) -> CardDetails {
    let funds: CardRow.Funds
    var used: Digest?
    let now = clock.now()
    switch grounds {
    case .credit(let limit):
      guard limit <= Self.largestLimit else {
        throw ECashError(.amountOverflow, "the credit limit is too large")
      }
      funds = .credit(limit: limit)
    case .account(let request):
      // The key of an account never changes, so it can be read before the transaction.
      let row = await store.read { rows in rows.account(request.account) }
      guard let row, request.isSigned(by: row.key, at: bank) else {
        throw ECashError(.cardRequest, "the account's key has not asked for a card")
      }
      guard now < request.validUntil,
        request.validUntil <= now.adding(seconds: Self.largestRequestSeconds)
      else { throw ECashError(.cardRequestExpired, "the request is not good now") }
      funds = .account(request.account)
      used = request.digest(at: bank)
    }
    let asked = used
    let card = try CardDetails(Self.draw(expiring: Self.month(validMonths, after: now)))
    let id = card.id(under: try await key())
    let row = CardRow(
      id: id, secrets: Self.secretsColumn.seal(card.secrets, row: id.bytes, under: atRest),
      funds: funds)
    try await store.transact { rows throws(ECashError) in
      if let asked {
        guard rows.record(of: .card, asked) == nil else {
          throw ECashError(.cardRequest, "a card was issued for this request")
        }
        rows.putRecord(id.bytes, of: .card, asked)
      }
      guard rows.card(id) == nil else {
        throw ECashError(.referenceConflict, "the number was drawn before: try again")
      }
      rows.put(row)
    }
    return card
  }

  // MARK: - For the bank's operator

  /// A card as the operator sees it: what it pays with, and how often somebody did not know it.
  public struct Standing: Hashable, Sendable {
    public let id: CardID
    public let funds: CardRow.Funds
    /// Wrong codes or months since the last right ones.
    public let failedTries: Int
    /// All of them since the card was issued or unblocked. A payment does not hide those before it.
    public let allFailedTries: Int
    /// Whether it pays nothing until it is unblocked.
    public let isBlocked: Bool

    init(_ row: CardRow) {
      id = row.id
      funds = row.funds
      failedTries = row.failedTries
      allFailedTries = row.allFailedTries
      isBlocked = CardIssuer.isBlocked(row)
    }
  }

  /// All cards, ordered by identifier. No number is known.
  public func cards() async -> [Standing] {
    await store.read { rows in rows.cards().map(Standing.init) }
  }

  /// Lets a blocked card pay again, and begins to count anew.
  ///
  /// - Throws: `cardUnknown`.
  public func unblock(_ id: CardID) async throws(ECashError) {
    try await store.transact { rows throws(ECashError) in
      guard var row = rows.card(id) else { throw ECashError(.cardUnknown, "no such card") }
      row.failedTries = 0
      row.allFailedTries = 0
      rows.put(row)
    }
  }

  private static func isBlocked(_ row: CardRow) -> Bool {
    row.failedTries >= largestFailedTries || row.allFailedTries >= largestAllFailedTries
  }

  // MARK: - The method

  public var properties: PaymentMethodProperties { .card }

  /// A card as it was shown, and the one that the issuer may know.
  public struct Shown: Sendable {
    let card: CardDetails
    /// The card's identifier; `nil` when nothing was ever issued. An error when the issuer cannot tell now.
    let id: Result<CardID?, ECashError>
  }

  public func read(from reader: inout some ClaimReader) throws(ClaimError) -> CardDetails {
    try CardDetails.read(from: &reader)
  }

  /// Finds the card's identifier. Whether the card is good, is up to the transaction, where tries are
  /// counted. What the issuer cannot read is no fault of the card's, and nothing that is refused for good.
  public func check(
    _ card: CardDetails, of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> Shown {
    do throws(ECashError) {
      return Shown(card: card, id: .success(try await id(of: card)))
    } catch {
      return Shown(card: card, id: .failure(error))
    }
  }

  /// Authorises. Whatever is wrong, the answer is the same: whoever tries cards learns nothing else.
  public func hold(
    _ shown: Shown, of payment: OfferedPayment, at time: Timestamp, in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome {
    guard let id = try shown.id.get(), var row = rows.card(id), !Self.isBlocked(row) else {
      return .refused(.declined)
    }
    guard try isRight(shown.card, for: row) else {
      row.failedTries += 1
      row.allFailedTries += 1
      rows.put(row)
      return .refused(.declined)
    }
    if row.failedTries > 0 {
      row.failedTries = 0
      rows.put(row)
    }
    guard !isExpired(shown.card, at: time) else { return .refused(.declined) }
    let source: LedgerAccount
    var limit: UInt64 = 0
    switch row.funds {
    case .account(let name): source = .holder(name)
    case .credit(let most): (source, limit) = (.card(id), most)
    }
    switch Funds.available(payment.total, on: source, overdraft: limit, in: rows) {
    case .enough: return .held(HeldMoney(id.bytes, from: source))
    case .waits(let until): return .waits(until: until)
    case .short: return .refused(.declined)
    }
  }

  // MARK: - Secrets

  /// Whether expiry and code are those that were issued. Compared in constant time.
  private func isRight(_ card: CardDetails, for row: CardRow) throws(ECashError) -> Bool {
    do {
      let issued = try Self.secretsColumn.open(row.secrets, row: row.id.bytes, under: atRest)
      return issued.isEqual(to: card.secrets)
    } catch {
      throw ECashError(.cardSealed, "a card's row does not open")
    }
  }

  private func isExpired(_ card: CardDetails, at time: Timestamp) -> Bool {
    let month = Bytes(time.description.utf8.prefix(7))
    return card.secrets.withSpan { span in (0..<7).map { span[$0] } }
      .lexicographicallyPrecedes(month)
  }

  /// The card's identifier; `nil` when nothing was ever issued.
  private func id(of card: CardDetails) async throws(ECashError) -> CardID? {
    guard let sealed = await store.read({ rows in rows.record(of: .card, Self.keyRow) }) else {
      return nil
    }
    return card.id(under: try open(sealed))
  }

  /// The key over the numbers, made when the first card is issued.
  private func key() async throws(ECashError) -> SecretBytes {
    var entropy = SystemEntropy()
    let fresh = Self.keyColumn.seal(
      SecretBytes(count: 32, from: &entropy), row: Self.keyRow.bytes, under: atRest)
    let sealed = await store.transact { rows in
      if let sealed = rows.record(of: .card, Self.keyRow) { return sealed }
      rows.putRecord(fresh, of: .card, Self.keyRow)
      return fresh
    }
    return try open(sealed)
  }

  private func open(_ sealed: Bytes) throws(ECashError) -> SecretBytes {
    do {
      return try Self.keyColumn.open(sealed, row: Self.keyRow.bytes, under: atRest)
    } catch {
      throw ECashError(.cardSealed, "the key over the card numbers does not open")
    }
  }

  // MARK: - Drawing

  /// The three lines of a new card.
  private static func draw(expiring month: Bytes) -> SecretBytes {
    var entropy = SystemEntropy()
    var digits = Bytes("999999".utf8) + Self.digits(9, from: &entropy)
    digits.append(Luhn.checkDigit(of: digits))
    let newline = [UInt8(ascii: "\n")]
    var text = digits + newline + month + newline + Self.digits(3, from: &entropy)
    _ = SecretBytes(taking: &digits)
    return SecretBytes(taking: &text)
  }

  /// Digits, each as likely as the others.
  private static func digits(_ count: Int, from entropy: inout some Entropy) -> Bytes {
    var digits = Bytes()
    while digits.count < count {
      let byte = entropy.bytes(1)[0]
      if byte < 250 { digits.append(UInt8(ascii: "0") + byte % 10) }
    }
    return digits
  }

  /// A month as it stands on a card: so many after that of a time.
  private static func month(_ months: Int, after time: Timestamp) -> Bytes {
    let now = time.description.utf8.prefix(7).split(separator: UInt8(ascii: "-")).compactMap {
      Int(String(decoding: Bytes($0), as: UTF8.self))
    }
    guard now.count == 2 else { preconditionFailure("a time begins with year and month") }
    let month = now[0] * 12 + now[1] - 1 + min(max(months, 0), 120)
    let number = month % 12 + 1
    return Bytes("\(month / 12)-\(number < 10 ? "0" : "")\(number)".utf8)
  }
}
