// The command: nouns for each role, verbs below them.

import ArgumentParser
import Foundation

@main
struct Foil: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "foil",
    abstract: "Payments that are atomic over several merchants, anonymous, and provable.",
    discussion: """
      Begin with 'foil demo'. It shows a purchase from withdrawal to receipt on real files, and \
      leaves a home folder on which all other commands work.

      Exit status: 0 yes; 1 a verified no, or refused; 2 could not be checked; 64 usage; \
      75 pending or in doubt, run the same command again.
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, OfferCommand.self, BuyCommand.self, PurchaseCommand.self, OpenCommand.self,
      ReceiptCommand.self, ComplainCommand.self, AuditCommand.self, GoodsCommand.self,
      ProcessCommand.self, CoordinatorCommand.self, BankCommand.self, CardCommand.self,
      MerchantCommand.self, SimulateCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      Terminal.report(failure.message, hint: failure.hint)
      Foundation.exit(failure.status.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}
