// The parties of one home in one process: banks, merchants, coordinator with log and witness, and a
// customer's wallet. Each has a folder, keys and a database of its own, and reaches the others through
// ports only.

package import Coordinator
public import ECash
public import Evidence
public import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts
import StoreSQLite
import Synchronization

/// What the parties' keys are called in their folders.
enum KeyName {
  static let statements = "statements"
  static let keysets = "keysets"
  static let checkpoints = "checkpoints"
  static let cosignatures = "cosignatures"
  static let root = "root"
  /// That of a coordinator's account. No command withdraws with it.
  static let account = "account"
  /// Opens what is sealed to a bank or to a coordinator's escrow.
  static let sealing = "sealing"
}

/// A market in one home folder.
public final class Market: Sendable {
  public let home: HomeFolder
  public let trust: TrustStore
  /// The banks, that of the customer first.
  let houses: [BankHouse]
  public let shops: [Shop]
  public let log: TransparencyLog
  public let coordinator: CoordinatorHost
  public let customer: Customer
  /// Who answers the coordinator. A test or a demonstration may put somebody else there.
  public let directory: LocalDirectory

  /// Signs requests for evidence and rulings, in a market that has an auditor.
  let auditor: StatementSigner?
  /// The keysets that verified last, and when.
  private let verifiedKeysets = Mutex<[PartyName: (keyset: AcceptedKeyset, at: Timestamp)]>([:])
  /// The key of the coordinator's account, made when it is asked for.
  let coordinatorAccount: @Sendable () throws -> Ed25519.PublicKey
  private let closing: @Sendable () async throws -> Void

  /// Opens the market of a home.
  ///
  /// - Throws: `home` when there is none, or its founding was interrupted; `schema`, `inUse`, `atRestKey`,
  ///   `keys`.
  public convenience init(
    at home: HomeFolder, passphraseFile: String? = nil, clock: any WallClock = SystemWallClock()
  ) async throws(PartyError) {
    try await self.init(
      at: home, passphraseFile: passphraseFile, clock: clock, isFounding: false)
  }

  /// A market whose coordinator may be watched, and be killed, while it writes its journal.
  package init(
    at home: HomeFolder, passphraseFile: String?, clock: any WallClock,
    isFounding: Bool = false, policy: RetryPolicy = .standard, journalHook: JournalHook = .none
  ) async throws(PartyError) {
    guard let list = DurableFile.read(home.trust) else {
      throw PartyError(.home, "there is no market in \(home.path)")
    }
    guard isFounding || DurableFile.read(home.founding) == nil else {
      throw PartyError(
        .home, "the founding of the market in \(home.path) was interrupted: found it again")
    }
    do {
      let trust = try TrustStore(Signed(list))
      let verdicts = VerdictVerifier(trust)
      func folder(_ party: PartyName) throws(PartyError) -> PartyFolder {
        try PartyFolder(at: home.state(of: party), passphraseFile: passphraseFile)
      }
      func only(_ role: Role) throws(PartyError) -> PartyName {
        guard let party = trust.keys(role: role).first?.party else {
          throw PartyError(.home, "the trust list names no \(role.rawValue)")
        }
        return party
      }

      // Banks
      var houses: [BankHouse] = []
      for key in trust.keys(role: .bank) where !houses.contains(where: { $0.name == key.party }) {
        houses.append(
          try BankHouse(
            key.party, in: try folder(key.party), trust: trust, verdicts: verdicts, clock: clock))
      }
      guard !houses.isEmpty else { throw PartyError(.home, "the trust list names no bank") }
      self.houses = houses

      // Log and witness
      let logFolder = try folder(try only(.log))
      let logStore = try SQLiteStore.log(in: logFolder.state)
      let witnessFolder = try folder(try only(.witness))
      log = TransparencyLog(
        signer: NoteSigner(
          party: try only(.log), purpose: .note,
          key: try logFolder.keys.signingKey(KeyName.checkpoints)),
        store: logStore,
        embedded: EmbeddedWitness(
          signer: NoteSigner(
            party: try only(.witness), purpose: .cosignature,
            key: try witnessFolder.keys.signingKey(KeyName.cosignatures))),
        quorum: trust.witnessQuorum, trust: trust, clock: clock,
        tiles: try LogTiles(folder: home.log))

      // Auditor
      if let party = trust.keys(role: .auditor).first?.party {
        auditor = StatementSigner(
          party: party, key: try folder(party).keys.signingKey(KeyName.statements))
      } else {
        auditor = nil
      }

      // Merchants
      var shops: [Shop] = []
      var shopStores: [any ClosableStore] = []
      for merchant in trust.keys(role: .merchant).map(\.party) {
        let shopFolder = try folder(merchant)
        let store = try SQLiteStore.shop(in: shopFolder.state)
        shops.append(
          Shop(
            store: store,
            signer: StatementSigner(
              party: merchant, key: try shopFolder.keys.signingKey(KeyName.statements)),
            vaultKey: try shopFolder.atRestKey(), trust: trust, verdicts: verdicts, clock: clock,
            policy: ShopPolicy(templates: [CoordinatorHost.template])))
        shopStores.append(store)
      }
      self.shops = shops

      // Customer
      let walletFolder = try PartyFolder(at: home.wallet, passphraseFile: passphraseFile)
      let walletStore = try SQLiteStore.wallet(in: walletFolder.state)
      let wallet = try await Wallet(
        store: walletStore, atRest: try walletFolder.atRestKey(), trust: trust, verdicts: verdicts,
        clock: clock)
      customer = Customer(wallet: wallet, trust: trust, verdicts: verdicts, clock: clock)

      // Coordinator
      directory = LocalDirectory()
      for house in houses { directory.register(bank: house.bank, as: house.name) }
      for shop in shops { directory.register(merchant: shop, as: shop.name) }
      directory.register(customer: customer)
      let coordinatorName = try only(.coordinator)
      let coordinatorFolder = try folder(coordinatorName)
      let journal = try SQLiteStore.journal(in: coordinatorFolder.state)
      coordinator = CoordinatorHost(
        signer: StatementSigner(
          party: coordinatorName, key: try coordinatorFolder.keys.signingKey(KeyName.statements)),
        escrow: EscrowAgent(identity: try coordinatorFolder.keys.identity(KeyName.sealing)),
        trust: trust, log: log, journal: journal, participants: directory, clock: clock,
        terms: try Self.keptTerms(of: coordinatorName, in: home, trust: trust), policy: policy,
        hook: journalHook)
      let coordinatorKeys = coordinatorFolder.keys
      coordinatorAccount = { try coordinatorKeys.signingKey(KeyName.account).publicKey }

      let stores: [any ClosableStore] =
        houses.map(\.store) + [logStore, walletStore, journal] + shopStores
      closing = { for store in stores { try await store.close() } }
      self.home = home
      self.trust = trust
    } catch let error as PartyError {
      throw error
    } catch let error as StoreError {
      throw PartyError(error)
    } catch {
      throw PartyError(.home, "\(error)")
    }
    // Files that a crash has left behind are caught up. A log that cannot go on says so to whoever asks it.
    _ = try? await log.checkpoint()
    for bank in banks where !isFounding {
      guard await bank.keyset() != nil else {
        throw PartyError(.home, "\(bank.name) has no keyset in \(home.path)")
      }
    }
  }

  /// The bank at which the customer has her account.
  public var bank: Bank { houses[0].bank }

  /// Issues that bank's cards.
  public var cards: CardIssuer { houses[0].cards }

  /// All banks, that of the customer first.
  public var banks: [Bank] { houses.map(\.bank) }

  public func bank(_ name: PartyName) -> Bank? { banks.first { $0.name == name } }

  /// Who issues the cards of a bank.
  public func cards(of bank: PartyName) -> CardIssuer? {
    houses.first { $0.name == bank }?.cards
  }

  /// The present keyset of the customer's bank, which must be signed by the bank and stand in the log.
  ///
  /// - Throws: `home` when there is none or it does not verify.
  public func keyset() async throws(PartyError) -> AcceptedKeyset { try await keyset(of: bank) }

  /// The present keysets of all banks.
  ///
  /// - Throws: `home` when one is missing or does not verify.
  public func keysets() async throws(PartyError) -> [AcceptedKeyset] {
    var keysets: [AcceptedKeyset] = []
    for bank in banks { keysets.append(try await keyset(of: bank)) }
    return keysets
  }

  /// For so long a keyset that verified counts as verified.
  private static let keysetSeconds: Int64 = 60

  func keyset(of bank: Bank) async throws(PartyError) -> AcceptedKeyset {
    guard let signed = await bank.keyset() else {
      throw PartyError(.home, "the bank has no keyset")
    }
    let now = customer.clock.now()
    if let known = verifiedKeysets.withLock({ $0[bank.name] }), known.keyset.statement == signed,
      known.at <= now, now < known.at.adding(seconds: Self.keysetSeconds)
    {
      return known.keyset
    }
    do {
      let statement = try UnverifiedStatement(signed.bytes)
      guard let proof = try await log.proof(of: statement.id) else {
        throw PartyError(.home, "the bank's keyset is not in the log")
      }
      _ = try VerdictVerifier(trust).verify(signed, proof: proof.bytes, of: bank.name)
      let keyset = try AcceptedKeyset(signed, of: bank.name, trust: trust, at: now)
      verifiedKeysets.withLock { $0[bank.name] = (keyset, now) }
      return keyset
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  public func shop(_ name: PartyName) -> Shop? {
    shops.first { $0.name == name }
  }

  /// Puts the statements that banks and merchants have signed since into the log.
  ///
  /// - Throws: `receipt` when the log does not take them.
  public func logStatements() async throws(PartyError) {
    do {
      for bank in banks {
        while let last = try await logBatch(
          await bank.unlogged(atMost: 256).map { ($0.number, $0.statement) })
        {
          await bank.logged(through: last)
        }
      }
      for shop in shops {
        while let last = try await logBatch(
          await shop.unlogged(atMost: 256).map { ($0.number, $0.statement) })
        {
          await shop.logged(through: last)
        }
      }
    } catch {
      throw PartyError(.receipt, error.message)
    }
  }

  /// Closes all databases and lets go of the folders.
  ///
  /// - Throws: `home` when one does not close in order; what was answered is durable all the same.
  public func close() async throws(PartyError) {
    await coordinator.engine.quiesce()
    do {
      do {
        try await log.settle()
      } catch {
        // The stores close even when the log's files cannot be written.
        try await closing()
        throw error
      }
      try await closing()
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  private func logBatch(
    _ batch: [(number: Int, statement: StatementID)]
  ) async throws(ReceiptsError) -> Int? {
    guard let last = batch.last else { return nil }
    _ = try await log.append(batch.map { LogEntry(slot: .none, statement: $0.statement) })
    return last.number
  }
}

extension PartyError {
  /// Why a party's store cannot be opened.
  fileprivate init(_ error: StoreError) {
    switch error.code {
    case .inUse: self.init(.inUse, error.message)
    case .newerSchema, .otherSchema: self.init(.schema, error.message)
    default: self.init(.home, error.message)
    }
  }
}

/// A store that can be closed.
protocol ClosableStore: Sendable {
  func close() async throws(StoreError)
}

extension SQLiteStore: ClosableStore {}
