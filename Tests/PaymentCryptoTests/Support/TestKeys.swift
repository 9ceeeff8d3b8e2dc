// The fixed RSA keys of `Vectors/denominations`, which are for tests only.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

enum TestKeys {
  /// The key of the denomination with this value: 1, 2, 4 … 2048.
  static func denomination(_ value: Int) throws -> BlindRSA.PrivateKey {
    try BlindRSA.PrivateKey(pkcs8PEM: SecretBytes(copying: pem(value)))
  }

  static func pem(_ value: Int) throws -> Bytes {
    let name = "value-" + String(String(10_000 + value).dropFirst()) + ".pem"
    return Bytes(try Data(contentsOf: Vectors.folder.appending(path: "denominations/\(name)")))
  }

  /// The DER inside a PEM text.
  static func der(inPEM pem: Bytes) throws -> Bytes {
    let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
    let text = lines.filter { !$0.hasPrefix("-----") }.joined()
    return try #require(Base64.padded.decode(text.utf8))
  }

  /// The numbers of a PKCS#8 key, where they stand: n, e, d, p, q, dp, dq, and q's inverse.
  static func integers(inPKCS8 der: Bytes) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var position = 0
    while position < der.count {
      let tag = der[position]
      var length = Int(der[position + 1])
      position += 2
      if length >= 0x80 {
        let count = length & 0x7f
        length = der[position..<(position + count)].reduce(0) { $0 << 8 | Int($1) }
        position += count
      }
      switch tag {
      case 0x30: break  // its contents follow
      case 0x04: break  // the key inside the octet string
      default:
        if tag == 0x02 { ranges.append(position..<(position + length)) }
        position += length
      }
    }
    // The versions of PKCS#8 and PKCS#1 are integers, too.
    return Array(ranges.dropFirst(2))
  }
}
