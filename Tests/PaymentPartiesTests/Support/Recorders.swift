// Stand between the coordinator and the others, and write down what each was told.

import Evidence
import Goods
import PaymentModel
import Synchronization

/// What was said to one party.
final class Said: Sendable {
  private let messages = Mutex<[Bytes]>([])

  var all: [Bytes] { messages.withLock { $0 } }

  func write(_ parts: Bytes...) { messages.withLock { $0 += parts } }

  func write(_ id: RequestID) { write(id.process.bytes, Bytes(id.step.rawValue.utf8)) }

  func write(_ verdict: LoggedVerdict) { write(verdict.verdict.bytes, verdict.proof) }

  func write(_ part: CommittedPart) {
    write(part.part, part.salt.bytes)
    for digest in part.path { write(digest.bytes) }
  }
}

/// A bank, with everything that it is told.
struct RecordedBank: PaymentAgent {
  let bank: any PaymentAgent
  let said = Said()

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    said.write(request.id)
    said.write(request.order.bytes, request.instrument.bytes)
    said.write(request.part)
    return await bank.reserve(request)
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    said.write(request.id)
    said.write(request.verdict)
    return await bank.post(request)
  }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    said.write(request.id)
    said.write(request.verdict)
    return await bank.void(request)
  }
}

/// A merchant, with everything that it is told.
struct RecordedMerchant: MerchantAgent {
  let merchant: any MerchantAgent
  let said = Said()

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    said.write(request.id)
    said.write(request.order.bytes)
    said.write(request.part)
    return await merchant.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    said.write(request.id)
    said.write(request.verdict)
    return await merchant.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    said.write(request.id)
    said.write(request.verdict)
    for transfer in request.transfers { said.write(transfer.bytes) }
    return await merchant.settle(request)
  }
}
