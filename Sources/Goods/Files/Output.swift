// Where an opened good goes: a file, a folder under a safe name, or a pipe.

import Foundation
import PaymentModel

/// Where the content of a container is written.
public enum Output: Hashable, Sendable {
  /// A file. It appears when all of it has been verified. Unless told otherwise, nothing is
  /// overwritten. Only the owner may read it.
  case file(String, overwriting: Bool = false)
  /// A file in a folder, under a seller's name made safe. When the name is taken, a number is added.
  case folder(String, SafeFileName)
  /// An open descriptor such as standard output. Each chunk is verified before it is written; when
  /// a later one is not authentic, what was written is a prefix of the good.
  case stream(Int32)
  /// Nowhere: the content is verified, and nothing is kept.
  case nowhere
}

/// An output that is being written.
struct OutputWriter: ~Copyable {
  private enum Target: ~Copyable {
    case file(StagedFile)
    case stream(FileDescriptor)
    case nowhere
  }

  /// How many names are tried in a folder.
  private static let mostNames = 1000

  private let target: Target
  /// The name in a folder, to which a number may be added.
  private let name: SafeFileName?

  init(_ output: Output) throws(GoodsError) {
    switch output {
    case .file(let path, let overwriting):
      name = nil
      target = .file(
        try StagedFile(path: path, overwriting: overwriting, permissions: .owner))
    case .folder(let folder, let name):
      self.name = name
      target = .file(
        try StagedFile(inFolder: folder, name: name.text, permissions: .owner))
    case .stream(let number):
      name = nil
      target = .stream(try FileDescriptor(duplicating: number))
    case .nowhere:
      name = nil
      target = .nowhere
    }
  }

  func write(_ bytes: Span<UInt8>) throws(GoodsError) {
    switch target {
    case .file(let staged): try staged.write(bytes)
    case .stream(let descriptor): try descriptor.write(bytes)
    case .nowhere: break
    }
  }

  /// Everything has been written and verified: the file gets its name. Returns its path, if it has one.
  func finish() throws(GoodsError) -> String? {
    switch target {
    case .file(let staged):
      guard let name else { return try staged.move() }
      for number in 1...Self.mostNames {
        do {
          return try staged.move(to: name.numbered(number).text)
        } catch {
          guard error.code == .outputExists else { throw error }
        }
      }
      throw GoodsError(.outputExists, "\(name) and its numbered names exist")
    case .stream:
      return nil
    case .nowhere:
      return nil
    }
  }
}
