// A row of an answer, read as what its table promises.

import PaymentModel

/// One row of an answer, read by the position of its columns, while the query stands at it.
package struct SQLRow {
  private let statement: SQLStatement
  private let onFailure: StoreFailure.Handler

  init(of statement: SQLStatement, onFailure: @escaping StoreFailure.Handler) {
    self.statement = statement
    self.onFailure = onFailure
  }

  /// The value of a column. The tables' constraints see to it that it has the type that is asked for.
  package subscript<Value: ColumnValue>(_ column: Int) -> Value {
    guard let stored = statement.column(column), let value = Value(columnValue: stored) else {
      onFailure("column \(column) of a row is not a \(Value.self), in: \(statement.sql)")
    }
    return value
  }

  /// An amount from the columns of its minor units and of its currency.
  func amount(_ minor: Int, currency: Int) -> Amount {
    do throws(AmountError) {
      return try Amount(minor: self[minor], currency: self[currency])
    } catch {
      onFailure("column \(minor) of a row is too large an amount, in: \(statement.sql)")
    }
  }

  /// A logged verdict from the columns of the statement and of its proof.
  func verdict(_ verdict: Int, proof: Int) -> LoggedVerdict? {
    let statement: Signed<Verdict>? = self[verdict]
    return statement.map { LoggedVerdict(verdict: $0, proof: self[proof]) }
  }
}
