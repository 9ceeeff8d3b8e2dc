// The raw files of folders, searched for what must not be in them.

import Foundation
import PaymentCrypto
import PaymentModel

/// All bytes of some files, as a thief would read them: tables, free pages, and write-ahead logs.
struct Haystack {
  private var files: [(name: String, content: Data)] = []

  /// Every file below a folder. The content is that of this moment.
  init(_ folder: String, without names: Set<String> = []) throws {
    let all = FileManager.default.enumerator(atPath: folder)
    while let name = all?.nextObject() as? String {
      let path = "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        !isFolder.boolValue, !names.contains(String(name.split(separator: "/").last ?? ""))
      else { continue }
      files.append((path, try Data(contentsOf: URL(filePath: path))))
    }
  }

  /// Things that were said, instead of files.
  init(_ said: [Bytes]) {
    files = said.enumerated().map { ("message \($0.offset)", Data($0.element)) }
  }

  static func + (left: Haystack, right: Haystack) -> Haystack {
    var both = left
    both.files += right.files
    return both
  }

  var byteCount: Int { files.reduce(0) { $0 + $1.content.count } }

  /// Where it stands: raw, or in hexadecimal, base64 or bech32 digits.
  func places(of needle: Bytes) -> [String] {
    let spellings = Self.spellings(of: needle)
    return files.filter { file in spellings.contains { file.content.holds($0) } }.map(\.name)
  }

  func places(of text: String) -> [String] { places(of: Bytes(text.utf8)) }

  func contains(_ needle: Bytes) -> Bool { !places(of: needle).isEmpty }
  func contains(_ text: String) -> Bool { contains(Bytes(text.utf8)) }

  // MARK: - Spellings

  private static func spellings(of needle: Bytes) -> [Bytes] {
    let hex = needle.hex
    var spellings = [needle, Bytes(hex.utf8), Bytes(hex.uppercased().utf8)]
    // The digits that depend on nothing else, wherever the needle begins in a group of three bytes.
    for offset in 0..<3 {
      let moved = Bytes(repeating: 0, count: offset) + needle
      for alphabet in [Base64.unpadded, .url] {
        let digits = alphabet.encode(moved)
        let inner = (8 * offset + 5) / 6..<(8 * moved.count / 6)
        if inner.count > 5 { spellings.append(Bytes(digits[inner])) }
      }
    }
    if needle.count == Age.Identity.byteCount,
      let identity = try? Age.Identity(copying: SecretBytes(copying: needle))
    {
      let text = identity.encoded().withSpan { span in span.indices.map { span[$0] } }
      // Without the prefix and without the checksum.
      let digits = String(decoding: text.dropFirst(16).dropLast(7), as: UTF8.self)
      spellings += [Bytes(digits.utf8), Bytes(digits.lowercased().utf8)]
    }
    return spellings
  }
}

extension Data {
  fileprivate func holds(_ needle: Bytes) -> Bool {
    guard let first = needle.first else { return false }
    return withUnsafeBytes { content in
      needle.withUnsafeBytes { needle in
        guard var place = content.baseAddress, let start = needle.baseAddress else { return false }
        var rest = content.count
        while rest >= needle.count, let next = memchr(place, Int32(first), rest - needle.count + 1)
        {
          if memcmp(next, start, needle.count) == 0 { return true }
          rest -= UnsafeRawPointer(next) - place + 1
          place = UnsafeRawPointer(next) + 1
        }
        return false
      }
    }
  }
}
