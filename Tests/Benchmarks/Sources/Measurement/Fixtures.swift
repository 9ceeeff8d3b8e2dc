// What benchmarks are set up from: values that must be there, and folders.

package import Foundation

/// A value of the fixtures that cannot be absent.
package func required<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw BrokenFixture() }
  return value
}

/// A fixture is not what it should be.
package struct BrokenFixture: Error {
  package let reason: String

  package init(_ reason: String = "a value is missing") { self.reason = reason }
}

/// A new folder on the disk of the temporary files, which is removed with this.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "foil-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  package func path(_ name: String) -> String { url.appending(path: name).path }
}
