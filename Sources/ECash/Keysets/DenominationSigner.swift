// Where private denomination keys live: behind a port, and by default sealed in the bank's store.

import Dispatch
public import PaymentCrypto
public import PaymentModel
import Synchronization

/// Signs blinded coins. Private denomination keys never leave it.
public protocol DenominationSigner: Sendable {
  /// The blind signatures of the blinded messages, in their order (RFC 9474, section 4.3).
  ///
  /// - Throws: `denominationKey` when there is no such key or it does not sign; `blindedMessage` when one
  ///   of the messages is out of range. Then none is signed.
  func sign(
    _ blindedMessages: [Bytes], with denomination: DenominationID
  ) async throws(ECashError) -> [Bytes]
}

/// Keeps private denomination keys in the bank's rows, sealed, and signs on threads of its own.
public final class LocalSigner: DenominationSigner {
  /// Where the sealed keys stand; the row is the denomination's identifier.
  static let column = SealedColumn(table: "denomination_keys", column: "private_key")

  private let store: any Store<any BankRows>
  private let atRest: AtRestKey
  private let queue = DispatchQueue(label: "foil.denominations", attributes: .concurrent)
  private let keys = Mutex<[DenominationID: PrivateKeyBox]>([:])

  /// - Parameter atRest: what the private keys are sealed with.
  public init(store: any Store<any BankRows>, atRest: consuming AtRestKey) {
    self.store = store
    self.atRest = atRest
  }

  /// Makes a key for each value and keeps the private halves.
  ///
  /// - Returns: values and public keys (SubjectPublicKeyInfo, DER), for a keyset.
  public func generate(
    values: [UInt64], size: BlindRSA.KeySize = .bits2048
  ) async -> [(value: UInt64, publicKey: Bytes)] {
    var made: [(value: UInt64, publicKey: Bytes)] = []
    for value in values {
      let box = await onQueue { PrivateKeyBox(BlindRSA.PrivateKey.generate(size)) }
      made.append((value, await keep(box)))
    }
    return made
  }

  /// Keeps a private key that was made elsewhere.
  ///
  /// - Returns: its public key (SubjectPublicKeyInfo, DER).
  public func add(_ key: consuming BlindRSA.PrivateKey) async -> Bytes {
    await keep(PrivateKeyBox(key))
  }

  public func sign(
    _ blindedMessages: [Bytes], with denomination: DenominationID
  ) async throws(ECashError) -> [Bytes] {
    let box = try await key(denomination)
    let signed = await onQueue {
      Result { () throws(CryptoError) in try box.key.blindSign(blindedMessages) }
    }
    do {
      return try signed.get()
    } catch {
      switch error.code {
      case .unexpectedInputSize, .representativeOutOfRange:
        throw ECashError(.blindedMessage, "a blinded message does not fit its key")
      default: throw ECashError(.denominationKey, "a key did not sign: \(error.message)")
      }
    }
  }

  private func keep(_ box: PrivateKeyBox) async -> Bytes {
    let publicKey = box.key.publicKey
    let sealed = Self.column.seal(
      box.key.pkcs8DER(), row: publicKey.id.bytes, under: atRest)
    await store.transact { rows in rows.putSealedDenominationKey(sealed, of: publicKey.id) }
    keys.withLock { $0[publicKey.id] = box }
    return publicKey.derRepresentation
  }

  /// The key, from memory or from its sealed row.
  private func key(_ id: DenominationID) async throws(ECashError) -> PrivateKeyBox {
    if let box = keys.withLock({ $0[id] }) { return box }
    guard let sealed = await store.read({ rows in rows.sealedDenominationKey(id) }) else {
      throw ECashError(.denominationKey, "there is no private key of that denomination")
    }
    let opened = await onQueue {
      Result { () throws(CryptoError) in
        let encoded = try Self.column.open(sealed, row: id.bytes, under: self.atRest)
        return PrivateKeyBox(try BlindRSA.PrivateKey(pkcs8DER: encoded))
      }
    }
    let box: PrivateKeyBox
    do {
      box = try opened.get()
    } catch {
      throw ECashError(.denominationKey, "a private key cannot be read: \(error.message)")
    }
    keys.withLock { $0[id] = box }
    return box
  }

  /// Runs work on the signer's own threads. RSA would hold up everything else on the shared ones.
  private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: work()) }
    }
  }
}

/// Holds a private key, which cannot be copied, where several can reach it.
private final class PrivateKeyBox: Sendable {
  let key: BlindRSA.PrivateKey

  init(_ key: consuming BlindRSA.PrivateKey) {
    self.key = key
  }
}
