// Denomination keys whose private halves are published with this project, for its tests.

import PaymentModel

/// The test denominations. Whoever holds a denomination key can print money, and these everybody holds.
enum TestDenominations {
  /// Whether a denomination is one of them.
  static func contains(_ id: DenominationID) -> Bool { identifiers.contains(id) }

  /// SHA-256 of each public key, from value 1 to value 2048.
  private static let identifiers: Set<DenominationID> = Set(
    [
      "b9062061885b51b2609353a7e4dc7cddd5e661f9f9d4317d0af48a232aee8d02",
      "6115093cdea8e4e599790547c9274e3f3313d75a1b7d995e69bc591cff8980d3",
      "f946d3e083298359e9e8ea65972d00af072948d32476614467fa9224742cfcf7",
      "437346ea89fd304c607a24d257b336190fb5f20e96dc9c29a9d886a47e8a3969",
      "82437e40d57fdc22d5a3c5a20ed5fa85cdf4c1cd6688e0fe380efe16ca19123d",
      "318d4165fb95d89708fbd1d6fc93cc1417081808df1e4c22e718b975d8b7c27f",
      "21be520aaeb4460b9239918ccf3132997a169141c6eab49e9ed97e0024d48907",
      "f088d1863a26d0bb3f47d16a9ff84df99af4ad2dcc5e0dd58bab7691747a38a0",
      "66981fab4ed10db229a574d39e76e052630d5371d5907606a07d098db6ba4b33",
      "d99f1cf91665ed4948d0c4c72e8da2c6a2821195d28ef294a0b5e253f5332b6f",
      "af7cef83582d69d567beec3fcc6ae661a1e11b78cc3329ce7d4a87c2483c0fda",
      "c09e2f01cd3ccd35d90d10d21474c558ffcf958d1f594911180be4f3b0dcc194",
    ].compactMap { DenominationID(hex: $0) })
}
