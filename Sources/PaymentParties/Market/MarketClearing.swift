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
  /// good although the key that signed it has ended since. Of which the bank that has paid kept all, nothing is owed, and
  /// nothing is presented. The same again changes nothing.
  ///
  /// - Returns: the transfers that were taken; none where every bank has paid into accounts of its own.
  /// - Throws: `purchase` when there is no such process; `receipt` when the log does not answer; `payment` with
  ///   all transfers that were not taken. The others were.
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
    var refused: [String] = []
    for transfer in transfers {
      guard let statement = try? UnverifiedStatement(transfer.signed.bytes),
        let claim: Transfer = try? statement.unverifiedClaim(),
        claim.payee.bank != statement.issuer.party, !claim.net.isZero
      else { continue }
      guard let bank = bank(claim.payee.bank) else {
        refused.append("\(claim.payee.bank) is not in this market")
        continue
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
        refused.append("\(claim.payee.bank): \(error.message)")
      }
    }
    guard refused.isEmpty else {
      throw PartyError(.payment, refused.joined(separator: "; "))
    }
    return collected
  }
}

extension Market {
  /// Has all banks that clear with each other sign how much the other may draw, and keep what the other has signed, with
  /// a proof that it is logged. Where nothing has changed, nothing is signed. To be called when banks have agreed on
  /// limits, or have paid each other, and before half of the lines' time has passed.
  ///
  /// - Throws: `payment` when one does not take the other's line, or it is not in the log.
  public func renewCreditLines() async throws(PartyError) {
    do {
      var lines: [(line: Signed<CreditLine>, debtor: Bank)] = []
      for creditor in banks {
        for debtor in banks where debtor.name != creditor.name {
          let (own, their) = (await creditor.clearings(), await debtor.clearings())
          guard own.contains(where: { $0.bank == debtor.name }),
            their.contains(where: { $0.bank == creditor.name })
          else { continue }
          lines.append((try await creditor.creditLine(for: debtor.name), debtor))
        }
      }
      guard !lines.isEmpty else { return }
      try await logStatements()
      for (line, debtor) in lines {
        let id = try UnverifiedStatement(line.bytes).id
        guard await debtor.proof(ofCreditLine: id) == nil else { continue }
        guard let proof = try await log.proof(of: id) else {
          throw PartyError(.payment, "the credit line \(id) is not in the log")
        }
        try await debtor.accept(line, proof: proof.bytes)
      }
    } catch let error as PartyError {
      throw error
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
