// How the page looks, on a screen by day and night, and on paper.

import PaymentCrypto
import PaymentModel

/// The style sheet of the page. It stands in the page, and the page's content security policy allows it by its
/// digest and nothing else.
enum ReportStyle {
  /// SHA-256 of the style sheet in base64.
  static let digest = Base64.padded.string(SHA256.digest(Bytes(sheet.description.utf8)).bytes)

  static let sheet: StaticString = """

    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #1c1f23; --soft: #5b6470; --line: #d9dde3; --shade: #f5f6f8;
      --proven: #14643a; --refuted: #a11420; --missing: #8a5300; --pending: #33518f;
      --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "DejaVu Serif", serif;
      --sans: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif;
      --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #15181c; --ink: #e4e7eb; --soft: #9aa4b1; --line: #333a43; --shade: #1d2127;
        --proven: #6fcf97; --refuted: #ff8088; --missing: #f0b65a; --pending: #93b4f5;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
    main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
    section { margin: 0 0 3.5rem; }
    h1 { font: 600 2.3rem/1.15 var(--serif); letter-spacing: -0.01em; margin: 0 0 0.6rem; }
    h2 { font: 600 1.45rem/1.2 var(--serif); margin: 0 0 0.5rem; padding-top: 1rem;
      border-top: 2px solid var(--ink); }
    h3 { font: 600 1rem/1.3 var(--sans); margin: 2rem 0 0.6rem; }
    p { margin: 0 0 1rem; max-width: 46rem; }
    .lead { color: var(--soft); }
    .kind { font-size: 0.75rem; letter-spacing: 0.12em; text-transform: uppercase; color: var(--soft);
      margin: 0 0 1.2rem; }
    .first > .lead { font-size: 1.05rem; }
    a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 2px; }
    code, pre { font: 0.8em/1.5 var(--mono); overflow-wrap: anywhere; }
    bdi { overflow-wrap: anywhere; }
    small { color: var(--soft); font-size: 0.82em; }
    q { color: var(--soft); font-size: 0.92em; }
    q::before, q::after { content: none; }

    .stages { list-style: none; display: flex; margin: 1.8rem 0 2rem; padding: 0;
      border: 1px solid var(--line); border-radius: 6px; background: var(--shade); }
    .stages li { flex: 1; padding: 0.7rem 0.9rem; border-left: 1px solid var(--line); }
    .stages li:first-child { border-left: 0; }
    .stages b { display: block; font-weight: 600; font-size: 0.85rem; }
    .mark { white-space: nowrap; font-size: 0.85em; font-weight: 600; color: var(--soft); }
    .proven { color: var(--proven); }
    .refuted { color: var(--refuted); }
    .missing { color: var(--missing); }
    .pending { color: var(--pending); }

    dl { display: grid; margin: 0 0 1.5rem; }
    dt { font-weight: 600; }
    dd { margin: 0; min-width: 0; }
    .finding { grid-template-columns: 8.5rem 1fr; border-top: 1px solid var(--line); }
    .finding dt, .finding dd { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
    .finding dt { color: var(--soft); font-weight: 500; }
    .finding ul { list-style: none; margin: 0; padding: 0; }
    .rules { grid-template-columns: minmax(8.5rem, max-content) 1fr; gap: 0.35rem 1.2rem;
      font-size: 0.92rem; }
    .rules dt { font: 600 0.85em/1.7 var(--mono); }
    .caution { border-left: 3px solid var(--ink); padding: 0.1rem 0 0.1rem 0.9rem; }

    table { width: 100%; border-collapse: collapse; font-size: 0.87rem; margin: 1rem 0; table-layout: fixed; }
    th { text-align: left; font-weight: 600; color: var(--soft); font-size: 0.8rem; padding: 0.4rem 0.7rem 0.4rem 0;
      border-bottom: 1px solid var(--ink); }
    td { vertical-align: top; padding: 0.45rem 0.7rem 0.45rem 0; border-bottom: 1px solid var(--line);
      font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .time th:nth-child(1), .exhibits th:nth-child(1), .steps th:nth-child(1) { width: 3rem; }
    .time th:nth-child(2) { width: 4rem; }
    .time th:nth-child(4) { width: 11rem; }
    .time th:nth-child(5) { width: 13.5rem; }
    .parties th:nth-child(1) { width: 11rem; }
    .parties th:nth-child(2) { width: 6.5rem; }
    .parties th:nth-child(4), .parties th:nth-child(5) { width: 8.6rem; }
    .exhibits th:nth-child(3) { width: 4.5rem; }
    .exhibits th:nth-child(4) { width: 30rem; }
    .steps th:nth-child(2) { width: 8.5rem; }
    .steps th:nth-child(3) { width: 6rem; }
    .steps th:nth-child(5) { width: 15rem; }
    .soft { color: var(--soft); }
    .notes { margin: 0; padding-left: 1.1rem; max-width: 46rem; font-size: 0.92rem; }
    .notes li { margin: 0 0 0.4rem; }

    .commands { background: var(--shade); border: 1px solid var(--line); border-radius: 6px; padding: 0.9rem 1rem;
      white-space: pre-wrap; }
    details { border-top: 1px solid var(--line); padding: 0.6rem 0; }
    summary { cursor: pointer; font-weight: 600; }
    details pre { font-size: 0.7rem; line-height: 1.35; color: var(--soft); overflow-x: auto; }

    @media (max-width: 44rem) {
      .stages { flex-wrap: wrap; }
      .stages li { flex: 1 0 45%; border-left: 0; border-top: 1px solid var(--line); margin-top: -1px; }
      .finding, .rules { grid-template-columns: 1fr; }
      .finding dt { border-bottom: 0; padding-bottom: 0; }
      .finding dd { padding-top: 0; }
      table { font-size: 0.8rem; }
    }

    @page {
      size: A4; margin: 17mm 17mm 19mm;
      @bottom-left { content: "Report on a receipt"; font: 8pt sans-serif; }
      @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; }
    }
    @media print {
      :root {
        --paper: #ffffff; --ink: #000000; --soft: #333333; --line: #bbbbbb; --shade: #ffffff;
        --proven: #000000; --refuted: #000000; --missing: #000000; --pending: #000000;
      }
      html { font-size: 8.6pt; }
      body { font-size: 9.5pt; line-height: 1.4; }
      main { max-width: none; padding: 0; }
      p { max-width: none; }
      h1 { font-size: 22pt; }
      h2 { font-size: 14pt; break-after: avoid; }
      h3, .lead, thead { break-after: avoid; }
      section { margin-bottom: 9mm; }
      .first { break-after: page; }
      .finding dt, .finding dd { padding: 1.6mm 0; }
      table { font-size: 8pt; }
      thead { display: table-header-group; }
      tr, .rules dd, .rules dt, .stages, .commands, .notes li { break-inside: avoid; }
      .yourself, .lead { break-inside: avoid; }
      .embedded { display: none; }
      a { text-decoration: none; }
    }

    """
}
