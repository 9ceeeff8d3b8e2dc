// Complaints and rulings in a market: the customer files, the auditor asks and rules, both in the log.

import ECash
import Evidence
import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

extension Market {
  /// Signs and logs a complaint of the customer about a purchase that has its verdict, and puts it together
  /// with its evidence.
  ///
  /// `goods-wrong` takes the first chunk that is not what the merchant committed to, and gives away the key
  /// of that good. `key-missing` reveals the order's one-time identity, and with it all keys of the purchase.
  ///
  /// - Parameters:
  ///   - offer: the good that it is about, for `goods-wrong`.
  ///   - verdict: the other verdict, for `two-verdicts`.
  /// - Returns: the purchase's statements with the complaint: what goes to an auditor as a `.complaint`.
  /// - Throws: `evidence` for a grievance that is not the customer's, or when there is nothing to complain
  ///   about; `purchase`, `goods`, `receipt`.
  public func complain(
    _ grievance: Grievance, of process: ProcessID, offer: StatementID? = nil,
    unlogged verdict: Bytes? = nil
  ) async throws(PartyError) -> Receipt {
    guard grievance.complainants.contains(.customer) else {
      throw PartyError(.evidence, "a customer does not complain of \(grievance.rawValue)")
    }
    let receipt = try await conclude(process).receipt
    let row = try await customer.purchase(process)
    let about = try Self.subject(of: grievance, in: receipt, offer: offer)
    var exhibits: [Receipt.Exhibit] = []
    var attachment: Bytes?
    switch grievance {
    case .goodsWrong:
      let chunk = try await wrongChunk(of: about, in: row)
      exhibits = [
        .chunk(
          offer: about, index: chunk.index, listed: chunk.listed, path: chunk.path,
          fileKey: chunk.fileKey)
      ]
      attachment = chunk.ciphertext
    case .keyMissing:
      if let bundle = try await keyBundle(of: process) { exhibits.append(.keyBundle(bundle.bytes)) }
      exhibits.append(.oneTimeIdentity(try oneTimeIdentity(of: row)))
    case .twoVerdicts:
      guard let verdict else { throw PartyError(.evidence, "two verdicts need the other one") }
      exhibits = [.unlogged(verdict)]
    default: break
    }
    var entropy = SystemEntropy()
    do {
      let complaint = try customer.wallet.orderSigner(row.orderNumber).sign(
        Complaint(grievance, about: about, process: process), entropy: &entropy)
      return try await log.receipt(
        for: Self.contents(
          of: receipt, adding: complaint.bytes, exhibits: exhibits, attachment: attachment))
    } catch {
      throw PartyError(.receipt, "\(error)")
    }
  }

  /// Signs and logs what follows from a dispute, as the market's auditor: a ruling, or a request for
  /// evidence.
  ///
  /// - Parameters:
  ///   - files: the evidence that was examined; what is signed goes with the first that holds the complaint, as far
  ///     as that verifies and stands in this market's log.
  ///   - answerSeconds: how long the party that is asked has time.
  /// - Returns: the evidence with the auditor's statement; `nil` while an answer is awaited or evidence is
  ///   lacking.
  /// - Throws: `home` when the market has no auditor; `receipt`.
  public func rule(
    on audit: DisputeAudit, over files: [Receipt], answerSeconds: Int64 = 7 * 86_400
  ) async throws(PartyError) -> Receipt? {
    guard let auditor else { throw PartyError(.home, "the trust list names no auditor") }
    let complaint = audit.dispute.complaint.id
    var entropy = SystemEntropy()
    let statement: Bytes
    switch audit.judgement {
    case .ruled(let ruling):
      statement = auditor.sign(ruling.claim(on: complaint), entropy: &entropy).bytes
    case .ask(let party, let question):
      let request = EvidenceRequest(
        complaint: complaint, party: party, question: question,
        answerBy: customer.clock.now().adding(seconds: answerSeconds))
      statement = auditor.sign(request, entropy: &entropy).bytes
    case .awaits, .lacks: return nil
    }
    let file = files.first { file in
      file.entries.contains { (try? UnverifiedStatement($0.statement).id) == complaint }
    }
    guard let file else { throw PartyError(.receipt, "the complaint is in none of the files") }
    // Only what stands in this log already goes with it: a file must not put anything there.
    let known = audit.evidence.statements(in: log.key.name)
    let kept = Receipt(
      process: file.process,
      entries: file.entries.filter { entry in
        (try? UnverifiedStatement(entry.statement)).map { known.contains($0.id) } ?? false
      },
      checkpoint: file.checkpoint, verdictProof: file.verdictProof, parts: file.parts,
      exhibits: file.exhibits, keyBundle: file.keyBundle)
    do {
      return try await log.receipt(
        for: Self.contents(
          of: kept, adding: statement, exhibits: file.exhibits, attachment: file.attachment))
    } catch {
      throw PartyError(.receipt, "\(error)")
    }
  }

  // MARK: - What goes into a file of evidence

  private static func contents(
    of receipt: Receipt, adding statement: Bytes, exhibits: [Receipt.Exhibit], attachment: Bytes?
  ) -> ReceiptContents {
    let verdict = receipt.entries.map(\.statement).first { bytes in
      (try? UnverifiedStatement(bytes))?.kind == .verdict
    }
    let logged = verdict.flatMap { verdict in
      receipt.verdictProof.map { LoggedVerdict(verdict: Signed(verdict), proof: $0.bytes) }
    }
    return ReceiptContents(
      process: receipt.process, statements: receipt.entries.map(\.statement) + [statement],
      verdict: logged, parts: receipt.parts, exhibits: exhibits, keyBundle: receipt.keyBundle,
      attachment: attachment)
  }

  /// The statement that a grievance is about.
  private static func subject(
    of grievance: Grievance, in receipt: Receipt, offer: StatementID?
  ) throws(PartyError) -> StatementID {
    let statements = receipt.entries.compactMap { try? UnverifiedStatement($0.statement) }
      .filter { $0.kind == grievance.subject }
    if let offer, grievance.subject == .offer {
      guard statements.contains(where: { $0.id == offer }) else {
        throw PartyError(.evidence, "the purchase has no offer \(offer)")
      }
      return offer
    }
    guard let subject = statements.first else {
      throw PartyError(.evidence, "the purchase has no \(grievance.subject.rawValue)")
    }
    guard statements.count == 1 else {
      throw PartyError(
        .evidence, "the purchase has \(statements.count) of \(grievance.subject.rawValue): name one"
      )
    }
    return subject.id
  }

  /// The first chunk that is not what its offer commits to, with the key.
  private func wrongChunk(
    of offer: StatementID, in row: PurchaseRow
  ) async throws(PartyError) -> ChunkEvidence {
    guard let bundle = try await keyBundle(of: row.process),
      let good = LockedGood.all(in: home.locked).first(where: { $0.id == offer })
    else { throw PartyError(.goods, "the good or its key is not there") }
    guard let commitment = try customer.inspect(good.offer).claim.container else {
      throw PartyError(.evidence, "\(good.name) has no good that could be wrong")
    }
    let chunk: ChunkEvidence?
    do {
      let keys = try KeyBundle(bundle, with: customer.wallet.orderIdentity(row.orderNumber))
      let identity = try keys.identity(opening: commitment)
      chunk = try good.wrongChunk(against: commitment, with: identity)
    } catch {
      throw PartyError(.goods, "\(error)")
    }
    guard let chunk else {
      throw PartyError(.evidence, "\(good.name) is what its merchant signed")
    }
    return chunk
  }

  private func oneTimeIdentity(of row: PurchaseRow) throws(PartyError) -> Bytes {
    do {
      return try customer.wallet.orderIdentity(row.orderNumber).withSpan { identity in
        Bytes(identity.indices.map { identity[$0] })
      }
    } catch {
      throw PartyError(.purchase, "\(error)")
    }
  }
}

extension LockedGood {
  /// The first chunk that is not what the offer commits to; `nil` when all are.
  fileprivate func wrongChunk(
    against commitment: ContainerCommitment, with identity: borrowing Age.Identity
  ) throws(GoodsError) -> ChunkEvidence? {
    let wrong: UInt64
    do {
      _ = try Container.open(
        FileSource(path: container), chunkList: FileSource(path: chunkList), against: commitment,
        with: identity, to: .nowhere)
      return nil
    } catch {
      guard let chunk = error.chunk else { throw error }
      wrong = chunk
    }
    return try ChunkEvidence(
      chunk: wrong, of: FileSource(path: container), chunkList: FileSource(path: chunkList),
      against: commitment, with: identity)
  }
}
