// All that can be checked about a payment whatever its method: times, terms, and that the sealed blob belongs
// to it.

import Evidence
import PaymentCrypto
import PaymentModel

struct PaymentCheck: Sendable {
  let bank: PartyName
  /// The bank's latest.
  let keyset: KeysetRow
  let terms: BankTerms
  let methods: [PaymentMethod]

  /// Checks a payment that the bank was handed under a verified order.
  ///
  /// - Parameter part: this bank's part, which hangs below the order.
  /// - Returns: the payment and the order's one-time recipient, or why the bank refuses it.
  func check(
    _ request: ReserveRequest, _ part: PaymentPart, of order: Verified<Order>, at time: Timestamp
  ) -> Result<OfferedPayment, PaymentRefusal> {
    do throws(PaymentRefusal) {
      let claim = order.claim
      guard time < claim.decideBy else { throw PaymentRefusal(.tooLate) }
      guard claim.decideBy <= time.adding(seconds: terms.largestHoldSeconds) else {
        throw PaymentRefusal(.notOffered)
      }
      guard (try? Age.Recipient(claim.recipient.bytes)) != nil else {
        throw PaymentRefusal(.invalid)
      }
      guard methods.contains(part.method) else { throw PaymentRefusal(.methodRefused) }
      guard part.total.currency == keyset.currency, !part.total.isZero else {
        throw PaymentRefusal(.notOffered)
      }
      guard part.transferFee == keyset.fees.perTransfer else {
        throw PaymentRefusal(.feeMismatch)
      }
      return .success(
        OfferedPayment(
          process: request.id.process, coordinator: claim.coordinator, decideBy: claim.decideBy,
          part: part, partDigest: SHA256.digest(request.part.part), period: keyset.period))
    } catch {
      return .failure(error)
    }
  }

  /// Opens the sealed blob, and checks that it belongs to the payment, and then what the method checks.
  static func check<Scheme: PaymentScheme>(
    _ blob: Sealed<SealedContent.Instrument>, of payment: OfferedPayment, with scheme: Scheme,
    identity: borrowing Age.Identity, at time: Timestamp
  ) async -> Result<Scheme.Checked, PaymentRefusal> {
    let opened = try? InstrumentBinding.open(blob, with: identity) {
      reader throws(ClaimError) in try scheme.read(from: &reader)
    }
    guard let opened, opened.binding == payment.binding else {
      return .failure(PaymentRefusal(.invalid))
    }
    do throws(PaymentRefusal) {
      return .success(try await scheme.check(opened.content, of: payment, at: time))
    } catch {
      return .failure(error)
    }
  }
}
