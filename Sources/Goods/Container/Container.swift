// Sealed goods: age v1 files with exactly one X25519 stanza, and the list of their chunks.

/// A sealed good: an age v1 file (age-encryption.org/v1, binary) with exactly one X25519 stanza, which
/// stock `age` opens, and beside it a chunk list (see `Docs/Formats/Goods.md`).
///
/// All of it works in constant memory, reads its input once, and uses synchronous I/O: call it from a
/// thread that may block. Output stands under its name only when it is complete and, when opening,
/// verified.
///
/// - `seal` is the merchant's: file → container, chunk list, and what the offer says about them.
/// - `check` is the customer's before she pays: container and chunk list are what the offer says.
/// - `open` is hers after the key transfer, and for files of stock `age`.
public enum Container {}
