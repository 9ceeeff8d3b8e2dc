// Complaints about transfers into accounts at another bank: one of two banks is named, or the payee's bank has an answer.

import Evidence
import PaymentCrypto
import PaymentModel
import Receipts

/// A transfer of the bank to the merchant's account at the other one.
private struct ClearedTransfer {
  static let net: UInt64 = 500

  let purchase: DisputedPurchase
  let line: Signed<CreditLine>
  let transfer: Signed<Transfer>
  let id: StatementID

  /// - Parameters:
  ///   - limit: what the line lets the bank draw.
  ///   - total: what it has drawn with the transfer.
  ///   - signer: who has signed the line; the other bank unless said otherwise.
  ///   - debtor: for whom it is.
  ///   - draws: whether the transfer says what it draws.
  ///   - fee: what the bank keeps of it.
  init(
    in world: DisputeWorld, limit: UInt64 = 2000, total: UInt64 = 2000,
    lineBy signer: StatementSigner? = nil, for debtor: PartyName? = nil, draws: Bool = true,
    fee: UInt64? = nil
  ) throws {
    purchase = try DisputedPurchase(in: world)
    line = world.sign(
      CreditLine(
        debtor: debtor ?? world.bank.issuer.party, limit: try Fair.amount(limit),
        validFrom: DisputeWorld.start, validUntil: DisputeWorld.decideBy),
      by: signer ?? world.otherBank)
    let draw = Draw(line: try UnverifiedStatement(line.bytes).id, total: total)
    transfer = world.sign(
      try Self.claim(in: world, of: purchase.process, draw: draws ? draw : nil, fee: fee),
      by: world.bank)
    id = try UnverifiedStatement(transfer.bytes).id
  }

  static func claim(
    in world: DisputeWorld, of process: ProcessID, draw: Draw?, account: String = "books",
    fee: UInt64? = nil
  ) throws -> Transfer {
    Transfer(
      process: process, verdict: SHA256.digest([3]).renamed(),
      payee: Payee(bank: world.otherBank.issuer.party, account: Fair.account(account)),
      amount: try Fair.amount(net), fee: try fee.map { try Fair.amount($0) }, draw: draw)
  }

  /// The merchant complains that it was not credited.
  func complaint(
    in world: DisputeWorld, with more: [Bytes] = []
  ) async throws -> (id: StatementID, file: Receipt) {
    try await world.complaint(
      .notCredited, of: purchase, about: id, by: world.merchant, with: [transfer.bytes] + more)
  }

  /// The other bank says that it has credited the account for another transfer.
  func earlierCredit(in world: DisputeWorld) throws -> Bytes {
    world.sign(
      Credit(
        transfer: SHA256.digest([8]).renamed(), account: Fair.account("books"),
        amount: try Fair.amount(1)), by: world.otherBank
    ).bytes
  }

  /// Another transfer of the same bank, which has drawn the last unit of this one's part.
  func twice(in world: DisputeWorld, upTo total: UInt64) async throws -> Receipt {
    let other: ProcessID = SHA256.digest([4]).renamed()
    let twice = world.sign(
      try Self.claim(
        in: world, of: other,
        draw: Draw(line: UnverifiedStatement(line.bytes).id, total: total), account: "maps"),
      by: world.bank)
    return try await world.file(about: other, [twice.bytes])
  }

  /// The other bank says that it will not credit the transfer.
  func refusal(_ reason: RefusalReason, in world: DisputeWorld) throws -> Bytes {
    guard let step = StepPath(rawValue: "collect/\(id)") else { throw BadStep() }
    return world.sign(
      Refusal(process: purchase.process, step: step, reason: reason), by: world.otherBank
    ).bytes
  }
}

extension DisputeCase {
  private static func clearing(
    _ name: String, _ expected: String, _ comment: String,
    _ evidence: @escaping @Sendable (DisputeWorld) async throws -> [Receipt]
  ) -> DisputeCase {
    DisputeCase("not-credited-\(name)", expected, comment, hasOtherBank: true, evidence)
  }

  static let clearing: [DisputeCase] = [
    clearing(
      "honest", "did-not-answer other-bank.example asked-in-vain",
      "the transfer is within the line, and the payee's bank shows no credit"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let (id, file) = try await cleared.complaint(in: world, with: [cleared.line.bytes])
      return [file]
        + (try await world.asked(world.otherBank, .credit, about: id, of: cleared.purchase))
    },
    clearing(
      "dishonest", "not-at-fault other-bank.example answered",
      "the payee's bank shows that it has credited the account"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let credit = world.sign(
        Credit(
          transfer: cleared.id, account: Fair.account("books"),
          amount: try Fair.amount(ClearedTransfer.net)), by: world.otherBank)
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes]).file,
        try await world.file(about: cleared.purchase.process, [credit.bytes]),
      ]
    },
    clearing(
      "in-part", "ask other-bank.example credit",
      "the payee's bank shows that it has credited less"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let credit = world.sign(
        Credit(
          transfer: cleared.id, account: Fair.account("books"),
          amount: try Fair.amount(ClearedTransfer.net - 1)), by: world.otherBank)
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes, credit.bytes]).file
      ]
    },
    clearing(
      "refused", "at-fault other-bank.example refused-credit",
      "the payee's bank refuses what was drawn within its line, and has nothing to show when it is asked"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let refusal = try cleared.refusal(.clearingLimit, in: world)
      let (id, file) = try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal])
      return [file]
        + (try await world.asked(world.otherBank, .credit, about: id, of: cleared.purchase))
    },
    clearing(
      "refused-not-asked", "ask other-bank.example credit",
      "the payee's bank refuses what was drawn within its line: why, it can show when it is asked"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let refusal = try cleared.refusal(.invalid, in: world)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal]).file]
    },
    clearing(
      "refused-drawn-twice", "at-fault bank.example drawn-twice",
      "the payee's bank refuses, and shows when it is asked that the same was drawn for another payment"
    ) { world in
      let cleared = try ClearedTransfer(in: world, total: 1000)
      let refusal = try cleared.refusal(.invalid, in: world)
      let (id, file) = try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal])
      let asked = try await world.asked(
        world.otherBank, .credit, about: id, of: cleared.purchase, passes: false)
      return [file] + asked + [try await cleared.twice(in: world, upTo: 1000)]
    },
    clearing(
      "no-account", "not-at-fault nobody refused",
      "the payee's bank says that it has no such account, and nothing shows that it has"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let refusal = try cleared.refusal(.payeeUnknown, in: world)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal]).file]
    },
    clearing(
      "account-denied", "at-fault other-bank.example contradiction",
      "the payee's bank says that it has no such account; its credit to it stood in the log before that"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let refusal = try cleared.refusal(.payeeUnknown, in: world)
      let before = try await world.file(
        about: cleared.purchase.process, [cleared.earlierCredit(in: world)])
      let complaint = try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal])
      return [complaint.file, before]
    },
    clearing(
      "account-opened-later", "ask other-bank.example credit",
      "the payee's bank says that it has no such account, and credits it later: now it can credit this, too"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let refusal = try cleared.refusal(.payeeUnknown, in: world)
      let complaint = try await cleared.complaint(in: world, with: [cleared.line.bytes, refusal])
      let later = try await world.file(
        about: cleared.purchase.process, [cleared.earlierCredit(in: world)])
      return [complaint.file, later]
    },
    clearing(
      "of-nothing", "not-at-fault other-bank.example nothing-owed",
      "the bank that has paid kept all of the transfer"
    ) { world in
      let cleared = try ClearedTransfer(in: world, fee: ClearedTransfer.net)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes]).file]
    },
    clearing(
      "signed-often", "at-fault bank.example drawn-twice",
      "the bank that has paid has signed more transfers of this payment than anybody looks at"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let draw = Draw(line: try UnverifiedStatement(cleared.line.bytes).id, total: 2000)
      let others = try (0..<Transfer.mostForOnePayment).map { _ in
        world.sign(
          try ClearedTransfer.claim(in: world, of: cleared.purchase.process, draw: draw),
          by: world.bank
        ).bytes
      }
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes]).file,
        try await world.file(about: cleared.purchase.process, others),
      ]
    },
    clearing(
      "signed-again", "ask other-bank.example credit",
      "the bank that has paid has signed as many transfers of this payment as one may have"
    ) { world in
      let cleared = try ClearedTransfer(in: world)
      let draw = Draw(line: try UnverifiedStatement(cleared.line.bytes).id, total: 2000)
      let others = try (1..<Transfer.mostForOnePayment).map { _ in
        world.sign(
          try ClearedTransfer.claim(in: world, of: cleared.purchase.process, draw: draw),
          by: world.bank
        ).bytes
      }
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes]).file,
        try await world.file(about: cleared.purchase.process, others),
      ]
    },
    clearing(
      "drawn-twice", "at-fault bank.example drawn-twice",
      "the payee's bank shows another transfer that has drawn the last unit of this one's part"
    ) { world in
      let cleared = try ClearedTransfer(in: world, total: 1000)
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes]).file,
        try await cleared.twice(in: world, upTo: 1499),
      ]
    },
    clearing(
      "next-to-another", "ask other-bank.example credit",
      "another transfer has drawn what comes next in the line"
    ) { world in
      let cleared = try ClearedTransfer(in: world, total: 1000)
      return [
        try await cleared.complaint(in: world, with: [cleared.line.bytes]).file,
        try await cleared.twice(in: world, upTo: 1500),
      ]
    },
    clearing(
      "beyond-line", "at-fault bank.example outside-line",
      "the transfer draws one unit more than the line gives"
    ) { world in
      let cleared = try ClearedTransfer(in: world, limit: 1999)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes]).file]
    },
    clearing(
      "less-than-itself", "at-fault bank.example outside-line",
      "the transfer says that less was ever drawn than it draws itself"
    ) { world in
      let cleared = try ClearedTransfer(in: world, total: ClearedTransfer.net - 1)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes]).file]
    },
    clearing(
      "no-draw", "at-fault bank.example outside-line",
      "the transfer names no line at all"
    ) { world in
      let cleared = try ClearedTransfer(in: world, draws: false)
      return [try await cleared.complaint(in: world).file]
    },
    clearing(
      "own-line", "at-fault bank.example outside-line",
      "the bank that has paid has signed the line itself"
    ) { world in
      let cleared = try ClearedTransfer(in: world, lineBy: world.bank)
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes]).file]
    },
    clearing(
      "line-for-another", "at-fault bank.example outside-line",
      "the line is for another bank than the one that has drawn"
    ) { world in
      let cleared = try ClearedTransfer(in: world, for: Fair.party("third-bank.example"))
      return [try await cleared.complaint(in: world, with: [cleared.line.bytes]).file]
    },
    clearing(
      "line-not-shown", "ask bank.example credit-line",
      "nobody has shown the line: the bank that names it has it"
    ) { world in
      try await [ClearedTransfer(in: world).complaint(in: world).file]
    },
    clearing(
      "at-the-same-bank", "not-at-fault bank.example nothing-owed",
      "the payee's bank is the one that has paid"
    ) { world in
      let purchase = try DisputedPurchase(in: world)
      let transfer = world.sign(
        Transfer(
          process: purchase.process, verdict: purchase.verdictID,
          payee: Payee(bank: world.bank.issuer.party, account: Fair.account("books")),
          amount: try Fair.amount(500)), by: world.bank)
      return [
        try await world.complaint(
          .notCredited, of: purchase, about: UnverifiedStatement(transfer.bytes).id,
          by: world.merchant, with: [transfer.bytes]
        ).file
      ]
    },
  ]
}
