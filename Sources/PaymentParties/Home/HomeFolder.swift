// Where everything of one home stands.

import Foundation
public import PaymentModel

/// The paths below a home folder (Docs/Operations.md).
public struct HomeFolder: Hashable, Sendable {
  public let path: String

  public init(_ path: String) {
    self.path = path
  }

  /// The folder that the environment names: `$FOIL_HOME`, otherwise by the XDG base directories.
  public static func usual(_ environment: [String: String]) -> HomeFolder {
    if let home = environment["FOIL_HOME"], !home.isEmpty { return HomeFolder(home) }
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
      return HomeFolder("\(data)/foil")
    }
    return HomeFolder("\(environment["HOME"] ?? ".")/.local/share/foil")
  }

  public var trust: String { "\(path)/trust.json" }
  /// There while a founding has not come to its end; H of the charter, in hexadecimal digits.
  public var founding: String { "\(path)/founding" }
  public var receipt: String { "\(path)/purchase.receipt" }
  public var locked: String { "\(path)/locked" }
  public var keys: String { "\(path)/keys" }
  public var opened: String { "\(path)/opened" }
  /// The log's static files.
  public var log: String { "\(path)/log" }

  public func state(of party: PartyName) -> String { "\(path)/state/\(party)" }
  /// The terms that a coordinator has signed.
  func terms(of coordinator: PartyName) -> String { "\(state(of: coordinator))/terms" }
  public var wallet: String { "\(path)/state/wallet" }

  /// Makes the folders, private.
  ///
  /// - Throws: `home`.
  public func make() throws(PartyError) {
    for folder in [path, locked, keys, opened, log, "\(path)/state"] {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      } catch {
        throw PartyError(.home, "cannot make \(folder)")
      }
    }
  }
}
