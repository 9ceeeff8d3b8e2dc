// Money between banks of the real world: merchants present transfers of other banks at their own, and banks
// pay each other what they owe.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel

/// A transfer of another bank than the payee's.
struct RealPresentation {
  let transfer: Signed<Transfer>
  let claim: Transfer
  let from: PartyName
  /// The payee's.
  let bank: Int
  var isTaken = false
  /// When the merchant presents it next.
  var presentsAt: Timestamp

  /// How long a merchant waits for an answer.
  static let againSeconds: Int64 = 30
}

/// What a bank has paid another outside of the books.
struct RealSettlement {
  let from: Int
  let to: Int
  let minor: UInt64
}

extension RealWorld {
  /// A merchant has sold; transfers of other banks than its own are to be presented.
  func collect(_ transfers: [Signed<Transfer>], for number: Int) {
    for signed in transfers {
      guard let statement = try? UnverifiedStatement(signed.bytes),
        let claim: Transfer = try? statement.unverifiedClaim(),
        claim.payee.bank != statement.issuer.party, !claim.net.isZero,
        let bank = RealMarket.bankNames.firstIndex(of: claim.payee.bank),
        !presentations[number].contains(where: { $0.transfer == signed })
      else { continue }
      presentations[number].append(
        RealPresentation(
          transfer: signed, claim: claim, from: statement.issuer.party, bank: bank,
          presentsAt: stage.clock(of: .shop(number))))
    }
  }

  /// When a merchant has something to present.
  func nextAt(ofShop number: Int) -> Timestamp? {
    presentations[number].filter { !$0.isTaken }.map(\.presentsAt).min()
  }

  /// A merchant presents what is due.
  func present(by number: Int) {
    let now = stage.clock(of: .shop(number))
    guard
      let place = presentations[number].firstIndex(where: { !$0.isTaken && $0.presentsAt <= now })
    else { return }
    let presentation = presentations[number][place]
    presentations[number][place].presentsAt = now.adding(
      seconds: RealPresentation.againSeconds)
    stage.network.send(
      Outgoing(to: .bank(presentation.bank), content: .present(presentation.transfer)),
      from: .shop(number))
  }

  /// A bank is shown a transfer. What it does not take now it may take later.
  func take(_ transfer: Signed<Transfer>, at number: Int, from party: Party) async {
    guard (try? await banks[number].bank.collect(transfer)) != nil,
      let statement = try? UnverifiedStatement(transfer.bytes),
      let claim: Transfer = try? statement.unverifiedClaim()
    else { return }
    await collected(claim, from: statement.issuer.party, at: number)
    stage.network.send(Outgoing(to: party, content: .credited(transfer)), from: .bank(number))
  }

  /// A merchant hears that it has the money.
  func credited(_ transfer: Signed<Transfer>, to number: Int) {
    guard
      let place = presentations[number].firstIndex(where: {
        $0.transfer == transfer && !$0.isTaken
      })
    else { return }
    presentations[number][place].isTaken = true
    note(.transferCollected)
  }

  // MARK: - Settlement

  /// Two banks sign how much each may draw on the other now, and keep what the other has signed.
  private func renewLines(_ one: Int, _ other: Int) async {
    for (creditor, debtor) in [(one, other), (other, one)] {
      setClock(of: .bank(creditor))
      let line = try? await banks[creditor].bank.creditLine(for: RealMarket.bankNames[debtor])
      setClock(of: .bank(debtor))
      if let line { try? await banks[debtor].bank.accept(line) }
    }
  }

  /// When a bank pays the others.
  func nextAt(ofBank number: Int) -> Timestamp? { settlesAt[number].first }

  /// A bank pays what it owes, or some of it, to another bank that is there to book it.
  func settle(by number: Int) async {
    guard !settlesAt[number].isEmpty else { return }
    settlesAt[number].removeFirst()
    for other in banks.indices where RealMarket.doClear(number, other) && isUp(.bank(other)) {
      let owed = banks[number].rows.balance(of: .correspondent(RealMarket.bankNames[other]))
      guard owed > 0 else {
        await renewLines(number, other)
        continue
      }
      let minor = UInt64(bankConducts[number].entropy.number(in: 1...owed))
      let reference = SHA256.digest(Bytes("settlement \(settlements.count)".utf8))
      guard let amount = try? Amount(minor: minor, currency: RealMarket.currencies[number]),
        (try? await banks[number].bank.settle(
          amount, .paid, RealMarket.bankNames[other], reference: reference)) != nil
      else { continue }
      setClock(of: .bank(other))
      // The same again changes nothing.
      for _ in 0..<2 {
        try? await banks[other].bank.settle(
          amount, .received, RealMarket.bankNames[number], reference: reference)
      }
      await renewLines(number, other)
      settlements.append(RealSettlement(from: number, to: other, minor: minor))
      note(.banksSettled)
    }
  }
}
