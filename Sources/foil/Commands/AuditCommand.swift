// `foil audit`: what an auditor finds out with nothing but files.

import ArgumentParser

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Look into what logs have signed.",
    subcommands: [AuditLogCommand.self])
}
