// What becomes of statements that rely on others which do not hold.

import Evidence
import PaymentModel

extension Examination {
  /// A statement falls with those that it relies on: where one of them is in the receipt and does not verify, or
  /// has fallen itself. Where that one could only not be checked, neither can this.
  mutating func checkReliances() {
    var fallen: [StatementID: Finding.Result] = [:]
    let standing = Set(reliances.map(\.statement))
    let refuted = Set(findings.filter { $0.result == .refuted }.compactMap(\.statement))
    for entry in receipt.entries {
      guard let id = try? UnverifiedStatement(entry.statement).id, !standing.contains(id) else {
        continue
      }
      fallen[id] = refuted.contains(id) ? .refuted : .missing
    }
    var rest = reliances
    while let index = rest.firstIndex(where: { $0.prev.contains { fallen[$0] != nil } }) {
      let reliance = rest.remove(at: index)
      let lost = reliance.prev.filter { fallen[$0] != nil }
      guard let first = lost.first(where: { fallen[$0] == .refuted }) ?? lost.first,
        let result = fallen[first]
      else { continue }
      fallen[reliance.statement] = result
      findings.append(
        Finding(
          .prev, result,
          "it relies on statement \(first), which "
            + (result == .refuted ? "does not hold" : "cannot be checked"),
          party: reliance.issuer.party, key: reliance.issuer.key, kind: reliance.kind,
          statement: reliance.statement))
    }
  }
}
