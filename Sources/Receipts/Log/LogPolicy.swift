// Which logs and witnesses one believes, and how many witnesses it takes.

public import Evidence
public import PaymentCrypto
public import PaymentModel

/// The keys of trusted logs and witnesses, and how many witnesses must have cosigned.
public struct LogPolicy: Sendable {
  /// A key and from when until when it may have been used.
  public struct Key: Hashable, Sendable {
    public let key: NoteKey
    public let validFrom: Timestamp
    public let validUntil: Timestamp

    public init(_ key: NoteKey, from: Timestamp, until: Timestamp) {
      self.key = key
      validFrom = from
      validUntil = until
    }

    func isValid(at time: Timestamp) -> Bool { validFrom <= time && time < validUntil }
  }

  public let logs: [Key]
  public let witnesses: [Key]
  public let quorum: WitnessQuorum

  public init(logs: [Key], witnesses: [Key], quorum: WitnessQuorum) {
    self.logs = logs
    self.witnesses = witnesses
    self.quorum = quorum
  }

  /// - Parameter witnessQuorum: how many of the witnesses, whichever they are. Keys of one name are one
  ///   witness.
  public init(logs: [Key], witnesses: [Key], witnessQuorum: Int) {
    var names: [String] = []
    for name in witnesses.map(\.key.name) where !names.contains(where: { $0.isSame(as: name) }) {
      names.append(name)
    }
    let parties = names.map { name in
      WitnessQuorum.atLeast(1, of: witnesses.map(\.key).filter { $0.name.isSame(as: name) })
    }
    self.init(
      logs: logs, witnesses: witnesses, quorum: .group(threshold: witnessQuorum, of: parties))
  }

  /// The logs and witnesses of a trust store, and its quorum.
  public init(_ trust: TrustStore) {
    func keys(_ listed: [TrustStore.Key], _ purpose: NoteKey.Purpose) -> [Key] {
      listed.map { key in
        Key(
          NoteKey(party: key.party, purpose: purpose, publicKey: key.publicKey),
          from: key.validFrom, until: key.validUntil)
      }
    }
    self.init(
      logs: keys(trust.logKeys, .note), witnesses: keys(trust.witnessKeys, .cosignature),
      witnessQuorum: trust.witnessQuorum)
  }

  /// Verifies a checkpoint: the log that it names has signed it, and enough witnesses have seen it.
  ///
  /// Signatures of unknown keys are ignored. A signature line that is meant for a known key must verify.
  /// A witness whose key was not valid when it cosigned does not count, nor does it count twice, whatever
  /// number of keys it has.
  ///
  /// - Throws: in this order what `Checkpoint` throws, `noteSignature`, `checkpointUnsigned`,
  ///   `witnessQuorum`, `logKeyWindow`.
  public func verify(_ note: SignedNote) throws(ReceiptsError) -> WitnessedCheckpoint {
    let checkpoint = try Checkpoint(text: note.text)
    var signers: [Key] = []
    var sightings: [NoteKey: Timestamp] = [:]
    for signature in note.signatures {
      for log in logs where log.key.isMeant(by: signature) {
        guard log.key.isValid(signature, for: note.text) else { throw Self.invalid(log) }
        if log.key.name.isSame(as: checkpoint.origin) { signers.append(log) }
      }
      for witness in witnesses where witness.key.isMeant(by: signature) {
        guard let time = witness.key.time(of: signature, on: note.text) else {
          throw Self.invalid(witness)
        }
        guard witness.isValid(at: time) else { continue }
        sightings[witness.key] = min(time, sightings[witness.key] ?? time)
      }
    }
    guard !signers.isEmpty else {
      throw ReceiptsError(.checkpointUnsigned, "no trusted log has signed the checkpoint")
    }
    guard quorum.isMet(by: Set(sightings.keys)) else {
      throw ReceiptsError(
        .witnessQuorum,
        "the \(Set(sightings.keys.map(\.name)).count) witnesses that have cosigned are not enough")
    }
    let earliest = sightings.values.min()
    if let earliest, !signers.contains(where: { $0.isValid(at: earliest) }) {
      throw ReceiptsError(.logKeyWindow, "the log's key was not valid at that time")
    }
    return WitnessedCheckpoint(
      checkpoint: checkpoint, key: signers[0].key.publicKey, witnessedAt: earliest)
  }

  /// Verifies that an entry is in the log.
  ///
  /// - Throws: what `verify(_:)` throws, then `notIncluded`.
  public func verify(
    _ entry: LogEntry, by proof: LogProof
  ) throws(ReceiptsError) -> WitnessedCheckpoint {
    let checkpoint = try verify(proof.checkpoint)
    try checkpoint.requireInclusion(of: entry, at: proof.index, path: proof.path)
    return checkpoint
  }

  /// The note with the signatures of known keys alone, as far as they verify, each of them once.
  ///
  /// Anybody can put lines below a note that mean nothing. What is kept of a note is this.
  package func stripped(_ note: SignedNote) -> SignedNote {
    var kept: [NoteSignature] = []
    for signature in note.signatures where !kept.contains(signature) {
      let isKnown =
        logs.contains { $0.key.isValid(signature, for: note.text) }
        || witnesses.contains { $0.key.time(of: signature, on: note.text) != nil }
      if isKnown { kept.append(signature) }
    }
    return SignedNote(text: note.text, signatures: kept)
  }

  /// Whether a key of the log that a checkpoint names has signed it while it was valid: at the time of a
  /// trusted witness on the note, or at the time at which the note was received.
  func isSignedInTime(_ note: SignedNote, receivedAt: Timestamp?) -> Bool {
    guard let origin = (try? Checkpoint(text: note.text))?.origin else { return false }
    var times = [receivedAt].compactMap { $0 }
    for signature in note.signatures {
      for witness in witnesses {
        guard let time = witness.key.time(of: signature, on: note.text), witness.isValid(at: time)
        else { continue }
        times.append(time)
      }
    }
    return logs.contains { log in
      log.key.name.isSame(as: origin) && times.contains { log.isValid(at: $0) }
        && note.signatures.contains { log.key.isValid($0, for: note.text) }
    }
  }

  private static func invalid(_ key: Key) -> ReceiptsError {
    ReceiptsError(.noteSignature, "the signature of \(key.key.name) does not verify")
  }
}

extension String {
  /// Whether two names are the same bytes.
  fileprivate func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// A checkpoint that a trusted log has signed and enough witnesses have seen.
public struct WitnessedCheckpoint: Hashable, Sendable {
  public let checkpoint: Checkpoint
  /// The log's key.
  public let key: Ed25519.PublicKey
  /// What it covers existed no later than that: the earliest time of a trusted witness. `nil` when no
  /// witness was asked for and none has cosigned.
  public let witnessedAt: Timestamp?

  /// - Throws: `notIncluded`.
  public func requireInclusion(
    of entry: LogEntry, at index: UInt64, path: [Digest]
  ) throws(ReceiptsError) {
    do throws(CryptoError) {
      try MerkleTree.verifyInclusion(
        of: entry.leafHash, at: index, inTreeOf: checkpoint.size, path: path,
        root: checkpoint.root)
    } catch {
      throw ReceiptsError(.notIncluded, "the entry is not in the log: \(error.message)")
    }
  }
}
