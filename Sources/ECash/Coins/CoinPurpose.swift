// What a coin's key may sign. Anything else it signs means nothing.

public import PaymentModel

/// The purposes of a coin's key: bytes in front of what is signed, so that no signature serves twice.
public enum CoinPurpose {
  /// What a coin signs to be used in one process at one bank: "foil/spend/v1\n" ‖ process ‖ bank.
  public static func spend(in process: ProcessID, at bank: PartyName) -> Bytes {
    Bytes("foil/spend/v1\n".utf8) + process.bytes + Bytes(bank.text.utf8)
  }
}
