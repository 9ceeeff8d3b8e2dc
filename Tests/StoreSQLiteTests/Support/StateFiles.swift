// The raw files of a state folder, searched for what must not be in them.

import Foundation
import PaymentCrypto
import PaymentModel

/// All bytes in a folder, as a thief would read them: tables, free pages, and the write-ahead log.
struct StateFiles {
  private let contents: [Data]

  init(_ folder: TemporaryFolder) throws {
    contents = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
      try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)"))
    }
  }

  /// Whether 16 bytes in a row of the secret stand anywhere, raw or in hexadecimal or base64 digits.
  func contain(_ secret: Bytes) -> Bool {
    stride(from: 0, through: secret.count - 16, by: 16).contains { start in
      let part = Bytes(secret[start..<start + 16])
      let hex = part.hex
      // The last digit of base64 depends on what follows.
      let spellings = [
        Data(part), Data(hex.utf8), Data(hex.uppercased().utf8),
        Data(Base64.padded.encode(part).prefix(21)), Data(Base64.url.encode(part).prefix(21)),
      ]
      return contents.contains { file in spellings.contains { file.range(of: $0) != nil } }
    }
  }
}
