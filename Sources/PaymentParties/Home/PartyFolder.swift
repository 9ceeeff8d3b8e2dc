// One party's folder: its databases and its sealed keys, in the hands of one process.

public import PaymentCrypto
public import StoreSQLite

/// The folder of one party.
public struct PartyFolder: Sendable {
  /// Locked for as long as anything uses it.
  public let state: StateFolder
  public let keys: KeyCabinet
  private let atRest: AtRest

  /// Opens the folder, and makes it when it is missing.
  ///
  /// - Throws: `home` when another process has it or it cannot be made; `atRestKey`.
  public init(at path: String, passphraseFile: String? = nil) throws(PartyError) {
    do {
      state = try StateFolder(at: path)
    } catch {
      throw PartyError(error.code == .inUse ? .inUse : .home, error.message)
    }
    atRest = AtRest(folder: path, passphraseFile: passphraseFile)
    keys = KeyCabinet(folder: path, key: try atRest.key())
  }

  /// The key that secrets of this party are sealed under.
  public func atRestKey() throws(PartyError) -> AtRestKey {
    try atRest.key()
  }
}
