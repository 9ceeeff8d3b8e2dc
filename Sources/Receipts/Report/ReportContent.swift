// What a report tells about a receipt, put in order before a page is made of it.

import Evidence
import PaymentCrypto
import PaymentModel

/// Everything that a page shows: the findings, and the pieces of the receipt that they are about.
struct ReportContent {
  /// A statement of the receipt.
  struct Exhibit {
    let label: ExhibitLabel
    let entry: Receipt.Entry
    /// `nil` for bytes that are no statement.
    let statement: UnverifiedStatement?
    /// Whether its signature was verified and it was found in the log.
    let isVerified: Bool
    /// When a witness first saw it in the log; only for what was verified.
    let noLaterThan: Timestamp?
    /// What a check found about its content; only for what was verified.
    let message: String?

    /// What is offered, in the merchant's words.
    var title: String? {
      guard statement?.kind == .offer else { return nil }
      let offer: Offer? = try? statement?.unverifiedClaim()
      return offer?.title
    }
  }

  /// A part of the order.
  struct Part {
    let label: ExhibitLabel
    let committed: CommittedPart
    /// What it says; `nil` unless it was shown to hang below the root of the verified order.
    let content: OrderPart?
  }

  /// A good of the order whose offer was verified.
  struct Item {
    let quantity: Int
    let title: String
    let merchant: PartyName
    /// Price times quantity, when that is an amount.
    let amount: Amount?
  }

  let file: Bytes
  /// `nil` when the file is no receipt.
  let receipt: Receipt?
  let report: ReceiptReport
  let trust: TrustStore
  let toolVersion: String

  /// In the order in which a purchase runs, and of the log.
  let exhibits: [Exhibit]
  let parts: [Part]
  let order: Order?
  let items: [Item]
  let payments: [PaymentPart]
  /// What the coordinator is paid out of them, when its terms were verified to ask for that.
  let fee: FeePart?
  private let exhibitsByStatement: [StatementID: ExhibitLabel]

  init(file: Bytes, report: ReceiptReport, trust: TrustStore, toolVersion: String) {
    self.file = file
    self.report = report
    self.trust = trust
    self.toolVersion = toolVersion
    receipt = try? Receipt(file)
    let findings = Dictionary(grouping: report.findings, by: \.statement)
    exhibits = Self.exhibits(of: receipt, findings)
    exhibitsByStatement = Dictionary(
      exhibits.compactMap { exhibit in exhibit.statement.map { ($0.id, exhibit.label) } },
      uniquingKeysWith: { first, _ in first })
    order = Self.order(among: exhibits, findings)
    parts = Self.parts(of: receipt, below: order)
    (items, payments) = Self.bought(parts, exhibits, findings)
    fee = Self.fee(among: parts, findings)
  }

  /// The exhibit that a finding is about.
  func label(of statement: StatementID?) -> ExhibitLabel? {
    statement.flatMap { exhibitsByStatement[$0] }
  }

  // MARK: - Results

  /// The findings with one result, in their order.
  func findings(_ result: Finding.Result) -> [Finding] {
    report.findings.filter { $0.result == result }
  }

  /// When a witness first saw the verdict.
  var verdictSeen: Timestamp? {
    report.findings.first { $0.check == .verdict && $0.result == .proven }?.noLaterThan
  }

  /// When the last witnessed state of the log was seen, with all statements in it.
  var checkpointSeen: Timestamp? {
    report.findings.first { $0.check == .checkpoint && $0.result == .proven }?.noLaterThan
  }

  // MARK: - Reading the receipt

  private typealias Findings = [StatementID?: [Finding]]

  private static func exhibits(of receipt: Receipt?, _ findings: Findings) -> [Exhibit] {
    // Of a statement that stands in the receipt twice, the examination has looked at the first.
    var seen: Set<StatementID> = []
    let read = (receipt?.entries ?? []).map { entry in
      let statement = try? UnverifiedStatement(entry.statement)
      let isFirst = statement.map { seen.insert($0.id).inserted } ?? false
      return (entry: entry, statement: statement, isFirst: isFirst)
    }
    let inOrder = read.enumerated().sorted {
      let (left, right) = ($0.element, $1.element)
      return (left.statement?.kind.turn ?? .max, left.entry.index, $0.offset)
        < (right.statement?.kind.turn ?? .max, right.entry.index, $1.offset)
    }
    let form: [Finding.Check] = [.logged, .signature]
    return inOrder.enumerated().map { number, element in
      let (entry, statement, isFirst) = element.element
      let about = statement.flatMap { findings[$0.id] } ?? []
      let isVerified =
        isFirst && about.contains { $0.check == .signature && $0.result == .proven }
      return Exhibit(
        label: ExhibitLabel(.statement, number + 1), entry: entry, statement: statement,
        isVerified: isVerified,
        noLaterThan: isVerified ? about.compactMap(\.noLaterThan).min() : nil,
        message: isVerified ? about.first { !form.contains($0.check) }?.message : nil)
    }
  }

  private static func order(among exhibits: [Exhibit], _ findings: Findings) -> Order? {
    for statement in exhibits.compactMap(\.statement) where statement.kind == .order {
      guard holds(.order, statement.id, findings) else { continue }
      return try? statement.unverifiedClaim()
    }
    return nil
  }

  private static func parts(of receipt: Receipt?, below order: Order?) -> [Part] {
    var places: Set<Int> = []
    return (receipt?.parts ?? []).enumerated().map { number, part in
      let content = order.flatMap { try? part.verify(against: $0) }
      let isFirst = content == nil || places.insert(part.index).inserted
      return Part(
        label: ExhibitLabel(.part, number + 1), committed: part,
        content: isFirst ? content : nil)
    }
  }

  private static func bought(
    _ parts: [Part], _ exhibits: [Exhibit], _ findings: Findings
  ) -> ([Item], [PaymentPart]) {
    let offers = Dictionary(
      exhibits.compactMap(\.statement).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var items: [Item] = []
    var payments: [PaymentPart] = []
    for part in parts.compactMap(\.content) {
      switch part {
      case .payment(let payment): payments.append(payment)
      case .fee: continue
      case .item(let item):
        guard holds(.offer, item.offer, findings),
          let statement = offers[item.offer], let offer: Offer = try? statement.unverifiedClaim()
        else { continue }
        items.append(
          Item(
            quantity: item.quantity, title: offer.title, merchant: statement.issuer.party,
            amount: try? offer.price.gross.multiplied(by: UInt64(item.quantity))))
      }
    }
    return (items, payments)
  }

  private static func fee(among parts: [Part], _ findings: Findings) -> FeePart? {
    for part in parts {
      if case .fee(let fee) = part.content, holds(.fee, fee.terms, findings) { return fee }
    }
    return nil
  }

  private static func holds(
    _ check: Finding.Check, _ statement: StatementID, _ findings: Findings
  ) -> Bool {
    findings[statement, default: []].contains { $0.check == check && $0.result == .proven }
  }
}

// MARK: - Parties

/// A key that the page names, and whose it is.
struct ReportParty {
  /// What is known about a key.
  enum Standing {
    /// The trust list has it.
    case listed(validFrom: Timestamp, validUntil: Timestamp)
    /// It stands in the order and lives as long as that.
    case oneTime
    /// Nobody vouches for it.
    case unknown
  }

  let name: String
  let role: String
  let key: Thumbprint
  let standing: Standing
}

extension ReportContent {
  /// Whose keys have signed something in the receipt, and the root of the trust list: listed keys in the order of
  /// the list, as far as that is proven, then keys that are named and that nobody vouches for.
  var parties: [ReportParty] {
    let proven = report.findings.filter { $0.result == .proven }
    let verified = Set(proven.compactMap(\.statement))
    let statements = exhibits.compactMap(\.statement)
    let signers = Set(
      statements.filter { verified.contains($0.id) }.flatMap { $0.signatures.map(\.signer) })
    let notes = [receipt?.checkpoint, receipt?.verdictProof?.checkpoint].compactMap { $0 }
    let lines = proven.contains { $0.check == .checkpoint } ? notes.flatMap(\.signatures) : []
    let listed = trust.keys.filter { key in
      switch key.role {
      case .log: lines.contains(where: noteKey(key, .note).isMeant)
      case .witness: lines.contains(where: noteKey(key, .cosignature).isMeant)
      case .trustRoot: key.thumbprint == trust.list.issuer.key
      default: signers.contains(key.thumbprint)
      }
    }
    var parties = listed.map {
      ReportParty(
        name: $0.party.text, role: $0.role.title, key: $0.thumbprint,
        standing: .listed(validFrom: $0.validFrom, validUntil: $0.validUntil))
    }
    let oneTimeKey = order.flatMap { try? Ed25519.PublicKey($0.oneTimeKey.bytes).thumbprint }
    for statement in statements {
      let key = statement.issuer.key
      guard trust.key(key) == nil, !parties.contains(where: { $0.key == key }) else { continue }
      let isCustomer = key == oneTimeKey
      parties.append(
        ReportParty(
          name: statement.issuer.party.text, role: isCustomer ? Role.customer.title : "unknown",
          key: key, standing: isCustomer ? .oneTime : .unknown))
    }
    return parties
  }

  private func noteKey(_ key: TrustStore.Key, _ purpose: NoteKey.Purpose) -> NoteKey {
    NoteKey(party: key.party, purpose: purpose, publicKey: key.publicKey)
  }
}
