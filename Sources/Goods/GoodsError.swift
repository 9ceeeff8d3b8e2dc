// What can go wrong in this module: one code for each check.

/// A check of this module failed. Compared by its code; the message is for people.
///
/// It never carries a secret, nor bytes of the good.
public struct GoodsError: Error, Sendable, Equatable {
  public let code: Code
  public let message: String
  /// Which chunk of a container it is about, counted from 0.
  public let chunk: UInt64?

  init(_ code: Code, _ message: String, chunk: UInt64? = nil) {
    self.code = code
    self.message = message
    self.chunk = chunk
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// Which check failed. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }
}

extension GoodsError: CustomStringConvertible {
  public var description: String { message }
}

extension GoodsError.Code {
  // Files
  /// A file cannot be opened, read, written or renamed.
  public static let file = Self(rawValue: "file")
  /// A path names no file: it is empty, or ends in a slash, `.` or `..`.
  public static let filePath = Self(rawValue: "file-path")
  /// A folder stands where a file is read.
  public static let fileIsFolder = Self(rawValue: "file-is-folder")
  /// The output exists, and nobody said that it may be overwritten.
  public static let outputExists = Self(rawValue: "output-exists")

  // Containers
  /// A good is larger than `ContainerLayout.largestPlaintext`.
  public static let containerTooLarge = Self(rawValue: "container-too-large")
  /// The header is not that of an age v1 file.
  public static let containerHeader = Self(rawValue: "container-header")
  /// No stanza of the header opens with the identity.
  public static let containerNoMatch = Self(rawValue: "container-no-match")
  /// A stanza opens, but the header's authentication code is wrong.
  public static let containerHeaderMAC = Self(rawValue: "container-header-mac")
  /// The header is not the one that the offer holds.
  public static let containerOtherHeader = Self(rawValue: "container-other-header")
  /// The payload nonce is not the one that the offer holds.
  public static let containerOtherNonce = Self(rawValue: "container-other-nonce")
  /// The container ends too early.
  public static let containerTruncated = Self(rawValue: "container-truncated")
  /// Bytes follow the container's end.
  public static let containerTrailing = Self(rawValue: "container-trailing")
  /// Chunks and chunk list do not hash to the offer's goods root.
  public static let goodsRoot = Self(rawValue: "goods-root")
  /// A chunk is not authentic.
  public static let chunk = Self(rawValue: "chunk")
  /// The last chunk opens as an inner one, too.
  public static let chunkDualFlag = Self(rawValue: "chunk-dual-flag")
  /// The last chunk is empty, and others precede it.
  public static let chunkEmptyLast = Self(rawValue: "chunk-empty-last")
  /// The offer commits to this chunk, and it does not open to what the chunk list says. The merchant
  /// sealed something else than it signed.
  public static let chunkNotAsCommitted = Self(rawValue: "chunk-not-as-committed")

  /// A chunk that is handed in as evidence is not one of the offered good.
  public static let chunkNotInGood = Self(rawValue: "chunk-not-in-good")

  // Chunk lists
  /// A file does not begin as a chunk list does.
  public static let chunkListMagic = Self(rawValue: "chunk-list-magic")
  /// A chunk list ends too early.
  public static let chunkListTruncated = Self(rawValue: "chunk-list-truncated")
  /// Bytes follow a chunk list's end.
  public static let chunkListTrailing = Self(rawValue: "chunk-list-trailing")

  // Offers, in the order of the checks
  /// The recipient is not canonical or of low order.
  public static let offerRecipient = Self(rawValue: "offer-recipient")
  /// The header is not that of an age v1 file with exactly one sound X25519 stanza.
  public static let offerHeader = Self(rawValue: "offer-header")
  /// The number of chunks does not follow from the plaintext's length.
  public static let offerChunkCount = Self(rawValue: "offer-chunk-count")
  /// The container's length does not follow from header and plaintext length.
  public static let offerCiphertextLength = Self(rawValue: "offer-ciphertext-length")
  /// The title is empty.
  public static let offerTitle = Self(rawValue: "offer-title")
  /// The price of the largest quantity is no amount any more.
  public static let offerPrice = Self(rawValue: "offer-price")
  /// A limited good is offered with one key for all buyers.
  public static let offerMode = Self(rawValue: "offer-mode")
  /// No way to pay, or one named twice.
  public static let offerPayment = Self(rawValue: "offer-payment")
  /// No coordinator, or one named twice.
  public static let offerCoordinators = Self(rawValue: "offer-coordinators")
  /// The keys are kept for a shorter time than the offer holds.
  public static let offerRetention = Self(rawValue: "offer-retention")
  /// A limit of the offer is outside what is allowed.
  public static let offerLimit = Self(rawValue: "offer-limit")
  /// The offer has expired.
  public static let offerExpired = Self(rawValue: "offer-expired")

  // Shops
  /// The identity is not the one of the offer's recipient, or does not open its header.
  public static let vaultIdentity = Self(rawValue: "vault-identity")
  /// What the vault holds does not open: another key at rest, or changed.
  public static let vaultSealed = Self(rawValue: "vault-sealed")
  /// A number of pieces is negative or too large.
  public static let stockCount = Self(rawValue: "stock-count")
  /// What the shop stored or made itself cannot be read.
  public static let shopRows = Self(rawValue: "shop-rows")
  /// An offer names a stock that the shop does not have.
  public static let stockUnknown = Self(rawValue: "stock-unknown")

  // Key bundles
  /// A bundle does not open with the one-time identity.
  public static let bundleSealed = Self(rawValue: "bundle-sealed")
  /// A bundle's content does not have its form.
  public static let bundleContent = Self(rawValue: "bundle-content")
  /// A bundle holds no key for a container.
  public static let bundleKeyMissing = Self(rawValue: "bundle-key-missing")
  /// A bundle's key has the container's recipient, and does not open its header.
  public static let bundleKeyWrong = Self(rawValue: "bundle-key-wrong")
}
