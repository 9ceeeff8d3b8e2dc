// age files of other projects, in the folder that FOIL_PEER_VECTORS names.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

enum PeerVectors {
  static let folder = ProcessInfo.processInfo.environment["FOIL_PEER_VECTORS"]
  static var isPresent: Bool { folder != nil }

  /// Reads `key: value` lines, an empty line, and the age file behind it.
  static func age(_ name: String) throws -> AgeVector {
    let path = "\(try #require(folder))/\(name)"
    let bytes = Bytes(try Data(contentsOf: URL(filePath: path)))
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    var members: [String: String] = [:]
    var fileStart = 0
    for line in lines {
      fileStart += line.count + 1
      if line.isEmpty { break }
      let text = String(decoding: line, as: UTF8.self)
      let parts = text.split(separator: ":", maxSplits: 1)
      members[String(parts[0])] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
    }
    return AgeVector(members: members, file: Bytes(bytes[fileStart...]))
  }
}

struct AgeVector {
  let members: [String: String]
  let file: Bytes

  var isGood: Bool { members["expect"] == "success" }

  func identity() throws -> Age.Identity {
    let text = try #require(members["identity"])
    return try Age.Identity(encoded: SecretBytes(copying: Bytes(text.utf8)))
  }
}
