// All keys of a committed purchase, sealed to the customer.
//
// The content is an age identity file, which stock `age -d -i` reads as it is:
//
//   # foil key bundle v1␊
//   AGE-SECRET-KEY-1…␊        one line of 75 bytes for each good
//   ␊␊␊…                      up to the next multiple of 4096 bytes

public import PaymentCrypto
public import PaymentModel

/// The keys that a commit delivers. The log serves them to anybody; only the order's one-time identity
/// opens them. Their number is hidden up to a multiple of 4096 bytes, which hold 54 keys.
public struct KeyBundle: ~Copyable, Sendable {
  /// At most so many goods.
  public static let largestCount = 4096
  /// The content's size is a multiple of this.
  public static let blockByteCount = 4096

  private static let firstLine = Bytes("# foil key bundle v1\n".utf8)
  private static let lineByteCount = 75
  private static let lineFeed = UInt8(ascii: "\n")
  /// The largest sealed bundle that is opened, in bytes.
  private static let largestSealed = byteCount(of: largestCount) + 4096

  /// The identities one after another, 32 bytes each.
  private let identities: SecretBytes
  /// Their recipients, in the same order.
  public let recipients: [RecipientValue]

  /// Opens a bundle.
  ///
  /// - Parameter oneTimeIdentity: belongs to the recipient that the order names.
  /// - Throws: `bundleSealed` when it does not open; `bundleContent` when what is in it is no bundle, which
  ///   revealing the one-time identity proves.
  public init(
    _ sealed: Sealed<SealedContent.KeyBundle>, with oneTimeIdentity: borrowing Age.Identity
  ) throws(GoodsError) {
    let content = try Self.content(of: sealed, with: oneTimeIdentity)
    let count = try content.withSpan { (content) throws(GoodsError) in
      try Self.keyCount(in: content)
    }
    var recipients: [RecipientValue] = []
    identities = try SecretBytes(count: count * Age.Identity.byteCount) {
      (output: inout MutableSpan<UInt8>) throws(GoodsError) in
      for number in 0..<count {
        let identity = try Self.identity(number, in: content)
        recipients.append(identity.recipient.value)
        identity.withSpan { scalar in
          for index in scalar.indices { output[number * scalar.count + index] = scalar[index] }
        }
      }
    }
    self.recipients = recipients
  }

  /// The identity that opens a container.
  ///
  /// - Throws: `bundleKeyMissing` when none belongs to the container's recipient; `bundleKeyWrong` when the one
  ///   that does, does not open its header.
  public borrowing func identity(
    opening container: ContainerCommitment
  ) throws(GoodsError) -> Age.Identity {
    guard let number = recipients.firstIndex(of: container.recipient) else {
      throw GoodsError(.bundleKeyMissing, "the key bundle holds no key for this container")
    }
    let start = number * Age.Identity.byteCount
    let scalar = identities.withSpan {
      SecretBytes(copying: $0.extracting(start..<(start + Age.Identity.byteCount)))
    }
    guard let identity = try? Age.Identity(copying: scalar), identity.opens(container) else {
      throw GoodsError(.bundleKeyWrong, "the key does not open the container's header")
    }
    return identity
  }

  // MARK: - Opening

  private static func content(
    of sealed: Sealed<SealedContent.KeyBundle>, with oneTimeIdentity: borrowing Age.Identity
  ) throws(GoodsError) -> SecretBytes {
    guard sealed.bytes.count <= largestSealed, sealed.digest == SHA256.digest(sealed.bytes) else {
      throw GoodsError(.bundleSealed, "the key bundle does not have its digest or size")
    }
    do {
      return try Age.open(
        sealed.bytes, with: oneTimeIdentity, largestByteCount: byteCount(of: largestCount))
    } catch {
      throw GoodsError(.bundleSealed, "the key bundle does not open: \(error.message)")
    }
  }

  private static func identity(
    _ number: Int, in content: borrowing SecretBytes
  ) throws(GoodsError) -> Age.Identity {
    let line = start(of: number)..<(start(of: number + 1) - 1)
    let text = content.withSpan { SecretBytes(copying: $0.extracting(line)) }
    do { return try Age.Identity(encoded: text) } catch { throw malformed }
  }

  // MARK: - Sealing

  /// Seals `count` identities, which `identity` lends one by one; `nil` when one is missing.
  static func seal(
    count: Int, to recipient: Age.Recipient, from entropy: inout some Entropy,
    _ identity: (_ number: Int) -> Age.Identity?
  ) -> Sealed<SealedContent.KeyBundle>? {
    guard (0...largestCount).contains(count) else { return nil }
    do {
      let content = try SecretBytes(count: byteCount(of: count)) {
        (output: inout MutableSpan<UInt8>) throws(GoodsError) in
        for index in output.indices {
          output[index] = index < firstLine.count ? firstLine[index] : lineFeed
        }
        for number in 0..<count {
          guard let identity = identity(number) else {
            throw GoodsError(.bundleKeyMissing, "a key cannot be read")
          }
          let text = identity.encoded()
          text.withSpan { text in
            for index in text.indices { output[start(of: number) + index] = text[index] }
          }
        }
      }
      let bytes = Age.seal(content, to: recipient, from: &entropy)
      return Sealed(bytes, digest: SHA256.digest(bytes))
    } catch {
      return nil
    }
  }

  // MARK: - Form

  private static func start(of number: Int) -> Int { firstLine.count + number * lineByteCount }

  /// How many bytes the content has that holds so many keys.
  private static func byteCount(of count: Int) -> Int {
    let blocks = (start(of: count) + blockByteCount - 1) / blockByteCount
    return blocks * blockByteCount
  }

  /// How many keys the content holds.
  ///
  /// - Throws: `bundleContent` when it does not have the form.
  private static func keyCount(in content: Span<UInt8>) throws(GoodsError) -> Int {
    guard content.count >= firstLine.count,
      firstLine.indices.allSatisfy({ content[$0] == firstLine[$0] })
    else { throw malformed }
    var count = 0
    while start(of: count + 1) <= content.count, content[start(of: count)] != lineFeed {
      guard content[start(of: count + 1) - 1] == lineFeed else { throw malformed }
      count += 1
    }
    guard count <= largestCount, content.count == byteCount(of: count),
      (start(of: count)..<content.count).allSatisfy({ content[$0] == lineFeed })
    else { throw malformed }
    return count
  }

  private static var malformed: GoodsError {
    GoodsError(.bundleContent, "the key bundle's content does not have its form")
  }
}
