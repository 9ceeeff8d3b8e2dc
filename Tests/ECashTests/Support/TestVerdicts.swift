// Verdicts without a log: signatures are verified, and a word stands for the proof.

import Evidence
import PaymentModel

struct TestVerdicts: VerdictReader {
  static let proof = Bytes("logged".utf8)

  let trust: TrustStore
  let clock: TestClock

  func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict> {
    guard verdict.proof == Self.proof else {
      throw NotAdmitted(code: "not-logged", message: "the verdict is not logged")
    }
    let verified: Verified<Verdict>
    do {
      verified = try trust.verify(verdict.verdict, at: clock.now())
    } catch {
      throw NotAdmitted(code: error.code.rawValue, message: error.message)
    }
    guard verified.claim.process == process, verified.issuer.key == coordinator else {
      throw NotAdmitted(code: "foreign", message: "another process or coordinator")
    }
    return verified.stated
  }
}
