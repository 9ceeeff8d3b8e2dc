// The signed list of trusted keys, as a file that is named on the command line.

import Evidence
import PaymentModel

enum TrustFile {
  /// Reads and verifies a list.
  static func read(_ path: String) throws -> TrustStore {
    let bytes = try InputFile.read(path, largestByteCount: UnverifiedStatement.largestByteCount)
    do {
      return try TrustStore(Signed(bytes))
    } catch {
      throw Failure(.notChecked, "\(path) is no trust list: \(error.message)")
    }
  }
}
