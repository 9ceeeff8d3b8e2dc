// Canonical JSON: one spelling for each value, so that a digest names a content.

package import PaymentModel

/// JSON in the canonical form of RFC 8785 (JCS), restricted so that nothing in it can be read in two
/// ways.
///
/// What is written here is what JCS writes. What is read must be, to the byte, what would be written for
/// its content. Of JCS, these are left out:
///
/// - numbers other than the whole ones from 0 to 2^53 − 1: no sign (so no −0), fraction, or exponent;
/// - `null`;
/// - member names other than 1 to 64 characters of A–Z, a–z, 0–9 and `_`. Among those the order of bytes
///   and the order of UTF-16 units, which JCS sorts by, are the same;
/// - anything but an object on top;
/// - more than 16 levels of arrays and objects, the outermost one counted.
///
/// Strings are compared as UTF-8 bytes. Unicode is neither normalized nor restricted; lone surrogates
/// cannot be written in UTF-8, and the only escapes are those that JCS uses: `\" \\ \b \t \n \f \r`, and
/// `\u00xx` in lower case for the other characters below U+0020.
package enum CanonicalJSON {
  /// How many bytes are read unless said otherwise.
  package static let largestByteCount = 65_536
  /// How many arrays and objects may be open at once.
  package static let deepestNesting = 16
  /// 2^53 − 1, the largest number.
  package static let largestNumber: UInt64 = 9_007_199_254_740_991

  /// The object whose members `body` writes, in any order.
  package static func encode(_ body: (inout CanonicalWriter) -> Void) -> Bytes {
    CanonicalWriter.object(body)
  }

  /// Proves that `bytes` are one canonical object and lets `body` read its members. A member that
  /// `body` leaves unread is an error.
  ///
  /// - Parameter limit: how many bytes are read at most.
  /// - Throws: a code that begins with `json-` or `member-`.
  package static func decode<Value>(
    _ bytes: Bytes, limit: Int = largestByteCount,
    _ body: (inout CanonicalReader) throws(ClaimError) -> Value
  ) throws(EvidenceError) -> Value {
    var reader = try CanonicalReader(bytes, limit: limit)
    do throws(ClaimError) {
      let value = try body(&reader)
      try reader.requireAllRead()
      return value
    } catch {
      throw EvidenceError(error)
    }
  }
}
