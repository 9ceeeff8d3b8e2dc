// The first page: the finding in ten lines.

import Evidence
import PaymentModel

extension ReportWriter {
  /// How many items, parties or findings a line of the first page names before it says how many more.
  private static let mostNamed = 5

  mutating func writeFirstPage() {
    let content = content
    html.element("section", "first") { html in
      html.markup("\n")
      html.element("p", "kind") { $0.markup("Report on a receipt") }
      html.element("h1") { $0.markup(Self.headline(content)) }
      html.element("p", "lead") { $0.markup(Self.explanation(content)) }
      Self.writeStages(content, &html)
      html.element("dl", "finding") { html in
        html.markup("\n")
        Self.writeLines(content, &html)
      }
      html.element("p", "caution") { html in
        html.markup(
          """
          This page itself proves nothing: anybody can write a page. What proves is the receipt that it \
          embeds, verified with a trust list that you have reason to believe. The last section tells how.
          """)
      }
    }
  }

  private static func headline(_ content: ReportContent) -> StaticString {
    switch (content.report.answer, content.report.decision) {
    case (.proven, .commit): "Proven: the purchase was committed."
    case (.proven, _): "Proven: the purchase was aborted."
    case (.refuted, _): "Refuted: the receipt does not hold."
    case (.cannotBeChecked, _): "Cannot be checked: something is missing."
    }
  }

  private static func explanation(_ content: ReportContent) -> StaticString {
    switch content.report.answer {
    case .proven:
      """
      Every statement that is needed is there, is signed by whom it names, stood in a witnessed log, and \
      fits the others.
      """
    case .refuted:
      """
      At least one thing in the receipt is not as it must be, so that as a whole it is no proof. The lines \
      below show what it says besides, as far as that verifies by itself.
      """
    case .cannotBeChecked:
      """
      Nothing that could be checked is wrong, but without what is missing neither the purchase nor its abort \
      is proven.
      """
    }
  }

  // MARK: - Stages

  /// How each stage of the purchase came out, side by side.
  private static func writeStages(_ content: ReportContent, _ html: inout HTMLWriter) {
    html.element("ol", "stages") { html in
      html.markup("\n")
      for stage in CheckWords.Stage.allCases {
        let findings = content.report.findings.filter { CheckWords.of($0.check)?.stage == stage }
        // Nothing is revealed in most receipts.
        if stage == .exhibits, findings.isEmpty { continue }
        html.element("li") { html in
          html.span("b", nil, stage.rawValue)
          if let result = findings.heaviest {
            Self.mark(result, &html)
          } else {
            html.markup("<span class=\"mark\">– not reached</span>")
          }
        }
      }
    }
  }

  // MARK: - Ten lines

  private static func writeLines(_ content: ReportContent, _ html: inout HTMLWriter) {
    line("Purchase", &html) { html in
      if let process = content.report.process {
        html.span("code", nil, process.hex)
      } else {
        html.markup("The file is no receipt, so it names no purchase.")
      }
    }
    line("Verdict", &html) { writeVerdict(content, &$0) }
    line(isCommitted(content) ? "Bought" : "Ordered", &html) { writeItems(content, &$0) }
    line("Payment", &html) { writePayments(content, &$0) }
    line("No later than", &html) { writeTimes(content, &$0) }
    line("At fault", &html) { writeFault(content, &$0) }
    line("Refuted", &html) { writeFindings(.refuted, "Nothing.", content, &$0) }
    line("Missing", &html) { writeFindings(.missing, "Nothing that is needed.", content, &$0) }
    line(isCommitted(content) ? "Still open" : "Not there", &html) {
      writeFindings(.pending, nothingPending(content), content, &$0)
    }
    line("Rests on", &html) { html in
      html.markup("the trust list of ")
      html.text(content.trust.list.issuer.party.text)
      html.markup(", SHA-256 ")
      html.span("code", nil, content.trust.digest.hex)
    }
  }

  /// Without a verdict the examination does not look for what follows it.
  private static func nothingPending(_ content: ReportContent) -> StaticString {
    content.report.decision == nil
      ? "What follows a verdict was not looked for." : "Nothing: all that could follow is there."
  }

  private static func isCommitted(_ content: ReportContent) -> Bool {
    content.report.decision?.isCommit == true
  }

  private static func line(
    _ name: StaticString, _ html: inout HTMLWriter, _ body: (inout HTMLWriter) -> Void
  ) {
    html.markup("<dt>")
    html.markup(name)
    html.markup("</dt>")
    html.element("dd", nil, body)
  }

  private static func writeVerdict(_ content: ReportContent, _ html: inout HTMLWriter) {
    guard let decision = content.report.decision else {
      return html.markup("No verdict is proven.")
    }
    html.text(decision.words.prefix(1).uppercased() + decision.words.dropFirst())
    if let verdict = content.report.findings.first(where: {
      $0.check == .verdict && $0.result == .proven
    }) {
      html.markup(", decided by ")
      html.text(verdict.party?.text ?? "the coordinator")
      if let label = content.label(of: verdict.statement) {
        html.markup(" (")
        html.link(to: label)
        html.markup(")")
      }
    }
    html.markup(".")
  }

  private static func writeItems(_ content: ReportContent, _ html: inout HTMLWriter) {
    let items = content.items
    guard !items.isEmpty else { return html.markup("No item is proven.") }
    html.element("ul") { html in
      html.markup("\n")
      for item in items.prefix(mostNamed) {
        html.element("li") { html in
          html.text("\(item.quantity) × ")
          html.foreign("“\(item.title)”")
          html.text(" from \(item.merchant)")
          if let amount = item.amount { html.text(", \(amount)") }
        }
      }
      writeRest(items.count, of: "items", &html)
    }
  }

  private static func writePayments(_ content: ReportContent, _ html: inout HTMLWriter) {
    let payments = content.payments
    guard !payments.isEmpty else { return html.markup("No payment is proven.") }
    func proven(_ check: Finding.Check) -> Int {
      content.report.findings.count { $0.check == check && $0.result == .proven }
    }
    let payouts = payments.reduce(0) { $0 + $1.payouts.count }
    html.element("ul") { html in
      html.markup("\n")
      for payment in payments.prefix(mostNamed) {
        html.element("li") {
          $0.text("\(payment.total) through \(payment.bank), by \(payment.method.rawValue)")
        }
      }
      writeRest(payments.count, of: "payments", &html)
      if let fee = content.fee {
        html.element("li") { $0.text("of it \(fee.amount) is the fee of the coordinator") }
      }
      html.element("li") { html in
        switch content.report.decision {
        case .commit:
          let payees = content.fee == nil ? "sellers" : "sellers and the coordinator"
          html.text(
            "transfers to the \(payees) that are proven: \(proven(.transfer)) of \(payouts)")
        case .abort:
          html.text(
            "not to be paid; banks that are proven to hold it no longer: \(proven(.void)) of "
              + "\(payments.count)")
        case nil: html.markup("whether it is to be paid is not proven")
        }
      }
    }
  }

  private static func writeTimes(_ content: ReportContent, _ html: inout HTMLWriter) {
    guard let last = content.checkpointSeen else {
      return html.markup("No trusted witness tells.")
    }
    if let seen = content.verdictSeen, seen < last {
      html.text("\(seen.inWords) for the verdict; \(last.inWords) for all else. ")
    } else {
      html.text("\(last.inWords) for all of it. ")
    }
    html.markup("By the time of witnesses, not by what a statement claims.")
  }

  private static func writeFault(_ content: ReportContent, _ html: inout HTMLWriter) {
    let atFault = content.report.atFault
    guard !atFault.isEmpty else {
      return html.markup("Nobody is shown to have broken the rules.")
    }
    html.span("strong", nil, atFault.prefix(mostNamed).map(\.text).joined(separator: ", "))
    if atFault.count > mostNamed { html.text(" and \(atFault.count - mostNamed) more") }
    html.markup(", by statements of their own.")
  }

  private static func writeFindings(
    _ result: Finding.Result, _ nothing: StaticString, _ content: ReportContent,
    _ html: inout HTMLWriter
  ) {
    let findings = content.findings(result)
    guard !findings.isEmpty else { return html.markup(nothing) }
    html.element("ul") { html in
      html.markup("\n")
      for finding in findings.prefix(mostNamed) {
        html.element("li") { html in
          html.foreign(finding.message)
          if let label = content.label(of: finding.statement) {
            html.markup(" (")
            html.link(to: label)
            html.markup(")")
          }
        }
      }
      writeRest(findings.count, of: "findings", &html)
    }
  }

  private static func writeRest(_ count: Int, of what: StaticString, _ html: inout HTMLWriter) {
    guard count > mostNamed else { return }
    html.element("li") { $0.text("and \(count - mostNamed) more \(what.description)") }
  }
}
