// The private keys of the test denominations, read once for all tests.

import ECash
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

/// Signs with the keys in Vectors/denominations. Can be told to fail.
final class TestDenominationKeys: DenominationSigner {
  /// Values in ascending order and their public keys.
  let denominations: [(value: UInt64, publicKey: Bytes)]
  private let boxes: [DenominationID: Box]

  static let shared: Result<TestDenominationKeys, any Error> = Result { try TestDenominationKeys() }

  /// From the value 1 on, each twice the one before.
  static let values = (0..<12).map { UInt64(1) << $0 }

  private init() throws {
    var boxes: [DenominationID: Box] = [:]
    denominations = try Self.values.map { value in
      let box = Box(try Self.key(value))
      boxes[box.key.publicKey.id] = box
      return (value, box.key.publicKey.derRepresentation)
    }
    self.boxes = boxes
  }

  /// The private key of one value.
  static func key(_ value: UInt64) throws -> BlindRSA.PrivateKey {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/denominations/value-\(String(format: "%04d", Int(value))).pem")
    return try BlindRSA.PrivateKey(
      pkcs8PEM: SecretBytes(copying: Bytes(try Data(contentsOf: file))))
  }

  func sign(
    _ blindedMessages: [Bytes], with denomination: DenominationID
  ) async throws(ECashError) -> [Bytes] {
    guard let box = boxes[denomination], let signed = try? box.key.blindSign(blindedMessages) else {
      return []
    }
    return signed
  }

  private final class Box: Sendable {
    let key: BlindRSA.PrivateKey
    init(_ key: consuming BlindRSA.PrivateKey) { self.key = key }
  }
}
