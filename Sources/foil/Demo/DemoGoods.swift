// What the two merchants of the demo sell when no files are given: a contract, and a picture.

import Foundation

/// A good of the demo.
struct DemoGood {
  let fileName: String
  let mediaType: String
  let title: String
  let content: Data

  /// The contract for a walk along a coast. Depositing its key would bind the merchant.
  static func contract() -> DemoGood {
    let text = """
      CONTRACT FOR A GUIDED WALK

      1. The guide walks with the bearer of this contract from the lighthouse to the
         old harbour, on a day that both agree on within one year.
      2. The walk takes place in any weather in which the ferry sails.
      3. Who opens this document holds the contract: its key was placed in escrow by
         the guide and transferred when the purchase was committed.

      """
    return DemoGood(
      fileName: "contract.txt", mediaType: "text/plain", title: "Guided walk (contract)",
      content: Data(text.utf8))
  }

  /// A split tally stick: the stock and the foil, with the same notches across the split.
  static func picture() -> DemoGood {
    var drawing = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 240" width="640" height="240">
      <rect width="640" height="240" fill="#f4efe6"/>
      <rect x="40" y="70" width="560" height="44" rx="6" fill="#b98a56"/>
      <rect x="120" y="124" width="480" height="44" rx="6" fill="#a87846"/>

      """
    // Notches as on a real tally: a wide one for a score, narrow ones for units.
    for (index, width) in [22, 8, 8, 22, 8, 8, 8, 14, 8, 8].enumerated() {
      let x = 150 + index * 42
      drawing += """
        <path d="M\(x) 114 l\(width / 2) -18 l\(width / 2) 18 z" fill="#f4efe6"/>
        <path d="M\(x) 124 l\(width / 2) 18 l\(width / 2) -18 z" fill="#f4efe6"/>

        """
    }
    drawing += """
      <text x="52" y="98" font-family="serif" font-size="18" fill="#3d2b17">stock</text>
      <text x="540" y="152" font-family="serif" font-size="18" fill="#3d2b17">foil</text>
      </svg>

      """
    return DemoGood(
      fileName: "tally.svg", mediaType: "image/svg+xml", title: "Tally stick (picture)",
      content: Data(drawing.utf8))
  }
}
