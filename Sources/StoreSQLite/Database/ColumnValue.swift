// How values stand in columns: numbers as INTEGER, names as TEXT, everything else as BLOB.

import Foundation
package import GRDB
package import PaymentModel

/// A value that fits into one column.
package protocol ColumnValue {
  var columnValue: DatabaseValue { get }

  /// `nil` for what `columnValue` never gives.
  init?(columnValue: DatabaseValue)
}

extension Int64: ColumnValue {
  package var columnValue: DatabaseValue { databaseValue }

  package init?(columnValue: DatabaseValue) {
    guard case .int64(let number) = columnValue.storage else { return nil }
    self = number
  }
}

extension Int: ColumnValue {
  package var columnValue: DatabaseValue { Int64(self).databaseValue }

  package init?(columnValue: DatabaseValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(exactly: number)
  }
}

/// The bits as a signed number, so that every value has its place.
extension UInt64: ColumnValue {
  package var columnValue: DatabaseValue { Int64(bitPattern: self).databaseValue }

  package init?(columnValue: DatabaseValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(bitPattern: number)
  }
}

extension Bool: ColumnValue {
  package var columnValue: DatabaseValue { Int64(self ? 1 : 0).databaseValue }

  package init?(columnValue: DatabaseValue) {
    switch columnValue.storage {
    case .int64(0): self = false
    case .int64(1): self = true
    default: return nil
    }
  }
}

/// A zero byte would end the text unseen. A text with one becomes a BLOB, which a TEXT column refuses:
/// texts that may hold anything belong into BLOB columns as bytes.
extension String: ColumnValue {
  package var columnValue: DatabaseValue {
    utf8.contains(0) ? Bytes(utf8).columnValue : databaseValue
  }

  package init?(columnValue: DatabaseValue) {
    guard case .string(let text) = columnValue.storage else { return nil }
    self = text
  }
}

extension [UInt8]: ColumnValue {
  package var columnValue: DatabaseValue { Data(self).databaseValue }

  package init?(columnValue: DatabaseValue) {
    guard case .blob(let bytes) = columnValue.storage else { return nil }
    self.init(bytes)
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  package var columnValue: DatabaseValue { self?.columnValue ?? .null }

  package init?(columnValue: DatabaseValue) {
    if columnValue.isNull {
      self = Self.none
    } else {
      guard let value = Wrapped(columnValue: columnValue) else { return nil }
      self = Self.some(value)
    }
  }
}

extension Identifier: ColumnValue {
  package var columnValue: DatabaseValue { bytes.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}

extension Timestamp: ColumnValue {
  package var columnValue: DatabaseValue { milliseconds.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let number = Int64(columnValue: columnValue) else { return nil }
    self.init(milliseconds: number)
  }
}

extension Signed: ColumnValue {
  package var columnValue: DatabaseValue { bytes.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}

extension ColumnValue where Self: RawRepresentable<String> {
  package var columnValue: DatabaseValue { rawValue.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(rawValue: text)
  }
}

extension StatementKind: ColumnValue {}
extension StepPath: ColumnValue {}

extension PartyName: ColumnValue {
  package var columnValue: DatabaseValue { text.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}

extension AccountName: ColumnValue {
  package var columnValue: DatabaseValue { text.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}

extension Currency: ColumnValue {
  package var columnValue: DatabaseValue { code.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text)
  }
}
