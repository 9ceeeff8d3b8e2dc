// Which exit status each error of the library has.

import ArgumentParser
import Coordinator
import Goods
import PaymentModel
import PaymentParties
import StoreSQLite

extension Failure {
  /// Runs `body` and turns what the library throws into a failure with its exit status.
  static func mapping<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as PartyError {
      throw Failure(error)
    } catch let error as GoodsError {
      throw Failure(error)
    } catch let error as AmountError {
      throw Failure(error)
    } catch let error as StoreError {
      throw Failure(
        error.code == .inUse ? .pending : .notChecked, error.message,
        hint: error.code == .inUse ? "run the same command again" : nil)
    } catch let error as CoordinatorError {
      throw Failure(
        .notChecked, error.message,
        hint: error.code == .unknownProcess
          ? "the coordinator has not taken it yet: see 'foil purchase list'" : nil)
    }
  }

  init(_ error: PartyError) {
    switch error.code {
    case .inUse, .undecided, .submission, .cancellation:
      self.init(.pending, error.message, hint: "run the same command again")
    case .home, .keys, .receipt, .complaint, .export:
      self.init(.notChecked, error.message)
    case .schema:
      self.init(
        .notChecked, error.message, hint: "open the home with the program that has made it")
    case .atRestKey:
      self.init(.notChecked, error.message, hint: "see --passphrase-file")
    case .payment:
      self.init(.no, error.message, hint: "nothing was ordered or paid")
    default:
      self.init(.no, error.message)
    }
  }

  init(_ error: AmountError) {
    switch error {
    case .overflow:
      self.init(.usage, "an amount is at most \(Amount.largestMinor)")
    case .negative:
      self.init(.usage, "an amount is not below zero")
    case .currencyMismatch(let one, let other):
      self.init(.usage, "\(one) and \(other) do not add up")
    }
  }

  init(_ error: GoodsError) {
    switch error.code {
    case .file, .filePath, .fileIsFolder:
      self.init(.notChecked, error.message)
    case .outputExists:
      self.init(.no, error.message, hint: "choose another name, or remove it")
    default:
      self.init(.no, error.message)
    }
  }
}

extension ExitCode {
  /// Ends a command that has printed its result.
  init(_ status: ExitStatus) {
    self.init(status.rawValue)
  }
}
