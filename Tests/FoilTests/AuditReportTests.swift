// `foil audit report`: the page, its exit status, and that a reader can take it apart and make it again.

import Foundation
import Programs
import Testing

@Suite("foil audit report")
struct AuditReportTests {
  func report(_ receipt: String, _ home: DemoHome, _ more: String...) async throws -> Run {
    try await Command.foil(["audit", "report", receipt, "--trust", home.trust] + more)
  }

  @Test("the status is that of 'receipt verify', and the page is written in each case")
  func status() async throws {
    let home = try await DemoHome.founded()
    let folder = try ScratchFolder()
    let committed = try await report(home.receipt, home, "-o", folder.path("commit.html"))
    #expect(committed.status == 0 && committed.output.hasPrefix("proven: "))
    let aborted = try await report(
      home.path("silent.receipt"), home, "-o", folder.path("abort.html"))
    #expect(aborted.status == 0)
    let changed = try await DemoHome.copied()
    _ = try await changed.foil("demo", "--tamper", "receipt")
    let refuted = try await report(changed.receipt, home, "-o", folder.path("refuted.html"))
    #expect(refuted.status == 1 && refuted.output.hasPrefix("refuted: "))
    let other = try await DemoHome.aborted()
    let stranger = try await report(home.receipt, other, "-o", folder.path("stranger.html"))
    #expect(stranger.status == 2)
    for (page, headline) in [
      ("commit", "Proven: the purchase was committed."),
      ("abort", "Proven: the purchase was aborted."),
      ("refuted", "Refuted: the receipt does not hold."),
      ("stranger", "Cannot be checked: something is missing."),
    ] {
      let text = try String(contentsOfFile: folder.path("\(page).html"), encoding: .utf8)
      #expect(text.contains("<h1>\(headline)</h1>"))
    }
    // It holds a purchase, so it is for its owner's eyes.
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path("commit.html"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
  }

  @Test("nothing is overwritten unless asked, and what cannot be read has status 2")
  func files() async throws {
    let home = try await DemoHome.founded()
    let folder = try ScratchFolder()
    let page = folder.path("report.html")
    try Data("mine".utf8).write(to: URL(filePath: page))
    let refused = try await report(home.receipt, home, "-o", page)
    #expect(refused.status == 1 && refused.errors.contains("exists"))
    #expect(try String(contentsOfFile: page, encoding: .utf8) == "mine")
    #expect(try await report(home.receipt, home, "-o", page, "--force").status == 0)
    #expect(try await report(folder.path("nowhere"), home, "-o", page, "--force").status == 2)
    let noTrust = try await Command.foil(
      ["audit", "report", home.receipt, "--trust", home.receipt, "-o", folder.path("x")])
    #expect(noTrust.status == 2 && noTrust.errors.contains("no trust list"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("x")))
  }

  @Test("standard input and standard output give the same page")
  func streams() async throws {
    let home = try await DemoHome.founded()
    let folder = try ScratchFolder()
    _ = try await report(home.receipt, home, "-o", folder.path("report.html"))
    let receipt = try String(contentsOfFile: home.receipt, encoding: .utf8)
    let piped = try await Command.foil(
      ["audit", "report", "-", "--trust", home.trust, "-o", "-"], input: receipt)
    #expect(piped.status == 0)
    #expect(
      piped.output == (try String(contentsOfFile: folder.path("report.html"), encoding: .utf8)))
    let twice = try await Command.foil(["audit", "report", "-", "--trust", "-", "-o", "-"])
    #expect(twice.status == 64)
  }

  @Test(
    "the commands on the page take its files out, verify them, and make the page again",
    .enabled(if: Command.has("sed") && Command.has("base64") && Command.has("cmp")))
  func selfCheck() async throws {
    let home = try await DemoHome.founded()
    let folder = try ScratchFolder()
    _ = try await report(home.receipt, home, "-o", folder.path("report.html"))
    let page = try String(contentsOfFile: folder.path("report.html"), encoding: .utf8)
    let block = try #require(
      page.firstMatch(of: /<pre class="commands">\n(.*?)<\/pre>/.dotMatchesNewlines())
    ).1
    let commands = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
      .reduce(String(block)) { $0.replacing($1.0, with: $1.1) }
    let tools = Command.foil.deletingLastPathComponent().path
    let run = try await Command.pasted(
      "set -e; cd '\(folder.url.path)'; PATH='\(tools)':\"$PATH\"; \(commands)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("proven: the purchase was committed"))
    for (made, original) in [("purchase.receipt", home.receipt), ("trust.json", home.trust)] {
      #expect(
        try Data(contentsOf: folder.url.appending(path: made))
          == Data(contentsOf: URL(filePath: original)))
    }
  }
}
