// Vectors of other projects, which stay where they are: in the folder that FOIL_PEER_VECTORS names.

import Foundation
import PaymentModel
import Testing

enum PeerVectors {
  static let folder = ProcessInfo.processInfo.environment["FOIL_PEER_VECTORS"].map {
    URL(filePath: $0, directoryHint: .isDirectory)
  }
  static var isPresent: Bool { folder != nil }

  static func data(_ path: String) throws -> Data {
    try Data(contentsOf: try #require(folder).appending(path: path))
  }

  static func json<Value: Decodable>(_ path: String, as: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(Value.self, from: data(path))
  }

  static func files(in directory: String) throws -> [String] {
    let all = try FileManager.default.contentsOfDirectory(
      atPath: try #require(folder).appending(path: directory).path)
    return all.filter { !$0.hasPrefix(".") }.sorted()
  }
}

/// A file of Project Wycheproof, with the members that these tests read.
struct Wycheproof<Group: Decodable>: Decodable {
  var testGroups: [Group]
}

/// The project's own vectors, found from this file.
enum Vectors {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Vectors")
}

extension String {
  /// The bytes that these lower-case hexadecimal digits spell.
  var unhexed: Bytes {
    get throws { try #require(Bytes(hex: self)) }
  }
}
