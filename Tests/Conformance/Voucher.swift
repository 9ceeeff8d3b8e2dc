// A fourth method of payment, made outside of every library: prepaid vouchers. Whoever knows the code of one
// can pay with what is left on it.

package import ECash
import PaymentCrypto
package import PaymentModel

/// A voucher in the hands of a payer.
package final class Voucher: PaymentMeans {
  private let code: SecretBytes

  init(code: consuming SecretBytes) {
    self.code = code
  }

  package var method: PaymentMethod { VoucherScheme.method }

  package func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
    writer.bytes("code", code.withSpan { span in span.indices.map { span[$0] } })
  }

  /// Sells a voucher to an account holder.
  package static func sell(
    _ minor: UInt64, to account: AccountName, in store: any Store<any BankRows>, at time: Timestamp
  ) async throws -> Voucher {
    var entropy = SystemEntropy()
    let code = entropy.bytes(16)
    let key = VoucherScheme.key(of: code)
    try await store.transact { rows throws(ECashError) in
      try Ledger.post(
        .funding, reference: key, at: time,
        lines: [
          LedgerBalance(account: .holder(account), minor: -Int64(minor)),
          LedgerBalance(account: .issued(VoucherScheme.method), minor: Int64(minor)),
        ], in: &rows)
      VoucherScheme.set(minor, on: key, in: &rows)
    }
    return Voucher(code: SecretBytes(copying: code))
  }
}

/// How a bank takes vouchers. It keeps what is left on each.
package struct VoucherScheme: PaymentScheme {
  package static let method: PaymentMethod = {
    guard let method = PaymentMethod(rawValue: "voucher") else { fatalError("a method's name") }
    return method
  }()

  package init() {}

  package var properties: PaymentMethodProperties {
    PaymentMethodProperties(
      method: Self.method, payer: .anonymous, finality: .final, amounts: .any,
      doubleUse: .prevented, holdLapses: false, showsReusableSecret: true, isBearer: true)
  }

  package func read(from reader: inout some ClaimReader) throws(ClaimError) -> Bytes {
    try reader.bytes("code", atMost: 16)
  }

  package func check(
    _ code: Bytes, of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> Digest {
    guard code.count == 16 else { throw PaymentRefusal(.invalid) }
    return Self.key(of: code)
  }

  package func hold(
    _ voucher: Digest, of payment: OfferedPayment, at time: Timestamp,
    in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome {
    let source = LedgerAccount.issued(Self.method)
    let left = Self.left(on: voucher, in: rows)
    guard payment.total.minor > left else {
      Self.set(left - payment.total.minor, on: voucher, in: &rows)
      return .held(HeldMoney(voucher.bytes, from: source))
    }
    let holds = rows.undecidedHolds(from: source).filter { $0.held == voucher.bytes }
    let held = holds.reduce(0) { $0 + $1.total.minor }
    guard payment.total.minor <= left + held, let until = holds.map(\.decideBy).max() else {
      return .refused(.declined)
    }
    return .waits(until: until)
  }

  package func free(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] {
    guard let voucher = Digest(hold.held) else {
      throw ECashError(.booksUnbalanced, "a hold names no voucher")
    }
    Self.set(Self.left(on: voucher, in: rows) + hold.total.minor, on: voucher, in: &rows)
    return []
  }

  static func key(of code: Bytes) -> Digest { SHA256.digest(Bytes("voucher".utf8), code) }

  static func set(_ minor: UInt64, on voucher: Digest, in rows: inout any BankRows) {
    rows.putRecord(Bytes(bigEndian: minor), of: method, voucher)
  }

  private static func left(on voucher: Digest, in rows: any BankRows) -> UInt64 {
    (rows.record(of: method, voucher) ?? []).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
