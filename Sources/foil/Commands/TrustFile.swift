// Trust lists that are named on the command line.

import Evidence
import PaymentModel

enum TrustFile {
  /// The trust list in a file.
  ///
  /// - Parameter path: `-` is standard input.
  static func read(_ path: String) throws -> TrustStore {
    let bytes = try InputFile.read(path, largestByteCount: UnverifiedStatement.largestByteCount)
    do {
      return try TrustStore(Signed(bytes))
    } catch {
      throw Failure(.notChecked, "\(path) is no trust list: \(error.message)")
    }
  }
}
