// `foil receipt stamp`: a time stamp of RFC 3161 that rides along.

import ArgumentParser
import PaymentCrypto
import PaymentModel
import Receipts

struct ReceiptStampCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stamp",
    abstract: "Add a time stamp (RFC 3161) to a receipt, or tell what to have stamped.",
    discussion: """
      Without --token it prints the SHA-256 that an authority has to stamp: \
      'openssl ts -query -sha256 -cert -digest DIGEST'. The token comes from the answer by \
      'openssl ts -reply -in ANSWER -token_out'. What it proves 'foil receipt verify' tells, under a trust \
      list that names the authority.
      """)

  @Argument(help: "The receipt; - is standard input.", completion: .file(extensions: ["receipt"]))
  var file: String

  @Option(help: ArgumentHelp("The token in DER.", valueName: "file"), completion: .file())
  var token: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the stamped receipt goes.", valueName: "file"), completion: .file())
  var output: String?

  func validate() throws {
    guard (token == nil) == (output == nil) else {
      throw ValidationError("--token and --output go together")
    }
  }

  func run() throws {
    let bytes = try InputFile.read(
      file, largestByteCount: Receipt.largestByteCount + Receipt.largestAttachment + 1)
    let receipt: Receipt
    do {
      receipt = try Receipt(bytes)
    } catch {
      throw Failure(.notChecked, "\(file) is no receipt: \(error.message)")
    }
    guard let token, let output else { return Terminal.print(receipt.stampedDigest.hex) }
    let stamp = try InputFile.read(token, largestByteCount: TimeStampToken.largestByteCount)
    let stamped = receipt.adding(timeStamp: stamp)
    do {
      _ = try TimeStampToken(stamp)
      _ = try Receipt(stamped.bytes)
    } catch {
      throw Failure(.no, "the receipt cannot hold this time stamp: \(error)")
    }
    try PrivateFile.write(stamped.bytes, to: output)
  }
}
