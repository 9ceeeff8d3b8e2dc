// receipts.verify: a statement verified from its bytes, compared with libcrypto's raw Ed25519.

import Evidence
import Measurement
import PaymentModel

extension Figure {
  static let receiptsVerify = Figure(name: "receipts.verify") {
    let mix = try StatementMix()
    let (deposit, time) = (mix.deposit, mix.time)
    let raw = RawVerification(publicKey: deposit.key)
    guard try mix.trust.verify(deposit.signed, at: time).claim == deposit.claim,
      raw.isValid(signature: deposit.signature, for: deposit.signingInput)
    else { throw BrokenFixture() }
    let seconds = try medianSeconds {
      keep(try mix.trust.verify(deposit.signed, at: time))
    } and: {
      keep(raw.isValid(signature: deposit.signature, for: deposit.signingInput))
    }
    let parse = try medianSeconds(rounds: 5) {
      keep(try UnverifiedStatement(deposit.signed.bytes))
    } and: {
      keep(try StatementPayload(deposit.payload))
    }
    return Result(
      value: 1 / seconds.one, unit: "statements/s", baseline: 1 / seconds.other,
      goal: .ratioAtLeast(0.8),
      more: [
        "formMicroseconds": parse.one * 1e6, "payloadMicroseconds": parse.other * 1e6,
        "bytes": Double(deposit.signed.bytes.count),
      ])
  }
}
