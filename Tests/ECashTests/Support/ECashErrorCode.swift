// Errors are compared by their code.

@testable import ECash

extension ECashError {
  init(code: Code) { self.init(code, "") }
}
