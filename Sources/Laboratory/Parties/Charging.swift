// What the coordinator of a world charges, and how customers get around it if they can.

import PaymentCrypto
package import PaymentModel

/// A coordinator's terms, one after another, and the accounts that they name: one at each bank.
package struct Charging: Hashable, Sendable {
  package let published: PublishedTerms
  private let signed: [StatementID: Signed<Terms>]

  package static let account: AccountName = {
    guard let name = AccountName("coordinator") else { fatalError("a name") }
    return name
  }()
  /// What has to do with the coordinator's fee is drawn beside everything else.
  static let seed: UInt64 = 0x6665_6573
  /// Nothing is charged.
  package static let none = Charging([])

  private init(_ terms: [Signed<Terms>]) {
    var stated: [Stated<Terms>] = []
    var signed: [StatementID: Signed<Terms>] = [:]
    for one in terms {
      guard let read = try? SymbolicEvidence.read(one, by: .party(Setting.coordinatorName)) else {
        continue
      }
      stated.append(read)
      signed[read.id] = one
    }
    published = PublishedTerms(stated)
    self.signed = signed
  }

  /// Draws terms: in each currency an amount, and another one from some time on.
  static func draw(
    banks: [PartyName], currencies: [Currency], unit: UInt64,
    from entropy: inout SimulationEntropy
  ) -> Charging {
    let change = Stage.start.adding(milliseconds: entropy.number(in: 5_000...90_000))
    let last = Stage.start.adding(seconds: 864_000)
    let begin = Stage.start.adding(seconds: -86_400)
    func amount() -> UInt64 { unit * UInt64(1 + entropy.below(2)) }
    return Charging(
      [(amount(), begin, last), (amount(), change, last)].map { minor, from, until in
        sign(
          banks: banks, currencies: currencies, minor: minor, from: from, until: until,
          by: Setting.coordinatorName, &entropy)
      })
  }

  private static func sign(
    banks: [PartyName], currencies: [Currency], minor: UInt64, from: Timestamp, until: Timestamp,
    by party: PartyName, _ entropy: inout SimulationEntropy
  ) -> Signed<Terms> {
    let charges = currencies.compactMap { currency in
      (try? Amount(minor: minor, currency: currency)).map { amount in
        Charge(
          amount: amount, payees: banks.map { Payee(bank: $0, account: account) },
          accepts: banks.flatMap { bank in
            ([.ecash, .transfer, .card] as [PaymentMethod]).map {
              AcceptedPayment(bank: bank, method: $0, largestFee: 10)
            }
          })
      }
    }
    return SymbolicSigner(party).sign(
      Terms(charges: charges, validFrom: from, validUntil: until), nonce: Nonce(from: &entropy))
  }

  var isNone: Bool { published.all.isEmpty }

  /// The terms that a customer is shown at a time.
  func inForce(at time: Timestamp) -> (stated: Stated<Terms>, signed: Signed<Terms>)? {
    guard let terms = published.inForce(at: time), let bytes = signed[terms.id] else { return nil }
    return (terms, bytes)
  }
}

/// How a customer gets around the coordinator's fee.
enum FeeCheat: CaseIterable, Hashable, Sendable {
  /// Leaves it out.
  case omits
  /// Says that she pays it, and does not.
  case withholds
  /// Pays it to a merchant.
  case elsewhere
  /// Pays more than is asked for.
  case twice
  /// By terms that somebody else has signed.
  case otherTerms
}

/// An order's payments with the coordinator's fee in them.
struct ChargedPayments {
  var contents: [PaymentPart]
  var fee: FeePart?
  var terms: Signed<Terms>?

  /// The fee goes through the first bank that pays in a currency of the terms.
  init(
    _ contents: [PaymentPart], by charging: Charging, at time: Timestamp, cheat: FeeCheat?,
    _ entropy: inout SimulationEntropy
  ) {
    self.contents = contents
    guard cheat != .omits, let (stated, signed) = charging.inForce(at: time),
      let charge = stated.claim.charge(in: contents.map(\.total.currency)),
      let place = contents.firstIndex(where: { $0.total.currency == charge.amount.currency }),
      let account = charge.payees.first(where: { $0.bank == contents[place].bank })
    else { return }
    terms = signed
    var (id, payee, paid) = (stated.id, account, charge.amount)
    switch cheat {
    case .elsewhere: payee = contents[place].payouts.first?.payee ?? account
    case .twice: if let double = try? paid.multiplied(by: 2) { paid = double }
    case .otherTerms:
      let own = SymbolicSigner(Setting.rogueName).sign(
        stated.claim, nonce: Nonce(from: &entropy))
      terms = own
      id = SymbolicEvidence.id(of: own)
    case .withholds, .omits, nil: break
    }
    fee = FeePart(terms: id, amount: charge.amount, payee: payee)
    if cheat != .withholds { self.contents[place] = contents[place].adding(paid, to: payee) }
  }
}

extension PaymentPart {
  fileprivate func adding(_ amount: Amount, to payee: Payee) -> PaymentPart {
    var payouts = payouts
    if let place = payouts.firstIndex(where: { $0.payee == payee }),
      let sum = try? payouts[place].amount.adding(amount)
    {
      payouts[place] = Payout(payee: payee, amount: sum)
    } else {
      payouts.append(Payout(payee: payee, amount: amount))
    }
    guard let total = try? total.adding(amount) else { return self }
    return PaymentPart(
      bank: bank, method: method, total: total, payouts: payouts.sorted { $0.payee < $1.payee },
      transferFee: transferFee)
  }
}
