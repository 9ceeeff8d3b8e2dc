// `foil audit mask`: who stood behind an order, where its mask was given up.

import ArgumentParser
import Evidence
import PaymentCrypto
import PaymentModel
import Receipts

struct AuditMaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Verify the opening of an order's mask: who stands behind a purchase.",
    discussion: """
      An opening holds a salt, the certificates of an identity key, and that key's signature over the \
      purchase. All three must fit the mask in the order, and the certificates must lead to a registrar that \
      is named here and be valid when a witness saw the order.

      Exit status: 0 proven; 1 refuted; 2 it cannot be checked, because the receipt does not prove the order, \
      the registrar is not known, or a certificate was not valid at that time.
      """)

  @Argument(help: "The opening; - is standard input.", completion: .file(extensions: ["opening"]))
  var file: String

  @Option(
    help: ArgumentHelp("The receipt with the order.", valueName: "file"),
    completion: .file(extensions: ["receipt"]))
  var receipt: String

  @Option(
    help: ArgumentHelp("The signed list of trusted keys.", valueName: "file"), completion: .file())
  var trust: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Certificates of trusted registrars, in PEM or DER, besides those of the trust list.",
      valueName: "file"),
    completion: .file())
  var registrar: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard ([file, receipt, trust] + registrar).count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("standard input is read once")
    }
  }

  func run() throws {
    let store = try TrustFile.read(trust)
    let anchors = try registrar.flatMap(Self.certificates) + store.certificates(.registrar)
    guard !anchors.isEmpty else {
      throw Failure(
        .usage, "the trust list names no registrar", hint: "name one with --registrar")
    }
    let purchase = try readReceipt()
    let bytes = try InputFile.read(file, largestByteCount: MaskOpening.largestByteCount)
    let outcome: Outcome
    do {
      let identity = try MaskOpening(bytes).verify(with: purchase, trust: store, anchors: anchors)
      outcome = Outcome(purchase.process, identity)
    } catch {
      outcome = Outcome(purchase.process, error)
    }
    if json {
      try JSONOutput.print(outcome)
    } else {
      outcome.lines.forEach { Terminal.print(Terminal.line($0)) }
    }
    switch outcome.status {
    case .yes: break
    default: throw ExitCode(outcome.status)
    }
  }

  private func readReceipt() throws -> Receipt {
    let bytes = try InputFile.read(receipt, largestByteCount: Receipt.largestByteCount)
    do {
      return try Receipt(bytes)
    } catch {
      throw Failure(.notChecked, "\(receipt) is no receipt: \(error.message)")
    }
  }

  private static func certificates(in path: String) throws -> [Bytes] {
    let bytes = try InputFile.read(path, largestByteCount: CertificateFile.largestByteCount)
    do {
      return try CertificateFile.read(bytes)
    } catch {
      throw Failure(.notChecked, "\(path) holds no certificate: \(error.message)")
    }
  }

  /// What was found; its members are what `--json` prints.
  private struct Outcome: Encodable {
    private let answer: String
    private let process: String
    private var subject: String?
    private var registrar: String?
    private var registrarCertificate: String?
    private var key: String?
    private var code: String?
    private var message: String?

    init(_ process: ProcessID, _ identity: MaskIdentity) {
      answer = ReceiptReport.Answer.proven.rawValue
      self.process = process.hex
      subject = identity.subject
      registrar = identity.registrar
      registrarCertificate = identity.registrarCertificate.hex
      key = SHA256.digest(identity.subjectPublicKeyInfo).hex
    }

    init(_ process: ProcessID, _ error: ReceiptsError) {
      let unknown: [ReceiptsError.Code] = [
        .openingOrder, .openingRegistrar, .openingCertificateTime,
      ]
      let isUnknown = unknown.contains(error.code)
      answer = (isUnknown ? ReceiptReport.Answer.cannotBeChecked : .refuted).rawValue
      self.process = process.hex
      code = error.code.rawValue
      message = error.message
    }

    var status: ExitStatus {
      switch answer {
      case ReceiptReport.Answer.proven.rawValue: .yes
      case ReceiptReport.Answer.refuted.rawValue: .no
      default: .notChecked
      }
    }

    /// The same for people.
    var lines: [String] {
      var lines = ["purchase \(process)"]
      if let registrar, let registrarCertificate, let key, let subject {
        lines += [
          "registrar: \(registrar), certificate \(registrarCertificate)",
          "identity key, SHA-256: \(key)", "proven: behind the order stands \(subject)",
        ]
      }
      if let message {
        let words = status == .no ? "refuted" : "cannot be checked"
        lines.append("\(words): \(message)")
      }
      return lines
    }
  }
}
