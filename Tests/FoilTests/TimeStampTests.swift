// A time stamp by an authority that nobody here wrote, riding along with a receipt.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Programs
import Testing

@Suite(
  "A time stamp rides along",
  .enabled(if: Command.has("openssl"), "openssl is not installed"))
struct TimeStampTests {
  /// An authority with a certificate of its own that may stamp, and its configuration.
  private static let configuration = """
    [tsa]
    default_tsa = own
    [own]
    serial = serial
    signer_cert = tsa.pem
    signer_key = tsa.key
    signer_digest = sha256
    default_policy = 1.2.3.4
    digests = sha256
    accuracy = secs:1
    [extensions]
    basicConstraints = critical,CA:false
    keyUsage = critical,digitalSignature
    extendedKeyUsage = critical,timeStamping
    subjectKeyIdentifier = hash
    authorityKeyIdentifier = keyid
    """

  private static let requests = """
    [req]
    distinguished_name = name
    [name]
    [authority]
    basicConstraints = critical,CA:true
    keyUsage = critical,keyCertSign
    subjectKeyIdentifier = hash

    """

  private static let commands = """
    set -e
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Authority \
      -config req.cnf -extensions authority
    openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Stamps -config req.cnf
    openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out tsa.pem \
      -extfile tsa.cnf -extensions extensions
    openssl x509 -in ca.pem -outform DER -out ca.der
    echo 01 > serial
    openssl ts -query -sha256 -cert -digest "$1" -out query
    openssl ts -reply -config tsa.cnf -queryfile query -out answer
    openssl ts -reply -in answer -token_out -out token
    """

  @Test("it proves a time under a trust list that names the authority, and nothing without")
  func stamped() async throws {
    let home = try await DemoHome.founded()
    let folder = try ScratchFolder()
    try Data(Self.configuration.utf8).write(to: folder.url.appending(path: "tsa.cnf"))
    try Data(Self.requests.utf8).write(to: folder.url.appending(path: "req.cnf"))
    let digest = try await Command.foil(["receipt", "stamp", home.receipt])
    #expect(digest.status == 0 && digest.lines.count == 1 && digest.lines[0].count == 64)
    let made = try #require(
      try await Command.program("sh", ["-c", Self.commands, "sh", digest.lines[0]], in: folder.url))
    #expect(made.status == 0, "\(made.errors)")

    let stamped = folder.path("stamped.receipt")
    let stamp = ["receipt", "stamp", home.receipt, "--token", folder.path("token"), "-o", stamped]
    #expect(try await Command.foil(stamp).status == 0)
    let unknown = try await home.verify(stamped)
    #expect(unknown.status == 0, "\(unknown.output)")
    #expect(unknown.output.contains("by an authority that the trust store does not know"))

    let bytes = Bytes(try Data(contentsOf: URL(filePath: stamped)))
    let trust = try trust(
      of: home, naming: Bytes(try Data(contentsOf: folder.url.appending(path: "ca.der"))))
    let report = ReceiptVerification(trust).verify(bytes)
    #expect(report.answer == .proven)
    let finding = try #require(report.findings.first { $0.check == .timeStamp })
    #expect(finding.result == .proven && finding.message.contains("Stamps"))
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let time = try #require(finding.noLaterThan)
    #expect(time <= now.adding(seconds: 5) && now.adding(seconds: -600) <= time)

    // The same token on another receipt is over something else.
    let other = try Receipt(
      Bytes(try Data(contentsOf: URL(filePath: home.path("silent.receipt")))))
    let token = Bytes(try Data(contentsOf: folder.url.appending(path: "token")))
    let wrong = ReceiptVerification(trust).verify(other.adding(timeStamp: token))
    #expect(wrong.answer == .refuted && wrong.atFault.isEmpty)
    #expect(wrong.findings.contains { $0.message.contains("time-stamp-digest") })
  }

  /// The home's trust list with an authority, under a root of its own.
  private func trust(of home: DemoHome, naming certificate: Bytes) throws -> TrustStore {
    let list = try TrustStore(Signed(Bytes(try Data(contentsOf: URL(filePath: home.trust))))).list
    var entropy = SystemEntropy()
    let root = StatementSigner(
      party: list.issuer.party, key: Ed25519.PrivateKey.generate(from: &entropy))
    let first = try #require(list.claim.keys.first { $0.role == .trustRoot })
    let key = TrustedKey(
      party: root.issuer.party, role: .trustRoot,
      key: try #require(SigningKeyValue(root.publicKey.bytes)), validFrom: first.validFrom,
      validUntil: first.validUntil)
    let wider = TrustList(
      madeAt: list.claim.madeAt, keys: [key] + list.claim.keys.filter { $0.role != .trustRoot },
      recipients: list.claim.recipients,
      authorities: [TrustedAuthority(.timeStamp, certificate: certificate)],
      witnessQuorum: list.claim.witnessQuorum)
    return try TrustStore(TrustStore.sign(wider, with: root, entropy: &entropy))
  }
}
