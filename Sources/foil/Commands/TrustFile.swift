// The trust list that a command is told to believe.

import Evidence
import PaymentModel

enum TrustFile {
  /// Reads a signed trust list; `-` is standard input.
  ///
  /// - Throws: `Failure` when it is none.
  static func read(_ file: String) throws -> TrustStore {
    let bytes = try InputFile.read(file, largestByteCount: UnverifiedStatement.largestByteCount)
    do {
      return try TrustStore(Signed(bytes))
    } catch {
      throw Failure(.notChecked, "\(file) is no trust list: \(error.message)")
    }
  }
}
