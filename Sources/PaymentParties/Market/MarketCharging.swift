// What the market's coordinator charges: its terms, where it keeps them, and the account that they name.

import ECash
public import Evidence
import Foundation
import PaymentCrypto
public import PaymentModel
import Receipts

/// What a coordinator is to charge in one currency.
public struct Tariff: Sendable {
  public var amount: Amount
  /// Its account, opened if there is none of that name.
  public var account: AccountName
  /// Where it has the account; at the customer's bank unless said otherwise.
  public var bank: PartyName?
  /// The most that a bank may keep of the fee, in minor units.
  public var largestFee: UInt64
  /// From when; from when it is signed, without one.
  public var validFrom: Timestamp?
  public var validUntil: Timestamp

  public init(
    amount: Amount, account: AccountName, at bank: PartyName? = nil, largestFee: UInt64 = 0,
    validFrom: Timestamp? = nil, validUntil: Timestamp
  ) {
    self.amount = amount
    self.account = account
    self.bank = bank
    self.largestFee = largestFee
    self.validFrom = validFrom
    self.validUntil = validUntil
  }
}

extension Market {
  /// Has the coordinator charge for each process that it commits, from when the tariff begins: signs the terms, logs
  /// them, and keeps them in its folder.
  ///
  /// - Parameter tariff: an amount of nothing ends what was charged before.
  /// - Throws: `fee` for a tariff that begins in the past or ends before; `fee-limit` when every bank through which it
  ///   could be paid keeps more of a transfer now than the tariff allows: nobody could order any more; `payment` when
  ///   the account cannot be opened; `receipt` when the log does not take the terms, `home` when they cannot be kept.
  @discardableResult
  public func charge(_ tariff: Tariff) async throws(PartyError) -> Verified<Terms> {
    try readTerms()
    var charges: [Charge] = []
    if !tariff.amount.isZero {
      let payee = Payee(bank: tariff.bank ?? bank.name, account: tariff.account)
      let accepts = try await accepts(for: payee, keeping: tariff.largestFee)
      try await openAccount(of: payee)
      charges = [Charge(amount: tariff.amount, payees: [payee], accepts: accepts)]
    }
    return try await coordinator.announce(
      charges, from: tariff.validFrom, until: tariff.validUntil
    ) { verified throws(PartyError) in
      do {
        _ = try await log.append([LogEntry(slot: .none, statement: verified.id)])
      } catch {
        throw PartyError(.receipt, "\(error)")
      }
      try Self.keep(verified, of: coordinator.name, in: home)
    }
  }

  /// Through which banks the account can be paid: its own, and those that both clear with that one and that it clears
  /// with.
  private func accepts(
    for payee: Payee, keeping largestFee: UInt64
  ) async throws(PartyError) -> [AcceptedPayment] {
    guard let own = bank(payee.bank) else {
      throw PartyError(.payment, "\(payee.bank) is not in this market")
    }
    let cleared = await own.clearings().map(\.bank)
    var accepts: [AcceptedPayment] = []
    var admits = false
    for bank in banks {
      let others = await bank.clearings().map(\.bank)
      guard bank.name == own.name || (cleared.contains(bank.name) && others.contains(own.name))
      else { continue }
      accepts += bank.methods.map {
        AcceptedPayment(bank: bank.name, method: $0.method, largestFee: largestFee)
      }
      if try await keyset(of: bank).keyset.fees.perTransfer <= largestFee { admits = true }
    }
    guard admits else {
      throw PartyError(
        .feeLimit, "each bank keeps more than \(largestFee): the fee could not be paid")
    }
    return accepts
  }

  /// What the coordinator charges now, as the customer verifies it; `nil` where it has no terms.
  ///
  /// - Throws: `fee` for terms that do not verify; `home` for kept ones that nobody has signed.
  public func terms() throws(PartyError) -> Verified<Terms>? {
    try readTerms()
    guard let terms = coordinator.terms(at: customer.clock.now()) else { return nil }
    return try customer.inspect(terms, of: coordinator.key)
  }

  /// The coordinator's account, for a key of its own. Under that name nobody else has one.
  private func openAccount(of payee: Payee) async throws(PartyError) {
    guard let bank = bank(payee.bank) else {
      throw PartyError(.payment, "\(payee.bank) is not in this market")
    }
    let key: Ed25519.PublicKey
    do {
      key = try coordinatorAccount()
    } catch {
      throw PartyError(.payment, "\(error)")
    }
    do {
      try await bank.openAccount(payee.account, key: key)
    } catch {
      throw PartyError(.payment, error.message)
    }
  }

  // MARK: - Where terms are kept

  private static func keep(
    _ terms: Verified<Terms>, of coordinator: PartyName, in home: HomeFolder
  ) throws(PartyError) {
    let folder = home.terms(of: coordinator)
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try DurableFile.write(terms.signed.bytes, to: "\(folder)/\(fileName(terms.id))")
    } catch {
      throw PartyError(.home, "the terms cannot be kept: \(error)")
    }
  }

  /// Keeps to what another program has had the coordinator sign since.
  ///
  /// - Throws: `home`, as `keptTerms`.
  func readTerms() throws(PartyError) {
    coordinator.adopt(
      try Self.keptTerms(
        of: coordinator.name, in: home, trust: trust, besides: coordinator.terms.map(\.id)))
  }

  /// The terms in a coordinator's folder. Those of a key that was not the coordinator's when they began hold for
  /// nobody, and are left out.
  ///
  /// - Parameter known: those that need not be read.
  /// - Throws: `home` when one of them is not what the coordinator has signed, or they cannot be read: it would take
  ///   orders otherwise than it has said.
  static func keptTerms(
    of coordinator: PartyName, in home: HomeFolder, trust: TrustStore,
    besides known: [StatementID] = []
  ) throws(PartyError) -> [Verified<Terms>] {
    let folder = home.terms(of: coordinator)
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw PartyError(.home, "\(folder) cannot be read: \(error)")
    }
    var kept: [Verified<Terms>] = []
    let knownNames = Set(known.map { fileName($0) })
    for name in names.sorted() where name.hasSuffix(".terms") && !knownNames.contains(name) {
      do {
        guard let bytes = DurableFile.read("\(folder)/\(name)") else {
          throw PartyError(.home, "unreadable")
        }
        let claim: Terms = try UnverifiedStatement(bytes).unverifiedClaim()
        kept.append(
          try trust.verify(Signed<Terms>(bytes), by: coordinator, at: claim.validFrom))
      } catch let error as EvidenceError where Self.concernsKey(error.code) {
        continue
      } catch {
        throw PartyError(.home, "\(folder)/\(name) holds no terms of \(coordinator): \(error)")
      }
    }
    return kept
  }

  private static func fileName(_ terms: StatementID) -> String { "\(terms.hex).terms" }

  /// Whether it says that a key was not valid, and nothing about what was signed.
  private static func concernsKey(_ code: EvidenceError.Code) -> Bool {
    [.keyUnknown, .keyNotYetValid, .keyExpired].contains(code)
  }
}
