// Output appears complete or not at all, and never in the place of something else.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@testable import Goods

@Suite struct OutputTests {
  let sealed: SealedFixture

  init() throws {
    sealed = try SealedFixture(byteCount: 100)
  }

  private func open(to output: Output) throws -> OpenedGood {
    try Container.open(
      FileSource(path: sealed.folder.path("good.age")), with: sealed.identity, to: output)
  }

  @Test func `An existing file is not overwritten unless told`() throws {
    let path = try sealed.folder.write([1, 2, 3], to: "mine")
    #expect(try goodsCode { _ = try open(to: .file(path)) } == .outputExists)
    #expect(try sealed.folder.read("mine") == [1, 2, 3])
    #expect(try open(to: .file(path, overwriting: true)).path == path)
    #expect(try sealed.folder.read("mine") == sealed.plaintext)
  }

  @Test func `A link that points nowhere is not written through`() throws {
    let target = sealed.folder.path("target")
    try FileManager.default.createSymbolicLink(
      atPath: sealed.folder.path("link"), withDestinationPath: target)
    #expect(
      try goodsCode { _ = try open(to: .file(sealed.folder.path("link"))) } == .outputExists)
    _ = try open(to: .file(sealed.folder.path("link"), overwriting: true))
    #expect(!sealed.folder.contains("target"), "the link is replaced, not followed")
  }

  @Test func `In a folder a taken name gets a number`() throws {
    let name = SafeFileName("../contract.pdf")
    let paths = try (0..<3).map { _ in
      try open(to: .folder(sealed.folder.path, name)).path
    }
    #expect(
      paths == ["contract.pdf", "contract-2.pdf", "contract-3.pdf"].map { sealed.folder.path($0) })
  }

  @Test func `A good that was opened is for its owner's eyes`() throws {
    let path = try #require(try open(to: .file(sealed.folder.path("opened"))).path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func `Containers and chunk lists are not overwritten either`() throws {
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    for (container, list) in [("good.age", "b.chunks"), ("b.age", "good.chunks")] {
      let before = try sealed.folder.names
      #expect(
        try goodsCode {
          _ = try Container.seal(
            FileSource(path: sealed.folder.path("good")), to: identity.recipient,
            container: sealed.folder.path(container), chunkList: sealed.folder.path(list),
            from: &entropy)
        } == .outputExists)
      #expect(try sealed.folder.names == before)
    }
  }

  @Test func `Until it is moved the file has no name that anybody asks for`() throws {
    let folder = try TemporaryFolder()
    do {
      let staged = try StagedFile(
        path: folder.path("final"), overwriting: false, permissions: .owner)
      try staged.write([1, 2, 3])
      let names = try folder.names
      #expect(names.count == 1)
      #expect(names.allSatisfy { $0.hasPrefix(".foil-") && $0.hasSuffix(".partial") })
    }
    #expect(try folder.names.isEmpty, "what was not finished is removed")
  }

  @Test func `A name that was taken meanwhile is not overwritten`() throws {
    let folder = try TemporaryFolder()
    let staged = try StagedFile(
      path: folder.path("final"), overwriting: false, permissions: .owner)
    try staged.write([1])
    try folder.write([9], to: "final")
    #expect(try goodsCode { try staged.move() } == .outputExists)
    #expect(try folder.read("final") == [9])
  }

  @Test func `Paths that name no file, folders and missing folders are refused`() throws {
    for path in ["", "/", "a/", ".", "..", "a/..", "a\u{0}b"] {
      #expect(try goodsCode { _ = try open(to: .file(path)) } == .filePath)
    }
    #expect(try goodsCode { _ = try open(to: .file("/no-such-folder/x")) } == .file)
    #expect(try goodsCode { _ = try open(to: .stream(9999)) } == .file)
    #expect(
      try goodsCode { _ = try FileSource(path: sealed.folder.path) } == .fileIsFolder)
    #expect(try goodsCode { _ = try FileSource(path: "/no-such-file") } == .file)
  }
}
