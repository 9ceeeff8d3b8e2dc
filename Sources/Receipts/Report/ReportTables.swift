// Time line, parties and exhibits: what there is, from whom, since when.

import Evidence
import PaymentCrypto
import PaymentModel

extension ReportWriter {
  // MARK: - Time line

  mutating func writeTimeLine() {
    let content = content
    section(
      "Time line",
      """
      Every statement of the receipt in the order in which a purchase runs, with its place in the log. It \
      existed no later than a trusted witness saw the log with it: the times are upper limits. A time that \
      a statement itself claims proves nothing. What is marked as not verified counts for nothing.
      """
    ) { html in
      let columns: [StaticString] = ["No.", "Log", "Statement", "Who", "No later than"]
      Self.table("time", columns, &html) { html in
        for exhibit in content.exhibits {
          Self.row(
            &html,
            [
              { $0.link(to: exhibit.label) },
              { $0.text(String(exhibit.entry.index)) },
              { Self.writeStatement(exhibit, content, &$0) },
              { html in
                guard let issuer = exhibit.statement?.issuer else { return }
                html.text(issuer.party.text)
                html.markup("<br>")
                html.span("code", nil, issuer.key.hex.prefix(16))
              },
              { $0.text(exhibit.noLaterThan?.inWords ?? "–") },
            ])
        }
      }
      if content.exhibits.isEmpty { html.element("p") { $0.markup("There is none.") } }
    }
  }

  /// What the statement is, what was found about it, and what its kind means.
  private static func writeStatement(
    _ exhibit: ReportContent.Exhibit, _ content: ReportContent, _ html: inout HTMLWriter
  ) {
    html.span("b", nil, exhibit.statement?.kind.title ?? "Not a statement")
    if exhibit.isVerified {
      if let message = exhibit.message {
        html.markup(": ")
        if let title = exhibit.title {
          html.foreign("“\(title)”")
          html.markup(", ")
        }
        html.foreign(message)
      }
    } else {
      html.markup(" <span class=\"mark refuted\">not verified</span>")
    }
    if let kind = exhibit.statement?.kind {
      html.markup("<br><q>")
      html.markup(kind.meaning)
      html.markup("</q>")
    }
  }

  // MARK: - Parties

  mutating func writeParties() {
    let content = content
    section(
      "Parties",
      """
      Whose keys have signed something in the receipt, and the root of the trust list. A key is named by its \
      RFC 7638 thumbprint. The customer signs with a key that was made for this order alone and tells nobody \
      who she is.
      """
    ) { html in
      let columns: [StaticString] = ["Name", "Role", "Key", "Valid from", "Valid until"]
      Self.table("parties", columns, &html) { html in
        for party in content.parties {
          Self.row(
            &html,
            [
              { $0.text(party.name) }, { $0.text(party.role) },
              { $0.span("code", nil, party.key.hex) },
              { Self.writeFrom(party.standing, &$0) }, { Self.writeUntil(party.standing, &$0) },
            ])
        }
      }
    }
  }

  private static func writeFrom(_ standing: ReportParty.Standing, _ html: inout HTMLWriter) {
    switch standing {
    case .listed(let validFrom, _): html.text(validFrom.inWords)
    case .oneTime: html.markup("stands in the order")
    case .unknown: html.markup("<span class=\"mark missing\">? not in the trust list</span>")
    }
  }

  private static func writeUntil(_ standing: ReportParty.Standing, _ html: inout HTMLWriter) {
    switch standing {
    case .listed(_, let validUntil): html.text(validUntil.inWords)
    case .oneTime: html.markup("for this order only")
    case .unknown: html.markup("–")
    }
  }

  // MARK: - Exhibits

  mutating func writeExhibits() {
    let content = content
    section(
      "Exhibits",
      """
      Every piece that the finding rests on, with its size and SHA-256. The second line of a statement is its \
      identifier: SHA-256 of what is signed, without the signatures. The identifier stands in the log.
      """
    ) { html in
      Self.table("exhibits", ["No.", "What", "Bytes", "SHA-256"], &html) { html in
        Self.exhibit(
          ExhibitLabel(.receipt, 1), "Receipt", content.file, &html,
          content.receipt == nil ? "Not readable as a receipt." : nil)
        Self.exhibit(
          ExhibitLabel(.trustList, 1), "Trust list", content.trust.bytes, &html,
          "By \(content.trust.list.issuer.party), key \(content.trust.list.issuer.key.hex), "
            + "dated \(content.trust.list.claim.madeAt.inWords), \(content.trust.keys.count) keys, "
            + "\(content.trust.witnessQuorum) witnesses demanded.")
        if let receipt = content.receipt { Self.writeNotes(of: receipt, &html) }
        for exhibit in content.exhibits {
          Self.exhibit(
            exhibit.label, exhibit.statement?.kind.title ?? "Not a statement",
            exhibit.entry.statement, &html, nil, identifier: exhibit.statement?.id.hex)
        }
        for part in content.parts {
          Self.exhibit(
            part.label, Self.title(of: part), part.committed.part, &html,
            "Entry \(part.committed.index) of the order's tree.")
        }
        if let receipt = content.receipt { Self.writeRevealed(of: receipt, content, &html) }
      }
    }
  }

  private static func writeNotes(of receipt: Receipt, _ html: inout HTMLWriter) {
    let size = (try? Checkpoint(text: receipt.checkpoint.text)).map {
      "\($0.size) entries of the log \($0.origin)."
    }
    exhibit(ExhibitLabel(.checkpoint, 1), "Checkpoint", receipt.checkpoint.bytes, &html, size)
    if let proof = receipt.verdictProof {
      exhibit(ExhibitLabel(.checkpoint, 2), "Earlier log proof of the verdict", proof.bytes, &html)
    }
  }

  private static func writeRevealed(
    of receipt: Receipt, _ content: ReportContent, _ html: inout HTMLWriter
  ) {
    for (number, exhibit) in receipt.exhibits.enumerated() {
      let (title, bytes) = revealed(exhibit, content, receipt.attachment)
      Self.exhibit(ExhibitLabel(.key, number + 1), title, bytes, &html)
    }
  }

  /// What an exhibit is called, and the bytes that it is about.
  private static func revealed(
    _ exhibit: Receipt.Exhibit, _ content: ReportContent, _ attachment: Bytes?
  ) -> (title: String, bytes: Bytes) {
    func label(_ id: StatementID) -> String {
      content.label(of: id)?.text ?? "a statement that is not there"
    }
    return switch exhibit {
    case .revealedKey(let deposit, let identity):
      ("Revealed key, deposited with \(label(deposit))", identity)
    case .keyBundle(let bundle): ("Sealed key bundle", bundle)
    case .oneTimeIdentity(let identity): ("One-time identity of the order", identity)
    case .blindSignatures(let issue, let signatures):
      ("Blind signatures of \(label(issue))", signatures)
    case .address(let claim, let address): ("Sealed address of \(label(claim))", address)
    case .chunk(let offer, let index, _, _, _):
      ("Chunk \(index) of the good of \(label(offer))", attachment ?? [])
    case .unlogged(let statement): ("Verdict that was not logged", statement)
    }
  }

  private static func title(of part: ReportContent.Part) -> String {
    switch part.content {
    case .item(let item): "Part of the order: \(item.quantity) of one offer"
    case .payment(let payment): "Part of the order: payment through \(payment.bank)"
    case .fee: "Part of the order: the coordinator's fee"
    case nil: "Part that is not proven to be of the order"
    }
  }

  private static func exhibit(
    _ label: ExhibitLabel, _ title: String, _ bytes: Bytes, _ html: inout HTMLWriter,
    _ note: String? = nil, identifier: String? = nil
  ) {
    row(
      &html,
      [
        { $0.target(label) },
        { html in
          html.text(title)
          if let note {
            html.markup("<br>")
            html.span("small", nil, note)
          }
        },
        { $0.text(String(bytes.count)) },
        { html in
          html.span("code", nil, SHA256.digest(bytes).hex)
          if let identifier {
            html.markup("<br>")
            html.span("code", "soft", identifier)
          }
        },
      ])
  }
}
