// Sealed goods as they are handed over: a container, its chunk list, and the signed offer, side by side.

import Evidence
import Foundation
public import PaymentModel

/// A sealed good in a folder: `NAME.age`, `NAME.chunks` and `NAME.offer`; the offer alone where there is no
/// good, but only a payment.
public struct LockedGood: Hashable, Sendable {
  /// The identifier of the offer.
  public let id: StatementID
  public let offer: Signed<Offer>
  /// The path without the suffix.
  public let stem: String

  /// - Throws: `offer` when the bytes are no statement.
  public init(_ offer: Signed<Offer>, stem: String) throws(PartyError) {
    do {
      id = try UnverifiedStatement(offer.bytes).id
    } catch {
      throw PartyError(.offer, "\(stem).offer: \(error.message)")
    }
    self.offer = offer
    self.stem = stem
  }

  /// Reads the offer beside which container and chunk list stand.
  ///
  /// - Throws: `offer` when the file cannot be read or is no statement.
  public init(offerPath: String) throws(PartyError) {
    guard offerPath.hasSuffix(".offer"), let bytes = DurableFile.read(offerPath) else {
      throw PartyError(.offer, "cannot read \(offerPath) as an offer")
    }
    try self.init(Signed(bytes), stem: String(offerPath.dropLast(".offer".count)))
  }

  public var name: String { stem.split(separator: "/").last.map(String.init) ?? stem }
  public var offerPath: String { "\(stem).offer" }
  public var container: String { "\(stem).age" }
  public var chunkList: String { "\(stem).chunks" }

  /// The sealed goods of a folder, by name; what is no offer is left out.
  public static func all(in folder: String) -> [LockedGood] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap { name in
      name.hasSuffix(".offer") ? try? LockedGood(offerPath: "\(folder)/\(name)") : nil
    }
  }
}
