// Verdicts without a log: signatures are verified, and a word stands for the proof.

import Evidence
import PaymentModel

struct TestVerdicts: VerdictReader, TransferReader {
  static let proof = Bytes("logged".utf8)

  /// Stands for the proof that something was in the log at that time.
  static func proof(at time: Timestamp) -> Bytes { Bytes("\(time.milliseconds)".utf8) }

  func read(
    _ transfer: Signed<Transfer>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<Transfer> { try logged(transfer, proof) }

  func read(
    _ line: Signed<CreditLine>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<CreditLine> { try logged(line, proof) }

  private func logged<Content: Claim>(
    _ signed: Signed<Content>, _ proof: Bytes
  ) throws(NotAdmitted) -> Stated<Content> {
    guard let milliseconds = Int64(String(decoding: proof, as: UTF8.self)) else {
      throw NotAdmitted(code: "not-logged", message: "the statement is not logged")
    }
    do {
      return try trust.verify(signed, at: Timestamp(milliseconds: milliseconds)).stated
    } catch {
      throw NotAdmitted(code: error.code.rawValue, message: error.message)
    }
  }

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
