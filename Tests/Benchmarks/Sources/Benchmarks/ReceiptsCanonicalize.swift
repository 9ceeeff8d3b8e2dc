// receipts.canonicalize: payloads proven canonical and read as claims, in megabytes per second, compared
// with the hashing of the same payloads.

import Evidence
import Measurement
import PaymentModel

extension Figure {
  static let receiptsCanonicalize = Figure(name: "receipts.canonicalize") {
    let mix = try StatementMix()
    func read<Content: Claim>(_ example: StatementMix.Case<Content>) throws {
      keep(try StatementPayload(example.payload).unverifiedClaim(as: Content.self))
    }
    let (raw, payloads) = (RawDigest(), mix.payloads)
    let seconds = try medianSeconds {
      try read(mix.offer)
      try read(mix.longOffer)
      try read(mix.order)
      try read(mix.deposit)
      try read(mix.verdict)
      try read(mix.transfer)
    } and: {
      for payload in payloads { keep(raw.digest(payload)) }
    }
    let bytes = Double(mix.payloadByteCount)
    return Result(
      value: bytes / seconds.one / 1e6, unit: "MB/s", baseline: bytes / seconds.other / 1e6,
      goal: .valueAtLeast(150), more: ["bytes": bytes])
  }
}
