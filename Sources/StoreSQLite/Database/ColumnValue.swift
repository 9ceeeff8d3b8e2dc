// How values stand in columns: numbers as INTEGER, names as TEXT, everything else as BLOB.

package import PaymentModel

/// What a column holds. No column here is a floating-point number.
package enum StoredValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
  case blob(Bytes)
}

/// A value that fits into one column.
package protocol ColumnValue {
  var columnValue: StoredValue { get }

  /// `nil` for what `columnValue` never gives.
  init?(columnValue: StoredValue)
}

extension Int64: ColumnValue {
  package var columnValue: StoredValue { .integer(self) }

  package init?(columnValue: StoredValue) {
    guard case .integer(let number) = columnValue else { return nil }
    self = number
  }
}

extension Int: ColumnValue {
  package var columnValue: StoredValue { .integer(Int64(self)) }

  package init?(columnValue: StoredValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(exactly: number)
  }
}

/// The bits as a signed number, so that every value has its place.
extension UInt64: ColumnValue {
  package var columnValue: StoredValue { .integer(Int64(bitPattern: self)) }

  package init?(columnValue: StoredValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(bitPattern: number)
  }
}

extension Bool: ColumnValue {
  package var columnValue: StoredValue { .integer(self ? 1 : 0) }

  package init?(columnValue: StoredValue) {
    switch columnValue {
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
}

/// A zero byte would end the text unseen. A text with one becomes a BLOB, which a TEXT column refuses:
/// texts that may hold anything belong into BLOB columns as bytes.
extension String: ColumnValue {
  package var columnValue: StoredValue {
    utf8.contains(0) ? .blob(Bytes(utf8)) : .text(self)
  }

  package init?(columnValue: StoredValue) {
    guard case .text(let text) = columnValue else { return nil }
    self = text
  }
}

extension [UInt8]: ColumnValue {
  package var columnValue: StoredValue { .blob(self) }

  package init?(columnValue: StoredValue) {
    guard case .blob(let bytes) = columnValue else { return nil }
    self = bytes
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  package var columnValue: StoredValue { self?.columnValue ?? .null }

  package init?(columnValue: StoredValue) {
    if case .null = columnValue {
      self = Self.none
    } else {
      guard let value = Wrapped(columnValue: columnValue) else { return nil }
      self = Self.some(value)
    }
  }
}

extension Identifier: ColumnValue {
  package var columnValue: StoredValue { bytes.columnValue }

  package init?(columnValue: StoredValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}

extension Timestamp: ColumnValue {
  package var columnValue: StoredValue { milliseconds.columnValue }

  package init?(columnValue: StoredValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(milliseconds: number)
  }
}

extension Signed: ColumnValue {
  package var columnValue: StoredValue { bytes.columnValue }

  package init?(columnValue: StoredValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}

extension ColumnValue where Self: RawRepresentable<String> {
  package var columnValue: StoredValue { rawValue.columnValue }

  package init?(columnValue: StoredValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(rawValue: text)
  }
}

extension StatementKind: ColumnValue {}
extension StepPath: ColumnValue {}

extension PartyName: ColumnValue {
  package var columnValue: StoredValue { text.columnValue }

  package init?(columnValue: StoredValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}

extension AccountName: ColumnValue {
  package var columnValue: StoredValue { text.columnValue }

  package init?(columnValue: StoredValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}

extension Currency: ColumnValue {
  package var columnValue: StoredValue { code.columnValue }

  package init?(columnValue: StoredValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}
