// What becomes of statements that rely on others which do not hold.

import PaymentModel

extension Examination {
  /// A statement falls with those that it relies on: where one of them is in the receipt and does not verify, or
  /// has fallen itself. Where that one could only not be checked, neither can this.
  mutating func checkReliances() {
    var dependants: [StatementID: [Int]] = [:]
    for (number, reliance) in reliances.enumerated() {
      for id in reliance.prev { dependants[id, default: []].append(number) }
    }
    let standing = Set(reliances.map(\.statement))
    var fallen: [StatementID: Finding.Result] = [:]
    var rest: [StatementID] = []
    for finding in findings {
      guard let id = finding.statement, !standing.contains(id), finding.result != .proven else {
        continue
      }
      if fallen[id] == nil { rest.append(id) }
      if fallen[id] != .refuted { fallen[id] = finding.result == .refuted ? .refuted : .missing }
    }
    // What was refuted goes first, so that it decides.
    rest.sort { fallen[$0] == .refuted && fallen[$1] != .refuted }
    var next = 0
    while next < rest.count {
      let id = rest[next]
      next += 1
      for number in dependants[id] ?? [] {
        let reliance = reliances[number]
        guard fallen[reliance.statement] == nil, let result = fallen[id] else { continue }
        fallen[reliance.statement] = result
        rest.append(reliance.statement)
        findings.append(
          Finding(
            .prev, result,
            "it relies on statement \(id), which "
              + (result == .refuted ? "does not hold" : "cannot be checked"),
            party: reliance.issuer.party, key: reliance.issuer.key, kind: reliance.kind,
            statement: reliance.statement))
      }
    }
  }
}
