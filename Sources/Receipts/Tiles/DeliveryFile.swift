// What a log shows about a process, in one file.
//
//   <the verdict>               as it was signed: canonical JSON, without a line feed
//   <the sealed keys, base64>   an empty line where there are none, after an abort
//   <tlog-proof@v1>             that the verdict is in the log

import PaymentCrypto
import PaymentModel

/// The verdict of a process with its proof, and the key bundle that it releases. One file, so that whoever reads it
/// while it is written has all of it or nothing. Nothing about it has been verified.
struct DeliveryFile: Hashable, Sendable {
  /// The largest file that is read.
  static let largestByteCount =
    LoggedVerdict.largestVerdict + Base64.padded.letterCount(ofByteCount: LogDelivery.largestBundle)
    + LoggedVerdict.largestProof + 2

  let verdict: LoggedVerdict
  let bundle: Bytes?

  init(verdict: LoggedVerdict, bundle: Bytes?) {
    self.verdict = verdict
    self.bundle = bundle
  }

  /// - Throws: `sourceForm`.
  init(_ bytes: Bytes) throws(ReceiptsError) {
    let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[0].count <= LoggedVerdict.largestVerdict,
      lines[2].count <= LoggedVerdict.largestProof, let bundle = Base64.padded.decode(lines[1]),
      bundle.count <= LogDelivery.largestBundle
    else { throw ReceiptsError(.sourceForm, "not a verdict with its keys and its proof") }
    verdict = LoggedVerdict(verdict: Signed(Bytes(lines[0])), proof: Bytes(lines[2]))
    self.bundle = bundle.isEmpty ? nil : bundle
  }

  var bytes: Bytes {
    let keys = Base64.padded.encode(bundle ?? [])
    var bytes = Bytes()
    bytes.reserveCapacity(verdict.verdict.bytes.count + keys.count + verdict.proof.count + 2)
    bytes += verdict.verdict.bytes
    bytes.append(0x0A)
    bytes += keys
    bytes.append(0x0A)
    bytes += verdict.proof
    return bytes
  }
}
