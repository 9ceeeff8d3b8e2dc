// What a process wrote and synced, read from what `strace` noted, and the disk that a power loss leaves.

import Foundation

/// The effects on files in one folder, in the order in which the calls returned.
struct SystemCallTrace {
  enum Call {
    case write(file: String, offset: Int, bytes: [UInt8])
    case truncate(file: String, size: Int)
    case sync(file: String)
    /// Written at the end of a file.
    case append(file: String, bytes: [UInt8])
  }

  static let straceArguments = [
    "-f", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-e",
    "trace=pwrite64,write,ftruncate,fsync,fdatasync",
  ]

  let calls: [Call]

  /// Reads the lines of a trace. A call that another thread interrupted stands on two lines and counts
  /// from the second one.
  init(_ text: String, folder: String) {
    var unfinished: [Substring: Substring] = [:]
    var calls: [Call] = []
    for line in text.split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      let thread = line[..<space]
      var call = line[space...].drop { $0 == " " }
      if let end = call.range(of: " <unfinished ...>") {
        unfinished[thread] = call[..<end.lowerBound]
        continue
      }
      if call.hasPrefix("<... "), let resumed = call.range(of: " resumed>") {
        guard let start = unfinished.removeValue(forKey: thread) else { continue }
        call = Substring(start + call[resumed.upperBound...])
      }
      if let effect = Self.effect(of: call, in: folder) { calls.append(effect) }
    }
    self.calls = calls
  }

  private static func effect(of call: Substring, in folder: String) -> Call? {
    // strace pads before the equals sign.
    guard let equals = call.lastIndex(of: "="),
      let end = call[..<equals].lastIndex(of: ")"),
      let parenthesis = call.firstIndex(of: "("),
      let open = call.firstIndex(of: "<"), let close = call.firstIndex(of: ">"),
      let result = Int(call[equals...].dropFirst(2).prefix { $0 != " " }), result >= 0
    else { return nil }
    let path = String(decoding: bytes(call[call.index(after: open)..<close]), as: UTF8.self)
    guard path.hasPrefix(folder + "/") else { return nil }
    let file = String(path.dropFirst(folder.count + 1))
    let arguments = call[close..<end].split(separator: ",").dropFirst()
      .map { $0.drop { $0 == " " } }
    switch (call[..<parenthesis], arguments.count) {
    case ("fsync", 0), ("fdatasync", 0):
      return .sync(file: file)
    case ("ftruncate", 1):
      return Int(arguments[0]).map { .truncate(file: file, size: $0) }
    case ("write", 2):
      return .append(file: file, bytes: bytes(arguments[0]))
    case ("pwrite64", 3):
      return Int(arguments[2]).map {
        .write(file: file, offset: $0, bytes: bytes(arguments[0]))
      }
    default:
      return nil
    }
  }

  /// Reads `\x61\x62…`, with or without quotes.
  private static func bytes(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var digits = text.utf8.makeIterator()
    while let character = digits.next() {
      guard character == UInt8(ascii: "x"), let high = digits.next(), let low = digits.next(),
        let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { continue }
      bytes.append(byte)
    }
    return bytes
  }
}

/// The files of a disk whose cache is lost at a power loss.
struct LossyDisk {
  private(set) var durable: [String: [UInt8]] = [:]
  /// What has been changed since the last sync of each file, in order.
  private var pending: [(file: String, change: (inout [UInt8]) -> Void)] = []

  mutating func apply(_ call: SystemCallTrace.Call) {
    switch call {
    case .write(let file, let offset, let bytes):
      pending.append((file, { Self.overwrite(&$0, at: offset, with: bytes) }))
    case .append(let file, let bytes):
      pending.append((file, { $0 += bytes }))
    case .truncate(let file, let size):
      pending.append(
        (
          file,
          { $0 = Array(($0 + Array(repeating: 0, count: max(0, size - $0.count))).prefix(size)) }
        ))
    case .sync(let file):
      for change in pending where change.file == file {
        change.change(&durable[file, default: []])
      }
      pending.removeAll { $0.file == file }
    }
  }

  /// What is left when the power fails now: everything synced, and of the rest what `survives` picks.
  func afterPowerLoss(survives: () -> Bool) -> [String: [UInt8]] {
    var files = durable
    for change in pending where survives() { change.change(&files[change.file, default: []]) }
    return files
  }

  private static func overwrite(_ file: inout [UInt8], at offset: Int, with bytes: [UInt8]) {
    let end = offset + bytes.count
    if file.count < end { file += Array(repeating: 0, count: end - file.count) }
    file.replaceSubrange(offset..<end, with: bytes)
  }
}
