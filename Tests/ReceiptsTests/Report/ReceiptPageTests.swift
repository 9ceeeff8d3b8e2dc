// The report on a receipt: what it says, that it is the same to the byte, and that nobody writes into it.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Report on a receipt")
struct ReceiptPageTests {
  let world: World
  let log: TransparencyLog

  init() throws {
    world = try World()
    log = world.log()
  }

  /// The page on a receipt as text.
  func page(_ file: Bytes, trust: TrustStore? = nil, version: String = "0.1.0") -> String {
    let trust = trust ?? world.trust
    let report = ReceiptVerification(trust).verify(file)
    let page = ReceiptPage(of: file, report: report, trust: trust, toolVersion: version)
    return String(decoding: page.bytes, as: UTF8.self)
  }

  func page(on purchase: Purchase) async throws -> String {
    page(try await purchase.receipt(from: log).bytes)
  }

  /// All tags of a page in their order, with their attributes, but for the numbers of exhibits: these follow
  /// the log, which orders what comes together by its digest.
  func tags(_ page: String) -> String {
    page.matches(of: /<[^>]*>/).map(\.output).joined().replacing(/#S[0-9]+/, with: "#S")
  }

  /// What stands on the first page behind a name.
  func line(_ name: String, _ page: String) -> String? {
    page.firstRange(of: "<dt>\(name)</dt><dd>").map { start in
      String(page[start.upperBound...].prefix { $0 != "\n" })
    }
  }

  // MARK: - What it says

  @Test("the first page tells what was bought, from whom, how it ended, when, and who is at fault")
  func committed() async throws {
    let purchase = try Purchase(in: world)
    let receipt = try await purchase.receipt(from: log)
    let page = page(receipt.bytes)
    #expect(page.contains("<h1>Proven: the purchase was committed.</h1>"))
    #expect(line("Purchase", page)?.contains(purchase.process.hex) == true)
    #expect(line("Verdict", page)?.hasPrefix("Committed, decided by coordinator.example") == true)
    #expect(page.contains("1 × <bdi>“Good 0”</bdi> from books.example, 100 minor units of EUR"))
    #expect(page.contains("2 × <bdi>“Good 1”</bdi> from maps.example, 400 minor units of EUR"))
    #expect(page.contains("transfers to the sellers that are proven: 2 of 2"))
    #expect(line("No later than", page)?.hasPrefix("2027-01-15 08:00:00 UTC for all of it") == true)
    #expect(line("At fault", page) == "Nobody is shown to have broken the rules.</dd>")
    #expect(line("Refuted", page) == "Nothing.</dd>")
    #expect(line("Missing", page) == "Nothing that is needed.</dd>")
    #expect(line("Rests on", page)?.contains(world.trust.digest.hex) == true)
    #expect(
      page.firstMatch(of: /<dl class="finding">(.*?)<\/dl>/.dotMatchesNewlines())?.1
        .matches(of: /<dt>/).count == 10)
    #expect(page.contains("This page itself proves nothing"))
  }

  @Test("what the coordinator is paid stands beside the payment, when its terms ask for it")
  func fee() async throws {
    var changes = Purchase.Changes()
    changes.fee = Purchase.Fee()
    let purchase = try Purchase(in: world, changes)
    let page = try await page(on: purchase)
    #expect(page.contains("530 minor units of EUR through bank.example"))
    #expect(page.contains("of it 30 minor units of EUR is the fee of the coordinator"))
    #expect(page.contains("transfers to the sellers and the coordinator that are proven: 3 of 3"))
    #expect(page.contains("Part of the order: the coordinator&#39;s fee"))
    let unproven = self.page(
      try await purchase.receipt(from: log, without: ["terms"]).bytes)
    #expect(!unproven.contains("is the fee of the coordinator"))
  }

  @Test("every statement and part is an exhibit with its SHA-256, and every signer a party")
  func exhibits() async throws {
    let receipt = try await Purchase(in: world).receipt(from: log)
    let page = page(receipt.bytes)
    for entry in receipt.entries {
      let statement = try UnverifiedStatement(entry.statement)
      #expect(page.contains(SHA256.digest(entry.statement).hex))
      #expect(page.contains(statement.id.hex))
      #expect(page.contains(statement.issuer.key.hex))
    }
    for part in receipt.parts { #expect(page.contains(SHA256.digest(part.part).hex)) }
    for digest in [
      SHA256.digest(receipt.bytes), SHA256.digest(receipt.checkpoint.bytes), world.trust.digest,
    ] { #expect(page.contains(digest.hex)) }
    // Who has no part in it is not there.
    #expect(!page.contains("bystander.example"))
    for party in ["root.example", "log.example", "witness.example"] {
      #expect(page.contains("<td>\(party)</td>"))
    }
    // Every finding is a step.
    let report = ReceiptVerification(world.trust).verify(receipt)
    for step in 1...report.findings.count { #expect(page.contains("<tr><td>\(step)</td>")) }
    #expect(!page.contains("<tr><td>\(report.findings.count + 1)</td>"))
    #expect(!page.contains("no words for"))
    #expect(!page.contains("not verified</span>"))
  }

  @Test("an abort, a gap, a stranger's trust and a changed receipt are told apart")
  func otherAnswers() async throws {
    let aborted = try await page(on: Purchase(in: world, seed: 8, abort: .timeout))
    #expect(aborted.contains("<h1>Proven: the purchase was aborted.</h1>"))
    #expect(line("Verdict", aborted)?.hasPrefix("Aborted: not everybody was ready in time") == true)
    #expect(line("Bought", aborted) == nil && line("Ordered", aborted) != nil)
    #expect(aborted.contains("hold it no longer: 1 of 1"))

    let purchase = try Purchase(in: world)
    let receipt = try await purchase.receipt(from: log)
    let incomplete = page(try await purchase.receipt(from: log, without: ["deposit 0"]).bytes)
    #expect(incomplete.contains("<h1>Cannot be checked: something is missing.</h1>"))
    #expect(line("Missing", incomplete) != "Nothing that is needed.</dd>")

    let stranger = page(receipt.bytes, trust: try strangersTrust())
    #expect(stranger.contains("<h1>Cannot be checked: something is missing.</h1>"))
    #expect(stranger.contains("not verified</span>"))
    #expect(stranger.contains("not in the trust list</span>"))
    #expect(line("Not there", stranger) == "What follows a verdict was not looked for.</dd>")
    #expect(stranger.contains("No item is proven.") && !stranger.contains("Good 0"))

    // One letter of a transfer's signature.
    var changed = receipt.bytes
    let transfer = try #require(
      receipt.entries.first { (try? UnverifiedStatement($0.statement).kind) == .transfer })
    let place = try #require(changed.firstRange(of: transfer.statement)?.lowerBound)
    let signature = try #require(transfer.statement.firstRange(of: Bytes(#""signature":""#.utf8)))
    changed[place + signature.upperBound + 10] ^= 1
    let refuted = page(changed)
    #expect(refuted.contains("<h1>Refuted: the receipt does not hold.</h1>"))
    #expect(refuted.contains("transfers to the sellers that are proven: 1 of 2"))
    #expect(refuted.matches(of: /not verified<\/span>/).count == 1)
    #expect(line("At fault", refuted) == "Nobody is shown to have broken the rules.</dd>")
  }

  @Test("who is at fault stands on the first page and at the step that shows it")
  func fault() async throws {
    let page = try await page(
      on: Purchase(
        in: world,
        .init(verdict: { verdict in
          Verdict(
            process: verdict.process, decision: verdict.decision,
            decidedAt: World.start.adding(seconds: 600), evidence: verdict.evidence)
        })))
    #expect(line("At fault", page)?.contains("<strong>coordinator.example</strong>") == true)
    #expect(page.contains("<strong>At fault: coordinator.example</strong>"))
  }

  @Test(
    "a file that is no receipt gets a page that says so", arguments: ["", "{}", "\u{0}<script>"])
  func noReceipt(text: String) {
    let page = page(Bytes(text.utf8))
    #expect(page.contains("<h1>Refuted: the receipt does not hold.</h1>"))
    #expect(page.contains("The file is no receipt, so it names no purchase."))
    #expect(embedded("receipt", page) == Bytes(text.utf8))
    #expect(!page.contains("<script"))
  }

  @Test("a file larger than any receipt is not embedded by halves")
  func tooLarge() {
    let page = page(Bytes(repeating: 0x20, count: Receipt.largestByteCount + 1))
    #expect(page.contains("larger than any receipt"))
    #expect(page.utf8.count < 100_000)
  }

  // MARK: - The same to the byte, and all in it

  @Test("from the same receipt, trust list and version the page is the same to the byte")
  func reproducible() async throws {
    let receipt = try await Purchase(in: world).receipt(from: log)
    let first = page(receipt.bytes)
    #expect(page(try Receipt(receipt.bytes).bytes) == first)
    #expect(page(receipt.bytes, trust: try TrustStore(Signed(world.trust.bytes))) == first)
    #expect(page(receipt.bytes, version: "0.1.1") != first)
  }

  @Test("receipt and trust list come out of the page as they went in, in lines of 76 letters")
  func embedding() async throws {
    let receipt = try await Purchase(in: world).receipt(from: log)
    let page = page(receipt.bytes)
    #expect(embedded("receipt", page) == receipt.bytes)
    #expect(embedded("trust", page) == world.trust.bytes)
  }

  /// The bytes that a page embeds under a name.
  func embedded(_ name: String, _ page: String) -> Bytes? {
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "<pre id=\"\(name)\">") else { return nil }
    let letters = lines[(start + 1)...].prefix { $0 != "</pre>" }
    guard letters.allSatisfy({ $0.utf8.count <= 76 }) else { return nil }
    return Data(base64Encoded: letters.joined()).map { Bytes($0) }
  }

  @Test("the page loads nothing, runs nothing, and forbids both")
  func selfContained() async throws {
    let page = try await page(on: Purchase(in: world))
    for word in [
      "http://", "https://", "src=", "<script", "<link", "<iframe", "url(", "@import", "style=",
    ] {
      #expect(!page.contains(word), "\(word)")
    }
    for link in page.matches(of: /href="([^"]*)"/) {
      #expect(link.1.hasPrefix("#") && page.contains("id=\"\(link.1.dropFirst())\""))
    }
    // The policy names the style sheet that is there.
    let sheet = try #require(
      page.firstMatch(of: /<style>(.*)<\/style>/.dotMatchesNewlines())
    ).1
    let digest = Data(SHA256.digest(Bytes(sheet.utf8)).bytes).base64EncodedString()
    #expect(page.contains("content=\"default-src 'none'; style-src 'sha256-\(digest)'"))
  }

  // MARK: - Attacks

  /// The page on a purchase whose first good has that title.
  func page(title: String) async throws -> String {
    try await page(
      on: Purchase(
        in: world,
        .init(offer: { offer, number in
          number == 0 ? offer.titled(title) : offer
        })))
  }

  @Test(
    "a hostile title stays text",
    arguments: [
      "<script>alert(1)</script>", "</bdi></style></pre></details><h1>Proven</h1>",
      "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "&lt;b&gt;&#60;script&#62;",
      "</pre>\n<pre id=\"receipt\">\nAAAA\n</pre>", "<!-- ", "<![CDATA[", "{{7*7}}${7*7}",
      "\u{0}\u{7}\u{1b}[31mred", "\r\nX", "tab\there",
    ])
  func hostileTitle(title: String) async throws {
    let plain = try await page(title: "plain")
    let hostile = try await page(title: title)
    let isSame = tags(hostile) == tags(plain)
    #expect(isSame)
    #expect(embedded("receipt", hostile) != embedded("receipt", plain))
    #expect(!hostile.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!hostile.contains("&lt;b&gt;&#60;script"))
  }

  @Test("a title cannot turn the direction of writing, hide, or pile up marks")
  func invisible() async throws {
    let scalars: [Unicode.Scalar] = [
      "\u{202e}", "\u{202d}", "\u{2066}", "\u{2067}", "\u{2069}", "\u{200f}", "\u{061c}",
      "\u{200b}",
      "\u{feff}", "\u{00ad}", "\u{2028}", "\u{85}", "\u{3164}", "\u{115f}", "\u{2800}", "\u{e000}",
    ]
    let text = String(String.UnicodeScalarView(scalars))
    let page = try await page(title: "good\(text)fdp.exe")
    for scalar in scalars {
      #expect(!page.unicodeScalars.contains(scalar))
      #expect(page.contains("\\u{\(String(scalar.value, radix: 16))}"))
    }
    let piled = try await self.page(title: "Z" + String(repeating: "\u{0301}", count: 60))
    #expect(piled.unicodeScalars.count { $0 == "\u{0301}" } < 30)
    // Other scripts are shown as they are.
    let hebrew = try await self.page(title: "שלום, Grüße, 你好, e\u{0301} 👍")
    #expect(hebrew.contains("<bdi>“שלום, Grüße, 你好, e\u{0301} 👍”</bdi>"))
  }

  @Test("the reason and the step of a refusal stay text")
  func hostileRefusal() async throws {
    let purchase = try Purchase(in: world)
    var entropy = SeededEntropy(seed: 3)
    let refusal = Refusal(
      process: purchase.process,
      step: try #require(StepPath(rawValue: "<script>alert(1)</script>")), reason: .soldOut)
    let signed = world.merchants[0].sign(refusal, entropy: &entropy)
    let page = page(try await purchase.receipt(from: log, with: [signed.bytes]).bytes)
    #expect(page.contains("has refused &lt;script&gt;"))
    #expect(!page.contains("<script"))
  }

  @Test("whatever a title is made of, the page has the same tags")
  func randomTitles() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    let plain = tags(try await page(title: "plain"))
    for round in 0..<12 {
      let title = (0..<40).map { _ in
        let bytes = entropy.bytes(3)
        let wide = Unicode.Scalar(
          UInt32(bytes[0] & 0x10) << 12 | UInt32(bytes[1]) << 8 | UInt32(bytes[2]))
        return bytes[0] < 128 ? Character(Unicode.Scalar(bytes[1] & 0x7f)) : Character(wide ?? "<")
      }
      var text = String(title)
      while text.utf8.count > 200 { text.removeLast() }
      let random = try await page(title: text)
      let isSame = tags(random) == plain
      #expect(isSame, "seed \(seed), round \(round)")
      let isSafe = random.unicodeScalars.allSatisfy {
        $0 == "\n"
          || ![.control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator]
            .contains($0.properties.generalCategory)
      }
      #expect(isSafe, "seed \(seed), round \(round)")
    }
  }

  // MARK: - Words

  @Test("every check that a receipt can undergo has a sentence of its own")
  func words() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/Receipts")
    func source(_ path: String) throws -> String {
      try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
    let checks = try source("Verification/Finding.swift")
      .matches(of: /static let (\w+) = Check\(/).map { String($0.1) }
    let words = try source("Report/CheckWords.swift")
      .matches(of: /CheckWords\(\s*\.(\w+),/).map { String($0.1) }
    #expect(checks.count >= 22)
    #expect(Set(checks) == Set(words) && words.count == checks.count)
  }

  /// The trust list of somebody who knows nobody of this world.
  func strangersTrust() throws -> TrustStore {
    var entropy = SeededEntropy(seed: 5)
    let root = StatementSigner(
      party: try World.party("stranger.example"), key: Ed25519.PrivateKey.generate(from: &entropy))
    let key = TrustedKey(
      party: root.issuer.party, role: .trustRoot, key: root.publicKey.value,
      validFrom: World.validFrom, validUntil: World.validUntil)
    return try TrustStore(
      TrustStore.sign(
        TrustList(madeAt: World.start, keys: [key], witnessQuorum: 0), with: root,
        entropy: &entropy))
  }
}

extension Offer {
  /// The same offer under another title.
  func titled(_ title: String) -> Offer {
    Offer(
      title: title, description: description, fileName: fileName, mediaType: mediaType,
      container: container, mode: mode, stock: stock, price: price,
      maximumQuantity: maximumQuantity, payee: payee, accepts: accepts, coordinators: coordinators,
      holdLimitSeconds: holdLimitSeconds, deliveryLimitSeconds: deliveryLimitSeconds,
      expiresAt: expiresAt, retainedUntil: retainedUntil)
  }
}
