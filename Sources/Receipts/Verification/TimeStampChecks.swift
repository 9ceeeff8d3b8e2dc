// Tokens of RFC 3161 that ride along with a receipt.

import Evidence
import PaymentCrypto
import PaymentModel

extension Examination {
  /// What time-stamp authorities say about the checkpoint. It stands beside what the witnesses say: without an
  /// authority that is believed, it says nothing.
  mutating func checkTimeStamps() {
    let anchors = trust.certificates(.timeStamp)
    for token in receipt.timeStamps {
      do throws(CryptoError) {
        let stamp = try TimeStampToken(token).verify(over: receipt.stampedDigest, anchors: anchors)
        findings.append(
          Finding(
            .timeStamp, .proven, "\(stamp.authority) has stamped the checkpoint",
            noLaterThan: stamp.noLaterThan))
      } catch {
        // Anybody can add a token of an authority that nobody knows; one of a known authority must be right.
        let isWrong = [.timeStampDigest, .timeStampSignature].contains(error.code)
        findings.append(
          Finding(
            .timeStamp, isWrong && !anchors.isEmpty ? .refuted : .pending,
            anchors.isEmpty || error.code == .certificateUntrusted
              ? "a time stamp by an authority that the trust store does not know"
              : "\(error.message) (\(error.code.rawValue))"))
      }
    }
  }
}
