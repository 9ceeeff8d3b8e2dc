// Errors are compared by their code.

import ECash

extension ECashError {
  init(code: Code) { self.init(code, "") }
}
