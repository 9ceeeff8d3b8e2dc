// Finds the parties that live in this process.

public import PaymentModel
import Synchronization

/// The participants of processes that run in this process.
public final class LocalDirectory: Participants {
  private struct Entries {
    var banks: [PartyName: any PaymentAgent] = [:]
    var merchants: [PartyName: any MerchantAgent] = [:]
    var customers: [ProcessID: any CustomerAgent] = [:]
    var walkIn: (any CustomerAgent)?
  }

  private let entries = Mutex(Entries())

  public init() {}

  public func register(bank: any PaymentAgent, as name: PartyName) {
    entries.withLock { $0.banks[name] = bank }
  }

  public func register(merchant: any MerchantAgent, as name: PartyName) {
    entries.withLock { $0.merchants[name] = merchant }
  }

  /// Answers for one process.
  public func register(customer: any CustomerAgent, of process: ProcessID) {
    entries.withLock { $0.customers[process] = customer }
  }

  /// Answers for every process that nobody else is registered for.
  public func register(customer: any CustomerAgent) {
    entries.withLock { $0.walkIn = customer }
  }

  public func bank(_ name: PartyName) -> (any PaymentAgent)? {
    entries.withLock { $0.banks[name] }
  }

  public func merchant(_ name: PartyName) -> (any MerchantAgent)? {
    entries.withLock { $0.merchants[name] }
  }

  public func customer(of process: ProcessID) -> (any CustomerAgent)? {
    entries.withLock { $0.customers[process] ?? $0.walkIn }
  }
}
