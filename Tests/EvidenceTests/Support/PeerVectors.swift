// Vectors of other projects, which stay where they are: in the folder that FOIL_PEER_VECTORS names.
// And the project's own.

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
}

enum Vectors {
  /// Whether this run writes the project's own vectors instead of comparing them.
  static let areWritten = ProcessInfo.processInfo.environment["FOIL_WRITE_VECTORS"] == "1"

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Vectors/statements")
}
