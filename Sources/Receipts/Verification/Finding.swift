// What a check on a receipt found, in words that stay.

public import PaymentModel

/// The result of one check on a receipt.
public struct Finding: Hashable, Sendable {
  /// How a check ended.
  public enum Result: String, Sendable {
    /// It holds.
    case proven
    /// It does not hold.
    case refuted
    /// Something that is needed is not there, or is not known to whoever verifies.
    case missing
    /// Something that comes later is not there. What is there stands without it.
    case pending
  }

  public let check: Check
  public let result: Result
  /// Whom it is about: who is said to have signed, or who should have.
  public let party: PartyName?
  /// The key that has signed.
  public let key: Thumbprint?
  public let kind: StatementKind?
  public let statement: StatementID?
  /// It existed no later than that, says a witness.
  public let noLaterThan: Timestamp?
  /// Who is shown to have broken the rules by statements of their own. Nobody is named whom somebody else
  /// could have put into this position.
  public let atFault: PartyName?
  /// For people.
  public let message: String

  init(
    _ check: Check, _ result: Result, _ message: String, party: PartyName? = nil,
    key: Thumbprint? = nil, kind: StatementKind? = nil, statement: StatementID? = nil,
    noLaterThan: Timestamp? = nil, atFault: PartyName? = nil
  ) {
    self.check = check
    self.result = result
    self.message = message
    self.party = party
    self.key = key
    self.kind = kind
    self.statement = statement
    self.noLaterThan = noLaterThan
    self.atFault = atFault
  }
}

extension Finding {
  /// Which check, as a stable code.
  public struct Check: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    private init(_ code: String) { rawValue = code }

    // The file and its statements
    /// The file is a receipt.
    public static let format = Check("format")
    /// A trusted log has signed the checkpoint, and enough witnesses have seen it.
    public static let checkpoint = Check("checkpoint")
    /// A time-stamp authority has stamped the checkpoint.
    public static let timeStamp = Check("time-stamp")
    /// A statement is signed by whom it names.
    public static let signature = Check("signature")
    /// A statement stands in the log.
    public static let logged = Check("logged")
    /// A key was registered or revoked.
    public static let key = Check("key")
    /// What a statement relies on holds.
    public static let prev = Check("prev")
    /// A statement belongs to this purchase.
    public static let belongs = Check("belongs")

    // The order
    /// The order is there, and its digest is the process.
    public static let order = Check("order")
    /// A part hangs below the order's root.
    public static let part = Check("part")
    /// The offer of an item is there, for that order.
    public static let offer = Check("offer")
    /// The coordinator's fee is one that its terms ask for.
    public static let fee = Check("fee")
    /// The payments are what the offers cost, and the coordinator's fee.
    public static let payments = Check("payments")

    // Holds
    /// The bank has reserved a payment.
    public static let reservation = Check("reservation")
    /// The merchant has deposited the key of an item.
    public static let deposit = Check("deposit")
    /// The coordinator has examined a deposited key.
    public static let acceptance = Check("acceptance")
    /// The customer has asked for exactly these keys.
    public static let deliveryRequest = Check("delivery-request")

    // The verdict and what follows
    /// The order's coordinator has decided, once, in the log.
    public static let verdict = Check("verdict")
    /// The keys that the commit delivers are those that were fetched.
    public static let keyBundle = Check("key-bundle")
    /// The bank has paid a payee.
    public static let transfer = Check("transfer")
    /// A merchant has confirmed.
    public static let settlement = Check("settlement")
    /// The customer has opened goods, or told where they go.
    public static let delivery = Check("delivery")
    /// A merchant has sent a good.
    public static let dispatch = Check("dispatch")
    /// A merchant gives money back.
    public static let refund = Check("refund")
    /// The bank has released what it held.
    public static let void = Check("void")
    /// A merchant has released what it held.
    public static let release = Check("release")
    /// What the abort's reason rests on.
    public static let abortReason = Check("abort-reason")

    // Exhibits
    /// A deposited key opens the good that was offered.
    public static let depositedKey = Check("deposited-key")
    /// The coins of a payment had been spent before.
    public static let doubleSpend = Check("double-spend")
    /// What was revealed for a dispute. It is judged there.
    public static let exhibit = Check("exhibit")
    /// A complaint, a request for evidence, or a ruling.
    public static let dispute = Check("dispute")
  }
}

/// All that the checks on a receipt found.
public struct ReceiptReport: Hashable, Sendable {
  /// The answer to: does this receipt prove a purchase, or its abort?
  public enum Answer: String, Sendable {
    case proven
    case refuted
    case cannotBeChecked = "cannot-be-checked"
  }

  public let process: ProcessID?
  /// What the purchase came to, when a logged verdict says so.
  public let decision: Decision?
  public let findings: [Finding]

  /// Refuted when a check failed; otherwise proven unless something is missing.
  public var answer: Answer {
    if findings.contains(where: { $0.result == .refuted }) { return .refuted }
    return findings.contains { $0.result == .missing } || decision == nil
      ? .cannotBeChecked : .proven
  }

  /// Whom the receipt shows to have broken the rules, each once, in the order of the findings.
  public var atFault: [PartyName] {
    var parties: [PartyName] = []
    for party in findings.compactMap(\.atFault) where !parties.contains(party) {
      parties.append(party)
    }
    return parties
  }
}
