// What does not change while a world runs: who there is, under which rules, with which flaw.

package import Coordinator
import PaymentCrypto
package import PaymentModel

package final class Setting: Sendable {
  package let flaw: Flaw?
  package let conduct: Conduct
  package let bankNames: [PartyName]
  package let shopNames: [PartyName]
  package let coordinatorKey: Thumbprint
  package let rogueKey: Thumbprint
  package let template: Digest
  /// What the coordinator charges.
  package let charging: Charging
  /// What each bank keeps of a transfer, in minor units; a new tariff adds one.
  private let transferFees: [UInt64]
  /// How long a tariff lasts.
  private static let tariffSeconds: Int64 = 180

  package static let coordinatorName = name("coordinator.example")
  package static let rogueName = name("rogue.example")
  private static let standardTemplate = SHA256.digest(ProcessTemplate.standard.json)

  package init(
    banks: Int, shops: Int, flaw: Flaw?, policy: RetryPolicy = .standard,
    limits: CoordinatorLimits = .standard, transferFees: [UInt64] = [],
    charging: Charging = .none
  ) {
    self.transferFees = transferFees
    self.charging = charging
    self.flaw = flaw
    conduct = Conduct(
      coordinator: Self.coordinatorName,
      notary: SymbolicNotary(
        Self.coordinatorName, terms: charging.published,
        asksForFees: flaw != .takesOrdersWithoutFee),
      examiner: SymbolicExaminer(), policy: policy, limits: limits,
      rules: flaw?.rules ?? .standard,
      readOrder: { try? SymbolicEvidence.read(order: $0) })
    bankNames = Self.bankNames(banks)
    shopNames = (0..<shops).map { Self.name("merchant-\($0).example") }
    coordinatorKey = SymbolicEvidence.key(of: Self.coordinatorName)
    rogueKey = SymbolicEvidence.key(of: Self.rogueName)
    template = Self.standardTemplate
  }

  /// Parties with other evidence.
  package init(
    conduct: Conduct, banks: [PartyName], shops: [PartyName], coordinatorKey: Thumbprint
  ) {
    flaw = nil
    transferFees = []
    charging = .none
    self.conduct = conduct
    bankNames = banks
    shopNames = shops
    self.coordinatorKey = coordinatorKey
    rogueKey = SymbolicEvidence.key(of: Self.rogueName)
    template = Self.standardTemplate
  }

  /// Whether everybody trusts that key to decide.
  func isCoordinator(_ key: Thumbprint) -> Bool {
    key == coordinatorKey || key == rogueKey
  }

  /// What a bank keeps of a transfer that is agreed on at that time: every other tariff is dearer.
  func transferFee(of bank: PartyName, at time: Timestamp) -> UInt64 {
    guard let place = bankNames.firstIndex(of: bank), transferFees.indices.contains(place),
      transferFees[place] > 0
    else { return 0 }
    let tariff = time.milliseconds(since: Stage.start) / (Self.tariffSeconds * 1000)
    return transferFees[place] + UInt64(tariff & 1)
  }

  static func bankNames(_ count: Int) -> [PartyName] {
    (0..<count).map { name("bank-\($0).example") }
  }

  package static func name(_ text: String) -> PartyName {
    guard let name = PartyName(text) else { fatalError("no party's name: \(text)") }
    return name
  }
}
