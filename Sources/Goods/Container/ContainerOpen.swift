// Opening containers: ours against what the offer says, and any age file.

public import PaymentCrypto
public import PaymentModel

/// A good that has been opened.
public struct OpenedGood: Hashable, Sendable {
  /// Where it stands, unless it went to a stream.
  public let path: String?
  /// How many bytes it has.
  public let byteCount: UInt64
}

extension Container {
  /// Opens a bought container and compares it with what the merchant signed.
  ///
  /// Each chunk must be authentic and must have the h_i that the chunk list gives for it, and chunk list and
  /// ciphertext must hash to the offer's goods root. When the root is right and a chunk is wrong, the
  /// merchant sealed something else than it signed (`chunkNotAsCommitted`, `chunkDualFlag`); when the root is
  /// wrong, container or list have changed since, which blames nobody (`goodsRoot`).
  ///
  /// - Throws: what `check` throws; `containerNoMatch`, `containerHeaderMAC`, `chunkNotAsCommitted`, `chunkDualFlag`, and what
  ///   writing throws. Nothing stands under the output's name then.
  public static func open(
    _ container: consuming FileSource, chunkList: consuming FileSource,
    against commitment: ContainerCommitment, with identity: borrowing Age.Identity,
    to output: Output
  ) throws(GoodsError) -> OpenedGood {
    var committed = try CommittedContainer(
      container, chunkList: chunkList, commitment: commitment)
    let layout = committed.layout
    let fileKey = try fileKey(of: commitment.header, with: identity)
    let digester = ChunkDigester(fileKey: fileKey, nonce: commitment.payloadNonce)
    var cipher = try chunkCipher(fileKey, nonce: commitment.payloadNonce)
    let writer = try OutputWriter(output)
    var wrong: GoodsError?

    try committed.readChunks { (index, ciphertext, listed) throws(GoodsError) in
      guard wrong == nil else { return }
      let plaintext: SecretBytes
      do throws(ChunkFault) {
        plaintext = try digester.open(
          ciphertext, index: index, listed: listed, layout: layout, with: &cipher)
      } catch {
        switch error {
        case .notAsCommitted:
          wrong = GoodsError(
            .chunkNotAsCommitted, "chunk \(index) is not what the offer commits to", chunk: index)
        case .dualFlag: wrong = dualFlag(index)
        }
        return
      }
      try plaintext.withSpan { (plaintext) throws(GoodsError) in try writer.write(plaintext) }
    }
    if let wrong { throw wrong }
    return OpenedGood(path: try writer.finish(), byteCount: layout.plaintextLength)
  }

  /// Opens any binary age v1 file that has an X25519 stanza for the identity, among others if need be.
  ///
  /// - Throws: `containerHeader`, `containerNoMatch`, `containerHeaderMAC`, `containerTruncated`, `containerTrailing`, `chunk`,
  ///   `chunkDualFlag`, `chunkEmptyLast`, and what reading and writing throw. Nothing stands under the
  ///   output's name then; a stream has received a prefix.
  public static func open(
    _ file: consuming FileSource, with identity: borrowing Age.Identity, to output: Output
  ) throws(GoodsError) -> OpenedGood {
    var start = Bytes()
    let header = try readHeader(from: file, into: &start)
    let fileKey = try fileKey(of: header, with: identity)
    guard start.count >= Age.nonceByteCount else { throw truncated }
    let nonce = Bytes(start.prefix(Age.nonceByteCount))
    var buffer = Bytes(start.dropFirst(Age.nonceByteCount))
    var decryptor = try decryptor(fileKey, nonce: nonce)
    let writer = try OutputWriter(output)
    var byteCount: UInt64 = 0
    var chunkCount: UInt64 = 0

    func put(
      _ index: UInt64, _ plaintext: Span<UInt8>, _ ciphertext: Span<UInt8>
    ) throws(GoodsError) {
      try writer.write(plaintext)
      byteCount += UInt64(plaintext.count)
      chunkCount += 1
    }
    do {
      try decryptor.update(buffer.span, visit: put)
      buffer = Bytes(repeating: 0, count: Age.chunkByteCount)
      while true {
        let count = try file.read(into: &buffer)
        if count == 0 { break }
        try decryptor.update(buffer.span.extracting(first: count), visit: put)
      }
      try decryptor.finish(visit: put)
    } catch {
      throw payloadError(error, chunk: chunkCount)
    }
    return OpenedGood(path: try writer.finish(), byteCount: byteCount)
  }
}

// MARK: - Headers and errors

extension Container {
  /// Reads until the header and the nonce are complete; what was read behind the header stays in `rest`.
  private static func readHeader(
    from file: borrowing FileSource, into rest: inout Bytes
  ) throws(GoodsError) -> Age.Header {
    var start = Bytes()
    while true {
      var next = Bytes(repeating: 0, count: 1024)
      let count = try file.read(into: &next)
      start += next.prefix(count)
      do {
        if let header = try Age.Header.read(from: start),
          count == 0 || start.count >= header.bytes.count + Age.nonceByteCount
        {
          rest = Bytes(start.dropFirst(header.bytes.count))
          return header
        }
      } catch {
        throw GoodsError(.containerHeader, error.message)
      }
      guard count > 0 else { throw GoodsError(.containerHeader, "not an age file") }
    }
  }

  static func fileKey(
    of header: Bytes, with identity: borrowing Age.Identity
  ) throws(GoodsError) -> Age.FileKey {
    let parsed: Age.Header
    do { parsed = try Age.Header(header) } catch {
      throw GoodsError(.containerHeader, error.message)
    }
    return try fileKey(of: parsed, with: identity)
  }

  private static func fileKey(
    of header: Age.Header, with identity: borrowing Age.Identity
  ) throws(GoodsError) -> Age.FileKey {
    do { return try header.unwrap(with: identity) } catch {
      switch error.code {
      case .ageNoMatch: throw GoodsError(.containerNoMatch, error.message)
      case .ageHeaderMAC: throw GoodsError(.containerHeaderMAC, error.message)
      default: throw GoodsError(.containerHeader, error.message)
      }
    }
  }

  private static func chunkCipher(
    _ fileKey: borrowing Age.FileKey, nonce: Bytes
  ) throws(GoodsError) -> Age.ChunkCipher {
    do { return try Age.ChunkCipher(fileKey: fileKey, nonce: nonce) } catch {
      throw GoodsError(.containerOtherNonce, error.message)
    }
  }

  private static func decryptor(
    _ fileKey: borrowing Age.FileKey, nonce: Bytes
  ) throws(GoodsError) -> Age.Decryptor {
    do { return try Age.Decryptor(fileKey: fileKey, nonce: nonce) } catch {
      throw GoodsError(.containerTruncated, error.message)
    }
  }

  /// What went wrong behind `chunk` chunks that were opened.
  private static func payloadError(_ error: any Error, chunk: UInt64) -> GoodsError {
    if let error = error as? GoodsError { return error }
    switch (error as? CryptoError)?.code {
    case .agePayloadTruncated?: return truncated
    case .agePayloadTrailing?:
      return GoodsError(.containerTrailing, "bytes follow the container's end")
    case .ageEmptyLastChunk?:
      return GoodsError(.chunkEmptyLast, "the last chunk is empty", chunk: chunk)
    case .ageDualFlagChunk?: return dualFlag(chunk - 1)
    default: return GoodsError(.chunk, "chunk \(chunk) is not authentic", chunk: chunk)
    }
  }

  private static var truncated: GoodsError {
    GoodsError(.containerTruncated, "the container ends too early")
  }

  private static func dualFlag(_ index: UInt64) -> GoodsError {
    GoodsError(
      .chunkDualFlag, "chunk \(index) opens both as the last and as an inner one", chunk: index)
  }
}
