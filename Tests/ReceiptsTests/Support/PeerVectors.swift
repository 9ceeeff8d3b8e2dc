// Vectors of other projects, in the folder that FOIL_PEER_VECTORS names.

import Foundation
import Testing

enum PeerVectors {
  static let hint: Comment = "set FOIL_PEER_VECTORS to the folder with vectors of other projects"

  static var areThere: Bool { folder != nil }

  private static var folder: String? { ProcessInfo.processInfo.environment["FOIL_PEER_VECTORS"] }

  static func data(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: try #require(folder)).appending(path: path))
  }
}
