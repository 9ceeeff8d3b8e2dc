// How a call of libcrypto is trusted: what it can always do must succeed, or the process ends.

/// The value that libcrypto made.
///
/// Allocating a context or fetching an algorithm fails only when memory or the library is broken. No
/// input reaches this: a process without its algorithms must not go on.
func required<Value>(_ value: Value?, _ call: StaticString) -> Value {
  guard let value else { fatalError("libcrypto failed: \(call)") }
  return value
}

/// Ends the process unless libcrypto answered 1. For calls that no input can make fail.
func requireSuccess(_ status: Int32, _ call: StaticString) {
  guard status == 1 else { fatalError("libcrypto failed: \(call)") }
}
