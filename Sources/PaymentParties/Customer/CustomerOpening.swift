// After the commit: the customer opens the key bundle, and with each key a container.

import ECash
import Evidence
public import Goods
import PaymentCrypto
public import PaymentModel

/// A good that a purchase has opened.
public struct BoughtGood: Hashable, Sendable {
  public let offer: StatementID
  public let merchant: PartyName
  /// The age identity file that opens the container with any age program.
  public let keyPath: String
  public let good: OpenedGood
}

extension Customer {
  /// Opens everything that a committed purchase bought.
  ///
  /// Each key is kept as an age identity file; each good gets the merchant's name for it, made safe, and
  /// never overwrites anything.
  ///
  /// - Parameters:
  ///   - bundle: the sealed keys, as the log serves them.
  ///   - goods: where the containers are.
  /// - Throws: `purchase` unless it is committed and the bundle is the verdict's; `goods` when a container is
  ///   missing or does not open.
  public func open(
    _ process: ProcessID, with bundle: Sealed<SealedContent.KeyBundle>, goods: [LockedGood],
    into home: HomeFolder
  ) async throws(PartyError) -> [BoughtGood] {
    let row = try await purchase(process)
    try check(bundle, against: row)
    do {
      let keys = try KeyBundle(bundle, with: try wallet.orderIdentity(row.orderNumber))
      var opened: [BoughtGood] = []
      for offer in try await submission(of: process).offers {
        let offer = try trust.verify(offer, at: row.madeAt)
        guard let locked = goods.first(where: { $0.id == offer.id }) else {
          throw PartyError(
            .goods, "the container of '\(offer.claim.title)' is not in \(home.locked)")
        }
        let identity = try keys.identity(opening: offer.claim.container)
        let keyPath = "\(home.keys)/\(locked.name).key"
        try DurableFile.write(identityFile(identity), to: keyPath, overwriting: true)
        let good = try Container.open(
          FileSource(path: locked.container), chunkList: FileSource(path: locked.chunkList),
          against: offer.claim.container, with: identity,
          to: .folder(home.opened, SafeFileName(offer.claim.fileName)))
        opened.append(
          BoughtGood(
            offer: offer.id, merchant: offer.issuer.party, keyPath: keyPath, good: good))
      }
      return opened
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.goods, "\(error)")
    }
  }

  private func check(
    _ bundle: Sealed<SealedContent.KeyBundle>, against row: PurchaseRow
  ) throws(PartyError) {
    guard row.state == .committed, let verdict = row.verdict,
      let stated = try? verdicts.read(verdict, of: row.process, by: row.coordinator),
      case .commit(let digest) = stated.claim.decision
    else { throw PartyError(.purchase, "the purchase is not committed: there are no keys") }
    guard digest == SHA256.digest(bundle.bytes) else {
      throw PartyError(.purchase, "the key bundle is not the one that the verdict names")
    }
  }

  private func identityFile(_ identity: borrowing Age.Identity) -> Bytes {
    identity.encoded().withSpan { span in span.indices.map { span[$0] } } + [UInt8(ascii: "\n")]
  }
}
