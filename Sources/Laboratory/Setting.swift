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

  package static let coordinatorName = name("coordinator.example")
  package static let rogueName = name("rogue.example")
  private static let standardTemplate = SHA256.digest(ProcessTemplate.standard.json)

  /// - Parameter rules: `nil` for those of the flaw, or all of them.
  package init(
    banks: Int, shops: Int, flaw: Flaw?, policy: RetryPolicy = .standard,
    rules: ProtocolRules? = nil
  ) {
    self.flaw = flaw
    conduct = Conduct(
      coordinator: Self.coordinatorName, notary: SymbolicNotary(Self.coordinatorName),
      examiner: SymbolicExaminer(), policy: policy, rules: rules ?? flaw?.rules ?? .standard,
      readOrder: { try? SymbolicEvidence.read(order: $0) })
    bankNames = (0..<banks).map { Self.name("bank-\($0).example") }
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

  package static func name(_ text: String) -> PartyName {
    guard let name = PartyName(text) else { fatalError("no party's name: \(text)") }
    return name
  }
}
