// Final answers as they are stored, to be given again byte for byte.

import PaymentModel

/// A final answer to a coordinator: what proves it, or a refusal.
enum FinalReply: Equatable, Sendable {
  /// Statements, and for a deposit the sealed key behind its statement.
  case done([Bytes])
  case refused(RefusalReason, Signed<Refusal>)

  /// What fits into a row: a byte for the case, then fields, each behind its length in eight bytes.
  var bytes: Bytes {
    switch self {
    case .done(let fields): Self.encode(tag: 1, fields)
    case .refused(let reason, let refusal):
      Self.encode(tag: 2, [Bytes(reason.rawValue.utf8), refusal.bytes])
    }
  }

  /// Reads what `bytes` writes; `nil` for anything else.
  init?(bytes: Bytes) {
    guard let tag = bytes.first, let fields = Self.fields(of: bytes.dropFirst()) else { return nil }
    switch (tag, fields.count) {
    case (1, _): self = .done(fields)
    case (2, 2):
      guard let reason = RefusalReason(rawValue: String(decoding: fields[0], as: UTF8.self))
      else { return nil }
      self = .refused(reason, Signed(fields[1]))
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

/// How a rule answers a coordinator.
enum ShopAnswer: Equatable, Sendable {
  /// Stored, and given again to the same request.
  case final(FinalReply)
  /// Not stored: another request, or the same one later, may fare better.
  case passing(RefusalReason)
  case held(until: Timestamp)
  /// The rule could not be followed: nothing was changed.
  case failed(GoodsError)

  /// The stored answer to a request, if there is one: for the same body as it was given, for another body
  /// `conflict`.
  static func recorded(
    _ request: ShopRequestKey, body: Digest, in rows: any ShopRows
  ) -> ShopAnswer? {
    guard let row = rows.reply(to: request) else { return nil }
    guard row.body == body else { return .passing(.conflict) }
    return FinalReply(bytes: row.reply).map(ShopAnswer.final)
      ?? .failed(GoodsError(.shopRows, "a stored answer cannot be read"))
  }

  /// The answer as a port gives it.
  func outcome<Value: Sendable>(_ value: ([Bytes]) -> Value?) -> Outcome<Value> {
    switch self {
    case .final(.done(let fields)):
      value(fields).map(Outcome.done) ?? .unknown("a stored answer cannot be read")
    case .final(.refused(let reason, let refusal)): .refused(reason, refusal)
    case .passing(let reason): .refused(reason, nil)
    case .held(let time): .held(until: time)
    case .failed(let error): .unknown(error.message)
    }
  }
}
