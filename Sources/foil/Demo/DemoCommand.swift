// `foil demo`: a purchase from withdrawal to receipt, on real files, with one command.

import ArgumentParser
import Coordinator
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show a purchase from withdrawal to receipt, on real files.",
    discussion: """
      One bank, a customer and two merchants, with real cryptography and durable state. Without \
      --scenario two stories are told: the purchase commits and all goods open; then the same order \
      with one seller silent, and nothing opens.

      The home that it leaves behind holds sealed goods, keys, a receipt and a trust store, and all \
      other commands work on it.
      """)

  @Argument(help: "What is sold; without files a contract and a picture.")
  var files: [String] = []

  @Option(help: "The folder that is made; one that an earlier demo left is replaced.")
  var home = "foil-demo"

  @Option(help: ArgumentHelp("Tell one story only.", valueName: "name"))
  var scenario: Scenario?

  @Option(
    help: ArgumentHelp(
      "A file whose first line is the passphrase of all secrets; otherwise "
        + "$FOIL_PASSPHRASE_FILE.", valueName: "file"))
  var passphraseFile: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: "Change what an earlier demo left: receipt, goods or key.")
  var tamper: Tampering?

  @Option(help: .hidden)
  var crashChild: String?

  private var secretFile: String? { HomeOptions.secretFile(passphraseFile) }

  func validate() throws {
    guard tamper == nil || (scenario == nil && files.isEmpty) else {
      throw ValidationError("--tamper works on what an earlier demo left, and goes alone")
    }
  }

  func run() async throws {
    let home = HomeFolder(home)
    try await Failure.mapping {
      if let crashChild {
        try await runChild(crashChild, at: home)
      } else if let tamper {
        try runTamper(tamper, at: home)
      } else {
        try await tell(at: home)
      }
    }
  }

  private func tell(at home: HomeFolder) async throws {
    let stage = try DemoStage(home: home, files: files, passphraseFile: secretFile)
    let say: (String) -> Void = json ? { _ in } : { Terminal.print($0) }
    let otherBanks = scenario == .twoBanks ? [DemoCast.otherBank] : []
    say(
      "\(otherBanks.isEmpty ? "A bank" : "Two banks"), two merchants, a coordinator and a customer, "
        + "in \(home.path).")
    try await stage.found(otherBanks: otherBanks)
    say("The customer withdraws coins; the bank signs them blindly.")
    let teller = Storyteller(stage: stage, say: say)
    let story = try await teller.tell(scenario ?? .commit)
    var then: StoryReport?
    if scenario == nil {
      say("")
      say("The same order again, but \(DemoCast.unreliable) stays silent:")
      then = try await teller.tell(.silent, prefix: "again-")
    }
    try leaveEvidence(of: story, at: home)
    if json {
      try JSONOutput.print(DemoReport(story: story, then: then))
    } else {
      tellBalances(story, then)
      if scenario == nil { suggest(story, then, home: home) }
    }
    guard [story, then].compactMap({ $0 }).allSatisfy(\.isAsExpected) else {
      throw Failure(.no, "the story did not go as it should")
    }
  }

  private func runChild(_ child: String, at home: HomeFolder) async throws {
    let parts = child.split(separator: "-")
    let stage = try DemoStage(existing: home, passphraseFile: secretFile)
    var hook = JournalHook.none
    if parts.count == 2, let count = Int(parts[1]) {
      let crowd = CrowdStory(stage: stage)
      if parts[0] == "prepare" { return try await crowd.prepare(count) }
      return try JSONOutput.print(try await crowd.run())
    }
    if parts.count == 2, let record = Int(parts[0]),
      let moment = DeathPoint.Moment(rawValue: String(parts[1]))
    {
      hook = DeathPoint(record: record, moment: moment).hook
    } else if child != "resume" {
      throw Failure(.usage, "not a point to die at")
    }
    try JSONOutput.print(
      try await CrashStory.order(on: stage, resuming: child == "resume", hook: hook))
  }

  private func runTamper(_ tampering: Tampering, at home: HomeFolder) throws {
    _ = try DemoStage(existing: home, passphraseFile: secretFile)
    Terminal.print(try tampering.apply(to: home))
    let word = HomeOptions.argument
    Terminal.print(
      "now run: \(word(program)) receipt verify \(word(home.receipt)) --trust \(word(home.trust))")
  }

  // MARK: - What is left behind

  /// Writes the verdict out in the pieces that `openssl` takes.
  private func leaveEvidence(of story: StoryReport, at home: HomeFolder) throws {
    let receipt = try Receipt(Bytes(try Data(contentsOf: URL(filePath: story.receipts))))
    let trust = try TrustStore(Signed(Bytes(try Data(contentsOf: URL(filePath: home.trust)))))
    for entry in receipt.entries {
      let statement = try UnverifiedStatement(entry.statement)
      guard statement.kind == .verdict, let signature = statement.signatures.first,
        let key = trust.key(signature.signer)
      else { continue }
      let folder = URL(filePath: home.path).appending(path: "evidence")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let input = StatementSignature.signingInput(
        protectedHeader: signature.protectedHeader, payload: statement.payload)
      try Data(input).write(to: folder.appending(path: "verdict.input"))
      try Data(signature.signature).write(to: folder.appending(path: "verdict.sig"))
      try Data(key.publicKey.pemRepresentation.utf8).write(
        to: folder.appending(path: "coordinator.pem"))
    }
  }

  private func tellBalances(_ story: StoryReport, _ then: StoryReport?) {
    Terminal.print("")
    Terminal.print("Balances:")
    var table = TextTable()
    let moments =
      [story.balances.before, story.balances.after] + (then.map { [$0.balances.after] } ?? [])
    table.add(["", "before", "after", "after the second"].prefix(moments.count + 1).map { $0 })
    for name in story.balances.before.keys.sorted() {
      table.add([name] + moments.map { DemoCast.euros($0[name] ?? 0) })
    }
    table.lines(indent: 4).forEach { Terminal.print($0) }
    Terminal.print(
      "Receipt: \(story.receipts), \(story.receiptsVerified ? "proven" : "NOT PROVEN"), "
        + "\(story.statements.values.reduce(0, +)) statements")
  }

  private func suggest(_ story: StoryReport, _ then: StoryReport?, home: HomeFolder) {
    guard let bought = story.goods.first?.file, let locked = then?.goods.first?.file else { return }
    let word = HomeOptions.argument
    let containers = [bought, locked].map { word("\(home.locked)/\($0).age") }
    let evidence = "\(home.path)/evidence"
    let foil = word(program)
    Terminal.print("")
    Terminal.print("See for yourself:")
    Terminal.print(
      "  for f in \(containers.joined(separator: " ")); do "
        + "age -d -i \(word("\(home.keys)/\(bought).key")) \"$f\" >/dev/null "
        + "&& echo \"$f opens\"; done")
    Terminal.print(
      "  openssl pkeyutl -verify -pubin -inkey \(word("\(evidence)/coordinator.pem")) -rawin "
        + "-in \(word("\(evidence)/verdict.input")) -sigfile \(word("\(evidence)/verdict.sig"))")
    Terminal.print(
      "  \(foil) demo --home \(word(home.path)) --tamper receipt; "
        + "\(foil) receipt verify \(word(home.receipt)) --trust \(word(home.trust))")
  }

  /// How this program was called.
  private var program: String { CommandLine.arguments.first ?? "foil" }
}

extension StoryReport {
  /// Whether the story ended as its scenario must.
  var isAsExpected: Bool {
    guard receiptsVerified, balances.areConserved else { return false }
    let isAllOpen = goods.allSatisfy { $0.opened && $0.identical }
    let isAllLocked = goods.allSatisfy { !$0.opened }
    switch scenario {
    case .commit: return verdict == "commit" && isAllOpen
    case .silent, .timeout, .customerGone:
      return verdict == "abort" && reason == "timeout" && isAllLocked
        && balances.before == balances.after
    case .wrongKey:
      return verdict == "abort" && reason == "invalid" && isAllLocked
        && balances.before == balances.after && atFault == [DemoCast.unreliable.text]
    case .doubleSpend:
      return verdict == "abort" && reason == "refused" && isAllLocked && waited == true
        && doubleSpendProven == true
    case .lastItem:
      return verdict == "commit" && isAllOpen
        && orders?.values.sorted() == ["commit", AbortReason.refused.rawValue]
    case .twoBanks:
      return verdict == "commit" && isAllOpen && owed?.values.allSatisfy { $0 == 0 } == true
    case .coordinatorFee:
      let account = DemoCast.coordinatorAccount.text
      return verdict == "commit" && isAllOpen
        && balances.after[account] == DemoCast.coordinatorFee + (balances.before[account] ?? 0)
    case .crash: return verdict == "commit" && isAllOpen && CrashStory.isSound(self)
    }
  }
}
