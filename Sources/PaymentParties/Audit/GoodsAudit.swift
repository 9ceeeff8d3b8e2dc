// Goods and keys compared with what the merchants of a receipt have signed.

import Evidence
import Foundation
import Goods
import PaymentCrypto
public import PaymentModel
public import Receipts

/// What a comparison of one container or key found.
///
/// What differs is refuted, and blames nobody: files change on disks, and whoever holds them may have
/// changed them. What the merchant signed stands in the receipt.
public struct GoodsFinding: Hashable, Sendable {
  /// What was compared.
  public enum Subject: String, Sendable {
    case container
    case key
  }

  public let subject: Subject
  public let result: Finding.Result
  /// The file; `nil` when there is none.
  public let path: String?
  /// The offer that the file is compared with; `nil` when nobody can tell which.
  public let offer: StatementID?
  /// Who has signed that offer.
  public let merchant: PartyName?
  /// For people.
  public let message: String
}

/// Compares files with the offers of a receipt, as far as the receipt proves them.
public struct GoodsAudit: Sendable {
  /// What the receipt itself proves.
  public let report: ReceiptReport
  /// Those with a container.
  private let offers: [Stated<Offer>]

  public init(_ receipt: Receipt, trust: ReceiptVerification) {
    report = trust.verify(receipt)
    let proven = Set(
      report.findings.filter { $0.check == .offer && $0.result == .proven }.compactMap(\.statement))
    offers = receipt.entries.compactMap { entry in
      guard let statement = try? UnverifiedStatement(entry.statement),
        proven.contains(statement.id), let claim = try? statement.unverifiedClaim(as: Offer.self),
        claim.container != nil
      else { return nil }
      return Stated(id: statement.id, issuer: statement.issuer, claim: claim)
    }
  }

  /// Compares the container of each offer with what its merchant signed, to the byte.
  ///
  /// - Parameter folder: holds containers, chunk lists and offers side by side.
  /// - Returns: one finding for each offer; `missing` where the folder has nothing of it.
  public func containers(in folder: String) -> [GoodsFinding] {
    let goods = LockedGood.all(in: folder)
    return offers.compactMap { offer in
      guard let container = offer.claim.container else { return nil }
      guard let good = goods.first(where: { $0.id == offer.id }) else {
        return finding(
          .container, .missing, nil, offer, "no goods of offer \(short(offer.id)) are in \(folder)")
      }
      do throws(GoodsError) {
        try Container.check(
          FileSource(path: good.container), chunkList: FileSource(path: good.chunkList),
          against: container)
      } catch  where error.code == .file || error.code == .fileIsFolder {
        return finding(.container, .missing, good.container, offer, error.message)
      } catch {
        return finding(
          .container, .refuted, good.container, offer,
          "goods \(good.name) differ from what \(offer.issuer.party) signed in offer "
            + "\(short(offer.id)): \(error.message)")
      }
      return finding(
        .container, .proven, good.container, offer,
        "goods \(good.name) are what \(offer.issuer.party) signed in offer \(short(offer.id))")
    }
  }

  /// Checks that the keys in a folder open what the merchants signed. A key of some other purchase is
  /// passed over.
  ///
  /// - Parameters:
  ///   - folder: holds age identity files, `NAME.key`.
  ///   - goodsFolder: tells by name which offer a key belongs to that opens nothing.
  /// - Returns: a finding for each key of this purchase, then `missing` for each offer without one.
  public func keys(in folder: String, goodsFolder: String?) -> [GoodsFinding] {
    let goods = goodsFolder.map(LockedGood.all) ?? []
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var findings: [GoodsFinding] = []
    for name in names.sorted() where name.hasSuffix(".key") {
      let good = goods.first { $0.name == name.dropLast(".key".count) }
      let offer = offers.first { $0.id == good?.id }
      if good != nil, offer == nil { continue }
      if let finding = finding(ofKey: "\(folder)/\(name)", expected: offer) {
        findings.append(finding)
      }
    }
    let found = Set(findings.compactMap(\.offer))
    return findings
      + offers.filter { !found.contains($0.id) }.map {
        finding(.key, .missing, nil, $0, "no key of offer \(short($0.id)) is in \(folder)")
      }
  }

  /// `nil` for a key that has nothing to do with this purchase.
  private func finding(ofKey path: String, expected: Stated<Offer>?) -> GoodsFinding? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    do {
      let file = try IdentityFile(path: path)
      for number in 0..<file.count {
        let identity = try file.identity(number)
        guard
          let offer = offers.first(where: {
            $0.claim.container?.recipient.bytes == identity.recipient.bytes
          })
        else { continue }
        guard let header = offer.claim.container?.header,
          (try? Age.Header(header).unwrap(with: identity)) != nil
        else {
          return finding(
            .key, .refuted, path, offer,
            "key \(name) does not open what \(offer.issuer.party) signed in offer "
              + short(offer.id))
        }
        return finding(
          .key, .proven, path, offer,
          "key \(name) opens what \(offer.issuer.party) signed in offer \(short(offer.id))")
      }
    } catch {
      guard let expected else {
        return GoodsFinding(
          subject: .key, result: .refuted, path: path, offer: nil, merchant: nil,
          message: "key \(name) is no key: \(error.message)")
      }
      return finding(
        .key, .refuted, path, expected,
        "key \(name) is not the one for offer \(short(expected.id)), which "
          + "\(expected.issuer.party) signed: \(error.message)")
    }
    return expected.map {
      finding(
        .key, .refuted, path, $0,
        "key \(name) is not the one for offer \(short($0.id)), which \($0.issuer.party) signed")
    }
  }

  private func finding(
    _ subject: GoodsFinding.Subject, _ result: Finding.Result, _ path: String?,
    _ offer: Stated<Offer>, _ message: String
  ) -> GoodsFinding {
    GoodsFinding(
      subject: subject, result: result, path: path, offer: offer.id,
      merchant: offer.issuer.party, message: message)
  }

  private func short(_ offer: StatementID) -> String { String(offer.hex.prefix(8)) }
}
