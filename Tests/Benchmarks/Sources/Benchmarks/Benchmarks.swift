// The program: runs all figures, or those that are named.

import Measurement

@main
struct Benchmarks {
  static func main() async throws {
    try await Figure.run([
      .receiptsVerify, .receiptsCanonicalize, .receiptsCanonicalizeShuffled, .receiptsReceipt,
      .receiptsReceiptBytes, .receiptsAppend, .receiptsAppendOne, .receiptsProof,
    ])
  }
}
