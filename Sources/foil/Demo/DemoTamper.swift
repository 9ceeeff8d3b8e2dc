// Changes what a demo has left behind, so that verification has something to find.

import ArgumentParser
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

/// What is changed.
enum Tampering: String, CaseIterable, ExpressibleByArgument {
  /// The signature of one statement in the receipt.
  case receipt
  /// One byte in the middle of a container.
  case goods
  /// A transferred key, for another one.
  case key

  /// Does it, and tells what was done.
  func apply(to home: HomeFolder) throws -> String {
    switch self {
    case .receipt: try tamperWithReceipt(home)
    case .goods: try tamperWithGoods(home)
    case .key: try tamperWithKey(home)
    }
  }

  private func tamperWithReceipt(_ home: HomeFolder) throws -> String {
    var bytes = Bytes(try Data(contentsOf: URL(filePath: home.receipt)))
    let receipt = try Receipt(bytes)
    for entry in receipt.entries {
      let statement = try UnverifiedStatement(entry.statement)
      guard statement.kind == .transfer,
        let place = bytes.firstRange(of: entry.statement)?.lowerBound,
        let signature = entry.statement.firstRange(of: Bytes(#""signature":""#.utf8))
      else { continue }
      let letter = place + signature.upperBound + 10
      bytes[letter] = bytes[letter] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      try PrivateFile.write(bytes, to: home.receipt)
      return "changed one letter of a transfer's signature in \(home.receipt)"
    }
    throw Failure(.notChecked, "\(home.receipt) holds no transfer")
  }

  private func tamperWithGoods(_ home: HomeFolder) throws -> String {
    let path = try soldGood(home).container
    let file = try FileHandle(forUpdating: URL(filePath: path))
    let middle = try file.seekToEnd() / 2
    try file.seek(toOffset: middle)
    guard let byte = try file.read(upToCount: 1)?.first else {
      throw Failure(.notChecked, "\(path) is empty")
    }
    try file.seek(toOffset: middle)
    try file.write(contentsOf: Data([byte &+ 1]))
    try file.close()
    return "changed one byte in the middle of \(path)"
  }

  private func tamperWithKey(_ home: HomeFolder) throws -> String {
    let path = "\(home.keys)/\(try soldGood(home).name).key"
    var entropy = SystemEntropy()
    let other = Age.Identity.generate(from: &entropy)
    let text = other.encoded().withSpan { span in span.indices.map { span[$0] } }
    try PrivateFile.write(text + [UInt8(ascii: "\n")], to: path)
    return "put another key into \(path)"
  }

  /// A good whose key was transferred.
  private func soldGood(_ home: HomeFolder) throws -> LockedGood {
    let sold = LockedGood.all(in: home.locked).first {
      FileManager.default.fileExists(atPath: "\(home.keys)/\($0.name).key")
    }
    guard let sold else { throw Failure(.notChecked, "nothing was bought in \(home.path)") }
    return sold
  }
}
