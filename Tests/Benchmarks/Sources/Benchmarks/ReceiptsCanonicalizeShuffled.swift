// receipts.canonicalizeShuffled: claims whose members come in another order than that of their names,
// brought into canonical order and read back in that other order, in megabytes of payload per second.

import Evidence
import Measurement
import PaymentModel

extension Figure {
  /// Claims write and read their members in the order of their declaration, which is not the canonical one.
  static let receiptsCanonicalizeShuffled = Figure(name: "receipts.canonicalizeShuffled") {
    let mix = try StatementMix()
    func write<Content: Claim>(_ example: StatementMix.Case<Content>) -> Bytes {
      StatementPayload.encode(example.claim, issuer: example.issuer, nonce: example.nonce)
    }
    func writeAndRead<Content: Claim>(_ example: StatementMix.Case<Content>) throws {
      keep(try StatementPayload(write(example)).unverifiedClaim(as: Content.self))
    }
    guard write(mix.order) == mix.order.payload else { throw BrokenFixture() }
    let (raw, payloads) = (RawDigest(), mix.payloads)
    let seconds = try medianSeconds {
      try writeAndRead(mix.offer)
      try writeAndRead(mix.longOffer)
      try writeAndRead(mix.order)
      try writeAndRead(mix.deposit)
      try writeAndRead(mix.verdict)
      try writeAndRead(mix.transfer)
    } and: {
      for payload in payloads { keep(raw.digest(payload)) }
    }
    let writing = medianSeconds(rounds: 5) {
      keep(write(mix.offer))
      keep(write(mix.longOffer))
      keep(write(mix.order))
      keep(write(mix.deposit))
      keep(write(mix.verdict))
      keep(write(mix.transfer))
    } and: {
      for payload in payloads { keep(raw.digest(payload)) }
    }
    let bytes = Double(mix.payloadByteCount)
    return Result(
      value: bytes / seconds.one / 1e6, unit: "MB/s", baseline: bytes / seconds.other / 1e6,
      goal: .valueAtLeast(60),
      more: ["bytes": bytes, "writingAlone": bytes / writing.one / 1e6])
  }
}
