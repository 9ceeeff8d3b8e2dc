// Checks of the statements one by one: the checkpoint that they stand below, who has signed them, that they
// stand in the log, and that they are about this purchase.

import Evidence
import PaymentCrypto
import PaymentModel

extension Examination {
  /// The checkpoint, which also tells the time.
  mutating func checkCheckpoint() {
    do {
      let checkpoint = try policy.verify(receipt.checkpoint)
      self.checkpoint = checkpoint
      time = checkpoint.witnessedAt
      let log = checkpoint.checkpoint.origin
      findings.append(
        Finding(
          .checkpoint, time == nil ? .missing : .proven,
          time == nil
            ? "no witness tells when the log had this state"
            : "the log \(log) had \(checkpoint.checkpoint.size) entries, and witnesses have seen it",
          party: PartyName(log), key: checkpoint.key.thumbprint, noLaterThan: time))
    } catch {
      let isUnknown = [.checkpointUnsigned, .witnessQuorum, .logKeyWindow].contains(error.code)
      findings.append(
        Finding(
          .checkpoint, isUnknown ? .missing : .refuted,
          "\(error.message) (\(error.code.rawValue))"))
    }
  }

  /// Every statement. Only those that verify are looked at by later checks.
  mutating func checkStatements() {
    guard let checkpoint, let time else { return }
    var seen: Set<StatementID> = []
    var statements: [UnverifiedStatement] = []
    for entry in receipt.entries {
      do throws(ReceiptsError) {
        let statement = try Receipt.statement(entry.statement)
        let logEntry = LogEntry(slot: try Receipt.slot(of: statement), statement: statement.id)
        guard seen.insert(statement.id).inserted else {
          throw ReceiptsError(.receiptFormat, "a statement stands in the receipt twice")
        }
        try checkpoint.requireInclusion(of: logEntry, at: entry.index, path: entry.path)
        places[statement.id] = LogPlace(log: checkpoint.checkpoint.origin, index: entry.index)
        statements.append(statement)
      } catch {
        refuse(.logged, .refuted, entry, error.message, error.code.rawValue)
      }
    }
    checkKeyChanges(statements, at: time)
    // The order comes first: it brings the key of all other statements of the customer.
    let isOrder = { (statement: UnverifiedStatement) in statement.kind == .order }
    for statement in statements.filter(isOrder) + statements.filter({ !isOrder($0) }) {
      check(statement) { (examination, statement) throws(EvidenceError) in
        try examination.admit(statement, at: time)
      }
    }
    for case .unlogged(let bytes) in receipt.exhibits { checkUnlogged(bytes, at: time) }
  }

  /// Keys that were registered and revoked, in the order of the log.
  private mutating func checkKeyChanges(_ statements: [UnverifiedStatement], at time: Timestamp) {
    let changes = statements.filter { $0.kind == .keyRegistration || $0.kind == .revocation }
    guard changes.count <= KeyChange.mostChanges else {
      findings.append(
        Finding(.key, .refuted, "more than \(KeyChange.mostChanges) keys come and go"))
      return
    }
    for statement in changes.sorted(by: { index(of: $0) < index(of: $1) }) {
      check(statement) { (examination, statement) throws(EvidenceError) in
        let content = try examination.keyChange(by: statement, at: time)
        guard let place = examination.places[statement.id] else { return }
        try examination.take(
          KeyChange(
            statement: statement.id, log: place.log, index: place.index, seenAt: time,
            content: content))
        examination.reliances.append(
          Reliance(
            statement: statement.id, issuer: statement.issuer, kind: statement.kind, prev: []))
        switch content {
        case .registration(let verified):
          examination.find(
            .key, .proven, verified.stated,
            "\(verified.issuer.party) has registered a key for \(verified.claim.role.rawValue)")
        case .revocation(let verified):
          examination.find(
            .key, .proven, verified.stated, "\(verified.issuer.party) has revoked a key")
        }
      }
    }
  }

  /// Verifies a registration or a revocation. A revocation outlives the key that signed it, unless that key was
  /// revoked before; a registration by a key that has ended may come from whoever found it.
  private func keyChange(
    by statement: UnverifiedStatement, at time: Timestamp
  ) throws(EvidenceError) -> KeyChange.Content {
    let store = keys.store(at: index(of: statement))
    guard statement.kind == .revocation else {
      return .registration(try store.verify(Signed<KeyRegistration>(statement.bytes), at: time))
    }
    var then = time
    if let key = store.key(statement.issuer.key),
      !keys.isRevoked(key.thumbprint, at: index(of: statement))
    {
      then = min(time, key.validUntil.adding(milliseconds: -1))
    }
    return .revocation(try store.verify(Signed<Revocation>(statement.bytes), at: then))
  }

  private func index(of statement: UnverifiedStatement) -> UInt64 {
    places[statement.id]?.index ?? 0
  }

  /// Runs a check, and reports what it throws.
  private mutating func check(
    _ statement: UnverifiedStatement,
    _ body: (inout Examination, UnverifiedStatement) throws(EvidenceError) -> Void
  ) {
    do throws(EvidenceError) {
      try body(&self, statement)
    } catch {
      let isUnknown = [.keyUnknown, .keyNotYetValid, .keyExpired].contains(error.code)
      refuse(
        .signature, isUnknown ? .missing : .refuted, statement, error.message,
        error.code.rawValue)
    }
  }

  /// A verdict that was not logged counts against whoever signed it, and for nothing else. A key that has been revoked
  /// has not signed it, unless a complaint about that verdict stood in the log before.
  private mutating func checkUnlogged(_ bytes: Bytes, at time: Timestamp) {
    do {
      let id = try UnverifiedStatement(bytes).id
      let complaint = unused.complaints.first { $0.claim.about == id }
      let store = complaint.flatMap { places[$0.id] }.map { keys.store(at: $0.index) } ?? trust
      let verified = try store.verify(Signed<Verdict>(bytes), at: time)
      guard verified.claim.process == receipt.process else { return }
      unused.unloggedVerdicts.append(verified.stated)
      find(.exhibit, .pending, verified.stated, "signed by \(verified.issuer.party), not logged")
    } catch {
      let isUnknown = [.keyUnknown, .keyNotYetValid, .keyExpired].contains(error.code)
      findings.append(
        Finding(
          .exhibit, isUnknown ? .missing : .refuted,
          "an unlogged verdict does not verify: \(error.message) (\(error.code.rawValue))"))
    }
  }

  /// Verifies a statement and files it by its kind.
  private mutating func admit(
    _ statement: UnverifiedStatement, at time: Timestamp
  ) throws(EvidenceError) {
    switch statement.kind {
    case .order: try admitOrder(statement)
    case .deliveryRequest: try admit(statement, by: order, to: \.deliveryRequests, of: \.process)
    case .cancellation: try admit(statement, by: order, to: \.cancellations, of: \.process)
    case .acknowledgement: try admit(statement, by: order, to: \.acknowledgements, of: \.process)
    case .addressClaim: try admit(statement, by: order, to: \.addressClaims, of: \.process)
    case .complaint where statement.issuer.party == .customer:
      try admit(statement, by: order, to: \.complaints, of: \.process)
    case .complaint: try admit(statement, to: \.complaints, at: time) { $0.process }
    case .offer: try admit(statement, to: \.offers, at: time) { _ in nil }
    case .terms: try admit(statement, to: \.terms, at: time) { _ in nil }
    case .submission: try admit(statement, to: \.submissions, at: time, of: \.process)
    case .reservation: try admit(statement, to: \.reservations, at: time, of: \.process)
    case .deposit: try admit(statement, to: \.deposits, at: time, of: \.process)
    case .acceptance: try admit(statement, to: \.acceptances, at: time, of: \.process)
    case .refusal: try admit(statement, to: \.refusals, at: time, of: \.process)
    case .verdict: try admit(statement, to: \.verdicts, at: time, of: \.process)
    case .transfer: try admit(statement, to: \.transfers, at: time, of: \.process)
    case .creditLine: try admit(statement, to: \.creditLines, at: time) { _ in nil }
    case .credit: try admit(statement, to: \.credits, at: time) { _ in nil }
    case .settlement: try admit(statement, to: \.settlements, at: time, of: \.process)
    case .void: try admit(statement, to: \.voids, at: time, of: \.process)
    case .release: try admit(statement, to: \.releases, at: time, of: \.process)
    case .dispatch: try admit(statement, to: \.dispatches, at: time, of: \.process)
    case .refund: try admit(statement, to: \.refunds, at: time, of: \.process)
    case .shareAcceptance: try admit(statement, to: \.shareAcceptances, at: time, of: \.process)
    case .doubleSpend: try admit(statement, to: \.doubleSpends, at: time, of: \.second.process)
    case .withdrawal: try admit(statement, to: \.withdrawals, at: time) { _ in nil }
    case .issue: try admit(statement, to: \.issues, at: time) { _ in nil }
    case .evidenceRequest: try admit(statement, to: \.requests, at: time) { _ in nil }
    case .ruling: try admit(statement, to: \.rulings, at: time) { _ in nil }
    case .keyRegistration, .revocation: break
    case .keyset, .trust:
      refuse(.belongs, .refuted, statement, "this kind of statement does not belong into a receipt")
    }
  }

  private mutating func admitOrder(_ statement: UnverifiedStatement) throws(EvidenceError) {
    let stated = try trust.verifyOrder(Signed(statement.bytes)).stated
    guard stated.id.renamed() == receipt.process else {
      return find(.belongs, .refuted, stated, "the order of another purchase")
    }
    order = stated
    reliances.append(
      Reliance(statement: stated.id, issuer: stated.issuer, kind: .order, prev: []))
    find(.signature, .proven, stated, "signed with the one-time key that it names, and logged")
  }

  /// A statement of the customer's one-time key.
  private mutating func admit<Content: Claim>(
    _ statement: UnverifiedStatement, by order: Stated<Order>?,
    to list: WritableKeyPath<Statements, [Stated<Content>]>, of process: (Content) -> ProcessID?
  ) throws(EvidenceError) {
    guard let order else {
      return refuse(
        .signature, .missing, statement, "cannot be verified without the order, which is not there")
    }
    let stated = try trust.verify(
      Signed<Content>(statement.bytes), byOneTimeKey: order.claim.oneTimeKey
    ).stated
    file(stated, in: list, process: process(stated.claim))
  }

  private mutating func admit<Content: Claim>(
    _ statement: UnverifiedStatement, to list: WritableKeyPath<Statements, [Stated<Content>]>,
    at time: Timestamp, of process: (Content) -> ProcessID?
  ) throws(EvidenceError) {
    let store = keys.store(at: index(of: statement))
    let stated = try store.verify(Signed<Content>(statement.bytes), at: time).stated
    file(stated, in: list, process: process(stated.claim))
  }

  private mutating func file<Content: Claim>(
    _ stated: Stated<Content>, in list: WritableKeyPath<Statements, [Stated<Content>]>,
    process: ProcessID?
  ) {
    guard process == nil || process == receipt.process else {
      return find(.belongs, .refuted, stated, "a statement about another purchase")
    }
    unused[keyPath: list].append(stated)
    reliances.append(
      Reliance(
        statement: stated.id, issuer: stated.issuer, kind: Content.kind, prev: stated.claim.prev))
    find(.signature, .proven, stated, "signed by \(stated.issuer.party), and logged")
  }

  private mutating func refuse(
    _ check: Finding.Check, _ result: Finding.Result, _ statement: UnverifiedStatement,
    _ message: String, _ code: String? = nil
  ) {
    findings.append(
      Finding(
        check, result, code.map { "\(message) (\($0))" } ?? message,
        party: statement.issuer.party, key: statement.issuer.key, kind: statement.kind,
        statement: statement.id))
  }

  private mutating func refuse(
    _ check: Finding.Check, _ result: Finding.Result, _ entry: Receipt.Entry,
    _ message: String, _ code: String
  ) {
    if let statement = try? UnverifiedStatement(entry.statement) {
      refuse(check, result, statement, message, code)
    } else {
      findings.append(Finding(check, result, "\(message) (\(code))"))
    }
  }
}
