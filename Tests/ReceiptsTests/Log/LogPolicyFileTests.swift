// Policies in files: what they mean, and what is none.

import PaymentModel
import Receipts
import Testing

@Suite struct LogPolicyFileTests {
  let log: NoteSigner
  let witnesses: [NoteSigner]

  init() throws {
    log = try World.noteSigner("log.example", .note)
    witnesses = try (1...4).map { try World.noteSigner("w\($0).example", .cosignature) }
  }

  private func lines(_ rules: String) -> Bytes {
    var text = "# who is believed\n\nlog \(log.key.verifierKey) https://log.example/\n"
    for (number, witness) in witnesses.enumerated() {
      text += "\twitness w\(number + 1)  \(witness.key.verifierKey)\n"
    }
    return Bytes((text + rules).utf8)
  }

  /// Which sets of witnesses are enough, as the numbers of their members.
  private func enough(_ rules: String) throws -> [[Int]] {
    let policy = try LogPolicy(file: lines(rules))
    return (0..<16).map { set in (0..<4).filter { set >> $0 & 1 == 1 } }.filter { set in
      policy.quorum.isMet(by: Set(set.map { witnesses[$0].key }))
    }
  }

  @Test func groupsOfGroups() throws {
    let rules = """
      group X 2 w1 w2 w3
      group all-of-it all X w4
      quorum all-of-it

      """
    #expect(try enough(rules) == [[0, 1, 3], [0, 2, 3], [1, 2, 3], [0, 1, 2, 3]])
    #expect(try enough("quorum none\n").count == 16)
    #expect(
      try enough("quorum w2\n") == [
        [1], [0, 1], [1, 2], [0, 1, 2], [1, 3], [0, 1, 3], [1, 2, 3], [0, 1, 2, 3],
      ])
    #expect(try enough("group any-of any w1 w4\nquorum any-of\n").count == 12)
    let policy = try LogPolicy(file: lines("quorum none\n"))
    #expect(policy.logs.map(\.key) == [log.key] && policy.witnesses.count == 4)
  }

  @Test(arguments: [
    "", "quorum w5\n", "quorum none\nquorum none\n", "quorum w1 w2\n", "group g 0 w1\nquorum g\n",
    "group g 3 w1 w2\nquorum g\n", "group g 01 w1\nquorum g\n", "group g all\nquorum none\n",
    "group g all w1 w1\nquorum g\n", "group g any w1\ngroup h any w1\nquorum h\n",
    "group w1 any w2\nquorum w1\n", "group none any w1\nquorum none\n",
    "group g any none\nquorum g\n",
    "group g any h\ngroup h any w1\nquorum g\n", "quorum none \r\n",
    "witness w9 nonsense\nquorum none\n",
    "log\nquorum none\n", "believe w1\nquorum none\n", "quorum none\n\0\n", "quorum none",
  ])
  func whatIsNoPolicy(rules: String) {
    #expect {
      _ = try LogPolicy(file: lines(rules))
    } throws: {
      ($0 as? ReceiptsError)?.code == .policyFormat
    }
  }

  @Test func oneKeyIsThereOnceAndForItsUse() throws {
    let again = "witness w1-again \(witnesses[0].key.verifierKey)\nquorum none\n"
    let asLog = "log \(witnesses[0].key.verifierKey)\nquorum none\n"
    let asWitness = "witness l \(log.key.verifierKey)\nquorum none\n"
    let logAgain = "log \(log.key.verifierKey)\nquorum none\n"
    for rules in [again, asLog, asWitness, logAgain] {
      #expect {
        _ = try LogPolicy(file: lines(rules))
      } throws: {
        ($0 as? ReceiptsError)?.code == .policyFormat
      }
    }
    // A Kelvin sign is not the letter that it is equal to in Unicode.
    let kelvin =
      "witness \u{212A} \(try World.noteSigner("k.example", .cosignature).key.verifierKey)\n"
    #expect {
      _ = try LogPolicy(file: lines(kelvin + "quorum K\n"))
    } throws: {
      ($0 as? ReceiptsError)?.code == .policyFormat
    }
  }

  @Test func aPolicyTakesTheTrustListsPlace() async throws {
    let world = try World()
    let receipt = try await Purchase(in: world).receipt(from: world.log())
    func answer(_ rules: String) throws -> ReceiptReport.Answer {
      let key = world.witnessSigner.key.verifierKey
      let file = "log \(world.logSigner.key.verifierKey)\nwitness own \(key)\n" + rules
      return ReceiptVerification(
        world.trust, policy: try LogPolicy(file: Bytes(file.utf8))
      ).verify(receipt).answer
    }
    #expect(try answer("quorum own\n") == .proven)
    let stranger = "witness other \(witnesses[0].key.verifierKey)\n"
    #expect(try answer(stranger + "quorum other\n") == .cannotBeChecked)
    #expect(try answer(stranger + "group both all own other\nquorum both\n") == .cannotBeChecked)
    #expect(try answer(stranger + "group one any own other\nquorum one\n") == .proven)
  }
}
