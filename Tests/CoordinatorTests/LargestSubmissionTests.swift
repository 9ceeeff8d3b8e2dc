// What may be handed in can be written down and read back, up to the last byte that is allowed.

import Conformance
import PaymentModel
import Testing

@testable import Coordinator

@Suite struct LargestSubmissionTests {
  private func zeroes(_ count: Int) -> Bytes { Bytes(repeating: 0, count: count) }

  private func part(index: Int) throws -> CommittedPart {
    let digest = try #require(Digest(zeroes(32)))
    return CommittedPart(
      part: zeroes(SubmissionLimits.part), salt: try #require(Salt(zeroes(32))), index: index,
      path: Array(repeating: digest, count: SubmissionLimits.pathLength))
  }

  /// Everything as long and as often as it may be.
  private func largest() throws -> PurchaseSubmission {
    let digest = try #require(Digest(zeroes(32)))
    let part = try part(index: SubmissionLimits.partIndex)
    return PurchaseSubmission(
      order: Signed(zeroes(SubmissionLimits.statement)),
      parts: Array(repeating: part, count: PaymentProcess.largestPartCount),
      offers: Array(
        repeating: Signed(zeroes(SubmissionLimits.statement)),
        count: PaymentProcess.largestGoodCount),
      instruments: Array(
        repeating: Sealed(zeroes(SubmissionLimits.instrument), digest: digest),
        count: PaymentProcess.largestBankCount),
      terms: Signed(zeroes(SubmissionLimits.statement)))
  }

  @Test func theLargestSubmissionIsReadBack() throws {
    let submission = try largest()
    try submission.checkSizes()
    let digest = try #require(Digest(zeroes(32)))
    let begin = BeginRecord(
      source: .submission(submission), template: digest, definition: digest,
      at: Timestamp(milliseconds: .max), nonce: try #require(Nonce(zeroes(16))))
    let entry = JournalEntry(at: Timestamp(milliseconds: 0), record: .begin(begin))
    let bytes = JournalEntry.bytes(of: [entry])
    #expect(bytes.count > 64 << 20 && bytes.count <= JournalRecord.largest)
    #expect(try JournalEntry.read(bytes) == [entry])
  }

  @Test func aPartWithAnImpossibleIndexIsTooLarge() throws {
    let world = ModelWorld()
    let plain = world.order(goods: [0])
    for index in [-1, SubmissionLimits.partIndex + 1, .max] {
      let submission = PurchaseSubmission(
        order: plain.order, parts: [try part(index: index)], offers: plain.offers,
        instruments: plain.instruments)
      #expect { try submission.checkSizes() } throws: {
        ($0 as? CoordinatorError)?.code == .tooLarge
      }
    }
    let submission = PurchaseSubmission(
      order: plain.order, parts: [try part(index: SubmissionLimits.partIndex)],
      offers: plain.offers, instruments: plain.instruments)
    try submission.checkSizes()
    #expect(try PurchaseSubmission(encoded: submission.encoded) == submission)
  }
}
