// A policy in a file (C2SP tlog-policy): which logs and witnesses, and what quorum.
//
//   log <verifier key> [<url>]
//   witness <name> <verifier key> [<url>]
//   group <name> all|any|<number> <name>…
//   quorum <name>|none

import PaymentCrypto
public import PaymentModel

extension LogPolicy {
  /// The largest policy that is read, in bytes.
  public static let largestFile = 65_536
  /// How many logs, witnesses and groups each a policy may have.
  public static let mostLines = 256

  /// Reads a policy file. Its keys are valid at all times.
  ///
  /// - Throws: `policyFormat`, with the number of the line.
  public init(file: Bytes) throws(ReceiptsError) {
    guard file.count <= Self.largestFile, file.last == 0x0A,
      file.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 || $0 == 0x0A })
    else {
      throw ReceiptsError(.policyFormat, "a policy is at most 64 KiB of lines of text")
    }
    var reader = PolicyReader()
    let lines = file.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      do throws(PolicyReader.Problem) {
        try reader.read(line.split { $0 == 0x20 || $0 == 0x09 }.map { Bytes($0) })
      } catch {
        throw ReceiptsError(.policyFormat, "line \(number + 1) of the policy: \(error.message)")
      }
    }
    guard let quorum = reader.quorum else {
      throw ReceiptsError(.policyFormat, "the policy has no quorum line")
    }
    self.init(logs: reader.logs, witnesses: reader.witnesses, quorum: quorum)
  }
}

/// What the lines of a policy have defined so far. Names are bytes without a meaning.
private struct PolicyReader {
  struct Problem: Error {
    let message: String
  }

  private(set) var logs: [LogPolicy.Key] = []
  private(set) var witnesses: [LogPolicy.Key] = []
  private(set) var quorum: WitnessQuorum?
  private var rules: [Bytes: WitnessQuorum] = [:]
  private var members: Set<Bytes> = []

  private static let none = Bytes("none".utf8)

  mutating func read(_ fields: [Bytes]) throws(Problem) {
    guard let keyword = fields.first, keyword.first != UInt8(ascii: "#") else { return }
    switch String(decoding: keyword, as: UTF8.self) {
    case "log": try readLog(fields)
    case "witness": try readWitness(fields)
    case "group": try readGroup(fields)
    case "quorum": try readQuorum(fields)
    default: throw Problem(message: "it begins with none of log, witness, group, quorum")
    }
  }

  private mutating func readLog(_ fields: [Bytes]) throws(Problem) {
    guard (2...3).contains(fields.count), logs.count < LogPolicy.mostLines else {
      throw Problem(message: "a log is 'log <key> [<url>]'")
    }
    let key = try Self.key(fields[1], .note)
    guard !logs.contains(where: { $0.key.publicKey.bytes == key.key.publicKey.bytes }) else {
      throw Problem(message: "two logs with one key")
    }
    logs.append(key)
  }

  private mutating func readWitness(_ fields: [Bytes]) throws(Problem) {
    guard (3...4).contains(fields.count), witnesses.count < LogPolicy.mostLines else {
      throw Problem(message: "a witness is 'witness <name> <key> [<url>]'")
    }
    let key = try Self.key(fields[2], .cosignature)
    guard !witnesses.contains(where: { $0.key.publicKey.bytes == key.key.publicKey.bytes }) else {
      throw Problem(message: "two witnesses with one key")
    }
    try define(fields[1], as: .witness(key.key))
    witnesses.append(key)
  }

  private mutating func readGroup(_ fields: [Bytes]) throws(Problem) {
    guard fields.count >= 4, rules.count < 2 * LogPolicy.mostLines else {
      throw Problem(message: "a group is 'group <name> all|any|<number> <name>…'")
    }
    let names = fields[3...]
    var group: [WitnessQuorum] = []
    for name in names {
      guard let rule = rules[name] else { throw Problem(message: "a member is not defined above") }
      // A witness counts in one way only.
      guard members.insert(name).inserted else {
        throw Problem(message: "a name is a member twice")
      }
      group.append(rule)
    }
    let threshold: Int
    switch String(decoding: fields[2], as: UTF8.self) {
    case "all": threshold = names.count
    case "any": threshold = 1
    default:
      guard let number = UInt64(decimal: fields[2]), (1...UInt64(names.count)).contains(number)
      else { throw Problem(message: "the number is not between 1 and that of the members") }
      threshold = Int(number)
    }
    try define(fields[1], as: .group(threshold: threshold, of: group))
  }

  private mutating func readQuorum(_ fields: [Bytes]) throws(Problem) {
    guard fields.count == 2, quorum == nil else {
      throw Problem(message: "one quorum, as 'quorum <name>'")
    }
    guard let rule = fields[1] == Self.none ? WitnessQuorum.none : rules[fields[1]] else {
      throw Problem(message: "the quorum is not defined above")
    }
    quorum = rule
  }

  private mutating func define(_ name: Bytes, as rule: WitnessQuorum) throws(Problem) {
    guard name != Self.none, rules.updateValue(rule, forKey: name) == nil else {
      throw Problem(message: "the name is taken")
    }
  }

  private static func key(
    _ text: Bytes, _ purpose: NoteKey.Purpose
  ) throws(Problem) -> LogPolicy.Key {
    guard let text = String(validating: text, as: UTF8.self),
      let key = try? NoteKey(verifierKey: text), key.purpose == purpose
    else { throw Problem(message: "not a verifier key for this use") }
    return LogPolicy.Key(
      key, from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: .max))
  }
}
