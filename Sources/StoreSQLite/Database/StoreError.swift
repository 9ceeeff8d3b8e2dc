// Why a store cannot be opened or closed.

/// What keeps a store from being opened or closed. An open store does not throw: see `StoreFailure`.
public struct StoreError: Error, Sendable {
  /// Which check failed.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// The state folder cannot be made, or cannot be made private.
    public static let folder = Code(rawValue: "state-folder")
    /// Another process, or another opener in this one, has the state folder.
    public static let inUse = Code(rawValue: "state-in-use")
    /// The database cannot be opened or brought to the present schema.
    public static let unusable = Code(rawValue: "store-unusable")
    /// A newer version of this software wrote the database.
    public static let newerSchema = Code(rawValue: "store-newer-schema")
    /// The database's tables are not those of any version of its schema.
    public static let otherSchema = Code(rawValue: "store-other-schema")
    /// The database does not promise that what was committed survives a power loss.
    public static let notDurable = Code(rawValue: "store-not-durable")
    /// The database did not close in order. What was answered is durable all the same.
    public static let close = Code(rawValue: "store-close")
  }

  public let code: Code
  /// For people. Never a secret, never a row.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension StoreError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}
