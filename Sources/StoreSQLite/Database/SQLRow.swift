// A row of an answer, read as what its table promises.

import GRDB
import PaymentModel

/// One row of an answer, read by the position of its columns.
package struct SQLRow {
  private let row: Row
  private let sql: String
  private let onFailure: StoreFailure.Handler

  init(_ row: Row, of sql: String, onFailure: @escaping StoreFailure.Handler) {
    self.row = row
    self.sql = sql
    self.onFailure = onFailure
  }

  /// The value of a column. The tables' constraints see to it that it has the type that is asked for.
  package subscript<Value: ColumnValue>(_ column: Int) -> Value {
    let stored: DatabaseValue = row[column]
    guard let value = Value(columnValue: stored) else {
      onFailure("column \(column) of a row is not a \(Value.self), in: \(sql)")
    }
    return value
  }

  /// An amount from the columns of its minor units and of its currency.
  func amount(_ minor: Int, currency: Int) -> Amount {
    do throws(AmountError) {
      return try Amount(minor: self[minor], currency: self[currency])
    } catch {
      onFailure("column \(minor) of a row is too large an amount, in: \(sql)")
    }
  }

  /// A logged verdict from the columns of the statement and of its proof.
  func verdict(_ verdict: Int, proof: Int) -> LoggedVerdict? {
    let statement: Signed<Verdict>? = self[verdict]
    return statement.map { LoggedVerdict(verdict: $0, proof: self[proof]) }
  }
}
