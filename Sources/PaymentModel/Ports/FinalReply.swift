// What a participant keeps to answer a repeated request byte for byte.

/// What names a coordinator's request for ever.
public struct RequestKey: Hashable, Sendable {
  public let coordinator: Thumbprint
  public let process: ProcessID
  public let step: StepPath

  public init(coordinator: Thumbprint, process: ProcessID, step: StepPath) {
    self.coordinator = coordinator
    self.process = process
    self.step = step
  }
}

/// The stored final answer to a request.
public struct ReplyRow: Hashable, Sendable {
  /// The key.
  public let request: RequestKey
  /// SHA-256 of what was asked for. Another body under the same key is a conflict.
  public let body: Digest
  /// A `FinalReply`.
  public let reply: Bytes

  public init(request: RequestKey, body: Digest, reply: Bytes) {
    self.request = request
    self.body = body
    self.reply = reply
  }
}

/// A statement that waits for the log.
public struct OutboxRow: Hashable, Sendable {
  /// The key, in the order of making; from 1. A number is never used again.
  public let number: Int
  public let statement: StatementID
  public let kind: StatementKind

  public init(number: Int, statement: StatementID, kind: StatementKind) {
    self.number = number
    self.statement = statement
    self.kind = kind
  }
}

/// A final answer to a coordinator: what proves it, or a refusal.
package enum FinalReply: Equatable, Sendable {
  /// Statements, and what travels with them.
  case done([Bytes])
  case refused(RefusalReason, Signed<Refusal>?)

  /// What fits into a row: a byte for the case, then fields, each behind its length in eight bytes.
  package var bytes: Bytes {
    switch self {
    case .done(let fields): Self.encode(tag: 1, fields)
    case .refused(let reason, let refusal):
      Self.encode(tag: 2, [Bytes(reason.rawValue.utf8)] + (refusal.map { [$0.bytes] } ?? []))
    }
  }

  /// Reads what `bytes` writes; `nil` for anything else.
  package init?(bytes: Bytes) {
    guard let tag = bytes.first, let fields = Self.fields(of: bytes.dropFirst()) else { return nil }
    switch (tag, fields.count) {
    case (1, _): self = .done(fields)
    case (2, 1...2):
      guard let reason = RefusalReason(rawValue: String(decoding: fields[0], as: UTF8.self))
      else { return nil }
      self = .refused(reason, fields.count == 2 ? Signed(fields[1]) : nil)
    default: return nil
    }
  }

  private static func encode(tag: UInt8, _ fields: [Bytes]) -> Bytes {
    [tag] + fields.flatMap { Bytes(bigEndian: UInt64($0.count)) + $0 }
  }

  private static func fields(of bytes: ArraySlice<UInt8>) -> [Bytes]? {
    var rest = bytes
    var fields: [Bytes] = []
    while !rest.isEmpty {
      guard rest.count >= 8 else { return nil }
      let length = rest.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(8)
      guard length <= UInt64(rest.count) else { return nil }
      fields.append(Bytes(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    return fields
  }
}
