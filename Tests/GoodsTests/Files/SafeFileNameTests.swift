// File names that sellers could choose.

import Goods
import PaymentModel
import Testing

@Suite struct SafeFileNameTests {
  static let cases: [(String, String)] = [
    ("photo.jpg", "photo.jpg"),
    ("Röntgen Übersicht.pdf", "Röntgen Übersicht.pdf"),
    ("契約.pdf", "契約.pdf"),
    ("../../etc/passwd", "passwd"),
    ("/etc/shadow", "shadow"),
    (#"C:\Windows\System32\calc.exe"#, "calc.exe"),
    (#"..\..\x"#, "x"),
    ("..", "goods"), (".", "goods"), ("", "goods"), ("/", "goods"), ("...", "goods"),
    ("   ", "goods"), ("---", "goods"),
    (".bashrc", "bashrc"), ("-rf", "rf"), ("--help.txt", "help.txt"),
    ("a\u{0}b.txt", "ab.txt"), ("a\nb\r\tc.txt", "abc.txt"), ("a\u{1B}[31mred.txt", "a[31mred.txt"),
    ("a\u{7F}\u{9B}b", "ab"),
    // Right-to-left override: shows as "invoiceexe.pdf" but is an .exe.
    ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
    ("a\u{2066}b\u{2069}\u{200F}\u{200B}\u{FEFF}.txt", "ab.txt"),
    ("a\u{2028}b\u{2029}c", "abc"), ("a\u{00A0}b", "ab"), ("a\u{3164}b", "ab"),
    ("x\u{E000}y\u{FFFE}", "xy"), ("t\u{E0041}ag", "tag"),
    ("file:stream", "file_stream"), ("$(reboot);`id`.sh", "_(reboot)__id_.sh"),
    ("~root", "_root"), ("a*b?.txt", "a_b_.txt"), ("trailing. . ", "trailing"),
    ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("COM1.tar.gz", "_COM1.tar.gz"),
    ("console.txt", "console.txt"),
  ]

  @Test(arguments: cases)
  func `Names from hell become harmless, good ones stay`(claimed: String, safe: String) {
    #expect(Bytes(SafeFileName(claimed).text.utf8) == Bytes(safe.utf8))
  }

  @Test func `A long name is cut between characters and keeps its suffix`() {
    let long = SafeFileName(String(repeating: "ü", count: 400) + ".pdf")
    #expect(long.text.utf8.count <= SafeFileName.largestByteCount)
    #expect(long.text.hasSuffix("ü.pdf"))
    let suffix = SafeFileName("a." + String(repeating: "b", count: 400))
    #expect(suffix.text.utf8.count <= SafeFileName.largestByteCount)
  }

  @Test func `Any name is safe, and making it safe again changes nothing`() {
    var state: UInt64 = 0x5EED
    print("seed \(state)")
    for _ in 0..<2000 {
      var claimed = String.UnicodeScalarView()
      for _ in 0..<(state % 24) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let range: UInt64 = state >> 60 < 12 ? 0x100 : 0x11_0000
        if let scalar = Unicode.Scalar(UInt32(state >> 33) % UInt32(range)) {
          claimed.append(scalar)
        }
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let name = SafeFileName(String(claimed)).text
      #expect((1...200).contains(name.utf8.count))
      #expect(!name.hasPrefix(".") && !name.hasPrefix("-") && !name.hasSuffix("."))
      #expect(name.unicodeScalars.allSatisfy { $0 != "/" && $0 != "\\" && $0.value >= 0x20 })
      #expect(Bytes(SafeFileName(name).text.utf8) == Bytes(name.utf8), "\(claimed.map(\.value))")
    }
  }
}
