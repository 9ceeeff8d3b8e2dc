// `foil audit`: what an auditor finds out with nothing but files.

import ArgumentParser

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look into what was signed, and decide complaints.",
    subcommands: [AuditDisputeCommand.self, AuditLogCommand.self])
}
