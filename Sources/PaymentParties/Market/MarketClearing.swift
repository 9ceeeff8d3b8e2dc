// Money that went to accounts at other banks: the transfers are presented there.

import Coordinator
import ECash
import Evidence
public import PaymentModel
import Receipts

/// A transfer that was presented at the bank of its payee.
public struct CollectedTransfer: Sendable {
  public let transfer: StatementID
  /// The bank that has paid.
  public let from: PartyName
  public let payee: Payee
  /// What the payee's account was credited with, now or earlier.
  public let amount: Amount
}

extension Market {
  /// Presents the transfers of a committed process to accounts at other banks than the one that has paid. Each
  /// goes with a proof that it is logged: the one in the receipt, where the wallet has kept it, so that a transfer is
  /// good although the key that signed it has ended since. The same again changes nothing.
  ///
  /// - Returns: the transfers that were taken; none where every bank has paid into accounts of its own.
  /// - Throws: `purchase` when there is no such process; `receipt` when the log does not answer; `payment` with
  ///   the first transfer that is not taken. Those before it were.
  public func collect(_ process: ProcessID) async throws(PartyError) -> [CollectedTransfer] {
    let transfers: [Exhibit<Transfer>]
    do {
      transfers = try await coordinator.engine.file(of: process).transfers
    } catch {
      throw PartyError(.purchase, "\(error)")
    }
    try await logStatements()
    let receipt = await customer.wallet.purchase(process)?.receipt.flatMap { try? Receipt($0) }
    var collected: [CollectedTransfer] = []
    for transfer in transfers {
      guard let statement = try? UnverifiedStatement(transfer.signed.bytes),
        let claim: Transfer = try? statement.unverifiedClaim(),
        claim.payee.bank != statement.issuer.party
      else { continue }
      guard let bank = bank(claim.payee.bank) else {
        throw PartyError(.payment, "\(claim.payee.bank) is not in this market")
      }
      let proof: Bytes?
      do {
        let kept = receipt?.proof(of: transfer.signed.bytes)
        proof = if let kept { kept.bytes } else { try await log.proof(of: transfer.id)?.bytes }
      } catch {
        throw PartyError(.receipt, error.message)
      }
      do {
        let credited = try await bank.collect(transfer.signed, proof: proof)
        collected.append(
          CollectedTransfer(
            transfer: transfer.id, from: statement.issuer.party, payee: claim.payee,
            amount: credited.amount))
      } catch {
        throw PartyError(.payment, "\(claim.payee.bank): \(error.message)")
      }
    }
    return collected
  }
}

extension Market {
  /// Has all banks that clear with each other sign how much the other may draw, and keep what the other has signed.
  /// Where nothing has changed, nothing is signed. To be called when banks have agreed on limits, or have paid each
  /// other.
  ///
  /// - Throws: `payment` when one does not take the other's line.
  public func renewCreditLines() async throws(PartyError) {
    do {
      for creditor in banks {
        for debtor in banks where debtor.name != creditor.name {
          let (own, their) = (await creditor.clearings(), await debtor.clearings())
          guard own.contains(where: { $0.bank == debtor.name }),
            their.contains(where: { $0.bank == creditor.name })
          else { continue }
          try await debtor.accept(creditor.creditLine(for: debtor.name))
        }
      }
    } catch {
      throw PartyError(.payment, "\(error)")
    }
  }
}

extension Receipt {
  /// The proof of one of its statements, as it was when the receipt was made.
  fileprivate func proof(of statement: Bytes) -> LogProof? {
    entries.first { $0.statement == statement }.map {
      LogProof(index: $0.index, path: $0.path, checkpoint: checkpoint)
    }
  }
}
