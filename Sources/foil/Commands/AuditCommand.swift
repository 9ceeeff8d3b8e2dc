// `foil audit`: an auditor's work, offline.

import ArgumentParser

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Decide complaints.",
    subcommands: [AuditDisputeCommand.self])
}
