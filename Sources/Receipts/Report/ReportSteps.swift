// The rule of each step, how the page is checked, and what it embeds.

import Evidence
import PaymentCrypto
import PaymentModel

extension ReportWriter {
  // MARK: - Steps

  mutating func writeSteps() {
    let content = content
    section(
      "Rule and result of each step",
      "The checks in the order in which they were made. What each code asks for stands below."
    ) { html in
      let columns: [StaticString] = ["Step", "Check", "Result", "Finding", "About"]
      Self.table("steps", columns, &html) { html in
        for (number, finding) in content.report.findings.enumerated() {
          Self.row(
            &html,
            [
              { $0.text(String(number + 1)) },
              { $0.span("code", nil, finding.check.rawValue) },
              { Self.mark(finding.result, &$0) },
              { html in
                html.foreign(finding.message)
                if let party = finding.atFault {
                  html.markup("<br><strong>At fault: ")
                  html.text(party.text)
                  html.markup("</strong>")
                }
              },
              { Self.writeSubject(of: finding, content, &$0) },
            ])
        }
      }
      Self.writeRules(content, &html)
    }
  }

  private static func writeSubject(
    of finding: Finding, _ content: ReportContent, _ html: inout HTMLWriter
  ) {
    if let label = content.label(of: finding.statement) {
      html.link(to: label)
    }
    if let kind = finding.kind { html.text(" \(kind.title.lowercased())") }
    if let party = finding.party { html.text(" of \(party)") }
  }

  private static func writeRules(_ content: ReportContent, _ html: inout HTMLWriter) {
    var codes: [Finding.Check] = []
    for finding in content.report.findings where !codes.contains(finding.check) {
      codes.append(finding.check)
    }
    html.element("h3") { $0.markup("What the checks ask for") }
    html.element("dl", "rules") { html in
      html.markup("\n")
      let known = CheckWords.all.filter { codes.contains($0.check) }
      for words in known {
        html.span("dt", nil, words.check.rawValue)
        html.element("dd") { $0.markup(words.rule) }
      }
      for code in codes where CheckWords.of(code) == nil {
        html.span("dt", nil, code.rawValue)
        html.element("dd") { $0.markup("A check that this page has no words for.") }
      }
    }
    html.element("h3") { $0.markup("What the results mean") }
    html.element("dl", "rules") { html in
      html.markup("\n")
      for result in [Finding.Result.proven, .refuted, .missing, .pending] {
        html.markup("<dt>")
        mark(result, &html)
        html.markup("</dt>")
        html.element("dd") { $0.markup(result.rule) }
      }
    }
    html.element("h3") { $0.markup("How the answer follows, and what it does not tell") }
    html.element("ul", "notes") { html in
      html.markup("\n")
      for note in notes { html.element("li") { $0.markup(note) } }
    }
  }

  /// What a reader must know to read a finding right.
  private static let notes: [StaticString] = [
    """
    The answer is refuted when a step is refuted; otherwise it cannot be checked when something is missing; \
    otherwise it is proven.
    """,
    """
    Somebody is at fault only by statements of their own that contradict each other or the rules, where nobody \
    else could have brought this about. A receipt that was changed names nobody: whoever held the file may have \
    done that.
    """,
    """
    An order does not tell how many parts it has. Parts that the receipt does not show cannot be checked.
    """,
    "The goods themselves and their keys were not looked at.",
    """
    Amounts are in the smallest unit of their currency, because only the bank's keyset tells its decimals.
    """,
  ]

  // MARK: - How to check this page

  mutating func writeVerification() {
    let content = content
    section(
      "Check this yourself",
      """
      The file of this page, not its print, embeds the receipt and the trust list. Take both out, compare \
      their SHA-256, verify, and make the page again. The trust list decides everything: compare the \
      thumbprint of its root with one that came to you by another way.
      """, style: "yourself"
    ) { html in
      html.element("pre", "commands") { html in
        html.markup("\n")
        for line in Self.commands(content) {
          html.text(line)
          html.endLine()
        }
      }
      html.element("dl", "rules") { html in
        html.markup("\n")
        html.markup("<dt>Tool</dt>")
        html.element("dd") { $0.text("foil \(content.toolVersion)") }
        html.markup("<dt>Trust list, SHA-256</dt>")
        html.element("dd") { $0.span("code", nil, content.trust.digest.hex) }
        html.markup("<dt>Root of the trust list</dt>")
        html.element("dd") { $0.span("code", nil, content.trust.list.issuer.key.hex) }
        html.markup("<dt>Receipt, SHA-256</dt>")
        html.element("dd") { $0.span("code", nil, SHA256.digest(content.file).hex) }
      }
    }
  }

  /// The commands that take this page apart and make it again, for a page that is kept as `report.html`.
  static func commands(_ content: ReportContent) -> [String] {
    func extracting(_ name: String, to file: String) -> String {
      #"sed -n '/^<pre id="\#(name)">$/,/^<\/pre>$/p' report.html | sed '1d;$d' | base64 -d > \#(file)"#
    }
    return [
      extracting("receipt", to: "purchase.receipt"),
      extracting("trust", to: "trust.json"),
      "sha256sum purchase.receipt trust.json",
      "foil receipt verify purchase.receipt --trust trust.json",
      "foil audit report purchase.receipt --trust trust.json -o again.html",
      "cmp report.html again.html",
    ]
  }

  // MARK: - What is embedded

  mutating func writeEmbedded() {
    let content = content
    section(
      "Embedded files",
      "In base64, in lines of 76 letters.", style: "embedded"
    ) { html in
      if content.file.count <= Receipt.largestByteCount {
        Self.embed("receipt", "The receipt", content.file, &html)
      } else {
        html.element("p") { $0.markup("The file is larger than any receipt, and is not embedded.") }
      }
      Self.embed("trust", "The trust list", content.trust.bytes, &html)
    }
  }

  private static func embed(
    _ name: StaticString, _ title: StaticString, _ bytes: Bytes, _ html: inout HTMLWriter
  ) {
    html.element("details") { html in
      html.markup("<summary>")
      html.markup(title)
      html.text(", \(bytes.count) bytes")
      html.markup("</summary>\n<pre id=\"")
      html.markup(name)
      html.markup("\">\n")
      let letters = Base64.padded.encode(bytes)
      for start in stride(from: 0, to: letters.count, by: lineLength) {
        let end = min(start + lineLength, letters.count)
        html.text(String(decoding: letters[start..<end], as: UTF8.self))
        html.endLine()
      }
      html.markup("</pre>\n")
    }
  }

  /// How many letters of base64 stand in a line (RFC 2045, section 6.8).
  private static let lineLength = 76
}
