// Offers as files: found by path, by name, or by identifier.

import Evidence
import Foundation
import PaymentModel
import PaymentParties

/// The sealed goods of a home's `locked` folder.
struct OfferShelf {
  /// A file that is an offer by its name.
  struct Entry {
    let path: String
    let good: Result<LockedGood, PartyError>
  }

  let folder: String
  let entries: [Entry]

  init(_ home: HomeFolder) {
    folder = home.locked
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home.locked)) ?? []
    entries = names.filter { $0.hasSuffix(".offer") }.sorted().map { name in
      let path = "\(home.locked)/\(name)"
      return Entry(
        path: path,
        good: Result { () throws(PartyError) in try LockedGood(offerPath: path) })
    }
  }

  var goods: [LockedGood] { entries.compactMap { try? $0.good.get() } }

  /// The sealed good that is meant: the path of a `.offer` file, its name in the folder, or the first
  /// digits of the offer's identifier.
  func good(_ text: String) throws -> LockedGood {
    let name = text.hasSuffix(".offer") ? text : "\(text).offer"
    for path in [text, "\(folder)/\(name)"]
    where path.hasSuffix(".offer") && FileManager.default.fileExists(atPath: path) {
      return try LockedGood(offerPath: path)
    }
    let goods = goods
    let id = try StatementID.matching(
      text, among: goods.map(\.id), what: "offer", hint: "see 'foil offer list'")
    guard let good = goods.first(where: { $0.id == id }) else {
      throw Failure(.notChecked, "no offer \(text)")
    }
    return good
  }
}
