// Complaints of every kind, decided, as they are and as the files in Vectors/disputes.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.serialized) struct DisputeVectorTests {
  @Test(arguments: DisputeCase.all.map(\.name))
  func eachComplaintEndsAsItMust(name: String) async throws {
    let example = try #require(DisputeCase.all.first { $0.name == name })
    let world = try DisputeWorld(hasOtherBank: example.hasOtherBank)
    let evidence = try await example.evidence(world)
    let audit = try DisputeAudit(evidence, trust: world.trust, complaint: evidence.complaint)
    #expect(DisputeCase.words(audit.judgement) == example.expected)

    // The files can be handed in in any order.
    let reversed = try DisputeAudit(
      evidence.reversed(), trust: world.trust, complaint: evidence.complaint)
    #expect(reversed.judgement == audit.judgement)

    let file = try DisputeFile(
      comment: example.comment, expected: example.expected, trust: world.trust.bytes,
      complaint: evidence.complaint, evidence: evidence.map(\.bytes)
    ).bytes
    let path = DisputeFile.folder.appending(path: "\(name).json")
    if DisputeFile.areWritten { try file.write(to: path) }
    #expect(try Data(contentsOf: path) == file, "\(path.lastPathComponent)")
  }

  /// What stands in a file is enough: another program could do the same.
  @Test func theFilesAreEnoughAndNoneIsLeftOver() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: DisputeFile.folder.path)
    #expect(Set(names) == Set(DisputeCase.all.map { "\($0.name).json" } + ["README.md"]))
    for name in names where name.hasSuffix(".json") {
      let data = try Data(contentsOf: DisputeFile.folder.appending(path: name))
      let file = try JSONDecoder().decode(DisputeFile.self, from: data)
      let trust = try TrustStore(Signed(Bytes(file.trust.utf8)))
      let audit = try DisputeAudit(
        file.receipts(), trust: trust, complaint: StatementID(hex: file.complaint))
      #expect(DisputeCase.words(audit.judgement) == file.expected, "\(name)")
    }
  }

  /// For every kind there is a complaint that is upheld, or leads to a question, and one that is not.
  @Test func eachGrievanceHasAnHonestAndADishonestComplainant() {
    for grievance in Grievance.allCases {
      for word in ["honest", "dishonest"] {
        #expect(DisputeCase.all.contains { $0.name == "\(grievance.rawValue)-\(word)" })
      }
    }
  }
}

extension [Receipt] {
  /// The first complaint: the others only show that time has passed.
  fileprivate var complaint: StatementID? {
    lazy.flatMap(\.entries).compactMap { try? UnverifiedStatement($0.statement) }
      .first { $0.kind == .complaint && $0.issuer.party != Fair.party("maps.example") }?.id
      ?? lazy.flatMap(\.entries).compactMap { try? UnverifiedStatement($0.statement) }
      .first { $0.kind == .complaint }?.id
  }
}

/// A complaint with everything that is needed to decide it, as one file.
private struct DisputeFile: Codable {
  let comment: String
  let expected: String
  let complaint: String
  let trust: String
  /// Files of evidence, in base64.
  let evidence: [Data]

  init(
    comment: String, expected: String, trust: Bytes, complaint: StatementID?, evidence: [Bytes]
  ) throws {
    self.comment = comment
    self.expected = expected
    self.complaint = try #require(complaint).hex
    self.trust = String(decoding: trust, as: UTF8.self)
    self.evidence = evidence.map { Data($0) }
  }

  func receipts() throws -> [Receipt] { try evidence.map { try Receipt(Bytes($0)) } }

  var bytes: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self) + Data("\n".utf8)
    }
  }

  static let areWritten = ProcessInfo.processInfo.environment["FOIL_WRITE_VECTORS"] == "1"
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Vectors/disputes")
}
