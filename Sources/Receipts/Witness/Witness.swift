// Who watches that a log only grows.

public import PaymentModel

/// A witness, as a log sees it (C2SP tlog-witness, `add-checkpoint`).
public protocol Witness: Sendable {
  /// The key that verifies its cosignatures.
  var key: NoteKey { get }

  /// Asks for a cosignature of a checkpoint.
  ///
  /// The task is cancelled when the log needs the answer no longer: it should end soon then. Nobody waits for it.
  ///
  /// - Parameters:
  ///   - oldSize: the size that the witness is believed to have cosigned last; 0 for never.
  ///   - proof: that the log of `oldSize` is the beginning of the log of the checkpoint.
  func cosign(
    _ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer
}

/// What a witness answers.
public enum WitnessAnswer: Hashable, Sendable {
  /// It has seen the checkpoint, durably, and signs that.
  case cosigned(NoteSignature)
  /// The last size that it has cosigned is another one: ask again from there.
  case otherSize(UInt64)
  /// It will never cosign this: the code says why.
  case refused(ReceiptsError)
  /// No answer.
  case unknown(String)
}
