// `foil audit`: what an auditor does with evidence.

import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Report on evidence, and see who stands behind it.",
    subcommands: [AuditReportCommand.self, AuditMaskCommand.self])
}
