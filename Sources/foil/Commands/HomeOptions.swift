// The home that a command works on, and the market in it.

import ArgumentParser
import Coordinator
import Foundation
import Goods
import PaymentModel
import PaymentParties

/// `--home` and `--passphrase-file`, which all commands share that need a market.
struct HomeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The home folder; otherwise $FOIL_HOME, or the user's data folder.", valueName: "dir"),
    completion: .directory)
  var home: String?

  @Option(
    help: ArgumentHelp(
      "A file whose first line is the passphrase of the home's secrets; otherwise "
        + "$FOIL_PASSPHRASE_FILE.", valueName: "file"),
    completion: .file())
  var passphraseFile: String?

  var folder: HomeFolder {
    home.map(HomeFolder.init) ?? .usual(ProcessInfo.processInfo.environment)
  }

  /// A command as it can be pasted: with this program's name and this home.
  func command(_ text: String) -> String {
    let program = CommandLine.arguments.first ?? "foil"
    return "\(program) \(text)" + (home.map { " --home \(Self.argument($0))" } ?? "")
  }

  /// A word as a shell takes it.
  static func argument(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      byte >= 0x80 || Character(Unicode.Scalar(byte)).isLetter
        || Character(Unicode.Scalar(byte)).isNumber || "/._-+=:@".utf8.contains(byte)
    }
    return isPlain && !word.isEmpty
      ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  /// Opens the market of the home, does something with it, and closes it.
  ///
  /// - Throws: `Failure`, whatever the parties throw; `ExitCode` from the body.
  func withMarket<Result>(_ body: (Market) async throws -> Result) async throws -> Result {
    let folder = folder
    guard FileManager.default.fileExists(atPath: folder.trust) else {
      throw Failure(
        .notChecked, "there is no market in \(folder.path)",
        hint: "make one with 'foil demo --home \(folder.path)', or name another with --home")
    }
    return try await Failure.mapping {
      let market = try await Market(at: folder, passphraseFile: secretFile)
      do {
        let result = try await body(market)
        try await market.close()
        return result
      } catch {
        try? await market.close()
        throw error
      }
    }
  }

  /// Goes on with what an earlier run left open, and says what cannot go on.
  func recover(_ market: Market) async {
    let report = await market.recover()
    if let refusal = report.refusal {
      Terminal.report(
        refusal.code == .logUnreachable
          ? "not recovered yet: \(refusal.message)" : "no purchase can go on: \(refusal.message)",
        hint: refusal.code == .behindLog
          ? "put the latest copy of the coordinator's journal back" : nil)
    }
    for (process, error) in report.failed {
      Terminal.report(
        "process \(process.short) cannot go on: \(error.message)",
        hint: "its coins stay locked; the other purchases are not affected")
    }
    do {
      try await market.resumeCancellations()
    } catch {
      Terminal.report("a purchase is not withdrawn yet: \(error.message)", hint: nil)
    }
    for found in await market.askAboutOverdue().findings {
      guard case .refused(let reason) = found.finding else { continue }
      Terminal.report(
        "\(found.shop) does not take the verdict on process \(found.order.process.short): "
          + reason.rawValue, hint: "'\(command("merchant ask"))' says what is held for what reason")
    }
    do {
      try await market.resumeWithdrawals()
    } catch {
      Terminal.report("a withdrawal has not come: \(error.message)", hint: nil)
    }
  }

  private var secretFile: String? { Self.secretFile(passphraseFile) }

  /// The file with the passphrase: the one that was given, otherwise the one that the environment names.
  static func secretFile(_ given: String?) -> String? {
    if let given { return given }
    let named = ProcessInfo.processInfo.environment["FOIL_PASSPHRASE_FILE"]
    return named?.isEmpty == false ? named : nil
  }
}
