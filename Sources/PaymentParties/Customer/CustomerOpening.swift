// After the commit: the customer opens the key bundle, and with each key a container.

import ECash
import Evidence
public import Goods
import PaymentCrypto
public import PaymentModel

/// A good that was bought: its key, and what came of opening it.
public struct BoughtGood: Hashable, Sendable {
  public let offer: StatementID
  public let merchant: PartyName
  /// The age identity file that opens the container with any age program.
  public let keyPath: String
  /// `nil` when it did not open.
  public let good: OpenedGood?
  /// Why it did not open.
  public let problem: String?
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
  /// - Returns: one for each offer with a container; those that do not open say why, and keep nothing of the others back.
  /// - Throws: `purchase` unless it is committed and the bundle is the verdict's; `goods` when the bundle does
  ///   not hold the keys, or they cannot be kept.
  public func open(
    _ process: ProcessID, with bundle: Sealed<SealedContent.KeyBundle>, goods: [LockedGood],
    into home: HomeFolder
  ) async throws(PartyError) -> [BoughtGood] {
    let row = try await purchase(process)
    try check(bundle, against: row)
    let offers = try await boughtOffers(of: row)
    do {
      let keys = try KeyBundle(bundle, with: try wallet.orderIdentity(row.orderNumber))
      var bought: [BoughtGood] = []
      // All keys first: a container that does not open must not keep back the others.
      for (offer, container) in offers {
        let name = goods.first { $0.id == offer.id }?.name ?? offer.id.hex
        try IdentityFile.write(
          try keys.identity(opening: container), to: "\(home.keys)/\(name).key",
          overwriting: true)
      }
      for (offer, container) in offers {
        let locked = goods.first { $0.id == offer.id }
        let identity = try keys.identity(opening: container)
        let result = Self.open(offer.claim, container, locked, with: identity, into: home)
        bought.append(
          BoughtGood(
            offer: offer.id, merchant: offer.issuer.party,
            keyPath: "\(home.keys)/\(locked?.name ?? offer.id.hex).key", good: result.good,
            problem: result.problem))
      }
      return bought
    } catch {
      throw PartyError(.goods, "\(error)")
    }
  }

  /// What was bought and has a container.
  private func boughtOffers(
    of row: PurchaseRow
  ) async throws(PartyError) -> [(offer: Verified<Offer>, container: ContainerCommitment)] {
    var offers: [(offer: Verified<Offer>, container: ContainerCommitment)] = []
    for offer in try await submission(of: row.process).offers {
      do {
        let verified = try trust.verify(offer, at: row.madeAt)
        if let container = verified.claim.container { offers.append((verified, container)) }
      } catch {
        throw PartyError(.offer, error.message)
      }
    }
    return offers
  }

  private static func open(
    _ offer: Offer, _ container: ContainerCommitment, _ locked: LockedGood?,
    with identity: borrowing Age.Identity,
    into home: HomeFolder
  ) -> (good: OpenedGood?, problem: String?) {
    guard let locked else { return (nil, "the container of '\(offer.title)' is not there") }
    do throws(GoodsError) {
      let good = try Container.open(
        FileSource(path: locked.container), chunkList: FileSource(path: locked.chunkList),
        against: container, with: identity,
        to: .folder(home.opened, SafeFileName(offer.fileName)))
      return (good, nil)
    } catch {
      return (nil, error.message)
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
}
