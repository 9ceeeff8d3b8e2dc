// libsodium chooses its implementations once, before its first use.

internal import CSodium

enum LibSodium {
  private static let isReady = sodium_init() >= 0

  /// Call before any other function of libsodium. Ends the process when the library does not start.
  static func start() {
    guard isReady else { fatalError("libsodium failed: sodium_init") }
  }
}
