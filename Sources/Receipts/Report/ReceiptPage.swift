// A report on a receipt as one page: for people who read and print, not for programs.

public import Evidence
public import PaymentModel

/// One self-contained HTML page that tells what a receipt proves, and what it does not.
///
/// The page depends on the receipt, the trust list and the version of the tool, and on nothing else: made
/// again it is the same to the byte. It has no script, loads nothing, and forbids both by its content security
/// policy. All that others have signed is escaped in it. It embeds receipt and trust list, because the page
/// itself proves nothing.
///
/// First comes the finding on one sheet; then the time line, the parties, the exhibits with their SHA-256, and
/// the rule of each step with its result.
public struct ReceiptPage: Sendable {
  /// The page, in UTF-8.
  public let bytes: Bytes

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - file: the receipt as a file. One that is no receipt gets a page that says so.
  ///   - report: what `ReceiptVerification` found about this file with this trust list.
  ///   - trust: the trust list that was verified with.
  ///   - toolVersion: which version of the command makes the page.
  public init(of file: Bytes, report: ReceiptReport, trust: TrustStore, toolVersion: String) {
    var writer = ReportWriter(
      ReportContent(file: file, report: report, trust: trust, toolVersion: toolVersion))
    writer.writePage()
    bytes = writer.html.bytes
  }
}

/// The page while it is written. Each section stands in a file of its own.
struct ReportWriter {
  let content: ReportContent
  var html = HTMLWriter()

  init(_ content: ReportContent) {
    self.content = content
  }

  mutating func writePage() {
    html.markup("<!DOCTYPE html>\n<html lang=\"en\">\n")
    html.element("head") { Self.writeHead(&$0) }
    html.markup("<body>\n<main>\n")
    writeFirstPage()
    writeTimeLine()
    writeParties()
    writeExhibits()
    writeSteps()
    writeVerification()
    writeEmbedded()
    html.markup("</main>\n</body>\n</html>\n")
  }

  private static func writeHead(_ html: inout HTMLWriter) {
    html.markup("\n<meta charset=\"utf-8\">\n")
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
    html.markup("style-src 'sha256-")
    html.text(ReportStyle.digest)
    html.markup("'; base-uri 'none'; form-action 'none'\">\n")
    html.markup("<meta name=\"referrer\" content=\"no-referrer\">\n")
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">\n")
    html.markup("<title>Report on a receipt</title>\n<style>")
    html.markup(ReportStyle.sheet)
    html.markup("</style>\n")
  }

  // MARK: - What all sections use

  /// A section with its heading and what it is about.
  mutating func section(
    _ title: StaticString, _ introduction: StaticString, style: StaticString? = nil,
    _ body: (inout HTMLWriter) -> Void
  ) {
    html.element("section", style) { html in
      html.markup("\n")
      html.element("h2") { $0.markup(title) }
      html.element("p", "lead") { $0.markup(introduction) }
      body(&html)
    }
  }

  /// The head of a table; its columns share the width as the style sheet says.
  static func table(
    _ style: StaticString, _ columns: [StaticString], _ html: inout HTMLWriter,
    _ rows: (inout HTMLWriter) -> Void
  ) {
    html.element("table", style) { html in
      html.markup("\n<thead><tr>")
      for column in columns {
        html.markup("<th scope=\"col\">")
        html.markup(column)
        html.markup("</th>")
      }
      html.markup("</tr></thead>\n")
      html.element("tbody") { html in
        html.markup("\n")
        rows(&html)
      }
    }
  }

  /// A row of a table.
  static func row(_ html: inout HTMLWriter, _ cells: [(inout HTMLWriter) -> Void]) {
    html.element("tr") { html in
      for cell in cells {
        html.markup("<td>")
        cell(&html)
        html.markup("</td>")
      }
    }
  }

  /// A result as a sign and a word.
  static func mark(_ result: Finding.Result, _ html: inout HTMLWriter) {
    html.markup("<span class=\"")
    html.markup(result.style)
    html.markup("\">")
    html.markup(result.sign)
    html.markup(" ")
    html.text(result.rawValue)
    html.markup("</span>")
  }
}
